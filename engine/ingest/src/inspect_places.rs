//! Places behind the first bytes of a capture in which each line is a record by itself: reading can begin at any of its lines.

use crate::capture::Capture;
use crate::error::IngestError;
use crate::format::Format;
use crate::inspect::Taking;
use crate::model::{Batch, OpenOptions};
use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::path::Path;

/// How many places, evenly apart; the last ends with the capture.
const PLACES: u64 = 8;
/// Bytes looked at in each.
const PLACE_BYTES: u64 = 512 << 10;

/// Takes what stands there, where that is far behind what was looked at.
pub(crate) fn look(
    taking: &mut Taking,
    path: &Path,
    options: &OpenOptions,
    mut goes_on: impl FnMut(u64) -> bool,
) -> Result<(), IngestError> {
    let first_bytes = taking.inspection.sample_bytes;
    let rest_bytes = taking.inspection.stored_bytes.saturating_sub(first_bytes);
    // What the columns of the W3C format are is written in lines before them.
    if taking.inspection.format == Format::W3c || rest_bytes < (PLACES + 1) * PLACE_BYTES {
        return Ok(());
    }
    let mut file = File::open(path).map_err(|source| IngestError::opening(path, first_bytes, source))?;
    for place in 1..=PLACES {
        if !goes_on(first_bytes + taking.inspection.later_bytes) {
            break;
        }
        let begin = first_bytes + (rest_bytes - PLACE_BYTES) / PLACES * place;
        let is_last = place == PLACES;
        let begin = if is_last { taking.inspection.stored_bytes - PLACE_BYTES } else { begin };
        let lines = whole_lines(&mut file, begin, is_last);
        let (begin, lines) = lines.map_err(|source| IngestError::opening(path, begin, source))?;
        take_lines(taking, path, options, (begin, lines))?;
    }
    Ok(())
}

/// The whole lines behind this byte, and where they begin; the last line of the capture may lack its end.
fn whole_lines(file: &mut File, begin: u64, is_last: bool) -> io::Result<(u64, Vec<u8>)> {
    file.seek(SeekFrom::Start(begin))?;
    let mut bytes = Vec::new();
    file.take(PLACE_BYTES).read_to_end(&mut bytes)?;
    let line_end = |byte: &u8| *byte == b'\n';
    let first = bytes.iter().position(line_end).map_or(bytes.len(), |at| at + 1);
    if !is_last {
        bytes.truncate(bytes.iter().rposition(line_end).map_or(0, |at| at + 1));
    }
    Ok((begin + first as u64, bytes.split_off(first.min(bytes.len()))))
}

fn take_lines(
    taking: &mut Taking,
    path: &Path,
    options: &OpenOptions,
    (begin, lines): (u64, Vec<u8>),
) -> Result<(), IngestError> {
    let length = lines.len() as u64;
    let options = OpenOptions {
        format: Some(taking.inspection.format),
        assumed_year: Some(taking.inspection.assumed_year),
        ..options.clone()
    };
    // A single line may be longer than a place, and nothing is said of it then.
    let mut capture = match Capture::from_reader(path, Cursor::new(lines), length, &options) {
        Ok(capture) if capture.wrapping().is_none() => capture,
        Ok(_) | Err(_) => return Ok(()),
    };
    let note = capture.note().cloned();
    let times = (taking.inspection.start_nanos, taking.inspection.end_nanos);
    let mut batch = Batch::default();
    let mut is_first = true;
    while capture.next_batch(&mut batch)? {
        // The rest of an event that begins before the place.
        let is_rest = taking.inspection.format == Format::Text
            && batch.events.first().is_some_and(|(_, event)| event.time_nanos.is_none());
        if std::mem::take(&mut is_first) && is_rest {
            batch.events.remove(0);
            batch.records -= 1;
        }
        batch.problems.retain(|problem| Some(problem) != note.as_ref());
        for problem in &mut batch.problems {
            problem.source.offset += begin;
            problem.line = None;
        }
        taking.take(&mut batch);
    }
    if capture.assumes_year() {
        // Which year it is, a reading from the begin on knows.
        (taking.inspection.start_nanos, taking.inspection.end_nanos) = times;
    }
    taking.inspection.later_places += 1;
    taking.inspection.later_bytes += length;
    Ok(())
}
