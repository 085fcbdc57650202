//! Gzip members one after another, and the zeros that padding to whole blocks leaves behind the last of them.

use flate2::bufread::GzDecoder;
use std::io::{self, BufRead, Read};

/// Decodes every member. Zeros behind one are no data: tapes and block devices pad with them, and gzip passes over them.
pub(crate) struct GzipMembers<R> {
    /// None at the end.
    member: Option<GzDecoder<R>>,
}

impl<R: BufRead> GzipMembers<R> {
    pub(crate) fn new(stored: R) -> Self {
        Self { member: Some(GzDecoder::new(stored)) }
    }
}

impl<R: BufRead> Read for GzipMembers<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.member {
            let count = member.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            // What fails behind a member fails as the member does: the next call begins there again.
            let is_over = pass_zeros(member.get_mut())?;
            self.member =
                self.member.take().map(GzDecoder::into_inner).filter(|_| !is_over).map(GzDecoder::new);
        }
        Ok(0)
    }
}

/// Passes over zeros; whether nothing is behind them.
fn pass_zeros(stored: &mut impl BufRead) -> io::Result<bool> {
    loop {
        let available = stored.fill_buf()?;
        if available.is_empty() {
            return Ok(true);
        }
        let zeros = available.iter().take_while(|byte| **byte == 0).count();
        let is_passed = zeros < available.len();
        stored.consume(zeros);
        if is_passed {
            return Ok(false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    fn member(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text).expect("memory takes it");
        encoder.finish().expect("memory takes it")
    }

    fn decoded(stored: &[u8]) -> (io::Result<usize>, Vec<u8>) {
        let mut text = Vec::new();
        let read = GzipMembers::new(io::BufReader::with_capacity(7, stored)).read_to_end(&mut text);
        (read, text)
    }

    #[test]
    fn zeros_behind_a_member_are_no_loss_and_other_bytes_are() {
        let padded = [member(b"one\n"), vec![0; 512], member(b"two\n"), vec![0; 9]].concat();
        let (read, text) = decoded(&padded);
        assert!(read.is_ok());
        assert_eq!(text, b"one\ntwo\n");
        let (read, text) = decoded(&[member(b"one\n"), b"\0\0junk".to_vec()].concat());
        assert!(read.is_err());
        assert_eq!(text, b"one\n");
        let (read, _) = decoded(&member(b"one\n")[..12]);
        assert_eq!(read.map_err(|error| error.kind()), Err(io::ErrorKind::UnexpectedEof));
    }
}
