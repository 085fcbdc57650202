//! Evidence that wants to act, to hide, to pile up or to fill the memory, in every view: it is shown inert, what is cut says
//! so, and no frame lays out more than a screen can hold.

use super::*;
use egui::{Key, Modifiers, Shape};

/// What a frame may lay out, all texts together: some fifty times what fits on the screen.
const MOST_LAID_OUT: usize = 400_000;
/// What one label may say.
const MOST_LABEL: usize = 40_000;

/// The title and the key of every view. A new view is a line here.
pub(super) const VIEWS: [(&str, Modifiers, Key); 15] = [
    ("Overview", Modifiers::COMMAND, Key::Num1),
    ("Finding", Modifiers::COMMAND, Key::Num2),
    ("Events", Modifiers::COMMAND, Key::Num3),
    ("Exact bytes", Modifiers::COMMAND, Key::Num4),
    ("Problems", Modifiers::COMMAND, Key::Num5),
    ("Activity", Modifiers::COMMAND, Key::Num6),
    ("Settings", Modifiers::COMMAND, Key::Comma),
    ("Traces", Modifiers::NONE, Key::F6),
    ("Metrics", Modifiers::NONE, Key::F7),
    ("LLM calls", Modifiers::NONE, Key::F9),
    ("Blocks", Modifiers::SHIFT, Key::F10),
    ("Compare", Modifiers::NONE, Key::F4),
    ("Story", Modifiers::COMMAND, Key::Num7),
    ("Coverage", Modifiers::COMMAND, Key::Num8),
    ("Audit", Modifiers::COMMAND, Key::Num9),
];

/// Texts that act on a reader where they are not made inert, as JSON writes them.
fn hostile_texts() -> Vec<String> {
    vec![
        "user\\u202egpj.exe\\u2066".to_owned(),
        "\\u001b[31mred\\u0007\\u001b]0;title\\u0007".to_owned(),
        "zero\\u200bwidth\\ufeff".to_owned(),
        "<b>bold</b> &amp; **mark** [link](http://x) <script>alert(1)</script>".to_owned(),
        "\\u0627\\u0644\\u0639\\u0631\\u0628\\u064a\\u0629 \\u05e9\\u05dc\\u05d5\\u05dd".to_owned(),
        "\\u4e2d\\u6587 \\ud55c\\uad6d\\uc5b4 \\u0928\\u092e\\u0938\\u094d\\u0924\\u0947 \\u0e44\\u0e17\\u0e22 \\ud83d\\ude00 \\ue123".to_owned(),
        format!("piled z{}", "\\u0301".repeat(4000)),
        "line\\nfeed\\r\\ttab".to_owned(),
        // A megabyte has a test of its own: everything in it is analysed.
        format!("long {}", "A1b2 ".repeat(4_000)),
    ]
}

/// Logs, spans, metrics and a call to a language model whose every text is hostile; ordinary ones around them.
pub(super) fn capture() -> String {
    let texts = hostile_texts();
    let mut lines = String::new();
    let second = |at: usize| 1_772_355_600_u64 + at as u64;
    for at in 0..400 {
        let nanos = second(at) * 1_000_000_000;
        let odd = (200..200 + texts.len()).contains(&at);
        let plain = format!("GET /cart/{} 200", at * 31 % 97);
        let body = if odd { &texts[at - 200] } else { &plain };
        let record = format!(
            "{{\"resourceLogs\":[{{\"resource\":{{\"attributes\":[{{\"key\":\"service.name\",\"value\":{{\"stringValue\":\
             \"shop\\u202e\"}}}}]}},\"scopeLogs\":[{{\"logRecords\":[{{\"timeUnixNano\":\"{nanos}\",\"severityText\":\
             \"INFO\",\"body\":{{\"stringValue\":\"{body}\"}},\"attributes\":[{{\"key\":\"path\\u001b[2J\",\"value\":\
             {{\"stringValue\":\"{body}\"}}}}]}}]}}]}}]}}\n"
        );
        lines += &record;
        let name = if odd { texts[at - 200].as_str() } else { "GET /cart" };
        let (end, id) = (nanos + 2_000_000, at + 1);
        let record = format!(
            "{{\"resourceSpans\":[{{\"resource\":{{\"attributes\":[{{\"key\":\"service.name\",\"value\":{{\"stringValue\":\
             \"gate\\u200b\"}}}}]}},\"scopeSpans\":[{{\"spans\":[{{\"traceId\":\"{id:032x}\",\"spanId\":\"{id:016x}\",\
             \"name\":\"{name}\",\"kind\":2,\"startTimeUnixNano\":\"{nanos}\",\"endTimeUnixNano\":\"{end}\",\"attributes\":\
             [{{\"key\":\"gen_ai.request.model\",\"value\":{{\"stringValue\":\"gpt\\u202e\"}}}},{{\"key\":\
             \"gen_ai.prompt.0.content\",\"value\":{{\"stringValue\":\"{body}\"}}}},{{\"key\":\"gen_ai.prompt.0.role\",\
             \"value\":{{\"stringValue\":\"us\\u001ber\"}}}}]}}]}}]}}]}}\n"
        );
        lines += &record;
        let record = format!(
            "{{\"resourceMetrics\":[{{\"resource\":{{\"attributes\":[{{\"key\":\"service.name\",\"value\":\
             {{\"stringValue\":\"shop\\u202e\"}}}}]}},\"scopeMetrics\":[{{\"metrics\":[{{\"name\":\"queue\\u200b.length\",\
             \"unit\":\"\\u202e1\",\"gauge\":{{\"dataPoints\":[{{\"timeUnixNano\":\"{nanos}\",\"asInt\":\"{}\"}}]}}}}]}}]}}]}}\n",
            at % 7
        );
        lines += &record;
    }
    // A record that cannot be read, with a name of its own.
    lines + "{\"resourceLogs\": \"\u{202e}\u{1b}[31m\n"
}

fn laid_out(shape: &Shape) -> usize {
    match shape {
        Shape::Text(text) => text.galley.job.text.len(),
        Shape::Vec(shapes) => shapes.iter().map(laid_out).sum(),
        _ => 0,
    }
}

/// Whether anything on the screen or in the tree of assistive technology could act on a reader.
pub(super) fn is_inert(window: &Window, view: &str) {
    let acts = |c: char| c.is_control() && c != '\n' || "\u{202e}\u{2066}\u{200b}\u{feff}".contains(c);
    for node in window.root().children_recursive() {
        let node = node.accesskit_node();
        for text in [node.label(), node.value(), node.description()].into_iter().flatten() {
            assert!(!text.chars().any(acts), "{view}: {:?}", text.chars().take(200).collect::<String>());
            assert!(text.len() < MOST_LABEL, "{view}: a label of {} bytes", text.len());
        }
    }
    let shapes = &window.output().shapes;
    let bytes: usize = shapes.iter().map(|clipped| laid_out(&clipped.shape)).sum();
    assert!(bytes < MOST_LAID_OUT, "{view}: {bytes} bytes are laid out in one frame");
    for text in shapes.iter().flat_map(|clipped| texts(&clipped.shape)) {
        assert!(!text.chars().any(acts), "{view}: painted {:?}", text.chars().take(200).collect::<String>());
    }
}

fn texts(shape: &Shape) -> Vec<&str> {
    match shape {
        Shape::Text(text) => vec![text.galley.job.text.as_str()],
        Shape::Vec(shapes) => shapes.iter().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn hostile_text_is_inert_and_bounded_in_every_view() -> Result<(), Failure> {
    let world = World::new()?;
    let capture = world.write("hostile \u{202e}name.jsonl", capture())?;
    let mut window = world.window();
    // No empty box: what no font has is told by its number.
    window.ctx.set_missing_glyph_policy(egui::MissingGlyphPolicy::Panic);
    with(window.state(), |app| app.open(&[capture]));
    settle(&mut window);
    let findings = listed(&window);
    assert!(!findings.is_empty(), "the odd events are found");
    for (view, modifiers, key) in VIEWS {
        window.key_press_modifiers(modifiers, key);
        settle(&mut window);
        is_inert(&window, view);
    }
    for finding in findings.iter().take(6) {
        click(&mut window, finding);
        for (modifiers, key) in [
            (Modifiers::COMMAND, Key::Num2),
            (Modifiers::COMMAND, Key::Num3),
            (Modifiers::COMMAND, Key::Num4),
        ] {
            window.key_press_modifiers(modifiers, key);
            settle(&mut window);
            is_inert(&window, finding);
        }
    }
    Ok(())
}

#[test]
fn a_line_of_a_megabyte_is_cut_with_a_sign_and_its_whole_can_be_seen() -> Result<(), Failure> {
    let world = World::new()?;
    let long = format!("long {}end-of-it", "A1b2 ".repeat(210_000));
    let mut lines: Vec<String> = (0..40)
        .map(|at| {
            format!(
                "{{\"time\":\"2026-03-01T09:00:{at:02}Z\",\"service\":\"shop\",\"message\":\"paid {at}\"}}\n"
            )
        })
        .collect();
    lines
        .push(format!("{{\"time\":\"2026-03-01T09:01:00Z\",\"service\":\"shop\",\"message\":\"{long}\"}}\n"));
    let capture = world.write("app.jsonl", lines.concat())?;
    let mut window = world.window();
    with(window.state(), |app| app.open(&[capture]));
    settle(&mut window);
    window.key_press_modifiers(Modifiers::COMMAND, Key::Num3);
    settle(&mut window);
    window.get_by_label("Events list").focus();
    window.run();
    window.key_press(Key::End);
    settle(&mut window);
    is_inert(&window, "the long event");
    assert!(shows(&window, "more; “Show exact bytes” has all of it"), "what is cut is said");
    window.key_press_modifiers(Modifiers::COMMAND, Key::Num4);
    settle(&mut window);
    window.get_by_label("Bytes as hexadecimal and text").focus();
    window.run();
    window.key_press(Key::End);
    settle(&mut window);
    assert!(shows(&window, "end-of-it"), "and the last byte of it is there");
    Ok(())
}
