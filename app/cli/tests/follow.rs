//! `follow --once`: what is there is taken and analysed, once.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use case::Case;

type Failure = Box<dyn std::error::Error>;

fn follow(case: &Path, path: &Path) -> String {
    let words = ["driftlock".into(), "follow".into(), case.into(), path.into(), OsString::from("--once")];
    format!("{:?}", cli::run(words))
}

#[test]
fn what_is_there_is_taken_once() -> Result<(), Failure> {
    let folder = std::env::temp_dir().join(format!("driftlock-follow-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let (log, path) = (folder.join("a.log"), folder.join("a.driftlock"));
    let success = format!("{:?}", ExitCode::SUCCESS);
    assert_eq!(follow(&path, &log), format!("{:?}", ExitCode::from(3)), "once is not for a file to come");
    assert!(!path.exists());
    let mut file = std::fs::File::create(&log)?;
    let mut write = |lines: std::ops::Range<u32>| -> std::io::Result<()> {
        lines.into_iter().try_for_each(|line| {
            writeln!(file, "2026-03-01T00:{:02}:{:02}Z INFO paid {line}", line / 60, line % 60)
        })
    };
    write(0..400)?;
    assert_eq!(follow(&path, &log), success);
    assert_eq!(follow(&path, &log), success);
    write(400..900)?;
    assert_eq!(follow(&path, &folder), success, "the folder with the file in it");
    let case = Case::open_read_only(&path)?;
    let [capture] = &case.captures()?[..] else { return Err("one capture".into()) };
    assert_eq!((capture.events, case.runs()?.len()), (900, 2), "a run where there was something new");
    drop(case);
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}
