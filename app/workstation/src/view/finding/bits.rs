//! The events of the finding as they are, coloured by what each token costs: pointing at one tells what the baseline has in
//! its place, and a click on what the baseline has goes there.

use super::told::{self, TOLD_BYTES};
use crate::bits::{Line, LineKind, Span, WindowBits};
use crate::doc::Selection;
use crate::state::{Pane, State};
use crate::theme::{mono_font, semibold_font};
use crate::tokens::{self, Tokens, size};
use crate::ui::rows::{self, ListState, Rows};
use crate::view::cost;
use crate::words;
use case::FindingRow;
use cbad::{CopiedRun, TokenBits};
use egui::text::{LayoutJob, TextFormat};
use egui::{Id, Label, RichText, Sense, Stroke, Ui, UiBuilder, pos2, vec2};
use std::fmt::Write as _;
use std::sync::Arc;

/// Height of a row, and of the list at the most.
const ROW: f32 = 20.0;
const MOST_HEIGHT: f32 = 20.0 * ROW;

/// Room at the left of what belongs to an event.
const INDENT: f32 = 14.0;

pub(super) fn show(ui: &mut Ui, state: &mut State, row: &FindingRow) {
    let Some(run) = state.doc.as_ref().and_then(|doc| doc.run.as_ref()).map(|run| run.id) else { return };
    let about = "Every event of the finding as it is. Point at a token to see what the baseline has in its place; click on \
                 what is not dear to go to the event of the baseline that has it.";
    super::section(ui, "Its events, in bits", about);
    cost::legend(ui);
    match state.bits_of(run, row.id) {
        None => drop(ui.label(RichText::new("Reading the stream…").color(tokens::of(ui).weak))),
        Some(Err(why)) => {
            ui.add(Label::new(RichText::new(why).color(tokens::of(ui).warning)).wrap());
        }
        Some(Ok(bits)) => list(ui, state, row, &bits),
    }
}

fn list(ui: &mut Ui, state: &mut State, row: &FindingRow, bits: &Arc<WindowBits>) {
    let letter =
        ui.painter().layout_no_wrap("0000000000".into(), mono_font(), tokens::of(ui).text).size().x / 10.0;
    let columns = (((ui.available_width() - INDENT - 24.0) / letter) as usize).clamp(20, 400);
    let mut list = std::mem::take(&mut state.bits.list);
    if state.bits.rows.0 != columns {
        let is_first = state.bits.rows.0 == 0;
        state.bits.rows = (columns, first_rows(&bits.lines, columns));
        if is_first {
            list = ListState { reveal: dearest_row(bits, row, &state.bits.rows.1), ..ListState::default() };
        }
    }
    let starts = std::mem::take(&mut state.bits.rows.1);
    let total = starts.last().copied().unwrap_or(0);
    let height = (total as f32 * ROW).min(MOST_HEIGHT);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    let before = (list.first, list.rest);
    let mut shown = Shown { bits, starts: &starts, columns, state, stream: row.stream.id, pointed: None };
    let mut child = ui.new_child(UiBuilder::new().max_rect(rect));
    let events =
        rows::show(&mut child, Id::unique("bits of a finding"), "Events in bits", &mut list, &mut shown);
    let pointed = shown.pointed;
    if ui.rect_contains_pointer(rect) && (list.first, list.rest) != before {
        // What the list has scrolled by is not for the page around it as well.
        ui.input_mut(|input| input.smooth_scroll_delta = egui::Vec2::ZERO);
    }
    let line_at = |row: u64| starts.partition_point(|start| *start <= row).saturating_sub(1);
    let target = match (events.opened, events.selected) {
        (Some(row), _) => Some(run_in(bits, line_at(row))),
        (None, Some(row)) => pointed.filter(|pointed| pointed.row == row).map(|pointed| pointed.from),
        (None, None) => None,
    };
    if let Some(position) = target.flatten() {
        state.select(Selection::Event { stream: row.stream.id, position });
        state.front = Some(Pane::Events);
    }
    state.bits.rows.1 = starts;
    state.bits.list = list;
}

/// Where Enter goes: to the longest run of the line that the baseline has; from the head of an event to the event itself.
fn run_in(bits: &WindowBits, line: usize) -> Option<u64> {
    let line = bits.lines.get(line)?;
    if line.kind == LineKind::Head {
        return Some(bits.position(line));
    }
    let within = |run: &&CopiedRun| line.spans.iter().any(|span| run.tokens.contains(&span.tokens.start));
    let runs = bits.kind(line).copies.iter().filter(within);
    runs.max_by_key(|run| (run.tokens.len(), std::cmp::Reverse(run.tokens.start)))?.from
}

/// The row that each line begins in, and the number of all rows.
fn first_rows(lines: &[Line], columns: usize) -> Vec<u64> {
    let mut next = 0;
    let mut starts = Vec::with_capacity(lines.len() + 1);
    for line in lines {
        starts.push(next);
        next += pieces(&line.text, columns).count().max(1) as u64;
    }
    starts.push(next);
    starts
}

/// A line cut into rows, as ranges of its bytes. What is not ASCII has room for two letters, which the widest take.
fn pieces(text: &str, columns: usize) -> impl Iterator<Item = std::ops::Range<usize>> {
    let mut start = 0;
    std::iter::from_fn(move || {
        if start >= text.len() {
            return None;
        }
        let rest = &text[start..];
        let end = if rest.is_ascii() {
            text.len().min(start + columns)
        } else {
            let mut used = 0;
            let fits = |(_, letter): &(usize, char)| {
                used += if letter.is_ascii() { 1 } else { 2 };
                used <= columns
            };
            rest.char_indices()
                .take_while(fits)
                .last()
                .map_or(text.len(), |(at, letter)| start + at + letter.len_utf8())
        };
        let piece = start..end.max(start + 1);
        start = piece.end;
        Some(piece)
    })
}

/// The row of the dearest event.
fn dearest_row(bits: &WindowBits, row: &FindingRow, starts: &[u64]) -> Option<u64> {
    let dearest = row.finding.explanation.drivers.first()?.event;
    let line = bits.lines.iter().position(|line| bits.position(line) == dearest)?;
    starts.get(line).copied()
}

/// What the pointer stands on.
#[derive(Clone, Copy)]
struct Pointed {
    row: u64,
    /// The event of the baseline that has it.
    from: Option<u64>,
}

struct Shown<'s> {
    bits: &'s Arc<WindowBits>,
    starts: &'s [u64],
    columns: usize,
    state: &'s mut State,
    stream: u32,
    pointed: Option<Pointed>,
}

impl Shown<'_> {
    /// The line of a row, and the piece of it that the row shows.
    fn piece(&self, row: u64) -> Option<(&'_ Line, std::ops::Range<usize>)> {
        let at = self.starts.partition_point(|start| *start <= row).checked_sub(1)?;
        let line = self.bits.lines.get(at)?;
        let piece = pieces(&line.text, self.columns).nth((row - self.starts[at]) as usize);
        Some((line, piece.unwrap_or(0..0)))
    }

    /// The dearest token of a span.
    fn dearest(&self, line: &Line, span: &Span) -> Option<&TokenBits> {
        let tokens = self.bits.kind(line).tokens.get(span.tokens.start as usize..span.tokens.end as usize)?;
        tokens.iter().reduce(|dearest, token| if token.bits > dearest.bits { token } else { dearest })
    }

    /// What all tokens of a span cost.
    fn cost(&self, line: &Line, span: &Span) -> f64 {
        let tokens = self.bits.kind(line).tokens.get(span.tokens.start as usize..span.tokens.end as usize);
        tokens.unwrap_or_default().iter().map(|token| token.bits).sum()
    }

    fn copied(&self, line: &Line, token: u32) -> Option<&CopiedRun> {
        self.bits.kind(line).copies.iter().find(|run| run.tokens.contains(&token))
    }

    /// Position, time and cost, which stand before what the head has of the event itself.
    fn head(&mut self, line: &Line) -> String {
        let position = self.bits.position(line);
        let time = match self.state.event(self.stream, position) {
            Some(Ok(event)) => event.event.time_nanos.map(|nanos| format!(" · {}", words::time(nanos))),
            _ => None,
        };
        let bits = words::bits(self.bits.kind(line).bits);
        format!("Event {}{} · {bits}  ", words::count(position), time.unwrap_or_default())
    }
}

impl Rows for Shown<'_> {
    fn len(&self) -> u64 {
        self.starts.last().copied().unwrap_or(0)
    }

    fn height(&self) -> f32 {
        ROW
    }

    fn label(&mut self, row: u64) -> String {
        let Some((line, piece)) = self.piece(row) else { return String::new() };
        let (line, mut said) = (line.clone(), line.text[piece.clone()].to_owned());
        let within =
            |span: &&Span| (span.bytes.start as usize) < piece.end && span.bytes.end as usize > piece.start;
        let dear: Vec<String> = line
            .spans
            .iter()
            .filter(within)
            .filter_map(|span| {
                self.dearest(&line, span).filter(|token| cost::step(token.bits) > 0)?;
                let text = &line.text[span.bytes.start as usize..span.bytes.end as usize];
                Some(format!("{text} ({})", words::bits(self.cost(&line, span))))
            })
            .collect();
        if line.kind == LineKind::Head {
            said = format!("{}{said}", self.head(&line));
        }
        if !dear.is_empty() {
            let _ = write!(said, ". Dear: {}", dear.join(", "));
        }
        said
    }

    fn show(&mut self, ui: &mut Ui, row: u64, _selected: bool) {
        let rect = ui.max_rect();
        let Some((line, piece)) = self.piece(row) else { return };
        let line = line.clone();
        let mut job = LayoutJob::default();
        job.wrap.max_width = f32::INFINITY;
        let mut left = rect.left() + 6.0;
        if line.kind == LineKind::Head {
            let t = tokens::of(ui);
            let (strong, line_of) = (semibold_font(size::SMALL), Stroke::new(1.0, t.border));
            if row > 0 {
                ui.painter().hline(rect.x_range(), rect.top(), line_of);
            }
            let head = self.head(&line);
            let galley = ui.painter().layout_no_wrap(head, strong, t.weak);
            ui.painter().galley(pos2(left, rect.center().y - galley.size().y / 2.0), galley.clone(), t.weak);
            left += galley.size().x;
        } else {
            left += INDENT;
        }
        let t = tokens::of(ui);
        let ends = lay_out(&mut job, &line, piece, t, |span| {
            self.dearest(&line, span).map_or(0.0, |token| token.bits)
        });
        let galley = ui.painter().layout_job(job);
        let at = pos2(left, rect.center().y - galley.size().y / 2.0);
        ui.painter().galley(at, galley.clone(), t.text);
        let response = ui.interact(rect, ui.scope_id().with("hover"), Sense::hover());
        let Some(pointer) =
            response.hover_pos().filter(|pointer| pointer.x >= at.x && pointer.x < at.x + galley.size().x)
        else {
            return;
        };
        let index: usize = galley.cursor_from_pos(pointer - at).index.into();
        let Some(&(_, Some(token))) = ends.iter().find(|(end, _)| index < *end) else { return };
        self.point_at(&line, token, row, response);
    }
}

impl Shown<'_> {
    fn point_at(&mut self, line: &Line, token: u32, row: u64, response: egui::Response) {
        let run = self.copied(line, token).cloned();
        let from = run.as_ref().and_then(|run| run.from);
        self.pointed = Some(Pointed { row, from });
        let Some(span) = line.spans.iter().find(|span| span.tokens.start == token) else { return };
        let Some(cost) = self.dearest(line, span).cloned() else { return };
        let expected = cost.expected.and_then(|at| self.bits.attribution.expected.get(at as usize)).cloned();
        let text = &line.text[span.bytes.start as usize..span.bytes.end as usize];
        let mut bits = words::bits(self.cost(line, span));
        if span.tokens.len() > 1 {
            let many = words::count(span.tokens.len() as u64);
            let _ = write!(bits, " in {many} tokens, of which the dearest:");
        }
        let there = from.and_then(|from| Some((from, self.state.event(self.stream, from)?.ok()?)));
        let response =
            if from.is_some() { response.on_hover_cursor(egui::CursorIcon::PointingHand) } else { response };
        response.on_hover_ui_at_pointer(|ui| {
            ui.set_max_width(460.0);
            let text = crate::view::evidence::cut(text, TOLD_BYTES).0;
            let title = format!("“{text}”  {bits}");
            ui.label(RichText::new(title).font(semibold_font(size::TEXT)));
            for line in told::told(&cost, expected.as_ref()) {
                ui.label(line);
            }
            if let Some(run) = &run {
                ui.label(told::where_it_stands(run, there.as_ref()));
            }
        });
    }
}

/// Puts a piece of a line into the job; gives back where its parts end, in characters, and which tokens they are.
fn lay_out(
    job: &mut LayoutJob,
    line: &Line,
    piece: std::ops::Range<usize>,
    t: &Tokens,
    bits: impl Fn(&Span) -> f64,
) -> Vec<(usize, Option<u32>)> {
    let rest = if line.kind == LineKind::Body { t.text } else { t.weak };
    let mut ends = Vec::new();
    let (mut at, mut length) = (piece.start, 0);
    let mut add = |text: &str, format: TextFormat, token: Option<u32>| {
        if !text.is_empty() {
            job.append(text, 0.0, format);
            length += text.chars().count();
            ends.push((length, token));
        }
    };
    let plain = |color| TextFormat { font_id: mono_font(), color, ..TextFormat::default() };
    let first = line.spans.partition_point(|span| span.bytes.end as usize <= piece.start);
    for span in &line.spans[first..] {
        let (start, end) = (span.bytes.start as usize, span.bytes.end as usize);
        if start >= piece.end {
            break;
        }
        add(&line.text[at..start.max(at)], plain(rest), None);
        let step = cost::step(bits(span));
        let mut format = plain(if step > 0 { t.strong } else { rest });
        if step > 0 {
            format.background = t.cost[step];
            format.underline = Stroke::new(step as f32, t.cost_line[step]);
        }
        let (from, to) = (start.max(at), end.min(piece.end));
        add(&line.text[from..to], format, Some(span.tokens.start));
        at = to;
    }
    add(&line.text[at..piece.end], plain(rest), None);
    ends
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_into_rows_between_letters_and_nothing_is_lost() {
        for (text, rows) in [
            ("", &[][..]),
            ("abcd", &["abcd"]),
            ("abcdefghi", &["abcd", "efgh", "i"]),
            ("aéb€c", &["aéb", "€c"]),
            ("€€€", &["€€", "€"]),
        ] {
            let cut: Vec<&str> = pieces(text, 4).map(|piece| &text[piece]).collect();
            assert_eq!(cut, rows, "{text}");
        }
        let line = |text: &str| Line { text: text.to_owned(), ..Line::default() };
        assert_eq!(first_rows(&[line("abcdefghi"), line(""), line("ab")], 4), [0, 3, 4, 5]);
    }

    #[test]
    fn dear_tokens_have_more_than_a_colour() {
        let spans = [(0, 7, 0), (9, 11, 1)]
            .map(|(start, end, token)| Span { bytes: start..end, tokens: token..token + 1 });
        let line = Line { text: "refused: db".to_owned(), spans: spans.to_vec(), ..Line::default() };
        let mut job = LayoutJob::default();
        let ends =
            lay_out(&mut job, &line, 3..11, &tokens::DARK, |span| [14.0, 5.0][span.tokens.start as usize]);
        assert_eq!(job.text, "used: db");
        assert_eq!(ends, [(4, Some(0)), (6, None), (8, Some(1))]);
        let lines: Vec<f32> = job.sections.iter().map(|section| section.format.underline.width).collect();
        assert_eq!(lines, [3.0, 0.0, 1.0], "thickness tells what colour tells");
    }
}
