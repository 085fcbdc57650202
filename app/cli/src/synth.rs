//! `driftlock synth`: a made-up capture, and what is odd in it.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use case::inert;
use cbad::rfc3339;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use testkit::synth::{Company, Injection, Kind, Lens, Plan, Truth, Written};

use crate::arguments::SynthArguments;
use crate::failure::Failure;
use crate::interrupt;
use crate::json::SCHEMA;
use crate::output;
use crate::table::{Align, Table};
use crate::words::{bytes, counted, shell_word};

const ZSTD_LEVEL: i32 = 3;

#[derive(Serialize)]
struct SynthJson<'a> {
    schema: u32,
    path: String,
    truth: Option<String>,
    logs: u64,
    spans: u64,
    points: u64,
    decoded_bytes: u64,
    injections: &'a [Truth],
}

#[derive(Serialize)]
struct ListJson {
    schema: u32,
    kinds: Vec<KindJson>,
}

#[derive(Serialize)]
struct KindJson {
    kind: Kind,
    lens: Lens,
    also: &'static [Lens],
    summary: &'static str,
}

/// `KIND[:STRENGTH][@OFFSET]`.
pub(crate) fn parse_injection(text: &str) -> Result<Injection, String> {
    text.parse().map_err(|error: testkit::synth::InjectionError| error.to_string())
}

pub(crate) fn run(arguments: &SynthArguments) -> Result<ExitCode, Failure> {
    match &arguments.out {
        Some(out) if !arguments.list => make(arguments, out)?,
        _ => list(arguments.json)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn list(json: bool) -> Result<(), Failure> {
    if json {
        let kind =
            |kind: Kind| KindJson { kind, lens: kind.lens(), also: kind.also(), summary: kind.summary() };
        output::json(&ListJson { schema: SCHEMA, kinds: Kind::ALL.map(kind).into() })?;
        return Ok(());
    }
    let mut out = output::stdout();
    let mut table = Table::new(&[
        ("Kind", Align::Left),
        ("Lens", Align::Left),
        ("Light, moderate or strong", Align::Left),
    ]);
    for kind in Kind::ALL {
        table.row([kind.name().to_owned(), kind.lens().name().to_owned(), kind.summary().to_owned()]);
    }
    table.write(&mut out, "")?;
    writeln!(
        out,
        "\nFor example: driftlock synth shop.jsonl.zst --inject new_error --inject silence:strong@20m"
    )?;
    Ok(out.flush()?)
}

fn make(arguments: &SynthArguments, out: &Path) -> Result<(), Failure> {
    let company = Company {
        minutes: arguments.minutes,
        rate: arguments.rate,
        scrape_seconds: arguments.scrape,
        injections: arguments.inject.clone(),
        ..Company::new(arguments.seed)
    };
    let plan = company.plan().map_err(|error| Failure::Usage(error.to_string()))?;
    let truth = match &arguments.truth {
        None if arguments.inject.is_empty() => None,
        None => Some(beside(out)),
        Some(path) => Some(path.clone()),
    };
    if truth.as_deref() == Some(out) {
        return Err(Failure::Usage(
            "the capture and its truth need two files; choose another --truth".into(),
        ));
    }
    for path in [Some(out), truth.as_deref()].into_iter().flatten() {
        refuse_existing(path, arguments.force)?;
    }
    interrupt::listen();
    let mut capture = Partial::create(out)?;
    let written = write_capture(plan, out, &mut capture)?;
    if let Some(path) = &truth {
        let mut file = Partial::create(path)?;
        let text = serde_json::to_vec_pretty(&written.truth).map_err(io::Error::from);
        text.and_then(|text| file.file.write_all(&[&text[..], b"\n"].concat()))
            .map_err(|source| Failure::Write { path: path.clone(), source })?;
        file.keep()?;
    }
    capture.keep()?;
    for truth in written.truth.iter().filter(|truth| truth.events == 0) {
        eprintln!(
            "driftlock: {} found nothing to act on; ask for more --minutes or a higher --rate.",
            truth.kind
        );
    }
    if arguments.json {
        output::json(&SynthJson {
            schema: SCHEMA,
            path: out.to_string_lossy().into_owned(),
            truth: truth.map(|path| path.to_string_lossy().into_owned()),
            logs: written.logs,
            spans: written.spans,
            points: written.points,
            decoded_bytes: written.bytes,
            injections: &written.truth,
        })?;
        return Ok(());
    }
    say(out, truth.as_deref(), &written)
}

/// `shop.jsonl.zst` becomes `shop.truth.json`.
fn beside(out: &Path) -> PathBuf {
    let mut stem = out.to_owned();
    while stem.extension().is_some_and(|e| ["zst", "jsonl", "json"].iter().any(|known| e == *known)) {
        stem.set_extension("");
    }
    let mut name = stem.into_os_string();
    name.push(".truth.json");
    name.into()
}

fn refuse_existing(path: &Path, force: bool) -> Result<(), Failure> {
    match path.symlink_metadata() {
        Ok(_) if !force => Err(Failure::Exists(path.to_owned())),
        // A folder or a device is not to be renamed over.
        Ok(there) if !there.is_file() => Err(Failure::Write {
            path: path.to_owned(),
            source: io::Error::other("what has this name is not a file"),
        }),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// A file under another name until it is whole; gone where it never is.
struct Partial {
    goal: PathBuf,
    path: PathBuf,
    file: File,
    is_kept: bool,
}

impl Partial {
    fn create(goal: &Path) -> Result<Self, Failure> {
        let mut path = OsString::from(goal);
        path.push(".partial");
        let path = PathBuf::from(path);
        let file = File::create(&path).map_err(|source| Failure::Write { path: path.clone(), source })?;
        Ok(Self { goal: goal.to_owned(), path, file, is_kept: false })
    }

    fn keep(mut self) -> Result<(), Failure> {
        let renamed = self.file.sync_all().and_then(|()| std::fs::rename(&self.path, &self.goal));
        renamed.map_err(|source| Failure::Write { path: self.goal.clone(), source })?;
        self.is_kept = true;
        Ok(())
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if !self.is_kept {
            // The failure that led here is what is reported.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Passes on what is written, until Ctrl-C.
struct Watched<W> {
    inner: W,
    bar: ProgressBar,
}

impl<W: Write> Write for Watched<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if interrupt::asked() {
            return Err(io::Error::other("interrupted"));
        }
        let written = self.inner.write(bytes)?;
        self.bar.inc(written as u64);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

fn write_capture(plan: Plan, out: &Path, capture: &mut Partial) -> Result<Written, Failure> {
    // Drawn only where standard error is a terminal.
    let bar = ProgressBar::new_spinner();
    let style = ProgressStyle::with_template("{spinner} Writing {decimal_bytes}");
    bar.set_style(style.expect("the template above is well formed"));
    let file = BufWriter::with_capacity(1 << 20, &mut capture.file);
    let written = if out.extension().is_some_and(|extension| extension == "zst") {
        compressed(plan, file, &bar)
    } else {
        let mut watched = Watched { inner: file, bar: bar.clone() };
        plan.write(&mut watched).and_then(|written| watched.flush().map(|()| written))
    };
    bar.finish_and_clear();
    written.map_err(|source| {
        if interrupt::asked() {
            Failure::Interrupted("Stopped, and nothing was written.".into())
        } else {
            Failure::Write { path: out.to_owned(), source }
        }
    })
}

fn compressed(plan: Plan, file: impl Write, bar: &ProgressBar) -> io::Result<Written> {
    let mut encoder = zstd::Encoder::new(file, ZSTD_LEVEL)?;
    encoder.include_checksum(true)?;
    let mut watched = Watched { inner: encoder, bar: bar.clone() };
    let written = plan.write(&mut watched)?;
    watched.inner.finish()?.flush()?;
    Ok(written)
}

fn say(path: &Path, truth: Option<&Path>, written: &Written) -> Result<(), Failure> {
    let mut out = output::stdout();
    let word = shell_word(&path.to_string_lossy());
    writeln!(
        out,
        "Wrote {}: {}, {}, {}; {} uncompressed.",
        inert(path.to_string_lossy().as_bytes()),
        counted(written.logs, "log record", "log records"),
        counted(written.spans, "span", "spans"),
        counted(written.points, "metric point", "metric points"),
        bytes(written.bytes)
    )?;
    if !written.truth.is_empty() {
        writeln!(out)?;
        let mut table = Table::new(&[
            ("Injected", Align::Left),
            ("Strength", Align::Left),
            ("Lens", Align::Left),
            ("Stream", Align::Left),
            ("Begins", Align::Left),
            ("Ends", Align::Left),
            ("Records", Align::Right),
        ]);
        for truth in &written.truth {
            table.row([
                truth.kind.name().to_owned(),
                truth.strength.name().to_owned(),
                truth.lens.name().to_owned(),
                format!("{} · {}", truth.stream.service, truth.stream.name),
                rfc3339(truth.start_nanos),
                rfc3339(truth.end_nanos),
                truth.events.to_string(),
            ]);
        }
        table.write(&mut out, "")?;
    }
    if let Some(truth) = truth {
        writeln!(out, "\nThe truth is in {}.", inert(truth.to_string_lossy().as_bytes()))?;
    }
    writeln!(out, "To analyse it: driftlock analyze {word}")?;
    Ok(out.flush()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_truth_stands_beside_the_capture() {
        for (out, truth) in [
            ("shop.jsonl", "shop.truth.json"),
            ("a/shop.jsonl.zst", "a/shop.truth.json"),
            ("v1.2/shop", "v1.2/shop.truth.json"),
            ("shop.v2.json", "shop.v2.truth.json"),
        ] {
            assert_eq!(beside(Path::new(out)), Path::new(truth));
        }
    }
}
