//! Whole lines of a capture cut off undecoded, so that several threads can decode one capture.

use crate::current::put_in_member;
use crate::model::Batch;
use crate::reader::Reader;
use crate::window::Window;

/// Lines of a capture that one thread decodes while another cuts off those behind them.
///
/// Where one ends is a function of the capture and its decoded offset alone, as of a batch.
pub struct Stretch {
    pub(crate) window: Window,
    pub(crate) reader: Box<dyn Reader>,
    /// Where the member begins that the lines are of, and its name, where the capture has several.
    pub(crate) member: Option<(u64, String)>,
    pub(crate) next_offset: u64,
    pub(crate) stored_bytes_read: u64,
}

impl std::fmt::Debug for Stretch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stretch").field("next_offset", &self.next_offset).finish_non_exhaustive()
    }
}

impl Stretch {
    /// Clears the batch and fills it with the records of these lines, as [`crate::Capture::next_batch`] would read them.
    ///
    /// The memory of the lines is given back, for another.
    pub fn decode(mut self, batch: &mut Batch) -> Vec<u8> {
        batch.clear();
        while self.reader.read_unit(&mut self.window, batch).expect("the lines are in memory") {}
        if let Some((begin, name)) = &self.member {
            put_in_member(batch, 0, 0, *begin, name);
        }
        batch.next_offset = self.next_offset;
        batch.stored_bytes_read = self.stored_bytes_read;
        self.window.into_room()
    }
}
