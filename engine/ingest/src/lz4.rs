//! Every frame of an LZ4 file. The crate's decoder stops at the end of a frame, must not go on with the next, whose blocks may
//! be of another size, and takes a frame that breaks off between two blocks for one that ends there.

use crate::meter::Source;
use lz4_flex::frame::FrameDecoder;
use std::io::{self, BufRead, Read};

/// Notices that there was nothing more to read.
struct Watched {
    stored: Source,
    is_at_end: bool,
}

impl Read for Watched {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.stored.read(buffer)?;
        self.is_at_end |= count == 0 && !buffer.is_empty();
        Ok(count)
    }
}

pub(crate) struct Lz4Frames(Option<FrameDecoder<Watched>>);

impl Lz4Frames {
    pub(crate) fn new(stored: Source) -> Self {
        Self(Some(FrameDecoder::new(Watched { stored, is_at_end: false })))
    }
}

impl Read for Lz4Frames {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(frame) = &mut self.0 {
            let count = frame.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            // A frame that ends says so, before anybody asks for more than there is.
            if frame.get_ref().is_at_end {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if frame.get_mut().stored.fill_buf()?.is_empty() {
                self.0 = None;
            } else {
                self.0 = self.0.take().map(|frame| FrameDecoder::new(frame.into_inner()));
            }
        }
        Ok(0)
    }
}
