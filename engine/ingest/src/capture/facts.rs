//! What is known of an open capture.

use super::Capture;
use crate::format::{EventOrder, Format};
use crate::model::Problem;
use crate::wrapping::Wrapping;

impl Capture {
    /// The format that the capture is read as; of several members, the first one's.
    pub fn format(&self) -> Format {
        self.format
    }

    /// What lies around the capture; of several members, what is around all of them.
    pub fn wrapping(&self) -> &Wrapping {
        &self.wrapping
    }

    /// How sure the format is, 0 to 1; 1 where the options gave it.
    pub fn confidence(&self) -> f64 {
        self.confidence
    }

    /// Year of time stamps that have none: as the options gave it, or as it was settled when the capture was opened.
    pub fn assumed_year(&self) -> i32 {
        self.options.year()
    }

    /// Whether its first records have time stamps without a year.
    pub(crate) fn assumes_year(&self) -> bool {
        self.current.as_ref().is_some_and(|current| current.assumes_year)
    }

    /// What a person should know of the capture as a whole, such as what was assumed of times without a zone or a year; of
    /// several members, the one at hand. It is in the first batch too.
    pub fn note(&self) -> Option<&Problem> {
        self.current.as_ref()?.note.as_ref()
    }

    /// Every format that its first bytes could be, the surest first; of several members, the first one's.
    pub fn candidates(&self) -> &[(Format, f64)] {
        &self.candidates
    }

    /// The order in which the events are to be analysed; of several members, the first one's.
    pub fn order(&self) -> EventOrder {
        self.format.order()
    }

    /// Whether each line is a record by itself and nothing lies around them, so that of a file that is still being written
    /// everything up to its last whole line can be read.
    pub fn is_by_line(&self) -> bool {
        self.wrapping.is_none() && self.current.as_ref().is_some_and(|current| current.is_by_line)
    }

    /// After a batch: how many records the capture's own table of contents counts, where it has one and nothing lies around it.
    pub fn stated_records(&self) -> Option<u64> {
        self.current.as_ref().filter(|_| self.wrapping.is_none())?.reader.stated_records()
    }

    /// After the last batch: where the last record begins, if lines behind it could still belong to it.
    pub fn open_since(&self) -> Option<u64> {
        self.current.as_ref()?.reader.open_since()
    }

    /// Size of the file as stored, in bytes; of a folder or a set, of all files that are read.
    pub fn stored_bytes(&self) -> u64 {
        self.stored_bytes
    }

    /// Decoded bytes passed so far; after the last batch, the size of the decoded capture.
    pub fn decoded_bytes(&self) -> u64 {
        self.base + self.current.as_ref().map_or(0, |current| current.window.offset())
    }
}
