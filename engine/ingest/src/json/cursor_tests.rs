//! The cursor against `serde_json`, and where it differs on purpose.

use super::*;
use proptest::prelude::*;

fn check(text: &[u8]) -> Read<()> {
    let mut cursor = Cursor::new(text, 128, u32::MAX);
    cursor.skip()?;
    cursor.skip_blanks();
    if cursor.at() == text.len() { Ok(()) } else { cursor.fault(FaultKind::Expected("the end")) }
}

/// The cursor's own rules go beyond RFC 8259 in these texts.
fn goes_beyond(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    let is_control = |char: char| char < ' ' && char != '\n';
    text.contains("NaN")
        || text.contains("Infinity")
        || text.contains('\u{fffd}')
        || text.chars().any(is_control)
        || text.contains("\\u")
}

fn text_of(json: &str) -> Vec<u8> {
    Cursor::new(json.as_bytes(), 8, 8).text().expect("the text is a JSON string").into_owned()
}

#[test]
fn takes_and_refuses_what_the_standard_does() {
    for text in [
        "null",
        "true",
        " false ",
        "0",
        "-0",
        "-1.5e+10",
        "1E5",
        "\"\"",
        r#""a\"\\\/\b\f\n\r\tA""#,
        "[]",
        "{}",
        "[1,[2,{\"a\":[]}]]",
        r#"{"a":1,"b":{"c":"d"}}"#,
        "[\n1 ,\t2\r]",
    ] {
        assert_eq!(check(text.as_bytes()), Ok(()), "{text}");
    }
    for text in [
        "",
        " ",
        "nul",
        "tru",
        "01",
        "-",
        "1.",
        ".5",
        "1e",
        "+1",
        "\"",
        "\"\\x\"",
        "\"\\u12g4\"",
        "[",
        "[1,]",
        "[1 2]",
        "{",
        "{a:1}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{\"a\" 1}",
        "]",
        "\"a\nb\"",
        "1 2",
        "[1}",
        "{\"a\":1]",
        "'a'",
    ] {
        assert!(check(text.as_bytes()).is_err(), "{text}");
        assert!(serde_json::from_str::<serde_json::Value>(text).is_err(), "{text}");
    }
}

#[test]
fn takes_what_captures_hold_beyond_the_standard() {
    for text in
        [&b"NaN"[..], b"[-Infinity,Infinity]", b"\"raw \t tab\"", b"\"\xff not UTF-8\"", br#""\ud800 alone""#]
    {
        assert_eq!(check(text), Ok(()), "{text:?}");
    }
}

#[test]
fn escapes_are_undone() {
    assert_eq!(text_of(r#""a\"\\\/\b\f\n\r\t""#), b"a\"\\/\x08\x0c\n\r\t");
    assert_eq!(text_of(r#""\u00e9\ud83d\ude00""#), "é😀".as_bytes());
    assert_eq!(text_of(r#""\ud83d!\ude00\ud83dA""#), "\u{fffd}!\u{fffd}\u{fffd}A".as_bytes());
}

#[test]
fn a_text_that_breaks_off_ends_and_a_damaged_one_says_what_should_stand() {
    let whole = r#"{"a":[1,true,null,"x\n",{"b":-1.5e3}]}"#;
    for cut in 1..whole.len() {
        let fault = check(&whole.as_bytes()[..cut]).expect_err("a part of an object is no object");
        assert_eq!(fault.what, FaultKind::Ends, "{}", &whole[..cut]);
    }
    let fault = check(br#"{"a":1;}"#).expect_err("damaged");
    assert_eq!((fault.at, fault.what), (6, FaultKind::Expected("',' or '}'")));
}

#[test]
fn depth_and_number_of_values_are_bounded() {
    let deep = "[".repeat(1_000_000);
    let fault = check(deep.as_bytes()).expect_err("too deep");
    assert_eq!(fault.what, FaultKind::TooDeep);
    let nested = format!("{}{}", "[".repeat(128), "]".repeat(128));
    assert_eq!(check(nested.as_bytes()), Ok(()));
    let mut few = Cursor::new(b"[1,2,3,4]", 8, 3);
    assert_eq!(few.skip().map_err(|fault| fault.what), Err(FaultKind::TooManyValues));
    let mut siblings = Cursor::new(b"[[],[],[[]],{}]", 2, 99);
    assert_eq!(siblings.skip().map_err(|fault| fault.what), Err(FaultKind::TooDeep));
    let mut siblings = Cursor::new(b"[[],[],[],{}]", 2, 99);
    assert_eq!(siblings.skip(), Ok(()));
}

#[test]
fn numbers_come_as_written() {
    for text in ["0", "-0", "18446744073709551616", "1e400", "-1.50E-7", "NaN", "-Infinity"] {
        assert_eq!(Cursor::new(text.as_bytes(), 1, 1).number(), Ok(text));
    }
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    use serde_json::Value;
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((any::<String>(), inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_serde_json_writes_is_read(value in json(), pretty: bool) {
        let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
        prop_assert_eq!(check(text.expect("values can be written").as_bytes()), Ok(()));
    }

    #[test]
    fn strings_are_read_as_serde_json_reads_them(text: String) {
        let written = serde_json::to_string(&text).expect("strings can be written");
        prop_assert_eq!(text_of(&written), text.into_bytes());
    }

    #[test]
    fn near_json_is_judged_as_serde_json_judges_it(text in "[\\[\\]{}:, \"a\\\\n0-9.eE+tfrulsn-]{0,24}") {
        let ours = check(text.as_bytes());
        let theirs: Result<&serde_json::value::RawValue, _> = serde_json::from_str(&text);
        if !goes_beyond(text.as_bytes()) {
            prop_assert_eq!(ours.is_ok(), theirs.is_ok(), "{}: {:?} {:?}", text, ours, theirs.err());
        }
    }

    #[test]
    fn any_bytes_are_judged_without_panic(bytes: Vec<u8>) {
        let ours = check(&bytes);
        let theirs: Result<&serde_json::value::RawValue, _> = serde_json::from_slice(&bytes);
        if theirs.is_ok() {
            prop_assert_eq!(ours, Ok(()));
        }
    }
}

#[test]
fn a_string_ends_at_its_quote_wherever_that_is_and_whatever_is_around_it() {
    // Neighbours of the bytes that are looked for, in value and by their top bit: a borrow must not carry a mark forward.
    let around = [b'!', b'#', b'[', b']', 0x0b, 0x09, 0xa2, 0xdc, 0x8a, 0x80, 0xff, 0x7f, b'a'];
    for length in 0..60 {
        for (index, byte) in around.iter().enumerate() {
            let inside: Vec<u8> = (0..length).map(|at| around[(at * (index + 1)) % around.len()]).collect();
            let mut text = vec![b'"'];
            text.extend(&inside);
            text.push(b'"');
            let end = text.len();
            text.extend([*byte; 9]);
            let mut cursor = Cursor::new(&text, 8, 8);
            assert_eq!(cursor.text().map(Cow::into_owned).ok(), Some(inside), "{length} {byte}");
            assert_eq!(cursor.at(), end);
        }
    }
}
