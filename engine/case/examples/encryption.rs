//! What encryption costs: the same capture imported, opened, searched and analysed in a case in the clear and in an encrypted one.
//!
//! `cargo run --release -p case --features encryption --example encryption -- CAPTURE [RUNS]`
//!
//! Both take turns, so that a machine that slows down slows both; the least time of each counts.

use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use case::{Case, Passphrase, Query};
use cbad::{Config, Unwatched};
use ingest::OpenOptions;

/// That of the program, so that what is measured is what it does.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const STEPS: [&str; 6] =
    ["key", "import", "open, first answer", "search that reads every block", "verify", "analysis"];

type Seconds = [f64; STEPS.len()];

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let capture = arguments.first().ok_or_else(|| anyhow::anyhow!("usage: encryption CAPTURE [RUNS]"))?;
    let runs: usize = arguments.get(1).map_or(Ok(3), |runs| runs.parse())?;
    let mut least = [[f64::INFINITY; STEPS.len()]; 2];
    let mut bytes = [0; 2];
    for _ in 0..runs {
        for (side, passphrase) in [None, Passphrase::new("correct horse battery staple")].iter().enumerate() {
            let folder = tempfile::tempdir()?;
            let path = folder.path().join("a.driftlock");
            let seconds = measure(Path::new(capture), &path, passphrase.as_ref())?;
            bytes[side] = std::fs::metadata(&path)?.len();
            for (least, seconds) in least[side].iter_mut().zip(seconds) {
                *least = least.min(seconds);
            }
        }
    }
    println!("{capture}: a case of {} bytes in the clear, {} encrypted", bytes[0], bytes[1]);
    for (step, name) in STEPS.iter().enumerate() {
        let [clear, sealed] = [least[0][step], least[1][step]];
        println!("{name}: {clear:.3} s in the clear, {sealed:.3} s encrypted, {:+.3} s", sealed - clear);
    }
    Ok(())
}

fn measure(capture: &Path, path: &Path, passphrase: Option<&Passphrase>) -> anyhow::Result<Seconds> {
    let mut seconds = Seconds::default();
    let mut case = match passphrase {
        Some(passphrase) => Case::create_encrypted(path, passphrase)?,
        None => Case::create(path)?,
    };
    let mut took = |step: usize, begun: Instant| seconds[step] = begun.elapsed().as_secs_f64();
    let begun = Instant::now();
    case.import(capture, &OpenOptions::default(), &Unwatched)?;
    drop(case);
    took(1, begun);

    // As another process would find it.
    Case::lock(path);
    let begun = Instant::now();
    if let Some(passphrase) = passphrase {
        Case::unlock(path, passphrase)?;
    }
    took(0, begun);
    let begun = Instant::now();
    Case::open_read_only(path)?.streams()?;
    took(2, begun);
    let begun = Instant::now();
    let absent = Query::new().with_regex("[q-z]{7}[0-4]{9}[Q-Z]", false)?;
    let case = Case::open_read_only(path)?;
    case.search(&absent, 0, &Unwatched, &mut |_| ControlFlow::Continue(()))?;
    took(3, begun);
    let begun = Instant::now();
    case.verify(&Unwatched)?;
    drop(case);
    took(4, begun);
    let begun = Instant::now();
    Case::open(path)?.analyze(&Config::default(), None, &Unwatched)?;
    took(5, begun);
    Ok(seconds)
}
