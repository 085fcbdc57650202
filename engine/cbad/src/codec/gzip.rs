//! gzip (RFC 1952): DEFLATE at level 6, by `miniz_oxide`.
//!
//! By `miniz_oxide` itself and not through `flate2`, whose backend any crate of a build can exchange by a feature.

use miniz_oxide::deflate::core::{
    CompressorOxide, TDEFLFlush, TDEFLStatus, compress, create_comp_flags_from_zip_params,
};

use super::bytes::{ByteCodec, ByteCoder};
use super::info::{CodecInfo, CodecName};

/// Of `miniz_oxide`, as the lock file pins it; the library does not say its version itself.
pub(super) const VERSION: &str = "0.9.1";

const LEVEL: i32 = 6;

/// DEFLATE data without a zlib header around it.
const RAW: i32 = -15;

/// Member header without name, comment, time or system: magic, method 8, no flags, time 0, no extra flags, system 255.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

/// gzip, one member a piece.
pub(crate) type Gzip = ByteCodec<GzipCoder>;

impl Gzip {
    pub(crate) fn new() -> Self {
        Self::with(GzipCoder::new())
    }
}

pub(crate) struct GzipCoder(Box<CompressorOxide>);

impl GzipCoder {
    pub(super) fn new() -> Self {
        Self(Box::new(CompressorOxide::new(create_comp_flags_from_zip_params(LEVEL, RAW, 0))))
    }
}

impl ByteCoder for GzipCoder {
    fn info(&self) -> CodecInfo {
        CodecInfo {
            level: Some(LEVEL),
            settings: Some("miniz_oxide, one member a piece, header fields zero".to_owned()),
            ..CodecInfo::new(CodecName::Gzip, VERSION)
        }
    }

    fn encode(&mut self, text: &[u8], out: &mut Vec<u8>) {
        self.0.reset();
        out.extend_from_slice(&HEADER);
        let start = out.len();
        // The bound of zlib's own `compressBound`, which holds for any DEFLATE coder that may store.
        out.resize(start + text.len() + text.len() / 8 + 128, 0);
        let (status, read, coded) = compress(&mut self.0, text, &mut out[start..], TDEFLFlush::Finish);
        assert!(status == TDEFLStatus::Done && read == text.len(), "the buffer holds any DEFLATE data of it");
        out.truncate(start + coded);
        out.extend_from_slice(&crc32fast::hash(text).to_le_bytes());
        out.extend_from_slice(&(text.len() as u32).to_le_bytes());
    }
}
