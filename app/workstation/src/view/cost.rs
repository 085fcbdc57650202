//! Tokens coloured by the bits they cost: the colour behind, a line under, and the number at the pointer.

use crate::theme::{mono_font, semibold_font, text_font};
use crate::tokens::{self, Tokens, size};
use crate::words;
use cbad::TokenCost;
use egui::text::{LayoutJob, TextFormat};
use egui::{Align2, Color32, Label, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

/// Bits from which a token counts as somewhat dear, dear, very dear.
const STEPS: [f64; 3] = [4.0, 8.0, 12.0];

/// Most tokens of an event that are laid out, and most bytes of one of them.
const MOST_TOKENS: usize = 600;
const TOKEN_BYTES: usize = 256;

/// The words of a token that cannot act; of a very long one the beginning.
pub(super) fn text(token: &TokenCost) -> String {
    let (text, left_out) = super::evidence::cut(&token.text, TOKEN_BYTES);
    if left_out == 0 { text } else { format!("{text}… ({} more)", words::bytes(left_out as u64)) }
}

/// How dear a token is: 0 (ordinary) to 3.
pub(super) fn step(bits: f64) -> usize {
    STEPS.iter().filter(|limit| bits >= **limit).count()
}

/// The event's tokens in order, fields on lines of their own.
pub(super) fn tokens(ui: &mut Ui, tokens: &[TokenCost], width: f32) {
    let t = tokens::of(ui);
    let left_out = tokens.len().saturating_sub(MOST_TOKENS);
    let tokens = &tokens[..tokens.len() - left_out];
    let (job, ends) = layout(tokens, t, width);
    let dear: Vec<String> = tokens
        .iter()
        .filter(|token| step(token.bits) > 0)
        .map(|token| format!("{} ({})", text(token), words::bits(token.bits)))
        .collect();
    let galley = ui.painter().layout_job(job);
    let response = ui.add(Label::new(std::sync::Arc::clone(&galley)).selectable(true));
    let plain = case::inert(galley.text().replace('\n', " "));
    response.widget_info(|| {
        WidgetInfo::labeled(Role::Label, true, format!("{plain}. Dear: {}", dear.join(", ")))
    });
    if left_out > 0 {
        let more = words::counted(left_out as u64, "more token", "more tokens");
        ui.label(egui::RichText::new(format!("… {more}; “Show exact bytes” has all of them")).color(t.weak));
    }
    let under = response.hover_pos().map(|at| galley.cursor_from_pos(at - response.rect.min).index.into());
    let Some(under): Option<usize> = under else { return };
    let token = ends.iter().position(|end| under < *end).and_then(|index| tokens.get(index));
    if let Some(token) = token {
        response.on_hover_ui_at_pointer(|ui| explain(ui, token));
    }
}

/// The text, and where each token ends in it, in characters.
fn layout(tokens: &[TokenCost], t: &Tokens, width: f32) -> (LayoutJob, Vec<usize>) {
    let mut job = LayoutJob::default();
    job.wrap.max_width = width;
    let plain = |color: Color32| TextFormat { font_id: mono_font(), color, ..Default::default() };
    let mut ends = Vec::new();
    let mut length = 0;
    let mut field: Option<&str> = None;
    for token in tokens {
        let mut add = |text: &str, format: TextFormat| {
            job.append(text, 0.0, format);
            length += text.chars().count();
        };
        if token.field.as_deref() != field {
            field = token.field.as_deref();
            let name = field.map(case::inert).unwrap_or_default();
            add(&format!("\n{name} = "), plain(t.weak));
        } else if token.space_before {
            add(" ", plain(t.text));
        }
        let step = step(token.bits);
        let color = if step > 0 { t.strong } else { t.text };
        let mut format = plain(color);
        if step > 0 {
            format.background = t.cost[step];
            format.underline = Stroke::new(step as f32, t.cost_line[step]);
        }
        add(&self::text(token), format);
        ends.push(length);
    }
    (job, ends)
}

fn explain(ui: &mut Ui, token: &TokenCost) {
    ui.label(
        egui::RichText::new(format!("“{}”  {}", text(token), words::bits(token.bits)))
            .font(semibold_font(size::TEXT)),
    );
    if let Some(field) = &token.field {
        ui.label(format!("in the field {}", case::inert(field)));
    }
    if let Some(shape) = &token.shape {
        ui.label(format!("read as: {}", case::inert(shape)));
    }
    let seen = match token.seen {
        0 => "never seen at this place in the baseline".to_owned(),
        n => format!("seen {} at this place in the baseline", words::counted(n, "time", "times")),
    };
    ui.label(seen);
}

/// What colours and lines mean.
pub(super) fn legend(ui: &mut Ui) {
    let t = tokens::of(ui);
    ui.horizontal(|ui| {
        super::caption(ui, "Bits a token");
        let texts = ["under 4", "4 to 8", "8 to 12", "12 and more"];
        for (step, text) in texts.into_iter().enumerate() {
            let galley = super::line(ui, text, text_font(size::SMALL), t.text, 100.0);
            let (rect, response) = ui.allocate_exact_size(galley.size() + vec2(10.0, 6.0), Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
            ui.painter().rect_filled(rect, 2, t.cost[step]);
            if step > 0 {
                let line = Rect::from_min_max(
                    pos2(rect.left() + 5.0, rect.bottom() - step as f32),
                    rect.max - vec2(5.0, 0.0),
                );
                ui.painter().rect_filled(line, 0, t.cost_line[step]);
            }
            ui.painter().galley(rect.min + vec2(5.0, 2.0), galley, t.text);
        }
    });
}

/// A bar with its words and its number; `mark` is where the ordinary is.
pub(super) fn bar(
    ui: &mut Ui,
    label: &str,
    bits: f64,
    most: f64,
    mark: Option<f64>,
    mono: bool,
) -> egui::Response {
    let t = tokens::of(ui);
    let width = ui.available_width();
    let (rect, response) = ui.allocate_exact_size(vec2(width, 22.0), Sense::click());
    let text = format!("{label}: {}", words::bits(bits));
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &text));
    let label_width = (width * 0.42).min(280.0);
    let font = if mono { mono_font() } else { text_font(size::TEXT) };
    super::paint_line(ui, label, font, t.text, pos2(rect.left() + 6.0, rect.center().y), label_width - 12.0);
    let run = Rect::from_min_max(
        pos2(rect.left() + label_width, rect.top() + 5.0),
        pos2(rect.right() - 92.0, rect.bottom() - 5.0),
    );
    let share = |value: f64| (value / most.max(1e-9)).clamp(0.0, 1.0) as f32;
    ui.painter().rect_filled(run, 2, t.sunken);
    let filled = Rect::from_min_size(run.min, vec2(run.width() * share(bits), run.height()));
    ui.painter().rect_filled(filled, 2, t.series_b);
    if let Some(mark) = mark {
        let x = run.left() + run.width() * share(mark);
        ui.painter().vline(x, rect.shrink(2.0).y_range(), Stroke::new(2.0, t.strong));
    }
    ui.painter().text(
        pos2(rect.right() - 6.0, rect.center().y),
        Align2::RIGHT_CENTER,
        words::bits(bits),
        mono_font(),
        t.strong,
    );
    if response.has_focus() {
        ui.painter().rect_stroke(rect, 3, Stroke::new(2.0, t.accent), egui::StrokeKind::Inside);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(text: &str, space_before: bool, field: Option<&str>, bits: f64) -> TokenCost {
        TokenCost {
            text: text.into(),
            space_before,
            field: field.map(str::to_owned),
            shape: None,
            bits,
            seen: 0,
        }
    }

    #[test]
    fn text_reads_as_the_event_and_dear_tokens_have_more_than_a_colour() {
        let all = [
            token("refused", false, None, 14.0),
            token(":", false, None, 0.2),
            token("db\u{202e}", true, None, 5.0),
            token("503", true, Some("status"), 9.0),
            token("x", false, Some("status"), 1.0),
        ];
        let (job, ends) = layout(&all, &tokens::DARK, 500.0);
        assert_eq!(job.text, "refused: db\\u{202e}\nstatus = 503x");
        let chars: Vec<char> = job.text.chars().collect();
        let ending = |index: usize| chars[..ends[index]].iter().collect::<String>();
        assert!(
            ending(0).ends_with("refused") && ending(2).ends_with("{202e}") && ending(3).ends_with("503")
        );
        let lines: Vec<f32> =
            job.sections.iter().map(|s| s.format.underline.width).filter(|w| *w > 0.0).collect();
        assert_eq!(lines, [3.0, 1.0, 2.0], "thickness tells what colour tells");
    }

    #[test]
    fn steps_are_where_the_legend_says() {
        for (bits, expected) in [(0.0, 0), (3.99, 0), (4.0, 1), (8.0, 2), (11.9, 2), (12.0, 3), (99.0, 3)] {
            assert_eq!(step(bits), expected, "{bits}");
        }
    }
}
