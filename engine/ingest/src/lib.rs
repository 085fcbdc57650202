//! Turns the bytes of a telemetry capture into [`cbad::Event`]s, each with its exact byte range.
//!
//! A capture is opened by content, never by file name: first what lies around it (compression, archives,
//! encoding), then the format (OTLP, syslog, the systemd journal, access logs, container logs, tables, traces, metrics,
//! event logs, messages of brokers, calls to language models, JSON lines, plain text). One module reads one format, behind one trait.
//! Nothing is lost silently: in every batch the records read equal the events plus the rejected records,
//! and each rejected record carries its byte range, the reason and a hint. Memory is bounded by [`Limits`]
//! and not by the capture; a batch is a function of the capture and its decoded offset alone, so reading
//! can stop after any batch and go on later with the same result.
//!
//! It never writes, never analyses, never opens a socket and never follows what a capture refers to.

mod access;
mod ansi;
mod budget;
mod capture;
mod columns;
mod container_logs;
mod continued;
mod current;
mod dates;
mod decode;
mod encoding;
mod envelope;
mod error;
mod evtx;
mod field_names;
mod folder;
mod format;
mod frames;
mod gzip;
mod heads;
mod ids;
mod inspect;
mod inspect_places;
mod journal;
mod json;
mod json_lines;
mod kafka;
mod limits;
mod lines;
mod llm;
mod logfmt;
mod lynex;
mod lz4;
mod members;
mod meter;
mod model;
mod otlp;
mod otlp_json;
mod otlp_proto;
mod own_json;
mod parquet_file;
mod prefixed;
mod probe;
mod prometheus;
mod range;
mod reader;
mod record;
mod redact;
mod registry;
mod repeated;
mod rotation;
mod series;
mod severity;
mod sniff;
mod stamp;
mod streamhouse;
mod streams;
mod stretch;
mod syslog;
mod table;
mod tar;
mod text;
mod times;
mod trace_json;
#[cfg(test)]
mod whole;
mod window;
mod wrapping;
mod written;
mod zip;

pub use capture::Capture;
pub use container_logs::whole_records;
pub use dates::Dates;
pub use decode::is_wrapped;
pub use error::IngestError;
pub use folder::{FolderFile, folder_files, set_files};
pub use format::{EventOrder, Format};
pub use inspect::{FieldSummary, Inspection, MOST_DISTINCT, Suggestion};
pub use limits::LimitError;
pub use model::{Batch, Limits, Member, OpenOptions, Problem, ProblemKind};
pub use parquet_file::{WORKER_ARGUMENT, decode_in, serve};
pub use range::{read_member_range, read_range};
pub use redact::{
    Action, Counts, CustomRule, FieldRule, Pattern, Redaction, RedactionError, Redactor, RuleHits,
};
pub use repeated::{CountedNotes, Repeated, RepeatedKind};
pub use stretch::Stretch;
pub use wrapping::{Layer, Wrapping};
