//! Each piece of a stream against each other: the distances that show where a stream changes and where it comes back.
//!
//! All pieces have the same number of events, since NCD compares only what is about equally long (Cilibrasi and Vitányi 2005,
//! "Clustering by compression"; and `sizes.rs`).

use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::canonical::TestError;
use crate::codec::{self, CodecInfo, CodecName, Piece};
use crate::count_code::Coder;
use crate::result::Sizes;
use crate::stream::Stream;
use crate::watch::{Cancelled, Stage, Watch};

/// Sizes of each pair of pieces of one stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PieceMatrix {
    /// What coded the pieces.
    pub codec: CodecInfo,
    /// Number of pieces.
    pub pieces: u32,
    /// The pairs in which the first piece is not after the second, row by row: (0,0), (0,1) … (1,1), (1,2) …
    pub pairs: Vec<Sizes>,
}

impl PieceMatrix {
    /// Sizes of two pieces, the earlier as the baseline.
    pub fn sizes(&self, one: u32, other: u32) -> Option<&Sizes> {
        let (row, column) = (one.min(other) as usize, one.max(other) as usize);
        let pieces = self.pieces as usize;
        // Row r begins after r rows of n, n-1, … pairs.
        let before = row * (2 * pieces + 1 - row.min(pieces)) / 2;
        (column < pieces).then(|| self.pairs.get(before + column - row)).flatten()
    }

    /// Their normalised compression distance.
    pub fn ncd(&self, one: u32, other: u32) -> Option<f64> {
        self.sizes(one, other).map(Sizes::ncd)
    }
}

/// Codes each pair of `pieces` consecutive pieces of a stream, all of the same number of events; what remains at the end is
/// in none. Runs on the pool of rayon that it is called in; the result depends on the arguments alone.
pub fn piece_matrix(
    stream: &Stream,
    pieces: u32,
    codec: CodecName,
    watch: &dyn Watch,
) -> Result<PieceMatrix, TestError> {
    let coder = Coder::default();
    codec::open(codec, stream, &coder)
        .map_err(|reason| TestError::Absent { codec, reason: reason.to_owned() })?;
    let length = stream.sequence.len().checked_div(pieces as usize).unwrap_or(0);
    let events: Vec<&[u32]> = if length == 0 {
        Vec::new()
    } else {
        stream.sequence.chunks_exact(length).take(pieces as usize).collect()
    };
    let pairs: Vec<(usize, usize)> =
        (0..events.len()).flat_map(|row| (row..events.len()).map(move |column| (row, column))).collect();
    let (done, total) = (AtomicU64::new(0), pairs.len() as u64);
    let open = || codec::open(codec, stream, &coder).expect("the codec was there a moment ago");
    let coded: Result<Vec<Sizes>, Cancelled> = pairs
        .par_iter()
        .map_init(
            || (open(), Piece::default(), Piece::default()),
            |(codec, baseline, window), &(row, column)| {
                if watch.cancelled() {
                    return Err(Cancelled);
                }
                baseline.fill(stream, events[row].iter().copied());
                window.fill(stream, events[column].iter().copied());
                let sizes = codec.sizes(baseline, window);
                watch.progress(Stage::Score, done.fetch_add(1, Ordering::Relaxed) + 1, total);
                Ok(sizes)
            },
        )
        .collect();
    Ok(PieceMatrix { codec: codec::info_of(codec), pieces: events.len() as u32, pairs: coded? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builder::StreamBuilder;
    use crate::event::{ByteRange, Event, Signal, StreamKey};
    use crate::watch::Unwatched;
    use std::sync::atomic::AtomicBool;

    /// Four pieces of forty events: quiet, odd, quiet, quiet.
    fn stream() -> Stream {
        let key = StreamKey { signal: Signal::Log, service: None, name: "shop".to_owned() };
        let mut builder = StreamBuilder::new(key);
        for index in 0..160_u32 {
            let line = if (40..80).contains(&index) {
                format!("kernel: out of memory: killed process {} (postgres)", index * 7919 % 1009)
            } else {
                format!("GET /cart/{} 200 in {} ms", index * 31 % 97, 3 + index % 5)
            };
            builder.push(&Event::new(line.as_str(), ByteRange::default()));
        }
        builder.finish()
    }

    #[test]
    fn an_odd_piece_is_far_from_all_others_under_each_codec() {
        let stream = stream();
        for codec in [CodecName::Zstd, CodecName::Lz4, CodecName::Gzip, CodecName::Count] {
            let matrix = piece_matrix(&stream, 4, codec, &Unwatched).expect("the codec is built in");
            assert_eq!((matrix.pieces, matrix.pairs.len()), (4, 10));
            let ncd = |one, other| matrix.ncd(one, other).expect("a pair of the matrix");
            for quiet in [0, 2, 3] {
                assert!(
                    ncd(1, quiet) > ncd(0, 2) + 0.1,
                    "{codec:?}: {} against {}",
                    ncd(1, quiet),
                    ncd(0, 2)
                );
            }
            assert!((ncd(0, 3) - ncd(3, 0)).abs() < f64::EPSILON, "one pair, one number");
            assert!(ncd(2, 2) < ncd(2, 3), "{codec:?}: nothing is nearer than the piece itself");
            assert_eq!((matrix.ncd(0, 4), matrix.ncd(9, 9)), (None, None));
        }
    }

    #[test]
    fn pieces_are_of_one_length_and_too_many_are_none() {
        let stream = stream();
        let of =
            |pieces| piece_matrix(&stream, pieces, CodecName::Zstd, &Unwatched).expect("zstd is built in");
        assert_eq!(of(3).pieces, 3, "one event of 160 is left over");
        assert_eq!((of(161).pieces, of(0).pieces), (0, 0));
        assert_eq!(of(160).pairs.len(), 160 * 161 / 2);
    }

    /// Cancels when it is first told of progress.
    struct Soon(AtomicBool, AtomicU64);

    impl Watch for Soon {
        fn progress(&self, _stage: Stage, _done: u64, _total: u64) {
            self.0.store(true, Ordering::Relaxed);
            self.1.fetch_add(1, Ordering::Relaxed);
        }
        fn cancelled(&self) -> bool {
            self.0.load(Ordering::Relaxed)
        }
    }

    #[test]
    fn cancelled_work_stops_within_a_pair() {
        let watch = Soon(AtomicBool::new(false), AtomicU64::new(0));
        let stopped = piece_matrix(&stream(), 40, CodecName::Zstd, &watch);
        assert_eq!(stopped, Err(TestError::Cancelled));
        let threads = rayon::current_num_threads() as u64;
        assert!(watch.1.load(Ordering::Relaxed) <= threads, "each thread ends the pair that it is at");
    }
}
