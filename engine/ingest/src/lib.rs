//! Turns the bytes of a telemetry capture into [`cbad::Event`]s, each with its exact byte range.
//!
//! A capture is opened by content, never by file name: first the wrapping (gzip, zstd), then the format
//! (OTLP, syslog, the systemd journal, access logs, container logs, logfmt, tables, JSON lines, plain text). One module reads one format, behind one trait.
//! Nothing is lost silently: in every batch the records read equal the events plus the rejected records,
//! and each rejected record carries its byte range, the reason and a hint. Memory is bounded by [`Limits`]
//! and not by the capture; a batch is a function of the capture and its decoded offset alone, so reading
//! can stop after any batch and go on later with the same result.
//!
//! It never writes, never analyses, never opens a socket and never follows what a capture refers to.

mod access;
mod budget;
mod capture;
mod containers;
mod decode;
mod error;
mod evtx;
mod format;
mod frames;
mod ids;
mod journal;
mod json;
mod json_lines;
mod kafka;
mod lines;
mod logfmt;
mod lynex;
mod model;
mod otlp;
mod otlp_json;
mod otlp_proto;
mod parquet_file;
mod probe;
mod prometheus;
mod reader;
mod record;
mod redact;
mod registry;
mod severity;
mod sniff;
mod stamp;
mod streamhouse;
mod streams;
mod syslog;
mod table;
mod text;
mod trace_json;
mod window;

pub use capture::Capture;
pub use decode::read_range;
pub use error::IngestError;
pub use format::{EventOrder, Format};
pub use model::{Batch, Limits, OpenOptions, Problem, ProblemKind, Wrapping};
pub use parquet_file::{WORKER_ARGUMENT, decode_in, serve};
pub use redact::{Action, Counts, CustomRule, FieldRule, Pattern, Redaction, RedactionError, Redactor};
