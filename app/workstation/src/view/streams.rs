//! Left, above: the captures and the streams in them.

use crate::doc::{Doc, Selection};
use crate::filter::Filter;
use crate::state::State;
use crate::theme::{mono_font, semibold_font, text_font};
use crate::tokens::{self, size};
use crate::ui::icon::Icon;
use crate::ui::rows::{self, Rows};
use crate::words;
use case::{CaptureRedaction, CaptureRow, CaptureState, StreamRow};
use cbad::Signal;
use egui::{Frame, Id, Margin, Panel, Rect, RichText, ScrollArea, Ui, pos2, vec2};

/// Streams that can always be seen, where there are as many.
const LEAST_ROWS: usize = 3;

pub(super) fn show(ui: &mut Ui, state: &mut State) {
    let Some(doc) = state.doc.clone() else { return };
    let frame = Frame::new().inner_margin(Margin { left: 10, right: 8, top: 8, bottom: 4 });
    let height = ui.available_height();
    let above = 60.0 + doc.captures.len().min(2) as f32 * 44.0;
    let wanted = above + doc.streams.len() as f32 * size::ROW;
    let least = above + doc.streams.len().min(LEAST_ROWS) as f32 * size::ROW;
    // By the case: the height that is kept for one leaves no room for the streams of another.
    let panel = Panel::top(Id::unique(("streams", state.doc_id))).resizable(true).frame(frame);
    let heights = least.min(height * 0.42)..=height * 0.7;
    panel.default_size(wanted.min(height * 0.42)).size_range(heights).show(ui, |ui| {
        super::heading(ui, if doc.captures.len() == 1 { "Capture" } else { "Captures" });
        ScrollArea::vertical().max_height(96.0).auto_shrink([false, true]).show(ui, |ui| {
            for capture in &doc.captures {
                show_capture(ui, capture);
            }
        });
        ui.add_space(2.0);
        super::heading(ui, "Streams");
        let mut list = Streams { doc: &doc, filter: &state.filter };
        let mut place = std::mem::take(&mut state.streams_list);
        let events = rows::show(ui, Id::unique("streams list"), "Streams", &mut place, &mut list);
        state.streams_list = place;
        if let Some(stream) = events.selected.or(events.opened).and_then(|row| doc.streams.get(row as usize))
        {
            state.select(Selection::Stream(stream.id));
            state.streams_list.reveal = None;
        }
    });
}

fn show_capture(ui: &mut Ui, capture: &CaptureRow) {
    let t = tokens::of(ui);
    let name = case::inert(&capture.file_name);
    let response = ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 1.0;
        ui.add(egui::Label::new(RichText::new(&name).color(t.strong)).truncate());
        let mut parts = vec![capture.format.name().to_owned()];
        if !capture.wrapping.is_none() {
            parts.push(capture.wrapping.name());
        }
        parts.push(words::bytes(capture.stored_bytes));
        parts.push(words::counted(capture.events, "event", "events"));
        if let Some(redaction) = &capture.redaction {
            let hits = redaction.counts.iter().map(|(_, hits)| hits).sum();
            parts.push(format!("{} redacted", words::counted(hits, "value", "values")));
        }
        if capture.state == CaptureState::Importing {
            parts.push("not yet complete".to_owned());
        }
        ui.add(
            egui::Label::new(RichText::new(parts.join(" · ")).font(text_font(size::SMALL)).color(t.weak))
                .truncate(),
        );
    });
    let rejected = if capture.rejected > 0 {
        format!(
            "\n{} could not be read; the view Problems lists them",
            words::counted(capture.rejected, "record", "records")
        )
    } else {
        String::new()
    };
    let redacted = capture.redaction.as_ref().map(redaction_in_words).unwrap_or_default();
    response.response.on_hover_text(format!(
        "{}\nSHA-256 {}\nRead as {} (confidence {:.0} %){rejected}{redacted}",
        case::inert(capture.path.display().to_string()),
        capture.sha256,
        capture.format.name(),
        capture.confidence * 100.0,
    ));
}

/// What was taken out of a capture: the rules, hits a rule, and whether equal values can still be told.
fn redaction_in_words(redaction: &CaptureRedaction) -> String {
    let counts: Vec<String> = redaction
        .counts
        .iter()
        .map(|(rule, hits)| format!("{} {}", words::count(*hits), case::inert(rule)))
        .collect();
    let counts = if counts.is_empty() { "nothing found".to_owned() } else { counts.join(", ") };
    let salt = if redaction.salt_is_kept { "kept in the case" } else { "forgotten" };
    format!("\nRedacted by “{}”: {counts}\nSalt of the tokens: {salt}", case::inert(&redaction.rules.name))
}

/// The icon of a signal.
pub(super) const fn signal_icon(signal: Signal) -> Icon {
    match signal {
        Signal::Log => Icon::Log,
        Signal::Metric => Icon::Metric,
        Signal::Span => Icon::Span,
        Signal::LlmCall => Icon::Llm,
    }
}

struct Streams<'a> {
    doc: &'a Doc,
    filter: &'a Filter,
}

impl Streams<'_> {
    /// How far the stream has drifted from its anchor, where the run has one.
    fn drift(&self, stream: u32) -> Option<String> {
        let drift = self.doc.summary(stream)?.drift?;
        Some(format!("drift {:.2}×", drift.ratio()))
    }

    /// How many events are in the stream, and of them fit where something is looked for.
    fn number(&self, stream: &StreamRow) -> String {
        let fitting = self.filter.everywhere.of_stream(stream.id).filter(|_| self.filter.query.is_some());
        match fitting {
            Some(fitting) => format!("{} of {}", words::count(fitting), words::count(stream.events)),
            None => words::count(stream.events),
        }
    }

    fn findings(&self, stream: u32) -> usize {
        self.doc.findings.iter().filter(|row| row.stream.id == stream && row.finding.flagged).count()
    }
}

impl Rows for Streams<'_> {
    fn len(&self) -> u64 {
        self.doc.streams.len() as u64
    }

    fn label(&mut self, row: u64) -> String {
        let stream = &self.doc.streams[row as usize];
        let label = case::inert(stream.key.label());
        let drift = self.drift(stream.id).map(|drift| format!(", {drift}")).unwrap_or_default();
        let unit = if stream.events == 1 { "event" } else { "events" };
        format!("Stream {label}, {} {unit}{drift}", self.number(stream))
    }

    fn show(&mut self, ui: &mut Ui, row: u64, selected: bool) {
        let stream = &self.doc.streams[row as usize];
        let t = tokens::of(ui);
        let rect = ui.max_rect();
        let icon = Rect::from_center_size(rect.left_center() + vec2(12.0, 0.0), vec2(13.0, 13.0));
        signal_icon(stream.key.signal).paint(ui.painter(), icon, t.weak);
        let is_found = self.filter.query.is_some() && self.filter.everywhere.of_stream(stream.id).is_some();
        let ink = if is_found { t.strong } else { t.weak };
        let numbers = super::line(ui, &self.number(stream), mono_font(), ink, 130.0);
        let left = rect.right() - 8.0 - numbers.size().x;
        ui.painter().galley(pos2(left, rect.center().y - numbers.size().y / 2.0), numbers, ink);
        let mut end = left - size::GAP;
        let found = self.findings(stream.id);
        if found > 0 {
            let galley = super::line(ui, &found.to_string(), semibold_font(size::SMALL), t.on_accent, 40.0);
            let badge = Rect::from_center_size(
                pos2(end - 10.0, rect.center().y),
                vec2((galley.size().x + 10.0).max(18.0), 16.0),
            );
            ui.painter().rect_filled(badge, 8, t.accent);
            ui.painter().galley(badge.center() - galley.size() / 2.0, galley, t.on_accent);
            end = badge.left() - size::TIGHT;
        }
        if let Some(drift) = self.drift(stream.id) {
            let galley = super::line(ui, &drift, text_font(size::SMALL), t.weak, 90.0);
            end -= galley.size().x + size::TIGHT;
            ui.painter().galley(pos2(end, rect.center().y - galley.size().y / 2.0), galley, t.weak);
            end -= size::TIGHT;
        }
        let color = if selected { t.strong } else { t.text };
        let label = self.doc.names.label(stream);
        let start = rect.left() + 26.0;
        super::paint_name(
            ui,
            &label,
            text_font(size::TEXT),
            color,
            pos2(start, rect.center().y),
            end - start,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_redacted_is_said_by_rule() {
        let mut redaction = CaptureRedaction {
            rules: ingest::Redaction::personal(),
            counts: vec![("email".to_owned(), 1200), ("ip\u{1b}".to_owned(), 3)],
            salt_is_kept: false,
        };
        let said = redaction_in_words(&redaction);
        assert!(said.contains("1,200 email, 3 ip\\u{1b}") && said.contains("forgotten"), "{said}");
        redaction.counts.clear();
        assert!(redaction_in_words(&redaction).contains("nothing found"));
    }
}
