//! The case file: one `SQLite` database that holds captures as events, and the runs over them.
//!
//! For: importing captures so that a kill at any moment loses nothing and changes nothing, running the engine over
//! them, and giving back events, windows and findings cheaply enough for a window that never waits.
//! Never: copies or alters a capture, repairs a case unasked or moves it to a later schema for being opened, shows half a run, opens a socket.
//!
//! Invariant: what an import leaves depends on the bytes of the capture, its name and the options, and not on
//! interruptions, threads or batches. Invariant: a stream's public id and its events' positions never change.

mod analyze;
mod anchor;
mod block;
mod cache;
mod canonical;
mod digest;
mod error;
mod events;
mod import;
mod inert;
mod members;
mod pack;
mod read;
mod redact;
mod rows;
mod runs;
mod schema;
mod settle;
mod source;
mod sql;
mod store;
mod tables;

pub use canonical::TestChoice;
pub use error::CaseError;
pub use inert::inert;
pub use redact::RedactBy;
pub use rows::{
    CaptureRedaction, CaptureRow, CaptureState, EventRow, FindingRow, ImportOutcome, ImportReport, MemberRow,
    ProblemRow, ProblemSeverity, RunRow, SourceBytes, StreamRow, StreamSummary,
};
pub use store::Case;
