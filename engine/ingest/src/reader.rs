//! What every format reader does.

use crate::model::Batch;
use crate::window::Window;
use std::io;

/// Reads one format. A reader that keeps state from one unit to the next which could change an event overrides
/// [`Reader::resume`], so that reading may begin at the start of any unit.
pub(crate) trait Reader: Send {
    /// Reads the next unit (a line, a document, a frame, a text event) into the batch and passes over it.
    /// False at the end of the capture. Only the file itself can fail; what cannot be decoded is a problem in the batch.
    fn read_unit(&mut self, window: &mut Window, batch: &mut Batch) -> io::Result<bool>;

    /// Another reader of the same for lines that are cut off from the others, where each line is a unit and nothing is kept from
    /// one to the next.
    fn fresh(&self) -> Option<Box<dyn Reader>> {
        None
    }

    /// Where the unit read last begins, if the capture ended where further lines could have belonged to it.
    fn open_since(&self) -> Option<u64> {
        None
    }

    /// How many records the capture's own table of contents counts, once that has been read.
    fn stated_records(&self) -> Option<u64> {
        None
    }

    /// Passes over everything before decoded byte `offset`, where a unit begins; false where the capture ends before.
    fn resume(&mut self, window: &mut Window, offset: u64) -> io::Result<bool> {
        window.pass_to(offset)
    }
}

/// Resumes by reading everything before the offset again, for formats whose state is in what was read.
pub(crate) fn read_again(reader: &mut impl Reader, window: &mut Window, offset: u64) -> io::Result<bool> {
    let mut passed = Batch::default();
    while window.offset() < offset {
        if !reader.read_unit(window, &mut passed)? {
            return Ok(false);
        }
        passed.clear();
    }
    Ok(true)
}
