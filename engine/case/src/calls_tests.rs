//! What of an event makes a call, and which of its fields says what.

use super::*;
use cbad::{ByteRange, Field};

fn row(name: &str, fields: &[(&str, &str)]) -> Option<CallRow> {
    let mut event = Event::new(name, ByteRange::default());
    let field = |(path, text): &(&str, &str)| Field {
        path: (*path).to_owned(),
        value: Value::Text((*text).to_owned()),
    };
    event.fields = fields.iter().map(field).collect();
    call_row(1, &EventRow { position: 0, capture: 1, event })
}

#[test]
fn amounts_that_langfuse_keeps_together_are_read_by_its_names_and_by_those_of_apis() {
    let of = |usage: &str, cost: &str| {
        let fields = [
            ("langfuse.observation.type", "generation"),
            ("langfuse.observation.usage_details", usage),
            ("langfuse.observation.cost_details", cost),
            ("langfuse.session.id", "s-1"),
        ];
        let row = row("ask", &fields).expect("a generation is a call");
        assert_eq!((&*row.model, row.conversation.as_deref()), (UNKNOWN, Some("s-1")));
        (row.input_tokens, row.output_tokens, row.cost)
    };
    let read = (Some(12), Some(5), Some(0.25));
    assert_eq!(of(r#"{"input":12,"output":5,"total":17}"#, r#"{"input":0.2,"total":0.25}"#), read);
    assert_eq!(of(r#"{"prompt_tokens":12,"completion_tokens":5}"#, r#"{"total":0.25}"#), read);
    assert_eq!(of(r#"{"input_tokens":12,"output_tokens":5}"#, r#"{"total":0.25}"#), read);
    assert_eq!(of(r#"{"input":12,"output":5}"#, r#"{"input":0.125,"output":0.125}"#), read);
    assert_eq!(of(r#"{"input":-1,"output":null}"#, "{}"), (None, None, None));
    assert_eq!(of("{}", r#"{"input":0.125,"output":null}"#), (None, None, None));
    assert_eq!(of(r#"{"input":12"#, "17"), (None, None, None));
}

#[test]
fn of_the_spans_of_langfuse_calls_and_tools_are_rows() {
    let of = |kind: &str, level: &str| {
        row("find_order", &[("langfuse.observation.type", kind), ("langfuse.observation.level", level)])
    };
    let tool = of("tool", "ERROR").expect("a tool is at work");
    assert_eq!(
        (tool.operation.as_str(), tool.tools, tool.is_error),
        ("tool", vec!["find_order".into()], true)
    );
    let embedding = of("embedding", "WARNING").expect("an embedding is a call");
    assert_eq!((embedding.tools, embedding.is_error), (Vec::new(), false));
    assert!(["span", "agent", "chain", "event"].iter().all(|kind| of(kind, "ERROR").is_none()));
    let fields = [
        ("langfuse.observation.type", "agent"),
        ("langfuse.observation.model.name", "theirs"),
        ("gen_ai.request.model", "m-1"),
    ];
    let both = row("ask", &fields).expect("it names a model");
    assert_eq!(both.model, "m-1", "what the conventions name goes before");
}

#[test]
fn a_call_failed_where_its_level_is_an_error_and_not_where_it_only_warns() {
    let of = |severity| {
        let mut event = Event::new("ask", ByteRange::default());
        event.severity = severity;
        event.fields = [("gen_ai.request.model", "m-1"), ("status.message", "slow")]
            .map(|(path, text)| Field { path: path.to_owned(), value: Value::Text(text.to_owned()) })
            .into();
        call_row(1, &EventRow { position: 0, capture: 1, event }).map(|row| row.is_error)
    };
    assert_eq!(
        [None, Some(Severity::Warn), Some(Severity::Error)].map(of),
        [Some(false), Some(false), Some(true)]
    );
}

#[test]
fn latencies_are_kept_to_within_a_percent_in_little_room() {
    for nanos in [0, 1, 255, 256, 1_000, 123_456_789, u64::MAX] {
        let kept = rounded(nanos);
        assert!(kept <= nanos && (nanos - kept) as f64 <= nanos as f64 * 0.01, "{nanos} became {kept}");
    }
    let mut sums = Sums::default();
    (1..=1000_u64).for_each(|nanos| *sums.latencies.entry(rounded(nanos * 1000)).or_default() += 1);
    let totals = sums.finish("m".to_owned());
    assert!(totals.median_nanos.is_some_and(|nanos| (495_000..=500_000).contains(&nanos)));
    assert!(totals.p95_nanos.is_some_and(|nanos| (940_000..=950_000).contains(&nanos)));
    assert_eq!(Sums::default().finish(String::new()).median_nanos, None);
}
