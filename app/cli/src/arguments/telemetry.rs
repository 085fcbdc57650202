//! The flags of traces, metrics and calls to language models.

use std::path::PathBuf;

use case::Moment;
use clap::Args;

use crate::baseline::parse_moment;
use crate::calls::parse_place;
use crate::traces::parse_trace;

#[derive(Args, Debug)]
pub(crate) struct TracesArguments {
    /// The case file
    #[arg(value_name = "CASE")]
    pub(crate) case: PathBuf,
    /// Show this trace: spans as a tree with the critical path, and the other events with its id
    #[arg(long, value_name = "ID", value_parser = parse_trace)]
    pub(crate) trace: Option<[u8; 16]>,
    /// Compare the trace with this one, by the paths of operations
    #[arg(long, value_name = "ID", value_parser = parse_trace, requires = "trace")]
    pub(crate) compare: Option<[u8; 16]>,
    /// Spans that begin at or after this time (RFC 3339)
    #[arg(long, value_name = "FROM", value_parser = parse_moment, conflicts_with = "trace")]
    pub(crate) from: Option<Moment>,
    /// Spans that begin before this time
    #[arg(long, value_name = "UNTIL", value_parser = parse_moment, conflicts_with = "trace")]
    pub(crate) until: Option<Moment>,
    /// Only traces with an error
    #[arg(long, conflicts_with = "trace")]
    pub(crate) errors: bool,
    /// The slowest first, instead of the earliest
    #[arg(long, conflicts_with = "trace")]
    pub(crate) slowest: bool,
    /// List at most this many traces
    #[arg(long, value_name = "N", default_value_t = 100, conflicts_with = "trace")]
    pub(crate) limit: usize,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct SeriesArguments {
    /// The case file
    #[arg(value_name = "CASE")]
    pub(crate) case: PathBuf,
    /// Give the readings of this series: its number, or its name; without it the series are listed
    #[arg(value_name = "STREAM")]
    pub(crate) stream: Option<String>,
    /// Readings at or after this time (RFC 3339)
    #[arg(long, value_name = "FROM", value_parser = parse_moment, requires = "stream")]
    pub(crate) from: Option<Moment>,
    /// Readings before this time
    #[arg(long, value_name = "UNTIL", value_parser = parse_moment, requires = "stream")]
    pub(crate) until: Option<Moment>,
    /// Give so many bins of time instead of every reading: count, least, mean, most
    #[arg(long, value_name = "N", requires = "stream", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) bins: Option<u32>,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct CallsArguments {
    /// The case file
    #[arg(value_name = "CASE")]
    pub(crate) case: PathBuf,
    /// Show this call with its messages
    #[arg(long, value_name = "STREAM:POSITION", value_parser = parse_place)]
    pub(crate) call: Option<(u32, u64)>,
    /// Compare the prompt of the call with that of this one
    #[arg(long, value_name = "STREAM:POSITION", value_parser = parse_place, requires = "call")]
    pub(crate) compare: Option<(u32, u64)>,
    /// Calls that begin at or after this time (RFC 3339)
    #[arg(long, value_name = "FROM", value_parser = parse_moment, conflicts_with = "call")]
    pub(crate) from: Option<Moment>,
    /// Calls that begin before this time
    #[arg(long, value_name = "UNTIL", value_parser = parse_moment, conflicts_with = "call")]
    pub(crate) until: Option<Moment>,
    /// List at most this many calls; the totals count all
    #[arg(long, value_name = "N", default_value_t = 100, conflicts_with = "call")]
    pub(crate) limit: usize,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
}
