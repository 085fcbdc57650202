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
mod apart;
mod attribution;
mod audit;
mod audit_list;
mod beginning;
mod block;
mod cache;
mod calls;
mod canonical;
mod chained;
mod clocks;
mod commit;
mod compare;
mod compare_runs;
mod coverage;
mod damage;
mod decisions;
mod digest;
mod encoding;
mod error;
mod event_json;
mod event_table;
mod events;
mod fields;
mod follow;
mod follower;
mod gather;
mod grams;
mod growing;
mod import;
mod inert;
mod join_notes;
mod keep_up;
mod lean;
mod log_keeper;
mod matrix;
mod members;
mod messages;
mod migrate;
mod moment;
mod numbers;
mod pack;
mod passphrase;
mod pattern;
mod prompt_diff;
mod purge;
mod query;
mod query_text;
mod read;
mod read_ahead;
mod readings;
mod redact;
mod reseal;
mod rows;
mod runs;
mod saved_views;
mod scan;
mod schema;
mod sealed;
mod search;
mod settle;
mod source;
mod sql;
mod store;
mod story;
mod supersede;
mod tables;
mod text_search;
mod trace;
mod trace_compare;
mod traces;
mod veil;
mod verify;
mod verify_runs;
mod view;
mod view_state;
mod window_blocks;

pub use audit::{AuditHead, AuditRow, CheckedAudit, CheckedRow};
pub use audit_list::{AuditFilter, audit_csv};
pub use calls::{Call, CallRow, Calls, ModelTotals, ToolUse};
pub use canonical::TestChoice;
pub use clocks::{ClockEstimate, ClockEvidence, ClockSource};
pub use compare::{Compared, ComparedDifference, ComparedSide};
pub use compare_runs::{FindingPair, RunsCompared, SettingChange};
pub use coverage::{CaptureCoverage, Coverage, Looked, StreamCoverage};
pub use damage::{Damage, EventsRead};
pub use decisions::{Decision, DecisionRow, FindingRef, Subject};
pub use error::CaseError;
pub use event_json::EventJson;
pub use event_table::{EventFormat, EventWriter, event_text, text_cell, value_text, value_text_within};
pub use fields::{FieldUse, StreamFields};
pub use follow::Piece;
pub use follower::{Follower, Notice};
pub use growing::{Growing, Standing};
pub use inert::{escape_undrawn, inert, inert_lines};
pub use keep_up::{FollowNews, FollowPlan};
pub use matrix::{MOST_MATRIX_BLOCKS, MatrixBlock, MatrixChoice, NcdMatrix};
pub use messages::{Message, Part};
pub use moment::Moment;
pub use passphrase::{ENCRYPTION_COST, KEY_ROUNDS, Passphrase};
pub use prompt_diff::{DiffPart, diff_pieces, diff_texts, prompt_text};
pub use purge::{Purge, PurgeRow};
pub use query::{Query, QueryError};
pub use readings::{Reading, ReadingBin, ReadingKind, Readings};
pub use redact::{RedactBy, preview_redactor};
pub use reseal::Reseal;
pub use rows::{
    CaptureRedaction, CaptureRow, CaptureState, EventRow, FindingRow, ImportOutcome, ImportReport, MemberRow,
    ProblemList, ProblemRow, ProblemSeverity, RunRow, SourceBytes, StreamRow, StreamSummary,
};
pub use saved_views::ViewRow;
pub use search::{Hit, SearchSummary};
pub use sql::hex;
pub use store::Case;
pub use story::{StepRow, in_this_order, next_place};
pub use text_search::TextHit;
pub use trace::{Trace, TraceSpan};
pub use trace_compare::{PathDifference, PathTotals, compare_traces};
pub use traces::{Edge, SpanIndex, TraceRow};
pub use veil::{Veil, show_through};
pub use verify::Verification;
