//! zstd (RFC 8878) at level 3: the codec of the headline NCD.

use super::bytes::{ByteCodec, ByteCoder};
use super::info::{CodecInfo, CodecName};

/// The level of the headline NCD.
const LEVEL: i32 = 3;

/// zstd, one frame a piece without checksum or content size, so that a size is the code's own.
pub(crate) type Zstd = ByteCodec<ZstdCoder>;

impl Zstd {
    pub(crate) fn new() -> Self {
        Self::with(ZstdCoder::new())
    }
}

pub(crate) struct ZstdCoder(zstd::bulk::Compressor<'static>);

impl ZstdCoder {
    pub(super) fn new() -> Self {
        let mut compressor =
            zstd::bulk::Compressor::new(LEVEL).expect("level 3 is a level of every zstd library");
        compressor.include_checksum(false).expect("a parameter of every zstd library");
        compressor.include_contentsize(false).expect("a parameter of every zstd library");
        Self(compressor)
    }
}

impl ByteCoder for ZstdCoder {
    fn info(&self) -> CodecInfo {
        CodecInfo {
            level: Some(LEVEL),
            settings: Some("one frame a piece, no checksum, no content size".to_owned()),
            ..CodecInfo::new(CodecName::Zstd, zstd::zstd_safe::version_string())
        }
    }

    fn encode(&mut self, text: &[u8], out: &mut Vec<u8>) {
        let start = out.len();
        out.resize(start + zstd::zstd_safe::compress_bound(text.len()), 0);
        let coded = self
            .0
            .compress_to_buffer(text, &mut out[start..])
            .expect("a buffer of the bound's size holds any frame");
        out.truncate(start + coded);
    }
}
