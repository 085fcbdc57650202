//! The shapes of `--json`, documented field by field in `docs/CLI.md`. Fields are added and never renamed or removed.

use case::{
    CaptureRedaction, CaptureRow, CaptureState, Case, CaseError, FindingRow, MemberRow, ProblemRow,
    ProblemSeverity, RunRow, StreamRow,
};
use cbad::{Config, Drift, Finding, PValue, TokenCost, WindowScore};
use serde::Serialize;

/// Version of these shapes; it would change if a field's meaning did.
pub(crate) const SCHEMA: u32 = 1;
/// Tokens of a driver that are listed as evidence; `explain` gives all.
const DEAREST: usize = 5;

#[derive(Serialize)]
pub(crate) struct Capture {
    id: i64,
    path: String,
    sha256: String,
    format: &'static str,
    wrapping: String,
    confidence: f64,
    order: &'static str,
    stored_bytes: u64,
    decoded_bytes: u64,
    records: u64,
    events: u64,
    rejected: u64,
    notes: u64,
    start_nanos: Option<i64>,
    end_nanos: Option<i64>,
    complete: bool,
    redaction: Option<Redaction>,
}

/// What was taken out of a capture.
#[derive(Serialize)]
struct Redaction {
    rules: ingest::Redaction,
    counts: Vec<RuleCount>,
    salt_kept: bool,
}

#[derive(Serialize)]
struct RuleCount {
    rule: String,
    hits: u64,
}

impl From<&CaptureRedaction> for Redaction {
    fn from(row: &CaptureRedaction) -> Self {
        let count = |(rule, hits): &(String, u64)| RuleCount { rule: rule.clone(), hits: *hits };
        Self {
            rules: row.rules.clone(),
            counts: row.counts.iter().map(count).collect(),
            salt_kept: row.salt_is_kept,
        }
    }
}

impl From<&CaptureRow> for Capture {
    fn from(row: &CaptureRow) -> Self {
        Self {
            id: row.id,
            path: row.path.to_string_lossy().into_owned(),
            sha256: row.sha256.clone(),
            format: row.format.name(),
            wrapping: row.wrapping.name(),
            confidence: row.confidence,
            order: row.order.name(),
            stored_bytes: row.stored_bytes,
            decoded_bytes: row.decoded_bytes,
            records: row.records,
            events: row.events,
            rejected: row.rejected,
            notes: row.notes,
            start_nanos: row.start_nanos,
            end_nanos: row.end_nanos,
            complete: row.state == CaptureState::Complete,
            redaction: row.redaction.as_ref().map(Redaction::from),
        }
    }
}

/// A file of a folder, an entry of an archive.
#[derive(Serialize)]
pub(crate) struct Member {
    capture: i64,
    name: String,
    offset: u64,
    length: u64,
    wrapping: String,
    format: Option<&'static str>,
    confidence: f64,
    sha256: Option<String>,
}

impl Member {
    pub(crate) fn new(capture: i64, row: &MemberRow) -> Self {
        Self {
            capture,
            name: row.name.clone(),
            offset: row.begin,
            length: row.length,
            wrapping: row.wrapping.name(),
            format: row.format.map(ingest::Format::name),
            confidence: row.confidence,
            sha256: row.sha256.clone(),
        }
    }
}

/// A limit that a capture was read under.
#[derive(Serialize)]
pub(crate) struct CaptureLimit {
    pub(crate) capture: i64,
    pub(crate) name: &'static str,
    pub(crate) value: u64,
}

#[derive(Serialize)]
pub(crate) struct Stream {
    id: u32,
    name: String,
    signal: &'static str,
    service: Option<String>,
    capture: i64,
    events: u64,
    start_nanos: Option<i64>,
    end_nanos: Option<i64>,
}

impl From<&StreamRow> for Stream {
    fn from(row: &StreamRow) -> Self {
        Self {
            id: row.id,
            name: row.key.label(),
            signal: row.key.signal.name(),
            service: row.key.service.clone(),
            capture: row.capture,
            events: row.events,
            start_nanos: row.start_nanos,
            end_nanos: row.end_nanos,
        }
    }
}

#[derive(Serialize)]
pub(crate) struct StreamNote {
    stream: u32,
    windows: u64,
    note: Option<String>,
    drift: Option<DriftJson>,
}

/// How far a stream is from its anchor.
#[derive(Serialize)]
struct DriftJson {
    ratio: f64,
    event_bits: f64,
    anchor_event_bits: f64,
    anchor_events: u64,
    ncd: f64,
}

impl From<Drift> for DriftJson {
    fn from(drift: Drift) -> Self {
        Self {
            ratio: drift.ratio(),
            event_bits: drift.event_bits,
            anchor_event_bits: drift.anchor_event_bits,
            anchor_events: drift.anchor_events,
            ncd: drift.ncd(),
        }
    }
}

#[derive(Serialize)]
pub(crate) struct Run {
    id: i64,
    engine: String,
    seed: u64,
    config: Config,
    codecs: Vec<cbad::CodecInfo>,
    codec_differences: Vec<String>,
    captures: Vec<String>,
    results_sha256: String,
    windows: u64,
    flagged: u64,
    findings: u64,
    streams: Vec<StreamNote>,
}

impl From<&RunRow> for Run {
    fn from(row: &RunRow) -> Self {
        let note = |summary: &case::StreamSummary| StreamNote {
            stream: summary.stream,
            windows: summary.windows,
            note: summary.note.clone(),
            drift: summary.drift.map(DriftJson::from),
        };
        Self {
            id: row.id,
            engine: row.engine.clone(),
            seed: row.config.seed,
            config: row.config.clone(),
            codecs: row.codecs.clone(),
            codec_differences: cbad::differences(&row.codecs),
            captures: row.captures.clone(),
            results_sha256: row.results_sha256.clone(),
            windows: row.windows,
            flagged: row.flagged,
            findings: row.findings,
            streams: row.streams.iter().map(note).collect(),
        }
    }
}

/// The three p-values, flat, each `null` where it was not computed.
#[derive(Serialize)]
struct Significance {
    p_permutation: Option<f64>,
    p_permutation_floor: Option<f64>,
    p_conformal: Option<f64>,
    p_conformal_floor: Option<f64>,
    p_tail: Option<f64>,
    p_tail_floor: Option<f64>,
    q: Option<f64>,
    flagged: bool,
}

impl Significance {
    fn new(p: [Option<PValue>; 3], q: Option<f64>, flagged: bool) -> Self {
        let [permutation, conformal, tail] = p;
        Self {
            p_permutation: permutation.map(|p| p.value),
            p_permutation_floor: permutation.map(|p| p.floor),
            p_conformal: conformal.map(|p| p.value),
            p_conformal_floor: conformal.map(|p| p.floor),
            p_tail: tail.map(|p| p.value),
            p_tail_floor: tail.map(|p| p.floor),
            q,
            flagged,
        }
    }
}

#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "`ratio_window` is the documented name in the output")]
pub(crate) struct Window {
    stream: u32,
    index: u32,
    first_event: u64,
    last_event: u64,
    start_nanos: Option<i64>,
    end_nanos: Option<i64>,
    ncd: f64,
    delta_bits: i64,
    ratio_baseline: f64,
    ratio_window: f64,
    entropy: f64,
    score_bits: f64,
    lens: cbad::Lens,
    lenses: Vec<cbad::LensScore>,
    p: Option<f64>,
    #[serde(flatten)]
    significance: Significance,
}

impl Window {
    pub(crate) fn new(stream: u32, window: &WindowScore) -> Self {
        Self {
            stream,
            index: window.index,
            first_event: window.first_event,
            last_event: window.last_event,
            start_nanos: window.start_nanos,
            end_nanos: window.end_nanos,
            ncd: window.zstd.ncd(),
            delta_bits: window.zstd.delta_bits(),
            ratio_baseline: window.zstd.ratio_baseline(),
            ratio_window: window.zstd.ratio_window(),
            entropy: window.entropy,
            score_bits: window.score_bits,
            lens: window.lens,
            lenses: window.lenses.clone(),
            p: window.p,
            significance: Significance::new(
                [window.p_permutation, window.p_conformal, window.p_tail],
                window.q,
                window.flagged,
            ),
        }
    }
}

#[derive(Serialize)]
pub(crate) struct Evidence {
    event: u64,
    byte_offset: Option<u64>,
    byte_length: Option<u64>,
    token: String,
    field: Option<String>,
    bits: f64,
}

#[derive(Serialize)]
pub(crate) struct FindingJson {
    id: i64,
    stream: u32,
    stream_name: String,
    window: u32,
    windows: u32,
    first_event: u64,
    last_event: u64,
    start_nanos: Option<i64>,
    end_nanos: Option<i64>,
    severity: &'static str,
    #[serde(flatten)]
    significance: Significance,
    score_bits: f64,
    surprise_bits: f64,
    p_block: Option<f64>,
    block_events: Option<u32>,
    lens: cbad::Lens,
    lenses: Vec<cbad::Lens>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lasting: Option<cbad::Lasting>,
    sentence: String,
    shifts: Vec<cbad::Shift>,
    evidence: Vec<Evidence>,
}

impl FindingJson {
    pub(crate) fn new(case: &Case, row: &FindingRow) -> Result<Self, CaseError> {
        let Finding { explanation, .. } = &row.finding;
        let finding = &row.finding;
        let mut evidence = Vec::new();
        for driver in &explanation.drivers {
            let source = case.event_readable(row.stream.id, driver.event)?.map(|row| row.event.source);
            evidence.extend(dearest(&driver.tokens).into_iter().map(|token| Evidence {
                event: driver.event,
                byte_offset: source.map(|source| source.offset),
                byte_length: source.map(|source| source.length),
                token: token.text.clone(),
                field: token.field.clone(),
                bits: token.bits,
            }));
        }
        Ok(Self {
            id: row.id,
            stream: row.stream.id,
            stream_name: row.stream.key.label(),
            window: finding.window,
            windows: explanation.windows,
            first_event: finding.first_event,
            last_event: finding.last_event,
            start_nanos: finding.start_nanos,
            end_nanos: finding.end_nanos,
            severity: finding.grade.name(),
            significance: Significance::new(
                [finding.p_permutation, finding.p_conformal, finding.p_tail],
                finding.q,
                finding.flagged,
            ),
            score_bits: finding.score_bits,
            surprise_bits: finding.surprise_bits,
            p_block: finding.p_block.map(|test| test.p.value),
            block_events: finding.p_block.map(|test| test.block),
            lens: explanation.lens,
            lenses: explanation.lenses.clone(),
            lasting: finding.lasting,
            sentence: explanation.sentence.clone(),
            shifts: explanation.shifts.clone(),
            evidence,
        })
    }
}

/// The tokens of an event that cost most, dearest first; equal ones in the order in which they stand.
pub(crate) fn dearest(tokens: &[TokenCost]) -> Vec<&TokenCost> {
    let mut by_cost: Vec<&TokenCost> = tokens.iter().collect();
    by_cost.sort_by(|a, b| b.bits.total_cmp(&a.bits));
    by_cost.truncate(DEAREST);
    by_cost
}

#[derive(Serialize)]
pub(crate) struct Problem {
    capture: i64,
    kind: &'static str,
    byte_offset: u64,
    byte_length: u64,
    line: Option<u64>,
    reason: String,
    hint: Option<String>,
}

impl From<&ProblemRow> for Problem {
    fn from(row: &ProblemRow) -> Self {
        Self {
            capture: row.capture,
            kind: match row.severity {
                ProblemSeverity::Rejected => "rejected",
                ProblemSeverity::Note => "note",
            },
            byte_offset: row.source.offset,
            byte_length: row.source.length,
            line: row.line,
            reason: row.reason.clone(),
            hint: row.hint.clone(),
        }
    }
}

/// Rows as their JSON.
pub(crate) fn all<'a, R: 'a, J: From<&'a R>>(rows: &'a [R]) -> Vec<J> {
    rows.iter().map(J::from).collect()
}
