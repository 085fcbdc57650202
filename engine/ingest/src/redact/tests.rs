use std::sync::Arc;

use cbad::{ByteRange, Event, Field, Signal, StreamKey, Value};
use proptest::prelude::*;

use super::*;
use crate::model::{Batch, Problem};
use crate::streams::OtlpStreams;

const SALT: &[u8] = b"a salt of the tests";

fn redactor(rules: &Redaction) -> Redactor {
    Redactor::new(rules, SALT).expect("the rules are right")
}

fn only(patterns: &[Pattern]) -> Redaction {
    Redaction { name: "test".into(), fields: Vec::new(), patterns: patterns.to_vec(), custom: Vec::new() }
}

fn custom(name: &str, regex: &str) -> Redaction {
    let rule = CustomRule { name: name.into(), regex: regex.into(), action: Action::Token };
    Redaction { custom: vec![rule], ..only(&[]) }
}

fn key(service: Option<&str>, name: &str) -> Arc<StreamKey> {
    Arc::new(StreamKey { signal: Signal::Log, service: service.map(str::to_owned), name: name.to_owned() })
}

fn batch(body: &[u8], fields: &[(&str, Value)]) -> Batch {
    let mut event = Event::new(body, ByteRange::default());
    event.fields =
        fields.iter().map(|(path, value)| Field { path: (*path).to_owned(), value: value.clone() }).collect();
    Batch { events: vec![(key(None, "x.log"), event)], ..Batch::default() }
}

/// The body after redaction, the digits of tokens left out.
fn body(rules: &Redaction, text: &str) -> String {
    let mut batch = batch(text.as_bytes(), &[]);
    redactor(rules).apply(&mut batch);
    without_digits(&String::from_utf8(batch.events.remove(0).1.body).expect("text stays text"))
}

fn without_digits(text: &str) -> String {
    let mut parts = text.split('⟨');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (token, rest) = part.split_once('⟩').expect("a token ends");
        let kind = token.split_once(':').map_or(token, |(kind, digits)| {
            assert_eq!(digits.len(), 8, "{text}");
            kind
        });
        out.extend(["⟨", kind, "⟩", rest]);
    }
    out
}

#[test]
fn patterns_find_what_they_should_and_leave_the_rest() {
    let personal = Redaction::personal();
    for (text, expected) in [
        ("mail ann.lee+x@mail.example.org, now", "mail ⟨email⟩, now"),
        ("<a@b.io>;mailto:c@d.co.", "<⟨email⟩>;mailto:⟨email⟩."),
        ("root@localhost @everyone a@b", "root@localhost @everyone a@b"),
        ("from 10.0.0.1:80 to 1.2.3.400 v1.2.3", "from ⟨ipv4⟩:80 to 1.2.3.400 v1.2.3"),
        ("[::1]:80 fe80::1ff dead::beef 10:05:03", "[⟨ipv6⟩]:80 ⟨ipv6⟩ dead::beef 10:05:03"),
        ("postgres://admin:p@ss@db:5432/shop", "postgres://⟨credentials⟩@db:5432/shop"),
        ("https://example.com/a@b", "https://example.com/a@b"),
        ("t=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-_1;", "t=⟨jwt⟩;"),
        ("Authorization: Bearer abc.def-123= next", "Authorization: Bearer ⟨bearer⟩ next"),
        ("bearer authentication failed", "bearer authentication failed"),
        ("card 4111 1111 1111 1111 or 5500005555555559.", "card ⟨card⟩ or ⟨card⟩."),
        (
            "card 4111 1111 1111 1112 order 4111111111111112",
            "card 4111 1111 1111 1112 order 4111111111111112",
        ),
        ("blk_-4111111111111111 id_4111111111111111", "blk_-4111111111111111 id_4111111111111111"),
        ("DE89 3704 0044 0532 0130 00 paid", "⟨iban⟩ paid"),
        ("GB82WEST12345698765432, GB83WEST12345698765432", "⟨iban⟩, GB83WEST12345698765432"),
        ("call +49 30 1234567, (555) 123-4567 or 555-123-4567", "call ⟨phone⟩, ⟨phone⟩ or ⟨phone⟩"),
        (
            "at +0000 took 1-2-3 in 2026-11-21 07:31:32 +0100",
            "at +0000 took 1-2-3 in 2026-11-21 07:31:32 +0100",
        ),
        ("AKIAIOSFODNN7EXAMPLE AKIA", "⟨aws-key⟩ AKIA"),
        (
            "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "aws_secret_access_key = ⟨aws-key⟩",
        ),
        ("a -----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY----- b", "a ⟨private-key⟩ b"),
        ("cut -----BEGIN PRIVATE KEY-----\nMIIE", "cut ⟨private-key⟩"),
        ("0b8f7c1e-1111-2222-3333-444455556666", "0b8f7c1e-1111-2222-3333-444455556666"),
    ] {
        assert_eq!(body(&personal, text), expected, "{text}");
    }
    assert_eq!(body(&only(&[Pattern::Uuid]), "x 0b8f7c1e-1111-2222-3333-444455556666"), "x ⟨uuid⟩");
}

#[test]
fn equal_values_have_equal_tokens_and_another_salt_gives_others() {
    let text = b"a@b.io 10.0.0.1 a@b.io";
    let run = |salt: &[u8]| {
        let mut batch = batch(text, &[("user.email", Value::Text("a@b.io".into()))]);
        let counts = Redactor::new(&Redaction::personal(), salt).expect("rules").apply(&mut batch);
        let event = batch.events.remove(0).1;
        let body = String::from_utf8(event.body).expect("text");
        let Value::Text(field) = &event.fields[0].value else { panic!("text stays text") };
        (body, field.clone(), counts)
    };
    let (body, field, counts) = run(b"one");
    let words: Vec<&str> = body.split(' ').collect();
    assert_eq!(words[0], words[2]);
    assert_eq!(words[0], field, "a whole value is of the kind that a pattern knows");
    let expected = [("email", 2), ("field *user.email", 1), ("ipv4", 1)];
    assert_eq!(counts, expected.map(|(rule, hits)| (rule.to_owned(), hits)).into_iter().collect());
    assert_ne!(run(b"two").0, body);
    assert_eq!(without_digits(&run(b"two").0), without_digits(&body));
    assert_eq!(run(b"one").0, body);
}

#[test]
fn fields_are_dropped_masked_or_replaced_by_their_path() {
    let rules = Redaction {
        fields: [("*.password", Action::Drop), ("Card.*", Action::Mask), ("n", Action::Token)]
            .map(|(path, action)| FieldRule { path: path.into(), action })
            .to_vec(),
        ..only(&[Pattern::Email, Pattern::Card])
    };
    let fields = [
        ("db.password", Value::Text("x".into())),
        ("card.network", Value::Text("visa".into())),
        ("n", Value::Int(7)),
        ("empty", Value::Null),
        ("users.a@b.io/age", Value::Int(9)),
        ("pan", Value::Int(4_111_111_111_111_111)),
        ("raw", Value::Bytes(b"\xffa@b.io\xfe".to_vec())),
    ];
    let mut batch = batch(b"", &fields);
    redactor(&rules).apply(&mut batch);
    let shown: Vec<String> = batch.events[0]
        .1
        .fields
        .iter()
        .map(|field| match &field.value {
            Value::Text(text) => format!("{}={}", without_digits(&field.path), without_digits(text)),
            Value::Bytes(bytes) => {
                format!("{}={}", field.path, without_digits(&String::from_utf8_lossy(bytes)))
            }
            other => format!("{}={other:?}", without_digits(&field.path)),
        })
        .collect();
    let expected = [
        "card.network=⟨field⟩",
        "n=⟨field⟩",
        "empty=Null",
        "⟨email⟩/age=Int(9)",
        "pan=⟨card⟩",
        "raw=\u{fffd}⟨email⟩\u{fffd}",
    ];
    assert_eq!(shown, expected);
}

#[test]
fn streams_ids_severity_and_problems_are_redacted_too() {
    let rule = |path: &str, action| FieldRule { path: path.into(), action };
    let rules = Redaction {
        fields: vec![
            rule("service.name", Action::Token),
            rule("user", Action::Token),
            rule("host", Action::Drop),
            rule("trace_id", Action::Token),
            rule("span_id", Action::Drop),
            rule("severity", Action::Drop),
        ],
        ..only(&[Pattern::Email])
    };
    let mut event = Event::new("x", ByteRange::default());
    event.trace_id = Some([7; 16]);
    event.span_id = Some([7; 8]);
    event.parent_span_id = Some([7; 8]);
    event.severity = Some(cbad::Severity::Info);
    let name = r#"m{a=b@c.io,host=h1,user="x,host=h2",z=1}"#;
    let events = vec![(key(Some("shop"), name), event.clone()), (key(Some("shop"), name), event)];
    let problem = Problem::note(ByteRange::default(), None, "odd value b@c.io").hint("see b@c.io");
    let mut batch = Batch { events, problems: vec![problem], ..Batch::default() };
    let counts = redactor(&rules).apply(&mut batch);
    let (stream, event) = &batch.events[0];
    assert_eq!(without_digits(&stream.name), "m{a=⟨email⟩,user=⟨field⟩,z=1}");
    assert_eq!(without_digits(stream.service.as_deref().unwrap_or_default()), "⟨field⟩");
    assert!(Arc::ptr_eq(stream, &batch.events[1].0), "a stream is one stream");
    assert!(event.trace_id.is_some_and(|id| id != [7; 16]));
    assert_eq!((event.span_id, event.parent_span_id, event.severity), (None, Some([7; 8]), None));
    assert_eq!(without_digits(&batch.problems[0].reason), "odd value ⟨email⟩");
    assert_eq!(without_digits(batch.problems[0].hint.as_deref().unwrap_or_default()), "see ⟨email⟩");
    assert_eq!((counts["field user"], counts["email"], counts["field host"]), (2, 4, 2));
}

#[test]
fn a_name_that_was_shortened_keeps_nothing_that_a_rule_names() {
    let rule = |path: &str, action| FieldRule { path: path.into(), action };
    let rules = Redaction {
        fields: vec![rule("*password", Action::Drop), rule("user", Action::Token)],
        ..only(&[Pattern::Email])
    };
    let filler = "z".repeat(1200);
    let name = format!(r#"m{{db.password=hunter2,mail=a@b.io,user="Smith, Al",x=c@d.io{filler}}}"#);
    let clear = OtlpStreams::default().metric(&format!("by a@b.io {filler}"), &name);
    let renamed = redactor(&rules).apply_to_key(&clear);
    let expected = format!("m{{mail=⟨email⟩,user=⟨field⟩,… {}", "0".repeat(16));
    let digits = clear.name.len() - 16;
    let (begin, salted) = renamed.name.split_at(renamed.name.len() - 16);
    assert_eq!(without_digits(begin) + &"0".repeat(16), expected);
    assert_ne!(salted, &clear.name[digits..]);
    let services = [&clear, &renamed].map(|key| key.service.clone().expect("it has one"));
    assert!(services[1].starts_with("by ⟨email:"), "{}", services[1]);
    assert_ne!(services[0][services[0].len() - 16..], services[1][services[1].len() - 16..]);
    let again = redactor(&rules).apply_to_key(&renamed);
    let again = &again.name[..again.name.len() - 16];
    assert_eq!(without_digits(again), without_digits(begin), "nothing more is left out");
}

#[test]
fn a_value_in_a_name_has_the_token_that_it_has_in_a_field() {
    let rules = Redaction {
        fields: vec![FieldRule { path: "user,*".into(), action: Action::Token }],
        ..only(&[Pattern::Email])
    };
    let mut batch = batch(b"", &[("user,name", Value::Text("Smith, \"Al\"".into()))]);
    batch.events[0].0 = key(None, r#"m{"user,name"="Smith, \"Al\"",x="a@b.io,"}"#);
    redactor(&rules).apply(&mut batch);
    let (stream, event) = &batch.events[0];
    let Value::Text(token) = &event.fields[0].value else { panic!("text stays text") };
    assert!(stream.name.contains(&format!(r#"{{"user,name"={token},"#)), "{}", stream.name);
    assert!(stream.name.ends_with("⟩,\"}"), "{}", stream.name);
}

#[test]
fn the_records_own_stamp_stays_where_it_is() {
    let text = "by a@b.io 2026-11-21T07:31:32Z from 10.0.0.1";
    let mut batch = batch(text.as_bytes(), &[]);
    let stamp = text.find("2026").map(|at| (at as u32, at as u32 + 20));
    batch.events[0].1.body_stamp = stamp;
    redactor(&Redaction::personal()).apply(&mut batch);
    let event = &batch.events[0].1;
    let (start, end) = event.body_stamp.expect("it stays");
    assert_eq!(&event.body[start as usize..end as usize], b"2026-11-21T07:31:32Z");
}

#[test]
fn rules_of_the_users_own_and_what_overlaps() {
    assert_eq!(body(&custom("customer", "cus_[0-9a-f]{8}"), "by cus_8e20892f."), "by ⟨customer⟩.");
    let rules = Redaction { patterns: vec![Pattern::Email], ..custom("first", "ann") };
    assert_eq!(body(&rules, "ann@b.io and ann"), "⟨email⟩ and ⟨first⟩", "the longer one from one place wins");
    let rules = Redaction { patterns: vec![Pattern::Email], ..custom("pair", "to ann") };
    assert_eq!(body(&rules, "to ann@b.io"), "⟨pair⟩", "nothing of either is left");
    assert_eq!(body(&custom("byte", "(?-u:\\xa4)"), "Bär"), "B⟨byte⟩r");
}

#[test]
fn wrong_rules_are_refused_with_what_is_wrong() {
    let error = |rules: Redaction| Redactor::new(&rules, SALT).expect_err("refused").to_string();
    assert!(error(only(&[])).contains("between 1 and"));
    assert!(error(custom("Big Name", "a")).contains("another name"));
    assert!(error(custom("email", "a")).contains("another name"));
    assert!(error(custom("x", "a*")).contains("nothing"));
    assert!(error(custom("x", "(")).contains("cannot be used"));
    assert!(error(custom("x", r"\w{5000}{1000}")).contains("cannot be used"));
    let json = r#"{"name": "n", "patterns": ["email"], "paterns": []}"#;
    assert!(serde_json::from_str::<Redaction>(json).is_err());
    let missing = Redaction::load(Path::new("no such file.json")).expect_err("refused").to_string();
    assert!(missing.contains("`personal`"), "{missing}");
}

#[test]
fn globs_fit_whole_paths() {
    let rules = |path: &str| Redaction {
        fields: vec![FieldRule { path: path.into(), action: Action::Drop }],
        ..only(&[])
    };
    for (glob, path, fits) in [
        ("a.b", "a.b", true),
        ("a.b", "a.b.c", false),
        ("a.*", "a.b.c", true),
        ("*b*", "abc", true),
        ("*a*b", "xaab", true),
        ("*a*b", "xaabc", false),
        ("A", "a", true),
        ("", "a", false),
    ] {
        let mut batch = batch(b"", &[(path, Value::Int(1))]);
        redactor(&rules(glob)).apply(&mut batch);
        assert_eq!(batch.events[0].1.fields.is_empty(), fits, "{glob} {path}");
    }
}

fn piece() -> impl Strategy<Value = Vec<u8>> {
    let seeds: Vec<&'static [u8]> = vec![
        b"a@b.io",
        b"@",
        b"10.0.0.1",
        b"::",
        b"fe80:",
        b"://",
        b"u:p@",
        b"eyJhbGciOi.",
        b"Bearer ",
        b"x9~x9~x9~",
        b"4111 1111 1111 1111",
        b"DE89 3704 0044 0532 0130 00",
        b"+49 30 1234567",
        b"(555) 123-4567",
        b"AKIA",
        b"-----BEGIN PRIVATE KEY-----",
        b"-----END ",
        b"secret_access_key=",
        b" ",
        b"\xc3",
        b"\xa4",
        b"\xe2\x9f\xa8",
    ];
    prop_oneof![
        prop::sample::select(seeds).prop_map(<[u8]>::to_vec),
        prop::collection::vec(any::<u8>(), 0..6),
        "\\PC{0,6}".prop_map(String::into_bytes),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]
    #[test]
    fn nothing_makes_it_fail_and_text_stays_text(
        pieces in prop::collection::vec(piece(), 0..12),
        stamp in any::<prop::sample::Index>(),
    ) {
        let bytes = pieces.concat();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let rules = Redaction {
            patterns: Pattern::ALL.to_vec(),
            ..Redaction { fields: Redaction::personal().fields, ..custom("half", r"(?-u:[\x80-\xa8])|[ä-ü]") }
        };
        let fields = [("t", Value::Text(text.clone())), ("password", Value::Text(text.clone())), ("user.name", Value::Bytes(bytes.clone()))];
        let mut batch = self::batch(&bytes, &fields);
        let end = stamp.index(bytes.len() + 1);
        batch.events[0].1.body_stamp = Some((0, end as u32));
        let mut valid = batch.clone();
        valid.events[0].1.body = text.clone().into_bytes();
        valid.events[0].1.body_stamp = None;
        let mut redactor = redactor(&rules).with_examples(2);
        redactor.apply(&mut batch);
        let event = &batch.events[0].1;
        let (start, stop) = event.body_stamp.expect("it stays");
        prop_assert_eq!(&event.body[start as usize..stop as usize], &bytes[..end]);
        redactor.apply(&mut valid);
        let event = &valid.events[0].1;
        prop_assert!(std::str::from_utf8(&event.body).is_ok());
        let Value::Text(left) = &event.fields[0].value else { panic!("text stays text") };
        prop_assert_eq!(left.as_bytes(), &event.body[..]);
        let mut around = self::batch(format!("{text} ann@b.io {text}").as_bytes(), &[]);
        redactor.apply(&mut around);
        let left = String::from_utf8_lossy(&around.events[0].1.body).into_owned();
        prop_assert!(!left.contains("ann@b.io"), "{}", left);
    }
}
