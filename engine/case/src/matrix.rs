//! One stream cut into blocks of equally many events, and the distance of each block to each other.
//!
//! Of a long stream each block gives a sample of its events, evenly spread over it: NCD needs pieces that are about as long
//! as a window, not millions of events.

use cbad::{CodecName, PieceMatrix, Stage, Watch, piece_matrix};
use serde::Serialize;

use crate::analyze::in_pool;
use crate::apart::apart;
use crate::error::CaseError;
use crate::gather::Gathering;
use crate::store::Case;

/// Most blocks: each pair of them is coded.
pub const MOST_MATRIX_BLOCKS: u32 = 64;
/// Most events of a block that are coded.
const MOST_EVENTS: u64 = 256;
/// Events read between two looks whether to stop.
const AT_ONCE: u64 = 64;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MatrixChoice {
    /// What codes the pieces.
    pub codec: CodecName,
    /// Blocks: at least 2, at most [`MOST_MATRIX_BLOCKS`]; fewer where the stream has fewer events.
    pub blocks: u32,
}

impl Default for MatrixChoice {
    fn default() -> Self {
        Self { codec: CodecName::Zstd, blocks: 32 }
    }
}

/// A stretch of the stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MatrixBlock {
    /// Position of its first event.
    pub first_event: u64,
    /// Position of its last event.
    pub last_event: u64,
    /// Time of the first of its coded events that has one.
    pub start_nanos: Option<i64>,
    /// Time of the last of its coded events that has one.
    pub end_nanos: Option<i64>,
    /// Positions of the events that were coded.
    #[serde(skip)]
    pub coded: Vec<u64>,
}

/// The distances of the blocks of a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct NcdMatrix {
    /// The stream.
    pub stream: u32,
    /// Its blocks, in order. All have equally many events; a few at the end of the stream may be in none.
    pub blocks: Vec<MatrixBlock>,
    /// Events coded of each block.
    pub events_a_block: u64,
    /// Sizes of each pair.
    pub sizes: PieceMatrix,
}

impl Case {
    /// The distances of the blocks of one stream under one codec. Nothing is kept. `threads` changes how long it takes and
    /// nothing else.
    pub fn ncd_matrix(
        &self,
        stream: u32,
        choice: MatrixChoice,
        threads: Option<usize>,
        watch: &dyn Watch,
    ) -> Result<NcdMatrix, CaseError> {
        let row = self.stream(stream)?;
        let wanted = u64::from(choice.blocks.clamp(2, MOST_MATRIX_BLOCKS)).min(row.events.max(1));
        let length = row.events / wanted;
        let coded = length.min(MOST_EVENTS);
        let total = wanted * coded;
        let mut gathering = Gathering::begin(row.key.clone());
        let mut blocks = Vec::with_capacity(wanted as usize);
        let mut read = 0;
        for first_event in (0..wanted).map(|block| block * length) {
            let positions = (0..coded).map(|at| first_event + at * length / coded);
            let mut block = MatrixBlock {
                first_event,
                last_event: first_event + length.saturating_sub(1),
                start_nanos: None,
                end_nanos: None,
                coded: positions.collect(),
            };
            for &position in &block.coded {
                if read % AT_ONCE == 0 {
                    watch.progress(Stage::Prepare, read, total);
                    if watch.cancelled() {
                        return Err(CaseError::Cancelled);
                    }
                }
                let event = self.event(stream, position)?.event;
                block.start_nanos = block.start_nanos.or(event.time_nanos);
                block.end_nanos = event.time_nanos.or(block.end_nanos);
                gathering.push(event, watch)?;
                read += 1;
            }
            blocks.push(block);
        }
        let gathered = gathering.finish(watch)?;
        let sizes = apart(watch, move |watch| {
            let events = gathered.wait().finish();
            in_pool(threads, || piece_matrix(&events, wanted as u32, choice.codec, watch))
        })???;
        Ok(NcdMatrix { stream, blocks, events_a_block: coded, sizes })
    }
}
