//! Right: what is selected, in words and numbers.

use super::button;
use crate::command::Command;
use crate::doc::{Doc, Selection};
use crate::heatmap::WindowCodec;
use crate::state::State;
use crate::theme::{mono_font, semibold_font, text_font};
use crate::tokens::{self, size};
use crate::words;
use case::{CaptureRow, EventRow, FindingRow, StreamRow};
use cbad::{Finding, Lasting, PValue, Value, WindowScore};
use egui::{Label, RichText, ScrollArea, Ui};

const Q: &str = "Among the findings of this level or a smaller one, the expected share of false alarms, over all windows and lenses of the run. A finding counts once, however many windows see it (Siegmund, Zhang and Yakir 2011).";
const CONFORMAL: &str = "The share of this stream's own ordinary windows that are at least as unusual. It keeps false alarms at their promised rate on real logs.";
const TAIL: &str = "Beyond the rank's floor, the tail of the ordinary windows is modelled (peaks over threshold). Where the rank suffices, trust the rank.";
const PERMUTATION: &str = "If the window and its baseline were one shuffled deck: how often would a deal look this unusual? Real logs come in bursts, so this alone does not flag a window.";

/// Of a change that lasts.
const Q_LASTING: &str = "Among the changes that last and are as sure as this one, the expected share of false alarms, over all streams of the run.";
const STRAY: &str = "By how blocks of the stream stray anyway, and by their permutation: how often as much would come by chance, over all that was looked at in the stream.";
const ORDER: &str =
    "If the blocks of the stream came in any order: how often would a stretch of them look this unusual?";

pub(super) fn show(ui: &mut Ui, state: &mut State) {
    let Some(doc) = state.doc.clone() else { return };
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.set_width(ui.available_width() - size::TIGHT);
        ui.spacing_mut().item_spacing.y = size::TIGHT;
        match state.selection {
            Selection::Nothing => nothing(ui),
            Selection::Stream(id) => doc.stream(id).into_iter().for_each(|row| stream(ui, &doc, row)),
            Selection::Finding(id) => {
                if let Some(row) = doc.finding(id) {
                    finding(ui, state, row);
                }
            }
            Selection::Window { stream, index } => window(ui, state, &doc, stream, index),
            Selection::Event { stream, position } => event(ui, state, &doc, stream, position),
        }
    });
}

fn nothing(ui: &mut Ui) {
    super::heading(ui, "Explanation");
    let text = "Select a finding, a window or an event to have it explained here.";
    ui.add(Label::new(RichText::new(text).color(tokens::of(ui).weak)).wrap());
}

fn title(ui: &mut Ui, kind: &str, name: &str) {
    let t = tokens::of(ui);
    super::caption(ui, kind);
    ui.add(Label::new(RichText::new(name).font(semibold_font(size::HEADING)).color(t.strong)).wrap());
}

/// A line of a name and a value, with the meaning at the pointer.
pub(super) fn fact(ui: &mut Ui, name: &str, value: &str, about: &str) {
    const NAME: f32 = 104.0;
    let t = tokens::of(ui);
    let response = ui.horizontal_top(|ui| {
        ui.spacing_mut().interact_size.y = 0.0;
        ui.spacing_mut().item_spacing.x = 0.0;
        let galley = super::line(ui, name, text_font(size::TEXT), t.weak, NAME * 1.8);
        let width = galley.size().x + size::GAP;
        ui.add(Label::new(galley));
        ui.add_space((NAME - width + size::GAP).max(size::GAP));
        ui.add(Label::new(RichText::new(value).font(mono_font()).color(t.text)).wrap());
    });
    if !about.is_empty() {
        response.response.on_hover_text(about);
    }
}

/// Whether a value is read more easily below its name than in the narrow column beside it.
fn is_long(value: &str) -> bool {
    /// An id of a trace still stands beside its name.
    const MOST_LETTERS: usize = 40;
    value.contains('\n') || value.chars().nth(MOST_LETTERS).is_some()
}

/// A name, and below it a value over the whole width.
fn below(ui: &mut Ui, name: &str, value: &str) {
    let t = tokens::of(ui);
    let galley = super::line(ui, name, text_font(size::TEXT), t.weak, ui.available_width());
    ui.add(Label::new(galley)).on_hover_text(name);
    ui.indent(name, |ui| ui.add(Label::new(RichText::new(value).font(mono_font()).color(t.text)).wrap()));
}

fn probability(ui: &mut Ui, name: &str, p: Option<PValue>, absent: &str, about: &str) {
    let value = p.map_or_else(|| absent.to_owned(), |p| words::probability(p.value));
    let floor = p.map(|p| {
        format!(
            "\nThe smallest value this test could give is {}, from {}.",
            words::probability(p.floor),
            words::count(u64::from(p.n))
        )
    });
    fact(ui, name, &value, &format!("{about}{}", floor.unwrap_or_default()));
}

fn sure(
    ui: &mut Ui,
    q: Option<f64>,
    conformal: Option<PValue>,
    tail: Option<PValue>,
    permutation: Option<PValue>,
) {
    ui.add_space(size::GAP);
    super::heading(ui, "How sure");
    fact(ui, "q", &q.map_or_else(|| "not enough history".to_owned(), words::probability), Q);
    probability(ui, "p, rank", conformal, "not enough history", CONFORMAL);
    probability(ui, "p, tail", tail, "not enough history", TAIL);
    probability(ui, "p, permutation", permutation, "not tested", PERMUTATION);
    hint(ui);
}

/// The same of a change that lasts, which no windows rank.
fn sure_of_lasting(ui: &mut Ui, found: &Finding, lasting: &Lasting) {
    ui.add_space(size::GAP);
    super::heading(ui, "How sure");
    fact(ui, "q", &found.q.map_or_else(|| "not corrected".to_owned(), words::probability), Q_LASTING);
    fact(ui, "p", &words::probability(lasting.p), STRAY);
    probability(ui, "p, permutation", found.p_permutation, "not tested", ORDER);
    hint(ui);
}

fn hint(ui: &mut Ui) {
    let hint = "Point at a number for its meaning.";
    ui.label(RichText::new(hint).font(text_font(size::SMALL)).color(tokens::of(ui).weak));
}

fn finding(ui: &mut Ui, state: &mut State, row: &FindingRow) {
    let found = &row.finding;
    // The sentence names the stream.
    super::caption(ui, &format!("Finding {}", row.id));
    let sentence = super::of_stream(state, row.stream.id, &found.explanation.sentence);
    let sentence = RichText::new(sentence).font(semibold_font(size::TEXT)).color(tokens::of(ui).strong);
    ui.add(Label::new(sentence).wrap()).on_hover_text(case::inert(row.stream.key.label()));
    ui.add_space(size::TIGHT);
    button(ui, state, Command::ShowFinding);
    match &found.lasting {
        Some(lasting) => sure_of_lasting(ui, found, lasting),
        None => sure(ui, found.q, found.p_conformal, found.p_tail, found.p_permutation),
    }
    if let Some(jury) = &found.jury {
        super::jury::show(ui, jury);
    }
    ui.add_space(size::GAP);
    super::heading(ui, "Where");
    fact(
        ui,
        "Time",
        &super::findings::when(row),
        "From the first to the last event, in the zone shown below the views.",
    );
    let events = format!("{} to {}", words::count(found.first_event), words::count(found.last_event));
    fact(ui, "Events", &events, "Positions in the stream, from 0.");
    let (windows, score) = match found.lasting {
        None => (
            "Overlapping windows that were joined.",
            "Of the dearest window, by the lens that found it: higher is more unusual.",
        ),
        Some(_) => ("Windows that lie in it.", "Evidence for what is told first: higher is more unusual."),
    };
    fact(ui, "Windows", &found.explanation.windows.to_string(), windows);
    fact(ui, "Score", &words::bits(found.score_bits), score);
    if !found.explanation.caveats.is_empty() {
        ui.add_space(size::GAP);
        super::heading(ui, "What it does not show");
        for caveat in &found.explanation.caveats {
            ui.add(Label::new(RichText::new(case::inert(caveat)).color(tokens::of(ui).weak)).wrap());
        }
    }
    reproduce(ui, state);
}

fn reproduce(ui: &mut Ui, state: &mut State) {
    ui.add_space(size::GAP);
    super::heading(ui, "Do it again");
    let Some(line) = command_line(state) else {
        let gone =
            "A capture of this run was taken out of the case, so that the run cannot be made again from it.";
        ui.add(Label::new(RichText::new(gone).color(tokens::of(ui).weak)).wrap());
        return;
    };
    ui.add(Label::new(RichText::new(case::inert(&line)).font(mono_font()).color(tokens::of(ui).weak)).wrap());
    button(ui, state, Command::CopyCommandLine);
}

fn window(ui: &mut Ui, state: &mut State, doc: &Doc, stream: u32, index: u32) {
    let label = doc.label(stream);
    title(ui, &format!("Window {index}"), &label);
    let data = state.data.clone().filter(|data| data.stream == stream);
    let Some(data) = data else {
        ui.label("Reading…");
        return;
    };
    let Some(score) = data.windows.iter().find(|window| window.index == index) else { return };
    let said = if score.flagged {
        "Held to be a change at the run's false discovery rate."
    } else {
        "Not significant: the stream's ordinary windows look like this too."
    };
    ui.add(Label::new(said).wrap());
    button(ui, state, Command::ShowEvents);
    numbers(ui, score, state.codec);
    sure(ui, score.q, score.p_conformal, score.p_tail, score.p_permutation);
}

fn numbers(ui: &mut Ui, score: &WindowScore, chosen: WindowCodec) {
    ui.add_space(size::GAP);
    super::heading(ui, "Numbers");
    let when = score
        .start_nanos
        .zip(score.end_nanos)
        .map_or_else(|| "none given".to_owned(), |(a, b)| words::span(a, b));
    fact(ui, "Time", &when, "From the earliest to the latest event, in the zone shown below the views.");
    let events = format!("{} to {}", words::count(score.first_event), words::count(score.last_event));
    fact(ui, "Events", &events, "Positions in the stream, from 0.");
    for said in &score.lenses {
        let name = super::shifts::title(said.lens);
        fact(ui, name, &words::bits(said.score_bits), super::shifts::about(said.lens));
    }
    for codec in [chosen, chosen.other()] {
        let sizes = codec.sizes(score);
        let name = format!("NCD, {}", codec.label());
        let about = format!(
            "C(baseline piece) {} bits, C(window) {} bits, C(both) {} bits.",
            words::count(sizes.baseline_bits),
            words::count(sizes.window_bits),
            words::count(sizes.both_bits)
        );
        fact(ui, &name, &format!("{:.3}", sizes.ncd()), &about);
    }
    let (sizes, codec) = (chosen.sizes(score), chosen.label());
    let about = format!("Bits that the window costs once the baseline piece is known, {codec}.");
    fact(ui, "Δ bits", &sizes.delta_bits().to_string(), &about);
    let ratio = format!("{:.2} against {:.2}", sizes.ratio_window(), sizes.ratio_baseline());
    let about = format!("Bytes before over bytes after {codec}: window against baseline piece.");
    fact(ui, "Ratio", &ratio, &about);
    fact(ui, "Entropy", &format!("{:.2} bits a byte", score.entropy), "Byte entropy of the window's text.");
}

fn stream(ui: &mut Ui, doc: &Doc, row: &StreamRow) {
    title(ui, "Stream", &case::inert(row.key.label()));
    fact(ui, "Signal", row.key.signal.name(), "");
    fact(ui, "Events", &words::count(row.events), "");
    if let (Some(start), Some(end)) = (row.start_nanos, row.end_nanos) {
        fact(
            ui,
            "Time",
            &words::span(start, end),
            "From the first to the last event, in the zone shown below the views.",
        );
    }
    if let Some(summary) = doc.summary(row.id) {
        fact(ui, "Windows", &words::count(summary.windows), "Windows that were scored.");
        if let Some(drift) = &summary.drift {
            let about = format!(
                "An event costs {:.1} bits given the anchor, and {:.1} in the anchor itself: near 1 nothing has drifted. NCD {:.3}.",
                drift.event_bits,
                drift.anchor_event_bits,
                drift.ncd()
            );
            fact(ui, "Drift", &format!("{:.2} times", drift.ratio()), &about);
        }
        if let Some(note) = &summary.note {
            ui.add(Label::new(RichText::new(case::inert(note)).color(tokens::of(ui).warning)).wrap());
        }
    }
    if let Some(capture) = doc.captures.iter().find(|capture| capture.id == row.capture) {
        fact(ui, "Capture", &case::inert(&capture.file_name), "");
    }
}

fn event(ui: &mut Ui, state: &mut State, doc: &Doc, stream: u32, position: u64) {
    let label = doc.label(stream);
    title(ui, &format!("Event {}", words::count(position)), &label);
    match state.event(stream, position) {
        None => drop(ui.label("Reading…")),
        Some(Err(why)) => drop(ui.add(Label::new(RichText::new(why).color(tokens::of(ui).danger)).wrap())),
        Some(Ok(row)) => {
            button(ui, state, Command::ShowBytes);
            event_facts(ui, &row);
        }
    }
}

fn event_facts(ui: &mut Ui, row: &EventRow) {
    let t = tokens::of(ui);
    let event = &row.event;
    ui.add_space(size::TIGHT);
    let body = super::evidence::marked_lines(&event.body);
    ui.add(Label::new(RichText::new(body).font(mono_font()).color(t.strong)).wrap());
    ui.add_space(size::GAP);
    let time = event.time_nanos.map_or_else(|| "none given".to_owned(), words::exact_time);
    fact(ui, "Time", &time, "");
    if let Some(severity) = event.severity {
        fact(ui, "Severity", severity.name(), "");
    }
    if event.measure.is_some() {
        fact(ui, "Measured", &super::measured::text(event), "");
    }
    for (name, id) in [
        ("Trace", event.trace_id.as_ref().map(|id| hex(id))),
        ("Span", event.span_id.as_ref().map(|id| hex(id))),
        ("Parent span", event.parent_span_id.as_ref().map(|id| hex(id))),
    ] {
        if let Some(id) = id {
            fact(ui, name, &id, "");
        }
    }
    let source = words::byte_range(event.source);
    fact(ui, "Bytes", &source, "In the decoded capture.");
    if !event.fields.is_empty() {
        ui.add_space(size::GAP);
        super::heading(ui, "Fields");
        for field in &event.fields {
            let path = case::inert(&field.path);
            let value = value(&field.value);
            if is_long(&value) { below(ui, &path, &value) } else { fact(ui, &path, &value, &path) }
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|half| char::from_digit(half.into(), 16))
        .collect()
}

/// A field's value as text that cannot act, and of a length that can be laid out.
pub(super) fn value(value: &Value) -> String {
    match value {
        Value::Text(text) => super::evidence::marked_lines(text),
        Value::Bytes(bytes) => {
            // Two digits a byte.
            let shown = bytes.len().min(super::evidence::MOST_BYTES / 2);
            super::evidence::with_mark(case::value_text_within(value, shown), bytes.len() - shown)
        }
        _ => case::value_text(value),
    }
}

/// The command line that makes the run shown again, from its captures alone, and explains the selected finding. Nothing is
/// written into the case by it: marks and clocks that are given together with a case become decisions in its audit chain,
/// and what stands decided by now would take part. `None` where a capture of the run was taken out of the case.
pub(crate) fn command_line(state: &State) -> Option<String> {
    let doc = state.doc.as_ref()?;
    let run = doc.run.as_ref()?;
    let of_run = |sha256: &String| doc.captures.iter().find(|capture| capture.sha256 == *sha256);
    let captures: Vec<&CaptureRow> = run.captures.iter().map(of_run).collect::<Option<_>>()?;
    let mut words = vec!["driftlock analyze".to_owned()];
    words.extend(captures.iter().map(|capture| quoted(&capture.path.to_string_lossy())));
    words.extend(redaction(&captures).map(str::to_owned));
    let anchor = doc.anchor.as_ref().map(|path| format!("anchor:{}", path.to_string_lossy()));
    words.extend(run.config.options().into_iter().map(|(name, value)| {
        let place = anchor.clone().filter(|_| name == "--baseline");
        format!("{name} {}", quoted(&place.unwrap_or(value)))
    }));
    // The command line explains findings of the last run.
    let is_last = doc.runs.last().is_none_or(|last| last.id == run.id);
    if let (Selection::Finding(id), true) = (state.selection, is_last) {
        words.push(format!("&& driftlock explain {} {id}", quoted(&doc.path.to_string_lossy())));
    }
    Some(words.join(" "))
}

/// The option under which captures were imported, where it was one for all of them. Rules of somebody's own are in a file
/// whose name the case does not know.
fn redaction(captures: &[&CaptureRow]) -> Option<&'static str> {
    let mut rules =
        captures.iter().map(|capture| capture.redaction.as_ref().map(|redaction| &redaction.rules));
    let first = rules.next()??;
    let is_personal = *first == ingest::Redaction::personal();
    let option = if is_personal { "--redact personal" } else { "--redact RULES.json" };
    rules.all(|other| other == Some(first)).then_some(option)
}

/// A value as a shell takes it. Names of files and streams are evidence: none may become a command of its own, and none
/// may act on the terminal that it is pasted into.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:,".contains(c) || (cfg!(windows) && c == '\\');
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    if !text.contains(char::is_control) {
        return format!("'{}'", text.replace('\'', r"'\''"));
    }
    let escape = |c: char| match c {
        '\'' | '\\' => format!("\\{c}"),
        _ if c.is_control() => format!("\\u{:04x}", u32::from(c)),
        _ => c.to_string(),
    };
    format!("$'{}'", text.chars().map(escape).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_survive_the_shell() {
        for (text, shell) in [
            ("/a/b.log", "/a/b.log"),
            ("", "''"),
            ("/a b/c", "'/a b/c'"),
            ("it's", r"'it'\''s'"),
            ("$(x)", "'$(x)'"),
            ("cart · logs:410..519", "'cart · logs:410..519'"),
            ("a\u{3}touch it's \\n\n", r"$'a\u0003touch it\'s \\n\u000a'"),
        ] {
            assert_eq!(quoted(text), shell);
        }
        assert_eq!(quoted(r"C:\a.log"), if cfg!(windows) { r"C:\a.log" } else { r"'C:\a.log'" });
    }

    #[test]
    fn the_command_line_repeats_the_run_shown_and_nothing_that_was_made_up_by_a_capture() {
        let mut state = crate::scene::state();
        let mut doc = state.doc.as_deref().cloned().expect("the scene has a case");
        let stretch =
            cbad::Stretch { stream: "cart;touch ${HOME}".to_owned(), first_event: 4, last_event: 5 };
        let run = doc.run.as_mut().expect("the scene has a run");
        run.config.dismissed = vec![stretch];
        let mut later = doc.captures[0].clone();
        later.sha256 = "b".repeat(64);
        later.path = "/evidence/later.log".into();
        doc.captures.push(later);
        state.doc = Some(std::sync::Arc::new(doc.clone()));
        let line = command_line(&state).expect("its captures are there");
        assert!(line.contains(" --dismiss 'cart;touch ${HOME}:4..5' && driftlock explain "), "{line}");
        assert!(!line.contains("later.log"), "the run is not of that capture: {line}");

        let last = case::RunRow { id: 2, ..doc.runs[0].clone() };
        doc.runs.push(last);
        state.doc = Some(std::sync::Arc::new(doc.clone()));
        let line = command_line(&state).expect("its captures are there");
        assert!(!line.contains("explain"), "that would be a finding of the last run: {line}");

        doc.captures.remove(0);
        state.doc = Some(std::sync::Arc::new(doc));
        assert_eq!(command_line(&state), None, "a capture of the run is gone");
    }
}
