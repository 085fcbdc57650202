//! LZ4 in its block format: matches and literals without an entropy code.

use super::bytes::{ByteCodec, ByteCoder};
use super::info::{CodecInfo, CodecName};

/// Of `lz4_flex`, as the lock file pins it; the library does not say its version itself.
pub(super) const VERSION: &str = "0.14.0";

/// LZ4, one block a piece; the length of the text stands before it as the decoder needs it.
pub(crate) type Lz4 = ByteCodec<Lz4Coder>;

impl Lz4 {
    pub(crate) fn new() -> Self {
        Self::with(Lz4Coder)
    }
}

pub(crate) struct Lz4Coder;

impl ByteCoder for Lz4Coder {
    fn info(&self) -> CodecInfo {
        CodecInfo {
            settings: Some("lz4_flex, one block a piece after its length in four bytes".to_owned()),
            ..CodecInfo::new(CodecName::Lz4, VERSION)
        }
    }

    fn encode(&mut self, text: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(&(text.len() as u32).to_le_bytes());
        let start = out.len();
        out.resize(start + lz4_flex::block::get_maximum_output_size(text.len()), 0);
        let coded = lz4_flex::block::compress_into(text, &mut out[start..])
            .expect("a buffer of the maximum's size holds any block");
        out.truncate(start + coded);
    }
}
