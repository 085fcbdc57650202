//! The jury: five codecs size the same pieces, and each says whether the window is dear by its own measure.
//!
//! Each codec is judged against itself only. Fifty windows, spread evenly over those of the stream that are not flagged,
//! are sized too. A codec finds the window unusual where it costs more delta bits a byte, or has a larger NCD, than at
//! least 97.5 % of those of the fifty that neither overlap it nor stand in its guard: both, because few foreign lines show
//! in the delta, while a window full of one foreign line is cheap in itself and only far from its baseline.

use serde::{Deserialize, Serialize};

use crate::codec::{self, Codec, CodecInfo, CodecName, Piece};
use crate::count_code::Coder;
use crate::result::Sizes;
use crate::stream::Stream;
use crate::window::{MIN_HISTORY, Plan};

/// Windows that a codec compares a window with.
const SAMPLE: usize = 50;

/// Of a thousand sample windows this many must be below, by either measure: two times 2.5 % makes 5 %.
const BELOW_PERMILLE: u64 = 975;

/// What the codecs say of one window.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jury {
    /// One entry a codec, all five, in the order of [`CodecName::ALL`].
    pub entries: Vec<JuryEntry>,
}

/// What one codec says of one window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JuryEntry {
    /// Which codec; where it is absent, why.
    pub codec: CodecInfo,
    /// C(b), C(w) and C(bw); `None` where the codec is absent.
    pub sizes: Option<Sizes>,
    /// How many of the sample windows cost fewer delta bits a byte; `None` where the codec is absent, or where the stream
    /// has too few other windows to say.
    pub dearer_than: Option<Share>,
    /// How many of the sample windows have a smaller NCD; `None` likewise.
    pub farther_than: Option<Share>,
}

/// So many of so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// How many are below.
    pub below: u32,
    /// Of how many.
    pub of: u32,
}

impl Jury {
    /// How many codecs find the window unusual.
    pub fn agreeing(&self) -> usize {
        self.entries.iter().filter(|entry| entry.agrees() == Some(true)).count()
    }

    /// How many codecs could say.
    pub fn voting(&self) -> usize {
        self.entries.iter().filter(|entry| entry.agrees().is_some()).count()
    }
}

impl JuryEntry {
    /// Whether the codec finds the window unusual; `None` where it cannot say.
    pub fn agrees(&self) -> Option<bool> {
        let passes = |share: Share| u64::from(share.below) * 1000 >= u64::from(share.of) * BELOW_PERMILLE;
        Some(passes(self.dearer_than?) || passes(self.farther_than?))
    }

    /// Normalised compression distance, where the codec is there.
    pub fn ncd(&self) -> Option<f64> {
        self.sizes.map(|sizes| sizes.ncd())
    }
}

/// The sample windows of one stream, as each codec sizes them.
pub(crate) struct Sample {
    windows: Vec<usize>,
    sizes: Vec<Vec<Sizes>>,
}

impl Sample {
    /// Sizes the sample; `flagged` windows are no part of it.
    pub(crate) fn new(stream: &Stream, plan: &Plan, flagged: &[bool], coder: &Coder) -> Self {
        let ordinary: Vec<usize> =
            (0..plan.count).filter(|&i| plan.is_ranked(i) && !flagged.get(i).is_some_and(|f| *f)).collect();
        let count = SAMPLE.min(ordinary.len());
        let windows: Vec<usize> = (0..count).map(|j| ordinary[j * ordinary.len() / count]).collect();
        let sizes = CodecName::ALL
            .into_iter()
            .map(|name| match codec::open(name, stream, coder) {
                Ok(mut codec) => {
                    windows.iter().map(|&window| measure(codec.as_mut(), stream, plan, window)).collect()
                }
                Err(_) => Vec::new(),
            })
            .collect();
        Self { windows, sizes }
    }

    /// What the codecs say of a window.
    pub(crate) fn judge(&self, stream: &Stream, plan: &Plan, window: usize, coder: &Coder) -> Jury {
        let others: Vec<usize> =
            (0..self.windows.len()).filter(|&j| plan.calibrates(window, self.windows[j])).collect();
        let entries = CodecName::ALL
            .into_iter()
            .zip(&self.sizes)
            .map(|(name, sample)| {
                let opened = codec::open(name, stream, coder).ok();
                let sizes = opened.map(|mut codec| measure(codec.as_mut(), stream, plan, window));
                let share = |is_below: fn(&Sizes, &Sizes) -> bool| {
                    let own = sizes.filter(|_| others.len() >= MIN_HISTORY)?;
                    let below = others.iter().filter(|&&j| is_below(&sample[j], &own)).count() as u32;
                    Some(Share { below, of: others.len() as u32 })
                };
                JuryEntry {
                    codec: codec::info_of(name),
                    sizes,
                    dearer_than: share(is_cheaper),
                    farther_than: share(|a, b| a.ncd() < b.ncd()),
                }
            })
            .collect();
        Jury { entries }
    }
}

/// The window and its baseline piece of equal length, as in every window of the run.
pub(crate) fn pieces(stream: &Stream, plan: &Plan, window: usize) -> [Vec<u32>; 2] {
    let baseline = plan.baseline(window).spread(plan.window).map(|p| stream.sequence[p]).collect();
    [baseline, stream.sequence[plan.range(window)].to_vec()]
}

fn measure(codec: &mut dyn Codec, stream: &Stream, plan: &Plan, window: usize) -> Sizes {
    let [baseline, window] = pieces(stream, plan, window).map(|events| {
        let mut piece = Piece::default();
        piece.fill(stream, events.into_iter());
        piece
    });
    codec.sizes(&baseline, &window)
}

/// Whether `a` has fewer delta bits a byte than `b`; by whole numbers, so that equal shares stay equal.
fn is_cheaper(a: &Sizes, b: &Sizes) -> bool {
    let cross = |bits: i64, bytes: u64| i128::from(bits) * i128::from(bytes.max(1));
    cross(a.delta_bits(), b.window_bytes) < cross(b.delta_bits(), a.window_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builder::StreamBuilder;
    use crate::config::Config;
    use crate::event::{ByteRange, Event, Signal, StreamKey};

    fn stream(lines: &[&str]) -> Stream {
        let key = StreamKey { signal: Signal::Log, service: None, name: "shop".to_owned() };
        let mut builder = StreamBuilder::new(key);
        for line in lines {
            builder.push(&Event::new(*line, ByteRange::default()));
        }
        builder.finish()
    }

    fn shop() -> Vec<&'static str> {
        include_str!("../tests/data/shop.log").lines().collect()
    }

    fn heard(stream: &Stream, window: usize) -> Jury {
        let plan = Plan::new(stream, &Config::default()).expect("long enough");
        let coder = Coder::default();
        Sample::new(stream, &plan, &vec![false; plan.count], &coder).judge(stream, &plan, window, &coder)
    }

    #[test]
    fn foreign_lines_are_unusual_to_most_codecs_and_ordinary_ones_to_few() {
        let foreign = [
            "kernel: Out of memory: Killed process (postgres) total-vm, anon-rss, shmem-rss",
            "ext4 filesystem remounted read-only after journal abort, errno EIO",
            "nvme0n1: controller is down; will reset, CSTS unknown",
            "systemd[1]: Failed to start network manager wait online",
            "audit: backlog limit exceeded, rate limit dropped messages",
        ];
        // All of a window, which is cheap in itself and far from its baseline; and a fifth of one, which is dear.
        for every in [1, 5] {
            let mut lines = shop();
            for (i, line) in lines[1000..1050].iter_mut().enumerate().step_by(every) {
                *line = foreign[i / every % foreign.len()];
            }
            let stream = stream(&lines);
            let jury = heard(&stream, 100);
            let there = jury.entries.iter().filter(|entry| entry.codec.absent.is_none()).count();
            assert_eq!((jury.entries.len(), jury.voting()), (5, there));
            let most = if every == 1 { there } else { there - 2 };
            assert!(jury.agreeing() >= most, "{every}: {jury:?}");
            let ordinary = heard(&stream, 20);
            assert_eq!(ordinary.voting(), there);
            assert!(ordinary.agreeing() <= 1, "{ordinary:?}");
        }
    }

    #[test]
    fn what_is_absent_or_too_young_has_no_vote() {
        let jury = heard(&stream(&shop()[..32]), 1);
        assert_eq!((jury.agreeing(), jury.voting()), (0, 0));
        for entry in &jury.entries {
            assert_eq!(entry.sizes.is_some(), entry.codec.absent.is_none());
            assert_eq!(entry.ncd().is_some(), entry.sizes.is_some());
            assert_eq!(entry.agrees(), None);
        }
    }

    #[test]
    fn either_measure_is_enough_for_a_vote() {
        let share = |below, of| Some(Share { below, of });
        for (dearer_than, farther_than, agrees) in [
            (share(39, 40), share(0, 40), Some(true)),
            (share(0, 40), share(39, 40), Some(true)),
            (share(38, 40), share(38, 40), Some(false)),
            (share(19, 19), share(3, 19), Some(true)),
            (share(18, 19), share(18, 19), Some(false)),
            (None, None, None),
        ] {
            let sizes = Some(Sizes::default());
            let entry =
                JuryEntry { codec: codec::info_of(CodecName::Zstd), sizes, dearer_than, farther_than };
            assert_eq!(entry.agrees(), agrees, "{entry:?}");
        }
    }
}
