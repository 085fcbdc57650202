//! The events of a finding with what each of their tokens costs: asked for when the finding is shown, made by a reader of its
//! own, and left where another finding is shown before it is done.

mod besides;

use crate::query::{Query, Reader};
use crate::state::{Fetched, State};
use crate::telemetry::{Desk, Ticket};
use crate::ui::rows::ListState;
use case::{Case, CaseError, EventRow};
use cbad::{Attribution, Event, Part, Signal, TokenBits, Watch as _, token_places};
use std::ops::Range;
use std::sync::Arc;

/// Text of one finding that is shown whole; what comes beyond it is shown by the beginning of each event.
const WHOLE_BYTES: usize = 8 << 20;

/// Events that are read at once.
const AT_ONCE: usize = 64;

/// Bytes of one line at the most: a longer one goes on in the next, so that no line costs more to cut than this.
const LINE_BYTES: usize = 4096;

/// What is asked.
#[derive(Clone, Debug)]
pub(crate) enum Asked {
    /// The events of a finding.
    Finding { run: i64, finding: i64 },
}

/// A question with its ticket.
pub(crate) type Ask = crate::telemetry::Ask<Asked>;

impl Ask {
    /// Asks the case. What is wrong is said in words.
    pub(crate) fn answer(self, case: Result<&Case, &String>) -> Said {
        let Asked::Finding { run, finding } = self.what;
        let made = case.map_err(Clone::clone).and_then(|case| {
            WindowBits::of(case, run, finding, &self.ticket)
                .map(Arc::new)
                .map_err(|error| case::inert(error.to_string()))
        });
        Said { ticket: self.ticket, made }
    }
}

/// What came back, and to which question.
#[derive(Debug)]
pub(crate) struct Said {
    ticket: Ticket,
    made: Result<Arc<WindowBits>, String>,
}

/// The events of one finding.
#[derive(Debug)]
pub(crate) struct WindowBits {
    /// What their tokens cost.
    pub(crate) attribution: Attribution,
    /// Their texts, in order.
    pub(crate) lines: Vec<Line>,
}

/// A piece of an event's text without a line feed in it, made harmless.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line {
    /// Which of the events.
    pub(crate) event: u32,
    /// What part of the event it is.
    pub(crate) kind: LineKind,
    pub(crate) text: String,
    /// Tokens in it, in order.
    pub(crate) spans: Vec<Span>,
}

/// What a line is of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum LineKind {
    /// Position, time and severity of the event.
    Head,
    /// The body.
    #[default]
    Body,
    /// A field, or what was measured.
    Field,
    /// What the code saw beside the text.
    Besides,
}

/// Where a token stands in a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// Bytes of the line's text.
    pub(crate) bytes: Range<u32>,
    /// Which token of the event; several where the code takes a letter apart.
    pub(crate) tokens: Range<u32>,
}

impl WindowBits {
    fn of(case: &Case, run: i64, finding: i64, ticket: &Ticket) -> Result<Self, CaseError> {
        let attribution = case.attribution(run, finding, ticket)?;
        let row = case.finding(run, finding)?;
        let is_metric = row.stream.key.signal == Signal::Metric;
        let mut left = WHOLE_BYTES;
        let mut lines = Vec::new();
        let mut first = attribution.first_event;
        for kinds in attribution.events.chunks(AT_ONCE) {
            if ticket.cancelled() {
                return Err(CaseError::Cancelled);
            }
            let end = first + kinds.len() as u64;
            for (event, kind) in case.events(row.stream.id, first..end)?.iter().zip(kinds) {
                let tokens = &attribution.kinds[*kind as usize].tokens;
                let index = (event.position - attribution.first_event) as u32;
                Writer { lines: &mut lines, event: index, left: &mut left }.event(event, tokens, is_metric);
            }
            first = end;
        }
        Ok(Self { attribution, lines })
    }

    /// Position in the stream of the event that a line is of.
    pub(crate) fn position(&self, line: &Line) -> u64 {
        self.attribution.first_event + u64::from(line.event)
    }

    /// What the event costs that a line is of.
    pub(crate) fn kind(&self, line: &Line) -> &cbad::KindBits {
        &self.attribution.kinds[self.attribution.events[line.event as usize] as usize]
    }
}

/// Puts an event into lines.
struct Writer<'w> {
    lines: &'w mut Vec<Line>,
    event: u32,
    left: &'w mut usize,
}

impl Writer<'_> {
    fn event(&mut self, row: &EventRow, tokens: &[TokenBits], is_metric: bool) {
        let event = &row.event;
        let places = if is_metric { Vec::new() } else { token_places(event) };
        // Through a veil the event is not the one that was coded.
        let places = if places.len() == tokens.len() { places } else { Vec::new() };
        let first = self.lines.len();
        self.begin(LineKind::Head);
        let of = |part: Part| {
            (0..)
                .zip(&places)
                .filter(move |(_, place)| place.part == part)
                .map(|(token, place)| (token, place.bytes.clone()))
        };
        if let Some(severity) = event.severity {
            let token = of(Part::Severity).next().map(|(token, _)| token);
            self.push(severity.name(), token);
        }
        if !event.body.is_empty() {
            self.begin(LineKind::Body);
            self.text(&event.body, of(Part::Body));
        }
        if event.measure.is_some() {
            let one = of(Part::Measure).next().map(|(token, _)| token);
            let labelled = |label| {
                let is_it = |cost: &TokenBits| cost.measure.as_deref() == Some(label);
                tokens.iter().position(is_it).map(|token| token as u32)
            };
            self.measure(event, |label| if is_metric { labelled(label) } else { one });
        }
        for (index, field) in (0..).zip(&event.fields) {
            self.begin(LineKind::Field);
            self.text(field.path.as_bytes(), of(Part::Path(index)));
            self.push(" = ", None);
            match &field.value {
                cbad::Value::Text(text) => self.text(text.as_bytes(), of(Part::Field(index))),
                cbad::Value::Bytes(bytes) => self.text(bytes, of(Part::Field(index))),
                value => {
                    let token = of(Part::Field(index)).next().map(|(token, _)| token);
                    self.push(&case::value_text(value), token);
                }
            }
        }
        self.besides(first, event, tokens, &places);
    }

    /// What was measured, each number with the token that the code has for it.
    fn measure(&mut self, event: &Event, token: impl Fn(&'static str) -> Option<u32>) {
        self.begin(LineKind::Field);
        self.push("measured ", None);
        for (label, text) in crate::view::measured::parts(event) {
            self.push(&text, label.and_then(&token));
        }
        if crate::view::measured::is_running(event) {
            self.push(" (in all; coded is what came since the point before)", None);
        }
    }

    fn begin(&mut self, kind: LineKind) {
        self.lines.push(Line { event: self.event, kind, ..Line::default() });
    }

    /// Evidence with its tokens; what stands between them belongs to none.
    fn text(&mut self, whole: &[u8], tokens: impl Iterator<Item = (u32, Range<u32>)>) {
        let shown = whole.len().min((*self.left).max(crate::view::evidence::MOST_BYTES));
        *self.left = self.left.saturating_sub(shown);
        let mut at = 0;
        for (token, bytes) in tokens {
            let (start, end) = (whole_letters(whole, bytes.start), whole_letters(whole, bytes.end));
            if end > shown {
                break;
            }
            if start == end {
                self.widen(token);
                continue;
            }
            self.push_bytes(&whole[at..start], None);
            if whole[start..end].iter().all(|byte| *byte == b'\n') {
                // A break of lines is seen by what stands before it.
                self.widen(token);
            }
            self.push_bytes(&whole[start..end], Some(token));
            at = end;
        }
        self.push_bytes(&whole[at..shown.max(at)], None);
        if shown < whole.len() {
            let left_out = crate::words::bytes((whole.len() - shown) as u64);
            self.push(&format!(" … {left_out} more; “Show exact bytes” has all of it"), None);
        }
    }

    /// A token within the letter that the token before it shows.
    fn widen(&mut self, token: u32) {
        let last = self.lines.last_mut().and_then(|line| line.spans.last_mut());
        if let Some(span) = last.filter(|span| span.tokens.end == token) {
            span.tokens.end += 1;
        }
    }

    fn push_bytes(&mut self, bytes: &[u8], token: Option<u32>) {
        for (number, part) in bytes.split(|byte| *byte == b'\n').enumerate() {
            if number > 0 {
                let kind = self.kind();
                self.begin(kind);
            }
            if !part.is_empty() {
                self.push(&case::inert(part), token);
            }
        }
    }

    fn kind(&self) -> LineKind {
        self.lines.last().map(|line| line.kind).unwrap_or_default()
    }

    /// Appends what cannot act; a line that becomes too long goes on in the next.
    fn push(&mut self, mut text: &str, token: Option<u32>) {
        while !text.is_empty() {
            if self.lines.last().is_none_or(|line| line.text.len() >= LINE_BYTES) {
                let kind = self.kind();
                self.begin(kind);
            }
            let Some(line) = self.lines.last_mut() else { return };
            let cut = text.floor_char_boundary((LINE_BYTES - line.text.len()).max(4));
            let (now, later) = text.split_at(cut.max(text.chars().next().map_or(0, char::len_utf8)));
            let start = line.text.len() as u32;
            line.text.push_str(now);
            if let Some(token) = token {
                line.spans.push(Span { bytes: start..line.text.len() as u32, tokens: token..token + 1 });
            }
            text = later;
        }
    }
}

/// The place itself, or the end of the letters that it stands within: some are several bytes, which the codes take one by
/// one, and marks belong to the letter before them.
fn whole_letters(whole: &[u8], at: u32) -> usize {
    let at = at as usize;
    let is_within = at > 0 && at < whole.len() && !whole[at - 1].is_ascii() && !whole[at].is_ascii();
    if !is_within {
        return at;
    }
    whole[at..].iter().position(u8::is_ascii).map_or(whole.len(), |more| at + more)
}

/// The events of the finding that is shown.
#[derive(Debug, Default)]
pub(crate) struct Bits {
    /// Makes them without holding up the other readers.
    pub(crate) reader: Option<Reader>,
    desk: Desk,
    /// Run and finding that were asked for.
    of: Option<(i64, i64)>,
    pub(crate) made: Fetched<WindowBits>,
    pub(crate) list: ListState,
    /// Columns, and for each line the row that it begins in; behind the last, how many rows there are.
    pub(crate) rows: (usize, Vec<u64>),
}

impl Bits {
    /// Whether something is being made.
    pub(crate) fn busy(&self) -> bool {
        self.reader.as_ref().is_some_and(Reader::busy)
    }

    /// Forgets what was made, since another run is shown. What is being made for it is left.
    pub(crate) fn forget(&mut self) {
        *self = Self { reader: self.reader.take(), ..Self::default() };
    }

    /// Takes an answer, where it is still wanted.
    pub(crate) fn take(&mut self, said: Said) {
        if !said.ticket.cancelled() {
            self.made = Some(said.made);
            self.rows = (0, Vec::new());
        }
    }
}

impl State {
    /// What the tokens of a finding's events cost, asked for where it is not known.
    pub(crate) fn bits_of(&mut self, run: i64, finding: i64) -> Fetched<WindowBits> {
        let bits = &mut self.bits;
        if bits.of != Some((run, finding)) {
            bits.forget();
            bits.of = Some((run, finding));
            if let Some(reader) = &bits.reader {
                let ask = Ask { what: Asked::Finding { run, finding }, ticket: bits.desk.ticket() };
                reader.ask(Query::Bits(ask));
            }
        }
        bits.made.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cbad::{ByteRange, Field, Severity, Value};

    fn lines_of(event: Event) -> Vec<Line> {
        let tokens = vec![TokenBits { bits: 1.0, ..TokenBits::default() }; token_places(&event).len()];
        let row = EventRow { position: 7, capture: 1, event };
        let (mut lines, mut left) = (Vec::new(), WHOLE_BYTES);
        Writer { lines: &mut lines, event: 0, left: &mut left }.event(&row, &tokens, false);
        lines
    }

    fn tokens(line: &Line) -> Vec<&str> {
        line.spans.iter().map(|span| &line.text[span.bytes.start as usize..span.bytes.end as usize]).collect()
    }

    #[test]
    fn an_event_reads_as_it_is_with_its_parts_apart() {
        let mut event = Event::new("payment  refused:\u{1b}[1m db\nat cart.rs:7", ByteRange::default());
        event.severity = Some(Severity::Warn);
        event.fields.push(Field { path: "scope".into(), value: Value::Text("cart a".into()) });
        event.fields.push(Field { path: "status".into(), value: Value::Int(503) });
        let lines = lines_of(event);
        let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(
            texts,
            ["warn", "payment  refused:\\u{1b}[1m db", "at cart.rs:7", "scope = cart a", "status = 503"]
        );
        assert_eq!(tokens(&lines[0]), ["warn"]);
        assert_eq!(tokens(&lines[3]), ["scope", "cart", "a"]);
        assert_eq!(tokens(&lines[4]), ["status", "503"]);
        let kinds: Vec<LineKind> = lines.iter().map(|line| line.kind).collect();
        let of = LineKind::Field;
        assert_eq!(kinds, [LineKind::Head, LineKind::Body, LineKind::Body, of, of]);
        let order: Vec<u32> =
            lines.iter().flat_map(|line| &line.spans).map(|span| span.tokens.start).collect();
        assert!(order.is_sorted() && order.len() > 10, "{order:?}");
    }

    #[test]
    fn a_line_of_a_megabyte_is_many_short_ones_and_nothing_of_it_is_lost() {
        let body = "é0 ".repeat(350_000);
        let lines = lines_of(Event::new(body.as_str(), ByteRange::default()));
        assert!(lines.iter().all(|line| line.text.len() <= LINE_BYTES + 4));
        let whole: String = lines.iter().map(|line| line.text.as_str()).collect();
        assert!(whole == body, "as it is");
    }
}
