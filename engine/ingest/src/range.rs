//! The bytes of an event again, for a person who wants to see them as they are.

use crate::decode::{Decoder, counted, undo};
use crate::error::IngestError;
use crate::folder::files_of;
use crate::limits::Limits;
use crate::members::{Begin, Members, Step};
use crate::meter::{Meter, Source};
use crate::wrapping::{Layer, Wrapping};
use cbad::ByteRange;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

/// What was read once may be read again, whatever the limits were.
const UNLIMITED: Limits = Limits {
    record_bytes: u64::MAX,
    event_bytes: u64::MAX,
    depth: u32::MAX,
    values: u32::MAX,
    decoded_bytes: u64::MAX,
    decoded_ratio: u64::MAX,
    decoded_floor_bytes: u64::MAX,
    wrappings: u32::MAX,
    entries: u64::MAX,
    memory_bytes: u64::MAX,
    streams: u64::MAX,
    seconds: 0,
};

/// Reads bytes `range` of the decoded capture again; `wrapping` is what lay around it when it was imported.
///
/// Wrapped captures are decoded from their start, so the cost grows with the offset.
pub fn read_range(path: &Path, wrapping: &Wrapping, range: ByteRange) -> Result<Vec<u8>, IngestError> {
    let failed = |source: io::Error| IngestError::opening(path, range.offset, source);
    let mut file = File::open(path).map_err(failed)?;
    if wrapping.is_none() {
        file.seek(SeekFrom::Start(range.offset)).map_err(failed)?;
        return take(path, file, range, range);
    }
    let meter = Arc::new(Meter::new(&UNLIMITED, u64::MAX, Arc::default()));
    let mut source: Source = counted(Box::new(file), &meter);
    for &layer in wrapping.layers() {
        source = undo(source, layer, 0, &meter, &UNLIMITED).map_err(failed)?;
    }
    skip_and_take(path, source, range, range)
}

/// [`read_range`] in a capture of several members: `wrapping` is the capture's, `member` the name of the one that the range
/// lies in, `begin` where it begins.
pub fn read_member_range(
    path: &Path,
    wrapping: &Wrapping,
    (member, begin): (&str, u64),
    range: ByteRange,
) -> Result<Vec<u8>, IngestError> {
    let failed = |source: io::Error| IngestError::opening(path, range.offset, source);
    let gone = || IngestError::NoMember { path: path.into(), member: member.to_owned() };
    let members = if let [layer @ (Layer::Folder | Layer::Set)] = wrapping.layers() {
        let files = files_of(path, *layer == Layer::Set, &UNLIMITED)?.ok_or_else(gone)?;
        Members::of_files(files, UNLIMITED)
    } else {
        let file = File::open(path).map_err(failed)?;
        match Members::of_file(path, file, UNLIMITED).map_err(failed)? {
            Ok(Begin::Members(_, members)) => *members,
            _ => return Err(gone()),
        }
    };
    let mut members = members.only(member);
    loop {
        match members.next(u64::MAX).map_err(failed)? {
            Step::Member(found) if found.name == member => {
                let within = ByteRange { offset: range.offset.saturating_sub(begin), ..range };
                return skip_and_take(path, Reading(found.decoder), within, range);
            }
            Step::Member(_) | Step::Listed(_) => {}
            Step::End => return Err(gone()),
        }
    }
}

/// A decoder whose faults are its end.
struct Reading(Decoder);

impl Read for Reading {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

fn skip_and_take(
    path: &Path,
    mut source: impl Read,
    within: ByteRange,
    range: ByteRange,
) -> Result<Vec<u8>, IngestError> {
    let skipped = io::copy(&mut source.by_ref().take(within.offset), &mut io::sink())
        .map_err(|source| IngestError::opening(path, 0, source))?;
    if skipped < within.offset {
        let end = range.offset - (within.offset - skipped);
        return Err(IngestError::Shorter { path: path.into(), offset: range.offset, end });
    }
    take(path, source, within, range)
}

fn take(path: &Path, source: impl Read, within: ByteRange, range: ByteRange) -> Result<Vec<u8>, IngestError> {
    let mut bytes = Vec::new();
    source
        .take(within.length)
        .read_to_end(&mut bytes)
        .map_err(|source| IngestError::opening(path, range.offset, source))?;
    if (bytes.len() as u64) < range.length {
        let end = range.offset + bytes.len() as u64;
        return Err(IngestError::Shorter { path: path.into(), offset: range.end(), end });
    }
    Ok(bytes)
}
