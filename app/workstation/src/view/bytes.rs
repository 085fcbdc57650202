//! The exact bytes of the capture that an event was read from.

use crate::command::Command;
use crate::doc::Doc;
use crate::query::{BytesOf, Query};
use crate::state::State;
use crate::theme::{mono_font, semibold_font};
use crate::tokens::{self, size};
use crate::ui::rows::{self, Rows};
use crate::words;
use case::SourceBytes;
use egui::{Id, Label, RichText, Ui, pos2};

/// Lines shown of an event whose bytes are withheld.
const MOST_LINES: usize = 200;

/// Bytes a line where there is room for so many, and where there is not.
const LINES: [usize; 2] = [16, 8];

/// Where the bytes of a line begin, in points.
const HEX: f32 = 128.0;

/// Width of a byte as hexadecimal and as a letter, with the space between both shared out, in points.
const BYTE: f32 = 24.5;

/// Width of a letter, in points.
const LETTER: f32 = 8.0;

/// Asks for the bytes of the selected event, unless they are here.
pub(super) fn ask(state: &mut State) {
    state.bytes_at = state.bytes_at.filter(|(_, selection)| *selection == state.selection);
    let at = state.bytes_at.map(|(of, _)| of);
    let Some(of) = at.or_else(|| state.selected_event().map(BytesOf::Event)) else { return };
    if state.bytes.as_ref().is_none_or(|(known, _)| *known != of) {
        state.bytes = Some((of, None));
        state.bytes_list = rows::ListState::default();
        state.ask(Query::Bytes { of });
    }
}

pub(super) fn show(ui: &mut Ui, state: &mut State) {
    ask(state);
    let (Some((of, answer)), Some(doc)) = (state.bytes.clone(), state.doc.clone()) else {
        let next = "Select an event or a finding; its bytes in the capture appear here.";
        let ways = [Command::ShowEvents, Command::NextFinding];
        return super::empty_and(ui, state, "No event is selected", next, &ways);
    };
    let t = tokens::of(ui);
    let title = title(&doc, of);
    ui.add(Label::new(RichText::new(title).font(semibold_font(size::HEADING)).color(t.strong)).truncate());
    match answer.as_deref_result() {
        None => drop(ui.label("Reading the capture…")),
        Some(Err(why)) => drop(ui.add(Label::new(RichText::new(why).color(t.danger)).wrap())),
        Some(Ok(SourceBytes::Withheld { rules, stored, .. })) => {
            let text = format!(
                "The capture was imported with redaction (“{}”), so its own bytes are not shown here.{}",
                case::inert(rules),
                if stored.is_empty() { "" } else { " This is the event as it is in the case:" }
            );
            ui.add(Label::new(RichText::new(text).color(t.weak)).wrap());
            ui.add_space(size::TIGHT);
            for line in stored.split(|byte| *byte == b'\n').take(MOST_LINES) {
                let line = super::evidence::marked(line);
                ui.add(Label::new(RichText::new(line).font(mono_font()).color(t.text)).wrap());
            }
        }
        Some(Ok(SourceBytes::Missing { path })) => {
            let path = case::inert(path.display().to_string());
            let text =
                format!("The capture is no longer at {path}. Put it back, and select the event again.");
            ui.add(Label::new(RichText::new(text).color(t.warning)).wrap());
        }
        Some(Ok(SourceBytes::Changed { path, imported_sha256, difference })) => {
            let path = case::inert(path.display().to_string());
            let text = format!(
                "The file at {path} is not the one that was imported: {difference}. Its bytes are not shown. \
                 The capture that was imported has SHA-256 {imported_sha256}."
            );
            ui.add(Label::new(RichText::new(text).color(t.warning)).wrap());
        }
        Some(Ok(SourceBytes::Exact { path, range, bytes })) => {
            let what = format!(
                "Bytes {} of the decoded capture ({}), read again just now from {}. The file's SHA-256 is the one that was imported.",
                words::byte_range(*range),
                words::bytes(range.length),
                case::inert(path.display().to_string()),
            );
            ui.add(Label::new(RichText::new(what).color(t.weak)).wrap());
            ui.add_space(size::TIGHT);
            let width = ui.available_width();
            let fits = |line: &usize| HEX + *line as f32 * (BYTE + LETTER) < width;
            let line = LINES.into_iter().find(fits).unwrap_or(LINES[1]);
            let mut list = Hex { bytes, offset: range.offset, line };
            let mut place = std::mem::take(&mut state.bytes_list);
            rows::show(ui, Id::unique("bytes list"), "Bytes as hexadecimal and text", &mut place, &mut list);
            state.bytes_list = place;
        }
    }
}

/// Whose bytes they are.
fn title(doc: &Doc, of: BytesOf) -> String {
    match of {
        BytesOf::Event((stream, position)) => {
            let label = doc.label(stream);
            format!("{label} · event {}", words::count(position))
        }
        BytesOf::Range { capture, range } => {
            let file = doc.captures.iter().find(|row| row.id == capture);
            let file = file.map(|row| case::inert(&row.file_name)).unwrap_or_default();
            format!("{file} · {} from byte {}", words::bytes(range.length), words::count(range.offset))
        }
    }
}

/// A look into an answer that may not be here yet.
trait AsDerefResult {
    fn as_deref_result(&self) -> Option<Result<&SourceBytes, &str>>;
}

impl AsDerefResult for Option<Result<std::sync::Arc<SourceBytes>, String>> {
    fn as_deref_result(&self) -> Option<Result<&SourceBytes, &str>> {
        Some(match self.as_ref()? {
            Ok(bytes) => Ok(bytes.as_ref()),
            Err(why) => Err(why.as_str()),
        })
    }
}

struct Hex<'a> {
    bytes: &'a [u8],
    offset: u64,
    /// Bytes a line.
    line: usize,
}

impl Hex<'_> {
    fn line(&self, row: u64) -> (String, String, String) {
        let first = row as usize * self.line;
        let bytes = &self.bytes[first.min(self.bytes.len())..(first + self.line).min(self.bytes.len())];
        let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let (left, right) = hex.split_at(hex.len().min(8));
        let text = bytes
            .iter()
            .map(|&byte| if (0x20..0x7f).contains(&byte) { char::from(byte) } else { '·' })
            .collect();
        (
            words::count(self.offset + first as u64),
            format!("{:<23}  {}", left.join(" "), right.join(" ")),
            text,
        )
    }
}

impl Rows for Hex<'_> {
    fn len(&self) -> u64 {
        self.bytes.len().div_ceil(self.line) as u64
    }

    fn label(&mut self, row: u64) -> String {
        let (offset, _, text) = self.line(row);
        format!("Offset {offset}: {text}")
    }

    fn show(&mut self, ui: &mut Ui, row: u64, _selected: bool) {
        let t = tokens::of(ui);
        let rect = ui.max_rect();
        let (offset, hex, text) = self.line(row);
        let middle = rect.center().y;
        let number = super::line(ui, &offset, mono_font(), t.weak, 110.0);
        let at = pos2(rect.left() + 110.0 - number.size().x, middle - number.size().y / 2.0);
        ui.painter().galley(at, number, t.weak);
        let hex_width = self.line as f32 * BYTE;
        let letters = pos2(rect.left() + HEX + hex_width, middle);
        super::paint_line(ui, &hex, mono_font(), t.text, pos2(rect.left() + HEX, middle), hex_width);
        super::paint_line(ui, &text, mono_font(), t.strong, letters, self.line as f32 * LETTER + LETTER);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_say_where_they_are_and_show_nothing_that_acts() {
        let bytes: Vec<u8> = (0..20).map(|i| if i == 3 { 0x1b } else { b'a' + i }).collect();
        let hex = Hex { bytes: &bytes, offset: 4096, line: 16 };
        assert_eq!(hex.len(), 2);
        let (offset, first, text) = hex.line(0);
        assert_eq!(offset, "4,096");
        assert_eq!(first, "61 62 63 1b 65 66 67 68  69 6a 6b 6c 6d 6e 6f 70");
        assert_eq!(text, "abc·efghijklmnop");
        assert_eq!(hex.line(1).1.trim_end(), "71 72 73 74");
        assert_eq!(hex.line(9).2, "");
        let narrow = Hex { line: 8, ..hex };
        assert_eq!(narrow.len(), 3);
        assert_eq!(narrow.line(1).2, "ijklmnop");
    }
}
