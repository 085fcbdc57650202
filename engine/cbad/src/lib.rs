//! Compression-based anomaly detection: codecs, codes, windows, lenses, significance, explanation.
//!
//! For: scoring windows of an event stream against a baseline in bits, saying how sure that is, and why.
//! Never: reads a file, asks a clock, opens a socket, or lets the number of threads change a result.

mod analyze;
mod assemble;
mod attribution;
mod backbone;
mod blocks;
mod builder;
mod canonical;
mod category;
mod channel;
mod codec;
mod compare;
mod compare_items;
mod compare_words;
mod config;
mod content;
mod count_code;
mod counterfactual;
mod discovery;
mod drift;
mod event;
mod event_tokens;
mod explain;
mod finding;
mod fixed;
mod free_text;
mod histogram;
mod in_text;
mod instances;
mod judge;
mod jury;
mod keys;
mod kind_names;
mod lens;
mod lens_test;
mod matrix;
mod mix;
mod nearby;
mod order;
mod permutation;
mod place;
mod preview;
mod quantity;
mod rate;
mod reason_words;
mod recalibration;
mod relative_code;
mod repeats;
mod result;
mod running;
mod season;
mod shift_words;
mod shifts;
mod significance;
mod sizes;
mod span;
mod stability;
mod stream;
mod tail;
mod template;
mod time_words;
mod token;
mod trace;
mod values;
mod watch;
mod window;
mod words;

pub use analyze::{EventLookup, analyze};
pub use attribution::{Attribution, CopiedRun, Expected, KindBits, TokenBits, attribute};
pub use blocks::BlockTest;
pub use builder::StreamBuilder;
pub use canonical::{CanonicalTest, Histogram, Statistic, TestError, canonical_test};
pub use channel::amount_in;
pub use codec::{CodecInfo, CodecName, PlanColumn, PlanInfo, SelfTest, codecs, differences, plans};
pub use compare::{Amounts, Aspect, Change, Comparison, Difference, compare, least_bits, shares_bits};
pub use config::{Baseline, Clock, Config, ENGINE_VERSION, Period, Profile, Stretch};
pub use counterfactual::{Counterfactual, Way};
pub use drift::Drift;
pub use event::{ByteRange, Event, Field, Measure, Severity, Signal, StreamKey, Value};
pub use event_tokens::{Part, TokenPlace, token_places};
pub use jury::{Jury, JuryEntry, Share};
pub use matrix::{PieceMatrix, piece_matrix};
pub use preview::{Preview, preview};
pub use result::{
    Carried, Driver, Explanation, Finding, Grade, LeftOut, Lens, LensScore, MOST_TOKEN_COSTS, PValue,
    RunResult, Shift, ShiftKind, Sizes, StreamResult, TokenCost, Unit, WindowScore,
};
pub use running::{INSTANCE_PATH, Numbers, RunningTotals};
pub use stability::{Stability, StabilityCell, Variation};
pub use stream::Stream;
pub use token::recognise;
pub use values::{StreamPoint, ValueMonitor, stream_values};
pub use watch::{Cancelled, Stage, Unwatched, Watch};
pub use words::rfc3339;
