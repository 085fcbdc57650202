//! Every flag, declared once.

pub(crate) mod decide;
pub(crate) mod follow;
pub(crate) mod redaction;
pub(crate) mod review;
pub(crate) mod telemetry;

use std::path::{Path, PathBuf};

use case::Moment;
use cbad::{CodecName, Config, Lens, Profile, Signal, Statistic};
use clap::{ArgAction, Args, Parser, Subcommand};
use ingest::{Limits, OpenOptions};
use testkit::synth::{Company, Injection};

use self::decide::{
    AboutArguments, AuditArguments, ConfirmArguments, DecisionsArguments, DismissArguments, LinkArguments,
    TextArguments, WithdrawArguments,
};
use self::follow::FollowArguments;
use self::redaction::RedactionArguments;
use self::review::{CompareArguments, CoverageArguments, StoryArguments, ViewArguments};
use self::telemetry::{CallsArguments, SeriesArguments, TracesArguments};
use crate::baseline::{
    Against, Mark, format_help, parse_alpha, parse_baseline, parse_format, parse_lens, parse_mark,
    parse_moment, parse_profile,
};
use crate::bits::BitsArguments;
use crate::clocks::{Given, parse_clock};
use crate::grep::parse_signal;
use crate::matrix::MatrixArguments;
use crate::passphrase::{ChangeArguments, DecryptArguments, EncryptArguments};
use crate::synth::parse_injection;
use crate::test::{parse_codec, parse_statistic};

/// Finds and explains what is unusual in a telemetry capture, offline.
#[derive(Parser, Debug)]
#[command(
    name = "driftlock",
    version,
    about,
    max_term_width = 100,
    after_help = "\
`driftlock FILE…` without a subcommand opens the window.

Exit codes: 0 done, 1 significant findings with --fail-on-finding, 2 bad usage, 3 input that cannot be used, 130 interrupted."
)]
pub(crate) struct Arguments {
    /// The name that changes of a case are recorded under, instead of the system's for the user
    #[arg(long, global = true, value_name = "NAME", value_parser = parse_name)]
    pub(crate) by: Option<String>,
    /// Read the passphrase of encrypted cases from the first line of this file instead of asking for it; - is standard input
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Import captures, look for what is unusual, and explain it
    Analyze(Box<AnalyzeArguments>),
    /// Take a growing file, or captures that drop into a folder, into a case as they come, and analyse them
    Follow(FollowArguments),
    /// List the findings of a case
    Findings(FindingsArguments),
    /// Explain one finding: what drove it, how sure it is, what it does not show
    Explain(ExplainArguments),
    /// Say what each token of a finding's events costs, and what the baseline has in its place
    Bits(BitsArguments),
    /// Test one finding again by shuffling its events with the baseline's and coding each shuffle
    Test(TestArguments),
    /// Say what a capture or a case holds: format, counts, times, hash, problems
    Info(InfoArguments),
    /// List events of a case
    Events(EventsArguments),
    /// Search the events of a case: text, regular expressions, fields
    Grep(GrepArguments),
    /// Write something down about a finding, events, a stream, a stretch of time or the case
    Note(TextArguments),
    /// Give a tag to a finding, events, a stream, a stretch of time or the case
    Tag(TextArguments),
    /// Mark as seen
    Acknowledge(AboutArguments),
    /// Take a finding or events as ordinary in later runs
    Dismiss(DismissArguments),
    /// Take a finding or events as an incident in later runs
    Confirm(ConfirmArguments),
    /// Say that two things belong together
    Link(LinkArguments),
    /// Give a place a name to find it by
    Bookmark(TextArguments),
    /// Take a decision back
    Withdraw(WithdrawArguments),
    /// List what was decided: notes, tags, verdicts, links, bookmarks, saved views
    Decisions(DecisionsArguments),
    /// List who did what to a case, and when
    Audit(AuditArguments),
    /// Compare the clocks of captures and services by the spans they share, and correct them for later runs
    Clocks(ClocksArguments),
    /// Take the events of captures out of a case for good
    Purge(PurgeArguments),
    /// List traces and the calls between services; show one trace, or compare two
    Traces(TracesArguments),
    /// List the series of metrics; give the readings of one
    Series(SeriesArguments),
    /// List calls to language models; show the messages of one, or compare two prompts
    Calls(CallsArguments),
    /// Cut a stream into blocks, and give the distance of each block to each other
    Matrix(MatrixArguments),
    /// Say what is new, gone or shifted between captures, runs, ranges of time, or events and the rest
    Compare(CompareArguments),
    /// Say what of a case has been looked at in the window, and what not
    Coverage(CoverageArguments),
    /// List the steps of the story that is told of a case, or change them
    Story(StoryArguments),
    /// List the saved views of a case, or change them
    View(ViewArguments),
    /// Look after a case file
    #[command(subcommand)]
    Case(CaseCommand),
    /// Make up a capture of a small company, with labelled faults, to try the detector on
    Synth(SynthArguments),
}

#[derive(Args, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct AnalyzeArguments {
    /// Captures to import (OTLP JSON or protobuf, JSON lines, text; also compressed, in archives or a folder), or one case
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Keep everything in this case file; without it nothing is kept
    #[arg(long, value_name = "OUT.driftlock")]
    pub(crate) case: Option<PathBuf>,
    /// Make the case encrypted, under a passphrase that is asked for or read from --passphrase-file
    #[arg(long, requires = "case")]
    pub(crate) encrypt: bool,
    /// What a window is compared with: rest, trailing:EVENTS, range:START..END with two times (RFC 3339) or two event
    /// positions, season:day or season:week for the same hour of other days or weeks, anchor:FILE.driftlock for the streams
    /// of another case
    #[arg(long, value_name = "BASELINE", default_value = "rest", value_parser = parse_baseline)]
    pub(crate) baseline: Against,
    /// Events a window; chosen by the length of the stream where not given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) window: Option<u32>,
    /// Events from one window's start to the next; chosen by the window where not given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) hop: Option<u32>,
    /// Seed of every random choice
    #[arg(long, value_name = "S", default_value_t = Config::default().seed)]
    pub(crate) seed: u64,
    /// How much is flagged: sensitive, balanced or strict, for a false discovery rate of 0.2, 0.05 or 0.01
    #[arg(long, value_name = "PROFILE", default_value = Profile::default().name(), value_parser = parse_profile)]
    pub(crate) profile: Profile,
    /// False discovery rate that flagged windows are held to, instead of the profile's
    #[arg(long, value_name = "A", value_parser = parse_alpha)]
    pub(crate) alpha: Option<f64>,
    /// Flag by the share of ordinary windows that may be flagged, instead of by the false discovery rate
    #[arg(long, value_name = "RATE", value_parser = parse_alpha)]
    pub(crate) false_alarms: Option<f64>,
    /// Take as ordinary: findings of the case's latest run by number, or STREAM:FIRST..LAST, positions both inclusive
    #[arg(long, value_name = "FINDING", num_args = 1.., action = ArgAction::Append, value_parser = parse_mark)]
    pub(crate) dismiss: Vec<Mark>,
    /// Take as an incident, which is part of no baseline: given as for --dismiss
    #[arg(long, value_name = "FINDING", num_args = 1.., action = ArgAction::Append, value_parser = parse_mark)]
    pub(crate) confirm: Vec<Mark>,
    /// Correct the clock of a source: CAPTURE[/SERVICE]=OFFSET, as for `clocks --set`; may be given more than once
    #[arg(long, value_name = "CLOCK", value_parser = parse_clock)]
    pub(crate) clock: Vec<Given>,
    /// Leave out of account what stands dismissed, confirmed or corrected of clocks in the case; what is given here counts all the same
    #[arg(long)]
    pub(crate) ignore_decisions: bool,
    /// Lenses to look through: content, mix, rate, values, order
    #[arg(long, value_name = "LENSES", value_delimiter = ',', default_values_t = Lens::ALL, value_parser = parse_lens)]
    pub(crate) lenses: Vec<Lens>,
    /// Signals to look at: log, metric, span, `llm_call`; streams of others are kept and not analysed
    #[arg(long, value_name = "SIGNALS", value_delimiter = ',', default_values = Signal::ALL.map(Signal::name), value_parser = parse_signal)]
    pub(crate) signals: Vec<Signal>,
    /// Threads to use; changes the time and not the result
    #[arg(long, value_name = "T", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    #[command(flatten)]
    pub(crate) reading: ReadingArguments,
    #[command(flatten)]
    pub(crate) redaction: RedactionArguments,
    /// Exit with 1 where a finding is significant
    #[arg(long)]
    pub(crate) fail_on_finding: bool,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct FindingsArguments {
    /// The case file
    #[arg(value_name = "CASE")]
    pub(crate) case: PathBuf,
    /// Say what would be flagged at this false discovery rate, without a new run
    #[arg(long, value_name = "A", value_parser = parse_alpha)]
    pub(crate) at_alpha: Option<f64>,
    /// List instead the findings, notes and other decisions that have all of these words; "two words" stand side by side,
    /// and word* begins like this
    #[arg(long, value_name = "WORDS", conflicts_with = "at_alpha", allow_hyphen_values = true)]
    pub(crate) search: Option<String>,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct ExplainArguments {
    /// The case file
    #[arg(value_name = "CASE")]
    pub(crate) case: PathBuf,
    /// Number of the finding, as `findings` lists it
    #[arg(value_name = "FINDING")]
    pub(crate) finding: i64,
    /// Show the capture's own bytes, even where it was imported with redaction
    #[arg(long)]
    pub(crate) reveal: bool,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct TestArguments {
    /// The case file; the result is kept in it
    #[arg(value_name = "CASE")]
    pub(crate) case: PathBuf,
    /// Number of the finding, as `findings` lists it
    #[arg(value_name = "FINDING")]
    pub(crate) finding: i64,
    /// Codec that every shuffle is coded by: zstd, lz4, gzip, openzl or count
    #[arg(long, value_name = "CODEC", default_value = "zstd", value_parser = parse_codec)]
    pub(crate) codec: CodecName,
    /// What is compared: ncd, or delta for the bits that the window adds to its baseline piece
    #[arg(long, value_name = "STATISTIC", default_value = "ncd", value_parser = parse_statistic)]
    pub(crate) statistic: Statistic,
    /// How many shuffles
    #[arg(long, value_name = "M", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub(crate) permutations: u32,
    /// Threads to use; changes the time and not the result
    #[arg(long, value_name = "T", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

/// How captures are opened.
#[derive(Args, Debug)]
pub(crate) struct ReadingArguments {
    #[arg(long, value_name = "F", value_parser = parse_format, help = format_help())]
    pub(crate) format: Option<ingest::Format>,
    /// Year of time stamps that have none; where not given, what the head of a file of glog says, else the latest that fits the file's modification time
    #[arg(long, value_name = "YYYY", value_parser = clap::value_parser!(i32).range(1..=9999))]
    pub(crate) assumed_year: Option<i32>,
    /// Read the rotated set that each file belongs to (app.log.2.gz, app.log.1, app.log) as one capture
    #[arg(long)]
    pub(crate) set: bool,
    /// Raise or lower a limit of reading, any number of times; a value may end in K, M, G or T. `info` lists the limits
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse_limit)]
    pub(crate) limit: Vec<String>,
}

impl ReadingArguments {
    pub(crate) fn options(&self) -> OpenOptions {
        let mut limits = Limits::default();
        for limit in &self.limit {
            limits.set(limit).expect("it was set once when the arguments were parsed");
        }
        OpenOptions {
            format: self.format,
            assumed_year: self.assumed_year,
            set: self.set,
            limits,
            ..OpenOptions::default()
        }
    }
}

fn parse_name(text: &str) -> Result<String, String> {
    let is_named = !text.trim().is_empty();
    is_named
        .then(|| text.to_owned())
        .ok_or_else(|| "a name that is blank says nothing of who it was".to_owned())
}

fn parse_limit(text: &str) -> Result<String, String> {
    Limits::default().set(text).map(|()| text.to_owned()).map_err(|error| error.to_string())
}

#[derive(Args, Debug)]
pub(crate) struct InfoArguments {
    /// A capture or a case file
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) reading: ReadingArguments,
    /// Say what a redaction would take out of a capture, with examples in the clear: personal, or a file of rules
    #[arg(long, value_name = "personal|FILE.json")]
    pub(crate) redact: Option<PathBuf>,
    /// Look only at the first 32 MiB of a capture: format, fields and problems at once, however large it is
    #[arg(long)]
    pub(crate) quick: bool,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct EventsArguments {
    /// The case file
    #[arg(value_name = "CASE")]
    pub(crate) case: PathBuf,
    /// Only this stream: its number, or its name as `info` lists it
    #[arg(long, value_name = "STREAM")]
    pub(crate) stream: Option<String>,
    /// From this time (RFC 3339) or event position on
    #[arg(long, value_name = "FROM", value_parser = parse_moment)]
    pub(crate) from: Option<Moment>,
    /// Up to and without this time (RFC 3339) or event position
    #[arg(long, value_name = "TO", value_parser = parse_moment)]
    pub(crate) to: Option<Moment>,
    /// Print one JSON object a line, one line an event
    #[arg(long)]
    pub(crate) json: bool,
    /// Print CSV, in which no cell is a formula: position, time, level, stream, value, the columns asked for, text
    #[arg(long, conflicts_with = "json")]
    pub(crate) csv: bool,
    /// A field, by its path, with a column of its own in the CSV; may be given more than once
    #[arg(long, value_name = "PATH", requires = "csv")]
    pub(crate) column: Vec<String>,
    /// Print the fields that the events have, with types, shares and examples, and no event
    #[arg(long, conflicts_with_all = ["json", "csv", "from", "to"])]
    pub(crate) fields: bool,
}

#[derive(Args, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct GrepArguments {
    /// The case file
    #[arg(value_name = "CASE")]
    pub(crate) case: PathBuf,
    /// What to look for in bodies and in fields as path=value: a text as it stands, unless --regex or --query is given
    #[arg(value_name = "PATTERN", allow_hyphen_values = true,
        required_unless_present_any = ["field", "stream", "signal", "from", "until"])]
    pub(crate) pattern: Option<String>,
    /// Upper and lower case are the same: of ASCII letters in a text, of all letters in a regular expression
    #[arg(short = 'i', long)]
    pub(crate) ignore_case: bool,
    /// PATTERN is a regular expression
    #[arg(long)]
    pub(crate) regex: bool,
    /// PATTERN is a query as in the window: level:error "connection refused" /time.?out/ http.route=/cart/
    #[arg(long, conflicts_with_all = ["regex", "ignore_case"])]
    pub(crate) query: bool,
    /// Only events with this field: path=value, path=/regex/, or path=* for any value; may be given more than once
    #[arg(long, value_name = "PATH=VALUE")]
    pub(crate) field: Vec<String>,
    /// Only this stream: its number, or its name as `info` lists it
    #[arg(long, value_name = "STREAM")]
    pub(crate) stream: Option<String>,
    /// Only this signal: log, metric, span or `llm_call`
    #[arg(long, value_name = "SIGNAL", value_parser = parse_signal)]
    pub(crate) signal: Option<cbad::Signal>,
    /// From this time (RFC 3339) or event position on
    #[arg(long, value_name = "FROM", value_parser = parse_moment)]
    pub(crate) from: Option<Moment>,
    /// Up to and without this time (RFC 3339) or event position
    #[arg(long, value_name = "UNTIL", value_parser = parse_moment)]
    pub(crate) until: Option<Moment>,
    /// Print at most this many events; all are counted
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<u64>,
    /// Print how many events fit, and no event
    #[arg(long)]
    pub(crate) count: bool,
    /// Print one JSON object a line, one line an event; with --count one object
    #[arg(long)]
    pub(crate) json: bool,
    /// Print CSV, in which no cell is a formula: position, time, level, stream, value, the columns asked for, text
    #[arg(long, conflicts_with_all = ["json", "count"])]
    pub(crate) csv: bool,
    /// A field, by its path, with a column of its own in the CSV; may be given more than once
    #[arg(long, value_name = "PATH", requires = "csv")]
    pub(crate) column: Vec<String>,
}

#[derive(Subcommand, Debug)]
pub(crate) enum CaseCommand {
    /// Hash everything in a case again, and say what is damaged
    Verify(VerifyArguments),
    /// Encrypt a case under a passphrase
    Encrypt(EncryptArguments),
    /// Decipher a case: whoever has the file can read it then
    Decrypt(DecryptArguments),
    /// Give an encrypted case another passphrase
    Passphrase(ChangeArguments),
}

impl Command {
    /// The case that is to be made encrypted where there is none.
    pub(crate) fn made_encrypted(&self) -> Option<&Path> {
        match self {
            Self::Analyze(arguments) if arguments.encrypt => arguments.case.as_deref(),
            Self::Follow(arguments) if arguments.encrypt => Some(&arguments.case),
            _ => None,
        }
    }
}

#[derive(Args, Debug)]
pub(crate) struct ClocksArguments {
    /// The case file
    #[arg(value_name = "CASE")]
    pub(crate) case: PathBuf,
    /// Correct by the estimates that are sure
    #[arg(long)]
    pub(crate) accept: bool,
    /// Correct by an offset of your own: CAPTURE[/SERVICE]=OFFSET, such as 2=-1.5s or 2/checkout=20ms, with the number, the
    /// name or the SHA-256 of a capture; may be given more than once
    #[arg(long, value_name = "CLOCK", value_parser = parse_clock)]
    pub(crate) set: Vec<Given>,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct PurgeArguments {
    /// The case file
    #[arg(value_name = "CASE")]
    pub(crate) case: PathBuf,
    /// Numbers of the captures, as `info` lists them
    #[arg(value_name = "CAPTURE", required_unless_present = "before")]
    pub(crate) captures: Vec<i64>,
    /// Captures whose last event is before this time (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = parse_moment)]
    pub(crate) before: Option<Moment>,
    /// Why: it is recorded
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// Remove the runs too that the captures took part in, since their findings may quote them
    #[arg(long)]
    pub(crate) runs: bool,
    /// Do it; without this, say what would be removed
    #[arg(long)]
    pub(crate) yes: bool,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct VerifyArguments {
    /// The case file; it is not changed
    #[arg(value_name = "CASE")]
    pub(crate) case: PathBuf,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct SynthArguments {
    /// The capture to write (OTLP JSON lines); compressed with zstd where the name ends in .zst
    #[arg(value_name = "OUT.jsonl[.zst]", required_unless_present = "list")]
    pub(crate) out: Option<PathBuf>,
    /// Seed of every random choice; the same seed gives the same bytes
    #[arg(long, value_name = "S", default_value_t = 42)]
    pub(crate) seed: u64,
    /// Length of the capture in minutes
    #[arg(long, value_name = "M", default_value_t = Company::new(0).minutes)]
    pub(crate) minutes: u32,
    /// Requests of customers a second, in the mean over a day; each makes about eleven records
    #[arg(long, value_name = "R", default_value_t = Company::new(0).rate)]
    pub(crate) rate: f64,
    /// Seconds between two readings of each metric
    #[arg(long, value_name = "SECONDS", default_value_t = Company::new(0).scrape_seconds)]
    pub(crate) scrape: u32,
    /// A fault to put in, for example spike, silence:strong or silence:light@5m (kind, strength, offset)
    #[arg(long, value_name = "KIND[:STRENGTH][@OFFSET]", value_parser = parse_injection)]
    pub(crate) inject: Vec<Injection>,
    /// Where to write what was injected; beside the capture where not given
    #[arg(long, value_name = "OUT.truth.json")]
    pub(crate) truth: Option<PathBuf>,
    /// Replace files that are there
    #[arg(long)]
    pub(crate) force: bool,
    /// List the faults that can be put in, and write nothing
    #[arg(long)]
    pub(crate) list: bool,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
}
