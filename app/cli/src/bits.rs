//! `driftlock bits`: what each token of a finding's events costs, where the baseline has the same, and what it has instead.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use case::{Case, inert, value_text};
use cbad::{
    Attribution, Event, Expected, KindBits, Part, Signal, TokenBits, TokenPlace, Value, token_places,
};
use clap::Args;
use serde::Serialize;

use crate::failure::Failure;
use crate::findings::latest;
use crate::json::{Run, SCHEMA};
use crate::progress::Progress;
use crate::table::{Align, Table};
use crate::words::counted;
use crate::{interrupt, output};

/// Bits from which a token has a row in the text; JSON has all.
const ROW_FROM_BITS: f64 = 1.0;
/// Characters of a token that a row shows.
const SHOWN: usize = 60;

#[derive(Args, Debug)]
pub(crate) struct BitsArguments {
    /// The case file
    #[arg(value_name = "CASE")]
    case: PathBuf,
    /// Number of the finding, as `findings` lists it
    #[arg(value_name = "FINDING")]
    finding: i64,
    /// List so many kinds of events at most, the dearest first
    #[arg(long, value_name = "N", default_value_t = 10)]
    limit: usize,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct BitsJson {
    schema: u32,
    run: Run,
    finding: i64,
    stream: u32,
    stream_name: String,
    first_event: u64,
    events: usize,
    kinds: Vec<KindJson>,
    left_out: usize,
}

#[derive(Serialize)]
struct KindJson {
    bits: f64,
    /// Positions in the stream.
    events: Vec<u64>,
    tokens: Vec<TokenJson>,
    copies: Vec<CopyJson>,
}

#[derive(Serialize)]
struct TokenJson {
    text: String,
    part: String,
    bits: f64,
    seen: u64,
    shape: Option<String>,
    expected: Option<ExpectedJson>,
}

#[derive(Serialize)]
struct ExpectedJson {
    times: u64,
    context: u8,
    most: Vec<(String, u64)>,
}

#[derive(Serialize)]
struct CopyJson {
    first_token: u32,
    end_token: u32,
    from_event: Option<u64>,
}

pub(crate) fn run(arguments: &BitsArguments) -> Result<ExitCode, Failure> {
    interrupt::listen();
    let case = Case::open_read_only(&arguments.case)?;
    let run = latest(&case)?;
    let row = case.finding(run.id, arguments.finding)?;
    let progress = Progress::new();
    let made = case.attribution(run.id, arguments.finding, &progress);
    progress.clear();
    let made = made?;
    let mut kinds = Vec::new();
    for (kind, events) in dearest(&made).into_iter().take(arguments.limit) {
        let Some(first) = case.events(row.stream.id, events[0]..events[0] + 1)?.pop() else { continue };
        kinds.push(of_kind(&made, kind, events, &first.event, row.stream.key.signal == Signal::Metric));
    }
    let said = BitsJson {
        schema: SCHEMA,
        run: Run::from(&run),
        finding: row.id,
        stream: row.stream.id,
        stream_name: row.stream.key.label(),
        first_event: made.first_event,
        events: made.events.len(),
        left_out: made.kinds.len() - kinds.len(),
        kinds,
    };
    if arguments.json {
        output::json(&said)?;
    } else {
        let mut out = output::stdout();
        write(&mut out, &said)?;
        out.flush()?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The kinds of events with their positions in the stream, the dearest first; of two that cost the same, the earlier one.
fn dearest(made: &Attribution) -> Vec<(&KindBits, Vec<u64>)> {
    let mut kinds: Vec<(&KindBits, Vec<u64>)> = made.kinds.iter().map(|kind| (kind, Vec::new())).collect();
    for (at, kind) in (made.first_event..).zip(&made.events) {
        kinds[*kind as usize].1.push(at);
    }
    kinds.retain(|(_, events)| !events.is_empty());
    kinds.sort_by(|a, b| b.0.bits.total_cmp(&a.0.bits).then(a.1[0].cmp(&b.1[0])));
    kinds
}

fn of_kind(
    made: &Attribution,
    kind: &KindBits,
    events: Vec<u64>,
    event: &Event,
    is_metric: bool,
) -> KindJson {
    let places = if is_metric { Vec::new() } else { token_places(event) };
    let expected = |cost: &TokenBits| -> Option<&Expected> { made.expected.get(cost.expected? as usize) };
    let token = |(at, cost): (usize, &TokenBits)| {
        // A metric is coded as numbers, not as the tokens of a text.
        let place = places.get(at).filter(|_| places.len() == kind.tokens.len());
        let number = || (cost.measure.clone().unwrap_or_else(|| "measure".to_owned()), String::new());
        let (part, text) = place.map_or_else(number, |place| in_event(event, place));
        TokenJson {
            text,
            part,
            bits: cost.bits,
            seen: cost.seen,
            shape: cost.shape.clone(),
            expected: expected(cost).map(|expected| ExpectedJson {
                times: expected.times,
                context: expected.context,
                most: expected.most.clone(),
            }),
        }
    };
    let copies = kind.copies.iter().map(|copy| CopyJson {
        first_token: copy.tokens.start,
        end_token: copy.tokens.end,
        from_event: copy.from,
    });
    let tokens = kind.tokens.iter().enumerate().map(token).collect();
    KindJson { bits: kind.bits, events, tokens, copies: copies.collect() }
}

/// In which part of the event a token stands, and its text.
fn in_event(event: &Event, place: &TokenPlace) -> (String, String) {
    let bytes = place.bytes.start as usize..place.bytes.end as usize;
    let cut =
        |whole: &[u8]| String::from_utf8_lossy(whole.get(bytes.clone()).unwrap_or_default()).into_owned();
    let field = |index: u32| event.fields.get(index as usize);
    match place.part {
        Part::Severity => (
            "severity".to_owned(),
            event.severity.map(|severity| severity.name().to_owned()).unwrap_or_default(),
        ),
        Part::Body => ("body".to_owned(), cut(&event.body)),
        Part::Measure => ("measure".to_owned(), String::new()),
        Part::Path(index) => (
            "name of a field".to_owned(),
            field(index).map(|field| cut(field.path.as_bytes())).unwrap_or_default(),
        ),
        Part::Field(index) => field(index).map_or_else(Default::default, |field| {
            let text = match &field.value {
                Value::Text(text) => cut(text.as_bytes()),
                Value::Bytes(bytes) => cut(bytes),
                value => value_text(value),
            };
            (field.path.clone(), text)
        }),
    }
}

fn write(out: &mut impl Write, said: &BitsJson) -> io::Result<()> {
    writeln!(
        out,
        "Finding {}: {} from {} on, of stream {} “{}”",
        said.finding,
        counted(said.events as u64, "event", "events"),
        said.first_event,
        said.stream,
        inert(&said.stream_name)
    )?;
    for kind in &said.kinds {
        let others = match kind.events.len() {
            1 => String::new(),
            count => format!(", and {} like it", count - 1),
        };
        writeln!(out, "\n{:.1} bits: event {}{others}", kind.bits, kind.events[0])?;
        let mut table = Table::new(&[
            ("Bits", Align::Right),
            ("Token", Align::Left),
            ("In", Align::Left),
            ("Seen", Align::Right),
            ("The baseline has instead", Align::Left),
        ]);
        let dear = || kind.tokens.iter().filter(|token| token.bits >= ROW_FROM_BITS);
        for token in dear() {
            let shape = token.shape.as_ref().map(|shape| format!(" ({shape})")).unwrap_or_default();
            table.row([
                format!("{:.1}", token.bits),
                short(&format!("{}{shape}", token.text)),
                short(&token.part),
                token.seen.to_string(),
                instead(token.expected.as_ref()),
            ]);
        }
        match dear().count() {
            0 => writeln!(out, "  No token of it costs a bit: the baseline has the same.")?,
            _ => table.write(out, "  ")?,
        }
        if let Some(copy) = kind.copies.iter().max_by_key(|copy| copy.end_token - copy.first_token) {
            let tokens = counted(u64::from(copy.end_token - copy.first_token), "token", "tokens");
            match copy.from_event {
                Some(event) => {
                    writeln!(out, "  The longest run that the baseline has: {tokens}, in event {event}")?;
                }
                None => writeln!(out, "  The longest run that the baseline has: {tokens}, in the anchor")?,
            }
        }
    }
    if said.left_out > 0 {
        let kinds = counted(said.left_out as u64, "kind of events", "kinds of events");
        writeln!(out, "\n{kinds} that cost less are left out; --limit lists more.")?;
    }
    Ok(())
}

fn short(text: &str) -> String {
    let text = inert(text);
    if text.chars().count() <= SHOWN { text } else { text.chars().take(SHOWN).chain(['…']).collect() }
}

fn instead(expected: Option<&ExpectedJson>) -> String {
    let Some(expected) = expected else { return String::new() };
    if expected.context == 0 {
        return "nothing: it does not know what stands before it".to_owned();
    }
    let most = expected.most.iter().map(|(token, times)| format!("{} {times}×", short(token)));
    most.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_come_by_what_they_cost_and_then_by_place() {
        let kind = |bits| KindBits { bits, ..KindBits::default() };
        let made = Attribution {
            first_event: 40,
            events: vec![0, 1, 2, 1, 0],
            kinds: vec![kind(3.0), kind(9.0), kind(9.0)],
            expected: Vec::new(),
        };
        let order: Vec<Vec<u64>> = dearest(&made).into_iter().map(|(_, events)| events).collect();
        assert_eq!(order, [vec![41, 43], vec![42], vec![40, 44]]);
    }

    #[test]
    fn what_stands_instead_is_inert_and_counted() {
        let expected =
            ExpectedJson { times: 9, context: 2, most: vec![("\u{1b}[2Jok".into(), 7), ("late".into(), 2)] };
        let text = instead(Some(&expected));
        assert!(text.ends_with("7×, late 2×") && !text.contains('\u{1b}'), "{text}");
        assert_eq!(instead(None), "");
    }
}
