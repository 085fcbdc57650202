//! Compression-based anomaly detection: codecs, codes, windows, lenses, significance, explanation.
//!
//! For: scoring windows of an event stream against a baseline in bits, saying how sure that is, and why.
//! Never: reads a file, asks a clock, opens a socket, or lets the number of threads change a result.

mod analyze;
mod canonical;
mod channel;
mod codec;
mod config;
mod content;
mod count_code;
mod event;
mod explain;
mod finding;
mod fixed;
mod judge;
mod jury;
mod permutation;
mod relative_code;
mod result;
mod significance;
mod sizes;
mod stream;
mod tail;
mod token;
mod watch;
mod window;
mod words;

pub use analyze::{EventLookup, analyze};
pub use canonical::{CanonicalTest, Histogram, Statistic, TestError, canonical_test};
pub use codec::{CodecInfo, CodecName, SelfTest, codecs, differences};
pub use config::{Baseline, Config, ENGINE_VERSION};
pub use event::{ByteRange, Event, Field, Measure, Severity, Signal, StreamKey, Value};
pub use jury::{Jury, JuryEntry, Share};
pub use result::{
    Driver, Explanation, Finding, Grade, Lens, LensScore, PValue, RunResult, Shift, ShiftKind, Sizes,
    StreamResult, TokenCost, Unit, WindowScore,
};
pub use stream::{Stream, StreamBuilder};
pub use watch::{Cancelled, Stage, Unwatched, Watch};
pub use words::rfc3339;
