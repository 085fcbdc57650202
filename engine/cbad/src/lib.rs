//! Compression-based anomaly detection: codecs, codes, windows, lenses, significance, explanation.
//!
//! For: scoring windows of an event stream against a baseline in bits, saying how sure that is, and why.
//! Never: reads a file, asks a clock, opens a socket, or lets the number of threads change a result.

mod config;
mod event;
mod result;
mod watch;

pub use config::{Baseline, Config, ENGINE_VERSION};
pub use event::{ByteRange, Event, Field, Measure, Severity, Signal, StreamKey, Value};
pub use result::{Driver, Explanation, Finding, Grade, Lens, PValue, Sizes, TokenCost, WindowScore};
pub use watch::{Cancelled, Stage, Unwatched, Watch};
