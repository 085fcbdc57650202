//! Codecs: anything that gives a piece of a stream a coded size. One file a codec.

mod bytes;
mod count;
mod gzip;
mod info;
mod lz4;
#[cfg(feature = "openzl")]
mod openzl;
mod self_test;
mod zstd;

pub(crate) use self::count::CountCodec;
pub use self::info::{CodecInfo, CodecName, PlanColumn, PlanInfo, SelfTest, codecs, differences, plans};
pub(crate) use self::info::{hex, info_of};
pub(crate) use self::zstd::Zstd;

use crate::count_code::Coder;
use crate::result::Sizes;
use crate::stream::Stream;

/// Events of one stream, as distinct event numbers and as canonical text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Piece {
    pub(crate) events: Vec<u32>,
    pub(crate) text: Vec<u8>,
    /// Where the text of each event ends.
    pub(crate) ends: Vec<u32>,
}

impl Piece {
    pub(crate) fn fill(&mut self, stream: &Stream, events: impl Iterator<Item = u32>) {
        self.events.clear();
        self.text.clear();
        self.ends.clear();
        for event in events {
            self.events.push(event);
            stream.append_canonical(event, &mut self.text);
            self.ends.push(self.text.len() as u32);
        }
    }

    /// The events with their texts, in order.
    #[cfg(feature = "openzl")]
    fn lines(&self) -> impl Iterator<Item = (u32, &[u8])> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let texts = starts.zip(&self.ends).map(|(start, &end)| &self.text[start as usize..end as usize]);
        self.events.iter().copied().zip(texts)
    }
}

/// Gives sizes to pieces of one stream. It may keep buffers between calls, never anything that changes a size.
pub(crate) trait Codec {
    /// C(b), C(w) and C(bw).
    fn sizes(&mut self, baseline: &Piece, window: &Piece) -> Sizes;
}

/// A codec for pieces of a stream, or why it is not there.
#[cfg_attr(
    feature = "openzl",
    expect(clippy::unnecessary_wraps, reason = "without the feature one is absent")
)]
pub(crate) fn open<'s>(
    name: CodecName,
    stream: &'s Stream,
    coder: &'s Coder,
) -> Result<Box<dyn Codec + 's>, &'static str> {
    Ok(match name {
        CodecName::Zstd => Box::new(Zstd::new()),
        CodecName::Lz4 => Box::new(lz4::Lz4::new()),
        CodecName::Gzip => Box::new(gzip::Gzip::new()),
        #[cfg(feature = "openzl")]
        CodecName::Openzl => Box::new(self::openzl::OpenZl::new()),
        #[cfg(not(feature = "openzl"))]
        CodecName::Openzl => return Err(NOT_BUILT_IN),
        CodecName::Count => Box::new(CountCodec::new(stream, coder)),
    })
}

/// Why a codec that is a cargo feature is absent.
#[cfg(not(feature = "openzl"))]
pub(crate) const NOT_BUILT_IN: &str = "this program was built without it";

#[cfg(test)]
mod tests;
