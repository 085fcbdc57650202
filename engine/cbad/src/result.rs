//! The results of a run: typed first, words second.

use serde::{Deserialize, Serialize};

use crate::blocks::BlockTest;
use crate::counterfactual::Counterfactual;
use crate::drift::Drift;
use crate::jury::Jury;
use crate::lasting::Lasting;
use crate::stability::Stability;

/// A p-value with what is needed to read it: how it was made, and how small it could have been at all.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PValue {
    /// The p-value, in (0, 1].
    pub value: f64,
    /// The smallest value that this test could have given.
    pub floor: f64,
    /// Permutations drawn, or calibration windows ranked against.
    pub n: u32,
}

/// Sizes under one codec of a baseline piece, the window, and both, in bits.
///
/// NCD = (C(bw) - min(C(b), C(w))) / max(C(b), C(w)); Li et al., "The similarity metric", IEEE Trans. Inf. Theory 50 (2004).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sizes {
    /// Uncoded bytes of the baseline piece.
    pub baseline_bytes: u64,
    /// Uncoded bytes of the window.
    pub window_bytes: u64,
    /// C(b), bits.
    pub baseline_bits: u64,
    /// C(w), bits.
    pub window_bits: u64,
    /// C(bw), bits.
    pub both_bits: u64,
}

impl Sizes {
    /// Normalised compression distance; 0 where nothing was coded.
    pub fn ncd(&self) -> f64 {
        let larger = self.baseline_bits.max(self.window_bits);
        if larger == 0 {
            return 0.0;
        }
        (self.both_bits as f64 - self.baseline_bits.min(self.window_bits) as f64) / larger as f64
    }

    /// Bits that the window costs once the baseline piece is known: C(bw) - C(b).
    pub fn delta_bits(&self) -> i64 {
        self.both_bits as i64 - self.baseline_bits as i64
    }

    /// Compression ratio of the baseline piece: uncoded over coded, 0 where nothing was coded.
    pub fn ratio_baseline(&self) -> f64 {
        ratio(self.baseline_bytes, self.baseline_bits)
    }

    /// Compression ratio of the window: uncoded over coded, 0 where nothing was coded.
    pub fn ratio_window(&self) -> f64 {
        ratio(self.window_bytes, self.window_bits)
    }
}

fn ratio(bytes: u64, bits: u64) -> f64 {
    if bits == 0 { 0.0 } else { (bytes * 8) as f64 / bits as f64 }
}

/// One way of looking at a stream. All give bits of surplus against the baseline, and each says what it saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lens {
    /// Tokens and events never or rarely seen.
    Content,
    /// The shares of event templates: a burst of a known kind, or a kind that is missing.
    Mix,
    /// The times between events: too many, too few, silence.
    Rate,
    /// Numbers off their distribution: metric values, durations, sizes, token counts; and fields of few values off their shares.
    Values,
    /// Templates that follow one another as they do not in the baseline.
    Order,
}

impl Lens {
    /// All five, in the order in which they are scored and stored.
    pub const ALL: [Self; 5] = [Self::Content, Self::Mix, Self::Rate, Self::Values, Self::Order];

    /// The stable lower-case name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Content => "content",
            Self::Mix => "mix",
            Self::Rate => "rate",
            Self::Values => "values",
            Self::Order => "order",
        }
    }
}

impl std::fmt::Display for Lens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// What one lens says of one window.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LensScore {
    /// Which lens.
    pub lens: Lens,
    /// Bits of surplus: higher is more unusual.
    pub score_bits: f64,
    /// Could the window and its baseline be one shuffled deck? `None` where the window was never a candidate.
    pub p_permutation: Option<PValue>,
    /// Rank among the stream's own ordinary windows; `None` where there is not enough history.
    pub p_conformal: Option<PValue>,
    /// The same, from the modelled tail beyond the rank's floor; `None` where there is not enough history.
    pub p_tail: Option<PValue>,
    /// Share of the findings up to this p that is expected to be false, over all windows and lenses of the run.
    pub q: Option<f64>,
    /// The same after Benjamini and Yekutieli: holds under any dependence of the tests.
    pub q_by: Option<f64>,
}

/// How a thing shifted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShiftKind {
    /// A template takes a larger share of the events.
    MoreOften,
    /// A template takes a smaller share.
    LessOften,
    /// A template that the baseline has is not there at all.
    Missing,
    /// Events come faster.
    Burst,
    /// Events come slower.
    Thinning,
    /// Nothing came for longer than the baseline knows.
    Silence,
    /// The values lie higher.
    Higher,
    /// The values lie lower.
    Lower,
    /// The values vary more.
    Wider,
    /// The values vary less.
    Narrower,
    /// The values do not change at all.
    Flat,
    /// Single values far outside the baseline's.
    Spike,
    /// The values climb or fall steadily.
    Trend,
    /// A template follows another that it does not follow in the baseline.
    NewStep,
}

/// What a number of a [`Shift`] counts. A unit that a capture names otherwise is a plain number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// A plain number.
    #[default]
    Number,
    /// Nanoseconds.
    Nanos,
    /// Microseconds, by the capture.
    Micros,
    /// Milliseconds, by the capture.
    Millis,
    /// Seconds, by the capture.
    Seconds,
    /// Bytes, by the capture.
    Bytes,
    /// Events of a hundred.
    Percent,
    /// Events a second.
    PerSecond,
    /// How often.
    Times,
}

/// One thing that a lens saw change, in the stream's own terms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shift {
    /// Which lens saw it.
    pub lens: Lens,
    /// How it shifted.
    pub kind: ShiftKind,
    /// What: a template, the path of a field, `first template → second template`.
    pub name: String,
    /// In the window.
    pub window: f64,
    /// In the baseline.
    pub baseline: f64,
    /// What the two numbers count.
    pub unit: Unit,
    /// Bits of surplus that it carries.
    pub bits: f64,
    /// Position in the stream of the event that shows it best, where one does.
    pub event: Option<u64>,
    /// Of a new order: the template that usually comes right before the second, where one does more often than not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_out: Option<String>,
    /// Of a kind or a value that comes more often: where in the finding it comes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carried: Option<Carried>,
}

/// The events of a finding that have what shifted; a finding is made of whole windows and reaches farther.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carried {
    /// How many there are.
    pub events: u64,
    /// Position in the stream of the first of them.
    pub first_event: u64,
    /// Position in the stream of the last of them.
    pub last_event: u64,
    /// Earliest time from the first to the last, nanoseconds UTC.
    pub start_nanos: Option<i64>,
    /// Latest time from the first to the last, nanoseconds UTC.
    pub end_nanos: Option<i64>,
}

/// One scored window of a stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WindowScore {
    /// Position among the stream's windows, from 0.
    pub index: u32,
    /// Position in the stream of its first event, from 0.
    pub first_event: u64,
    /// Position in the stream of its last event, inclusive.
    pub last_event: u64,
    /// Earliest time in the window, nanoseconds UTC.
    pub start_nanos: Option<i64>,
    /// Latest time in the window, nanoseconds UTC.
    pub end_nanos: Option<i64>,
    /// Codec sizes of the window and a baseline piece of equal length (`zstd`).
    pub zstd: Sizes,
    /// The same under the count code.
    pub count: Sizes,
    /// Byte entropy of the window's canonical text, bits a byte.
    pub entropy: f64,
    /// What each lens says of it, in the order of [`Lens::ALL`]; lenses that do not apply to the stream are left out.
    pub lenses: Vec<LensScore>,
    /// The lens that is most surprised: that of the least deciding p.
    pub lens: Lens,
    /// Bits of the stream's first lens (content, or values for metrics), the same for all its windows.
    pub score_bits: f64,
    /// One p for the window over all its lenses: the least deciding p times their number (Bonferroni's rule, which
    /// holds under any dependence). `None` where there is not enough history.
    pub p: Option<f64>,
    /// Of the most surprised lens.
    pub p_permutation: Option<PValue>,
    /// Of the most surprised lens.
    pub p_conformal: Option<PValue>,
    /// Of the most surprised lens.
    pub p_tail: Option<PValue>,
    /// Share of the findings up to this p that is expected to be false, over all windows and lenses of the run: the least of its
    /// lenses.
    pub q: Option<f64>,
    /// Whether it is held to be a change at the run's false discovery rate.
    pub flagged: bool,
}

/// How much a finding matters, from its q and its effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// One odd event, listed because nothing is as odd. One event alone is never significant.
    Odd,
    /// Not significant; listed because it is among the most unusual.
    Unusual,
    /// Significant.
    Notable,
    /// Significant, with a large effect.
    Severe,
}

impl Grade {
    /// The stable lower-case name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Odd => "odd",
            Self::Unusual => "unusual",
            Self::Notable => "notable",
            Self::Severe => "severe",
        }
    }
}

/// One token of an event and what it cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TokenCost {
    /// The token as it stands in the event; invalid UTF-8 replaced.
    pub text: String,
    /// Whether one space stands before it in the event.
    pub space_before: bool,
    /// The field that it stands in; `None` in the body.
    pub field: Option<String>,
    /// Shape under which the code saw it, where not the text itself: `UUID`, `number of 5 digits`,
    /// `duration 67-134 ms`; `field` for the path of a field and `severity` for the severity.
    pub shape: Option<String>,
    /// Bits it cost given the baseline.
    pub bits: f64,
    /// How often the baseline has this token at this place (after the same two tokens).
    pub seen: u64,
    /// Which number of a data point it is: `value`; of a histogram `count` and `mean`, or `p50` where it has no sum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measure: Option<String>,
}

/// Tokens of which costs are kept for one event of an explanation: the dearest ones. A line of a megabyte has hundreds of
/// thousands, and every reader of the finding would read them all.
pub const MOST_TOKEN_COSTS: usize = 1000;

/// Tokens of an event whose costs are not kept one by one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LeftOut {
    /// How many; none of them costs more than any token that is kept.
    pub tokens: u64,
    /// How many of them cost less than a bit.
    pub under_one_bit: u64,
    /// What they cost together.
    pub bits: f64,
}

/// An event that carries part of a finding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Driver {
    /// Position of the event in the stream, from 0.
    pub event: u64,
    /// The event's bits given the baseline.
    pub bits: f64,
    /// Bits that an ordinary event of the stream costs (median over the baseline sample).
    pub ordinary_bits: f64,
    /// The tokens of the event in order, with their costs: all of them, or the dearest [`MOST_TOKEN_COSTS`].
    pub tokens: Vec<TokenCost>,
    /// The other tokens, where there are more. With what those above cost they come to `bits`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_out: Option<LeftOut>,
    /// Position in the stream of the baseline event that explains most of it, where one does.
    pub nearest: Option<u64>,
}

/// What was seen and how sure it is, typed; `render` puts it in words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// The lens that drove it.
    pub lens: Lens,
    /// Every lens that flags one of its windows, in the order of [`Lens::ALL`]; empty in runs of before there were five.
    #[serde(default)]
    pub lenses: Vec<Lens>,
    /// What shifted, the lens that drove it first, and of each lens the dearest first.
    #[serde(default)]
    pub shifts: Vec<Shift>,
    /// The dearest events, dearest first.
    pub drivers: Vec<Driver>,
    /// Windows joined into the finding.
    pub windows: u32,
    /// What would have to be otherwise for its dearest window not to be flagged; `None` where it is not flagged.
    #[serde(default)]
    pub counterfactual: Option<Counterfactual>,
    /// Whether it holds under other windows and seeds; `None` where that was not looked at.
    #[serde(default)]
    pub stability: Option<Stability>,
    /// What it does not show, in words.
    pub caveats: Vec<String>,
    /// The first sentence.
    pub sentence: String,
    /// The paragraph under it: what drove it, what lowered it, how sure.
    pub paragraph: String,
}

/// The scored windows of one stream.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StreamResult {
    /// Every window, in order.
    pub windows: Vec<WindowScore>,
    /// Why the stream was not scored, where it was not; else what was special about how it was.
    pub note: Option<String>,
    /// How far it is from its anchor, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drift: Option<Drift>,
}

/// Everything that one analysis found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunResult {
    /// One for each stream, in the order given.
    pub streams: Vec<StreamResult>,
    /// Flagged findings first, then the most unusual windows that are not flagged.
    pub findings: Vec<Finding>,
}

/// Windows that overlap and belong together, or one of the most unusual ones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Which stream, as an index into the run's streams.
    pub stream: u32,
    /// Index of the dearest window.
    pub window: u32,
    /// Position in the stream of its first event.
    pub first_event: u64,
    /// Position in the stream of its last event, inclusive.
    pub last_event: u64,
    /// Earliest time, nanoseconds UTC.
    pub start_nanos: Option<i64>,
    /// Latest time, nanoseconds UTC.
    pub end_nanos: Option<i64>,
    /// How much it matters.
    pub grade: Grade,
    /// Whether it is significant at the run's false discovery rate.
    pub flagged: bool,
    /// Smallest q of its windows.
    pub q: Option<f64>,
    /// Of its dearest window.
    pub p_permutation: Option<PValue>,
    /// Of its dearest window.
    pub p_conformal: Option<PValue>,
    /// Of its dearest window.
    pub p_tail: Option<PValue>,
    /// Of its dearest window, dealt in runs of events; `None` for odd events, and in runs of before 0.3.0.
    #[serde(default)]
    pub p_block: Option<BlockTest>,
    /// Score of its dearest window through the lens that found it, bits.
    pub score_bits: f64,
    /// -log2 of how rare that score is among the stream's ordinary windows: what findings are ordered by; 0
    /// in runs of before there were five lenses.
    #[serde(default)]
    pub surprise_bits: f64,
    /// Why.
    pub explanation: Explanation,
    /// What each of the five codecs says of its dearest window; `None` of a change that lasts, and in runs of before there was a jury.
    #[serde(default)]
    pub jury: Option<Jury>,
    /// How it was found, where it is a change that lasts and not one that windows show. Its p-values are those of the whole stretch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lasting: Option<Lasting>,
}
