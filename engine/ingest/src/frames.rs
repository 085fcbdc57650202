//! The older file exporter's compressed layout: a big-endian length of four bytes, then one zstd frame, repeated.
//!
//! Decoded, a frame of JSON becomes a line and a frame of protobuf gets its own length before it,
//! so that the readers see what the same exporter writes without compression.
//! Source: OpenTelemetry Collector contrib, `exporter/fileexporter`, variants `json`/`proto` with `compression: zstd`.

use std::io::{self, BufRead, Read};

const LENGTH_BYTES: usize = 4;

pub(crate) struct FramedZstd<R> {
    stored: R,
    record_bytes: u64,
    decoded: Vec<u8>,
    at: usize,
}

impl<R: BufRead> FramedZstd<R> {
    pub(crate) fn new(stored: R, record_bytes: u64) -> Self {
        Self { stored, record_bytes, decoded: Vec::new(), at: 0 }
    }

    /// Decodes the next frame into `decoded`; false at the end of the file.
    fn next_frame(&mut self) -> io::Result<bool> {
        if self.stored.fill_buf()?.is_empty() {
            return Ok(false);
        }
        let mut length = [0; LENGTH_BYTES];
        self.stored.read_exact(&mut length)?;
        let mut frame = self.stored.by_ref().take(u64::from(u32::from_be_bytes(length)));
        self.decoded.clear();
        self.decoded.extend([0; LENGTH_BYTES]);
        self.at = 0;
        let decoder = zstd::stream::read::Decoder::with_buffer(&mut frame)?.single_frame();
        decoder.take(self.record_bytes.saturating_add(1)).read_to_end(&mut self.decoded)?;
        let body_bytes = self.decoded.len() - LENGTH_BYTES;
        if body_bytes as u64 > self.record_bytes {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("a frame decodes to more than {} bytes", self.record_bytes),
            ));
        }
        if frame.limit() > 0 {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "a frame is shorter than its length says",
            ));
        }
        if self.decoded.get(LENGTH_BYTES).is_some_and(|first| matches!(first, b'{' | b'[')) {
            self.at = LENGTH_BYTES;
            if self.decoded.last() != Some(&b'\n') {
                self.decoded.push(b'\n');
            }
        } else {
            let length = u32::try_from(body_bytes).map_err(|_| {
                io::Error::new(io::ErrorKind::InvalidData, "a frame decodes to 4 GiB or more")
            })?;
            self.decoded[..LENGTH_BYTES].copy_from_slice(&length.to_be_bytes());
        }
        Ok(true)
    }
}

impl<R: BufRead> Read for FramedZstd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.decoded.len() {
            if !self.next_frame()? {
                return Ok(0);
            }
        }
        let count = buffer.len().min(self.decoded.len() - self.at);
        buffer[..count].copy_from_slice(&self.decoded[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}
