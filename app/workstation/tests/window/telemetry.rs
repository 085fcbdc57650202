//! Traces and metrics of a made-up company, driven by accessible names.

use super::*;
use egui::Key;
use testkit::synth::Company;

/// A window on a minute of the company.
pub(crate) fn company(world: &World) -> Result<Window, Failure> {
    let capture = world.path("company.jsonl");
    let company = Company { minutes: 1, rate: 2.0, ..Company::new(11) };
    company.plan()?.write(&mut std::fs::File::create(&capture)?)?;
    let mut window = world.window();
    with(window.state(), |app| app.open(&[capture]));
    settle(&mut window);
    Ok(window)
}

fn rows(window: &Window, beginning: &str) -> Vec<String> {
    let found = window.query_all_by_label_contains(beginning);
    found
        .filter_map(|node| node.accesskit_node().label())
        .filter(|label| label.starts_with(beginning))
        .collect()
}

fn type_into(window: &mut Window, field: &str, text: &str) {
    window.get_by_label(field).focus();
    window.run();
    window.get_by_label(field).type_text(text);
    settle(window);
}

#[test]
fn traces_are_listed_read_filtered_and_compared() -> Result<(), Failure> {
    let world = World::new()?;
    let mut window = company(&world)?;
    window.key_press(Key::F6);
    settle(&mut window);
    assert!(!rows(&window, "Trace gateway ").is_empty());
    let slowest = rows(&window, "Trace ").first().cloned().ok_or("no trace is listed")?;
    let waterfall = rows(&window, "Span ");
    assert!(waterfall.len() > 1, "the slowest trace is shown: {waterfall:?}");
    assert!(waterfall.iter().any(|row| row.contains("on the critical path for")), "{waterfall:?}");

    click(&mut window, "Sort by Begins");
    click(&mut window, "Sort by Begins");
    assert_ne!(rows(&window, "Trace ").first(), Some(&slowest), "the earliest is first");

    let span = waterfall.last().cloned().ok_or("no span")?;
    click(&mut window, &span);
    assert!(shows(&window, "service.name") || shows(&window, "resource."), "its fields are explained");

    click(&mut window, "Compare traces with this one");
    assert!(shows(&window, "This is the kept trace itself"));
    type_into(&mut window, "Filter traces", "/api/orders");
    let listed = rows(&window, "Trace ");
    assert!(!listed.is_empty() && listed.iter().all(|row| row.contains("/api/orders")), "{listed:?}");
    let last = listed.last().cloned().ok_or("no order")?;
    click(&mut window, &last);
    assert!(rows(&window, "Path ").iter().any(|row| row.contains("difference")), "paths are compared");

    type_into(&mut window, "Filter traces", "no such operation");
    window.get_by_label("No trace fits");
    Ok(())
}

#[test]
fn the_map_of_services_leads_to_their_traces_and_has_a_table() -> Result<(), Failure> {
    let world = World::new()?;
    let mut window = company(&world)?;
    window.key_press(Key::F6);
    settle(&mut window);
    click(&mut window, "Service map");
    let calls = rows(&window, "Calls ");
    assert!(
        calls.iter().any(|call| call.starts_with("Calls gateway to cart") && call.contains("95 %")),
        "{calls:?}"
    );
    window.key_press_modifiers(egui::Modifiers::COMMAND, Key::T);
    settle(&mut window);
    window.get_by_label("Calls between services");
    window.get_by_label("Table of spans");
    assert_eq!(rows(&window, "Calls gateway to cart").len(), 1);
    window.key_press_modifiers(egui::Modifiers::COMMAND, Key::T);
    settle(&mut window);
    click(&mut window, "Service cart");
    let listed = rows(&window, "Trace ");
    assert!(!listed.is_empty() && listed.iter().all(|row| !row.contains("/api/assistant")), "{listed:?}");
    Ok(())
}

#[test]
fn a_case_without_telemetry_says_what_to_open() -> Result<(), Failure> {
    let world = World::new()?;
    let log =
        world.write("plain.log", "2026-03-01T00:00:00Z INFO paid\n2026-03-01T00:00:01Z ERROR refused\n")?;
    let mut window = world.window();
    with(window.state(), |app| app.open(&[log]));
    settle(&mut window);
    window.key_press(Key::F6);
    settle(&mut window);
    window.get_by_label("No traces");
    assert!(shows(&window, "Open a capture with traces"));
    window.key_press(Key::F7);
    settle(&mut window);
    window.get_by_label("No metrics");
    Ok(())
}

#[test]
fn series_are_chosen_drawn_and_read_as_numbers() -> Result<(), Failure> {
    let world = World::new()?;
    let mut window = company(&world)?;
    window.key_press(Key::F7);
    settle(&mut window);
    let shown = rows(&window, "Series ").into_iter().filter(|row| row.ends_with(", shown")).count();
    assert!(shown > 0 && shows(&window, " over time"), "some are shown at once");
    click(&mut window, "Clear");
    window.get_by_label("No series is chosen");
    type_into(&mut window, "Filter series", "gateway");
    let listed = rows(&window, "Series ");
    assert!(listed.len() > 1 && listed.iter().all(|row| row.contains("gateway")), "{listed:?}");
    click(&mut window, &listed[0]);
    assert!(shows(&window, " over time"));
    let second = rows(&window, "Series ")[1].clone();
    click(&mut window, &second);
    click(&mut window, "On one axis");
    window.get_by_label("2 series over time");
    window.key_press_modifiers(egui::Modifiers::COMMAND, Key::T);
    settle(&mut window);
    window.get_by_label("Table of readings");
    let first = rows(&window, "Reading ").first().cloned().ok_or("no reading in the table")?;
    click(&mut window, &first);
    assert!(shows(&window, "unit"), "the reading is explained as the event that it is");
    Ok(())
}

#[test]
fn calls_are_listed_read_summed_and_their_prompts_compared() -> Result<(), Failure> {
    let world = World::new()?;
    let mut window = company(&world)?;
    window.key_press(Key::F9);
    settle(&mut window);
    let calls = rows(&window, "Call to gpt-4o");
    assert!(calls.len() > 1, "{calls:?}");
    window.get_by_label("assistant · answer");
    click(&mut window, "Compare prompts with this one");
    window.get_by_label("No prompt is kept to compare with");
    let other = calls.iter().find(|call| **call != calls[0]).cloned().ok_or("all calls are alike")?;
    window.query_all_by_label(&other).next().ok_or("the call is listed")?.click();
    settle(&mut window);
    assert!(shows(&window, "user: "), "both prompts are shown");
    click(&mut window, "By model");
    assert!(!rows(&window, "Model gpt-4o").is_empty());
    click(&mut window, "Tools");
    window.get_by_label("No tools");
    click(&mut window, "List of calls");
    type_into(&mut window, "Filter calls", "no such model");
    window.get_by_label("No call fits");
    Ok(())
}

/// Answers of a model, two of which ask for tools.
const ANSWERS: &str = r#"{"id":"a","object":"chat.completion","created":1700000000,"model":"gpt-4o","choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"find_order","arguments":"{}"}},{"id":"c2","type":"function","function":{"name":"refund","arguments":"{}"}}]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":40,"completion_tokens":12,"total_tokens":52}}
{"id":"b","object":"chat.completion","created":1700000002,"model":"gpt-4o","choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[{"id":"c3","type":"function","function":{"name":"find_order","arguments":"{}"}}]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":41,"completion_tokens":12,"total_tokens":53}}
{"id":"c","object":"chat.completion","created":1700000004,"model":"gpt-4o","choices":[{"index":0,"message":{"role":"assistant","content":"It was refunded."},"finish_reason":"stop"}],"usage":{"prompt_tokens":50,"completion_tokens":5,"total_tokens":55}}
"#;

/// The calls of a capture whose answers ask for tools, in front.
pub(super) fn answers(world: &World) -> Result<Window, Failure> {
    let capture = world.write("answers.jsonl", ANSWERS)?;
    let mut window = world.window();
    with(window.state(), |app| app.open(&[capture]));
    settle(&mut window);
    window.key_press(Key::F9);
    settle(&mut window);
    Ok(window)
}

#[test]
fn tools_that_answers_ask_for_are_a_picture_and_a_table_and_lead_to_their_calls() -> Result<(), Failure> {
    let world = World::new()?;
    let mut window = answers(&world)?;
    assert_eq!(rows(&window, "Call to gpt-4o").len(), 3);
    click(&mut window, "Tools");
    window.get_by_label("gpt-4o asks for find_order: 2 calls");
    window.get_by_label("gpt-4o asks for refund: 1 call");
    window.key_press_modifiers(egui::Modifiers::COMMAND, Key::T);
    settle(&mut window);
    window.get_by_label("Table of tools");
    assert_eq!(rows(&window, "gpt-4o asks for ").len(), 2);
    window.key_press_modifiers(egui::Modifiers::COMMAND, Key::T);
    settle(&mut window);
    click(&mut window, "List calls: tool refund");
    let listed = rows(&window, "Call to gpt-4o");
    assert_eq!(listed.len(), 1, "one answer asks for it: {listed:?}");
    Ok(())
}

#[test]
fn answers_that_have_no_time_are_listed() -> Result<(), Failure> {
    let world = World::new()?;
    let capture = world.path("answers.jsonl");
    let answer = |id: u32| {
        format!(
            r#"{{"id":"msg_{id}","type":"message","role":"assistant","model":"claude-sonnet-4","content":[{{"type":"text","text":"Answer {id}."}}],"stop_reason":"end_turn","usage":{{"input_tokens":3,"output_tokens":{id}}}}}"#
        ) + "\n"
    };
    std::fs::write(&capture, (0..20).map(answer).collect::<String>())?;
    let mut window = world.window();
    with(window.state(), |app| app.open(&[capture]));
    settle(&mut window);
    window.key_press(Key::F9);
    settle(&mut window);
    assert!(shows(&window, "20 calls, 250 tokens"));
    let first = rows(&window, "Call ").first().cloned().ok_or("no call is listed")?;
    assert!(first.contains("claude-sonnet-4"), "{first}");
    click(&mut window, &first);
    assert!(shows(&window, "Answer 0."));
    Ok(())
}
