//! `driftlock findings --at-alpha`: what another false discovery rate would flag, from what the run has stored.

use std::io::Write;
use std::process::ExitCode;

use case::{Case, RunRow, StreamRow, inert};
use cbad::WindowScore;
use serde::Serialize;

use crate::failure::Failure;
use crate::json::{Run, SCHEMA};
use crate::output;
use crate::table::{Align, Table};
use crate::words::{counted, percent, time};

#[derive(Serialize)]
struct PreviewJson {
    schema: u32,
    run: Run,
    preview: Previewed,
}

/// Counts of windows, and the stretches that they join to.
#[derive(Serialize)]
struct Previewed {
    alpha: f64,
    flagged: u64,
    at_most: u64,
    stretches: Vec<StretchJson>,
}

#[derive(Serialize)]
struct StretchJson {
    stream: u32,
    stream_name: String,
    first_event: u64,
    last_event: u64,
    start_nanos: Option<i64>,
    windows: u64,
    is_certain: bool,
}

pub(crate) fn show(case: &Case, run: &RunRow, alpha: f64, json: bool) -> Result<ExitCode, Failure> {
    let mut preview = Previewed { alpha, flagged: 0, at_most: 0, stretches: Vec::new() };
    for stream in case.streams()?.iter().filter(|stream| (stream.id as usize) < run.streams.len()) {
        add(&mut preview, stream, &case.windows(run.id, stream.id)?);
    }
    if json {
        output::json(&PreviewJson { schema: SCHEMA, run: Run::from(run), preview })?;
    } else {
        let mut out = output::stdout();
        write(&mut out, run, &preview)?;
        out.flush()?;
    }
    Ok(ExitCode::SUCCESS)
}

fn add(preview: &mut Previewed, stream: &StreamRow, windows: &[WindowScore]) {
    let of_stream = cbad::preview(windows, preview.alpha);
    preview.flagged += of_stream.flagged.len() as u64;
    preview.at_most += of_stream.at_most.len() as u64;
    for (places, is_certain) in [(of_stream.flagged, true), (of_stream.at_most, false)] {
        let first = preview.stretches.len();
        for window in places.into_iter().map(|place| &windows[place]) {
            match preview.stretches[first..].last_mut() {
                Some(last) if window.first_event <= last.last_event + 1 => {
                    last.last_event = window.last_event;
                    last.windows += 1;
                }
                _ => preview.stretches.push(StretchJson {
                    stream: stream.id,
                    stream_name: stream.key.label(),
                    first_event: window.first_event,
                    last_event: window.last_event,
                    start_nanos: window.start_nanos,
                    windows: 1,
                    is_certain,
                }),
            }
        }
    }
}

fn write(out: &mut impl Write, run: &RunRow, preview: &Previewed) -> Result<(), Failure> {
    let level = percent(preview.alpha);
    let windows = counted(preview.flagged, "window", "windows");
    writeln!(out, "At a false discovery rate of {level} %, {windows} of {} would be flagged.", run.windows)?;
    if preview.at_most > 0 {
        let more = counted(preview.at_most, "more window", "more windows");
        writeln!(
            out,
            "At most {more} would be too; this run did not test them, and a run with --alpha {} would.",
            preview.alpha
        )?;
    }
    writeln!(out, "This run flags {}. Nothing was changed.", run.flagged)?;
    if preview.stretches.is_empty() {
        return Ok(());
    }
    let mut table = Table::new(&[
        ("Flagged", Align::Left),
        ("Stream", Align::Left),
        ("Begins", Align::Left),
        ("Events", Align::Left),
        ("Windows", Align::Right),
    ]);
    for stretch in &preview.stretches {
        table.row([
            if stretch.is_certain { "yes" } else { "at most" }.to_owned(),
            inert(&stretch.stream_name),
            time(stretch.start_nanos),
            format!("{} to {}", stretch.first_event, stretch.last_event),
            stretch.windows.to_string(),
        ]);
    }
    writeln!(out)?;
    table.write(out, "")?;
    Ok(())
}
