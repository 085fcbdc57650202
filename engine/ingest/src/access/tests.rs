//! Requests taken apart, and columns that change.

use super::*;
use crate::Capture;
use crate::format::Format;
use crate::model::{Limits, OpenOptions};
use cbad::Value;
use std::io::Cursor;
use std::path::Path;

fn read(text: &str, format: Format) -> Batch {
    read_within(text, format, Limits::default())
}

fn read_within(text: &str, format: Format, limits: Limits) -> Batch {
    let options = OpenOptions { format: Some(format), limits, ..OpenOptions::default() };
    let stored = Cursor::new(text.as_bytes().to_vec());
    let mut capture =
        Capture::from_reader(Path::new("a.log"), stored, text.len() as u64, &options).expect("opens");
    let mut batch = Batch::default();
    capture.next_batch(&mut batch).expect("reads");
    assert_eq!(batch.records, batch.events.len() as u64 + batch.rejected());
    batch
}

fn shown(event: &Event) -> String {
    let fields = event.fields.iter().map(|field| format!(" {}={:?}", field.path, field.value));
    String::from_utf8_lossy(&event.body).into_owned() + &fields.collect::<String>()
}

#[test]
fn a_line_of_more_values_than_the_limit_is_kept_as_text() {
    let limits = Limits { values: 4, ..Limits::default() };
    let stamp = "h - - [10/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.0\" 200 1";
    let text = format!("{stamp} a b c d\n{stamp} a b c d e\n");
    let batch = read_within(&text, Format::Access, limits);
    let fields: Vec<usize> = batch.events.iter().map(|(_, event)| event.fields.len()).collect();
    assert_eq!(fields, [7, 0]);
    assert!(batch.problems.iter().any(|note| note.reason.contains("limit values")), "{:?}", batch.problems);
    let wide = "#Fields: c-ip sc-status\n1.2.3.4 200\n1 2 3 4 5 6 7 8\n";
    let why = &read_within(wide, Format::W3c, limits).problems[0].reason;
    assert!(why.contains("8 columns"), "{why}");
}

#[test]
fn lines_of_all_servers_are_taken_apart() {
    const STAMP: &str = "[10/Oct/2000:13:55:36 -0700]";
    for (line, expected) in [
        // Apache's own example of the format.
        (
            format!("127.0.0.1 - frank {STAMP} \"GET /a.gif HTTP/1.0\" 200 2326"),
            "GET /a.gif HTTP/1.0 client=Text(\"127.0.0.1\") user=Text(\"frank\") status=Int(200) bytes=Int(2326)",
        ),
        (format!("::1 - - {STAMP} \"-\" 408 -"), "- client=Text(\"::1\") status=Int(408)"),
        (
            format!("h i u {STAMP} \"GET /\\\"x\\\" HTTP/1.1\" 200 1 \"-\" \"a \\\\ b\""),
            "GET /\"x\" HTTP/1.1 client=Text(\"h\") ident=Text(\"i\") user=Text(\"u\") status=Int(200) bytes=Int(1) user_agent=Text(\"a \\\\ b\")",
        ),
        (
            format!("h - - {STAMP} \"\\x16\\x03\\x01\" 400 157 \"-\" \"-\" 0.003 \"10.0.0.2:80\" x"),
            "\u{16}\u{3}\u{1} client=Text(\"h\") status=Int(400) bytes=Int(157) extra[2]=Float(0.003) extra[3]=Text(\"10.0.0.2:80\") extra[4]=Text(\"x\")",
        ),
        // nginx with times under names; a name that is taken keeps its place, and what ends in `=` is base64.
        (
            format!(
                "h - - {STAMP} \"GET /\" 200 1 \"-\" \"a b\" rt=0.003 uct=\"0.001\" urt=\"0.002, 0.1\" up=- status=5 rt=9 Zm9v= q==x =1 ua=\"c d\""
            ),
            "GET / client=Text(\"h\") status=Int(200) bytes=Int(1) user_agent=Text(\"a b\") rt=Float(0.003) uct=Float(0.001) \
             urt=Text(\"0.002, 0.1\") extra[6]=Text(\"status=5\") extra[7]=Text(\"rt=9\") extra[8]=Text(\"Zm9v=\") \
             extra[9]=Text(\"q==x\") extra[10]=Text(\"=1\") ua=Text(\"c d\")",
        ),
        (
            format!("h - - {STAMP} \"GET /\" 200 1 rt=0.5"),
            "GET / client=Text(\"h\") status=Int(200) bytes=Int(1) rt=Float(0.5)",
        ),
        (
            format!("h - - {STAMP} \"GET /\" 200 1 \"open"),
            "GET / client=Text(\"h\") status=Int(200) bytes=Int(1) referer=Text(\"\\\"open\")",
        ),
        (
            format!("h - a [b] c {STAMP} \"GET /\" 200 1"),
            "GET / client=Text(\"h\") user=Text(\"a [b] c\") status=Int(200) bytes=Int(1)",
        ),
    ] {
        let batch = read(&line, Format::Access);
        assert_eq!((batch.events.len(), batch.problems.len()), (1, 0), "{line}");
        assert_eq!(shown(&batch.events[0].1), expected, "{line}");
        assert_eq!(batch.events[0].1.time_nanos, Some(971_211_336_000_000_000), "{line}");
    }
}

#[test]
fn what_is_no_request_is_kept_as_text_and_noted() {
    for line in [
        "",
        "x",
        "h - - [no time] \"GET /\" 200 1",
        "h - - [10/Oct/2000:13:55:36 -0700] \"GET / 200 1",
        "h - - [10/Oct/2000:13:55:36 -0700] \"GET /\" ok 1",
    ] {
        let batch = read(&format!("{line}\nzzz"), Format::Access);
        let lines = 1 + usize::from(!line.is_empty());
        assert_eq!((batch.events.len(), batch.problems.len()), (lines, lines), "{line}");
        assert_eq!(batch.problems[lines - 1].line, Some(2));
    }
}

#[test]
fn columns_of_the_extended_format_change_and_are_quoted() {
    let text = "#Version: 1.0\n#Date: 2024-05-01\n#Fields: time cs-method cs-uri-stem sc-bytes s-sitename\n\
        00:00:01 GET /a 5 W3SVC1\n\
        #Fields: date\ttime\tcs(User-Agent)\tsc-status\n\
        2024-05-02\t00:00:02\t\"a \"\"b\"\" c\"\t404\n";
    let batch = read(text, Format::W3c);
    assert_eq!((batch.events.len(), batch.problems.len()), (2, 0));
    assert_eq!(shown(&batch.events[0].1), "GET /a sc-bytes=Int(5)");
    assert_eq!(batch.events[0].0.service.as_deref(), Some("W3SVC1"));
    assert!(shown(&batch.events[1].1).ends_with("cs(User-Agent)=Text(\"a \\\"b\\\" c\") sc-status=Int(404)"));
    let times: Vec<_> = batch.events.iter().map(|(_, event)| event.time_nanos).collect();
    assert_eq!(times, [Some(1_714_521_601_000_000_000), Some(1_714_608_002_000_000_000)]);
}

#[test]
fn columns_are_known_wherever_reading_goes_on() {
    let rows = "00:00:01 GET /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 5\n".repeat(1500);
    let text = format!(
        "#Fields: time cs-method cs-uri-stem sc-bytes\n{rows}#Fields: time cs-method cs-uri-stem sc-status\n{rows}"
    );
    let options = OpenOptions { format: Some(Format::W3c), ..OpenOptions::default() };
    let open = || {
        let stored = Cursor::new(text.clone().into_bytes());
        Capture::from_reader(Path::new("a.log"), stored, text.len() as u64, &options).expect("opens")
    };
    let (mut whole, mut batches) = (open(), Vec::new());
    let mut batch = Batch::default();
    while whole.next_batch(&mut batch).expect("reads") {
        batches.push(batch.clone());
    }
    assert_eq!(batches.len(), 3);
    for pair in batches.windows(2) {
        let mut rest = open();
        rest.resume_at(pair[0].next_offset).expect("an offset of the capture");
        rest.next_batch(&mut batch).expect("reads");
        assert_eq!(batch, pair[1]);
    }
    let last = &batches[2].events.last().expect("an event").1;
    assert_eq!(last.fields.last().map(|field| field.path.as_str()), Some("sc-status"));
}

#[test]
fn columns_of_exchange_stand_between_commas() {
    let text = "#Software: Microsoft Exchange Server\n#Fields: date-time,client-ip,event-id,message-subject\n\
        2015-05-17T10:05:03.000Z,10.0.0.1,RECEIVE,\"hello, you\"\n";
    let batch = read(text, Format::W3c);
    assert_eq!((batch.events.len(), batch.problems.len()), (1, 0));
    let event = &batch.events[0].1;
    assert_eq!(event.time_nanos, Some(1_431_857_103_000_000_000));
    let fields: Vec<_> = event.fields.iter().map(|field| field.path.as_str()).collect();
    assert_eq!(fields, ["client-ip", "event-id", "message-subject"]);
    assert_eq!(event.fields[2].value, Value::Text("hello, you".into()));
}

#[test]
fn load_balancers_proxies_and_stores_have_their_columns_by_place() {
    let application = r#"https 2015-05-17T10:05:03.000000Z app/shop/50dc6c495c0c9188 192.168.131.39:2817 10.0.0.1:80 0.086 0.048 0.037 502 - 34 366 "GET https://shop.example:443/a?b=c HTTP/1.1" "curl/7.46.0" ECDHE-RSA TLSv1.2 arn:aws:x "Root=1-58337262" "shop.example" "-" 0 2015-05-17T10:05:02.9Z "forward" "-" "-" "10.0.0.1:80" "502" "-" "-" TID_1 new"#;
    let classic = r#"2015-05-17T10:05:03.000000Z shop 192.168.131.39:2817 - 0.000073 -1 -1 503 0 0 0 "GET http://shop.example:80/ HTTP/1.1" "curl/7.38.0" - -"#;
    let store = r#"79a59df9 bucket [17/May/2015:10:05:03 +0000] 192.0.2.3 79a59df9 3E57427F3 REST.GET.OBJECT a/b.txt "GET /bucket/a/b.txt HTTP/1.1" 403 AccessDenied 243 - 11 - "-" "S3Console/0.4" - host= SigV4 ECDHE AuthHeader bucket.s3 TLSv1.2 - -"#;
    let envoy = r#"[2015-05-17T10:05:03.000Z] "POST /api/v1 HTTP/2" 204 - 154 0 226 100 "10.0.35.28" "nsq2http" "cc21d9b0-cf5c" "locations" "tcp://shop.example:80""#;
    let istio = r#"[2015-05-17T10:05:03.000Z] "GET /x HTTP/1.1" 503 UF upstream_reset - "-" 0 95 226 - "-" "curl" "cc21" "shop" "10.0.0.3:80" outbound|80||shop - 10.0.0.1:80 10.0.0.2:1 - default"#;
    let squid = "1431857103.000    310 192.168.0.1 TCP_MISS/503 1234 GET http://shop.example/ - HIER_DIRECT/1.2.3.4 text/html";
    for (line, severity, service, begins, ends) in [
        (
            application,
            "error",
            Some("app/shop/50dc6c495c0c9188"),
            "GET https://shop.example:443/a?b=c HTTP/1.1 type=",
            "conn_trace_id=Text(\"TID_1\") extra[0]=Text(\"new\")",
        ),
        (
            classic,
            "error",
            Some("shop"),
            "GET http://shop.example:80/ HTTP/1.1 client=",
            "sent_bytes=Int(0) user_agent=Text(\"curl/7.38.0\")",
        ),
        (
            store,
            "warn",
            Some("bucket"),
            "GET /bucket/a/b.txt HTTP/1.1 bucket_owner=",
            "host_header=Text(\"bucket.s3\") tls_version=Text(\"TLSv1.2\")",
        ),
        (
            envoy,
            "info",
            None,
            "POST /api/v1 HTTP/2 status=Int(204) bytes_received=Int(154)",
            "upstream_host=Text(\"tcp://shop.example:80\")",
        ),
        (
            istio,
            "error",
            None,
            "GET /x HTTP/1.1 status=Int(503) response_flags=Text(\"UF\") response_code_details=Text(\"upstream_reset\")",
            "route_name=Text(\"default\")",
        ),
        (
            squid,
            "error",
            None,
            "GET http://shop.example/ elapsed=Int(310) client=",
            "hierarchy=Text(\"HIER_DIRECT/1.2.3.4\") content_type=Text(\"text/html\")",
        ),
    ] {
        let options = OpenOptions::default();
        let stored = Cursor::new(format!("{line}\n{line}\n").into_bytes());
        let capture = Capture::from_reader(Path::new("a.log"), stored, 2 * line.len() as u64 + 2, &options);
        assert_eq!(capture.expect("opens").format(), Format::Access, "{line}");
        let batch = read(line, Format::Access);
        assert_eq!((batch.events.len(), batch.problems.len()), (1, 0), "{line}");
        let (stream, event) = &batch.events[0];
        assert_eq!(event.time_nanos, Some(1_431_857_103_000_000_000), "{line}");
        assert_eq!(
            (event.severity.map(cbad::Severity::name), stream.service.as_deref()),
            (Some(severity), service)
        );
        let shown = shown(event);
        assert!(shown.starts_with(begins) && shown.ends_with(ends), "{shown}");
    }
    for line in [
        "1431857103.000 310 a/b c",
        "[2015-05-17T10:05:03Z] hello 200 there is",
        "http is not",
        "2015-05-17T10:05:03Z a b c",
    ] {
        assert!(!super::balancers::is_one(line.as_bytes()), "{line}");
    }
}

#[test]
fn logs_of_zeek_have_their_columns_between_tabs() {
    let text = "#separator \\x09\n#unset_field\t-\n#path\thttp\n#fields\tts\tuid\tid.orig_h\tid.resp_p\tstatus_code\ttags\n\
        #types\ttime\tstring\taddr\tport\tcount\tset[enum]\n\
        1431857103.250000\tCx \"1\t10.0.0.1\t80\t503\t(empty)\n1431857104.000000\tCy\t10.0.0.1\t80\t-\t-\n1\n#close\t2015-05-17\n";
    let batch = read(text, Format::W3c);
    assert_eq!((batch.events.len(), batch.problems.len()), (3, 1), "a line of another kind is kept as text");
    let event = &batch.events[0].1;
    assert_eq!(event.time_nanos, Some(1_431_857_103_250_000_000));
    assert_eq!(event.severity.map(cbad::Severity::name), Some("error"));
    let expected =
        " uid=Text(\"Cx \\\"1\") id.orig_h=Text(\"10.0.0.1\") id.resp_p=Int(80) status_code=Int(503)";
    assert_eq!(shown(event), expected);
}

#[test]
fn times_of_the_machines_own_zone_are_said_to_be() {
    let text = "#Version: 1.5\n#Time Format: Local\n#Fields: date time action\n\n2015-05-17 10:05:03 DROP\n";
    let open = |text: &str| {
        let stored = Cursor::new(text.as_bytes().to_vec());
        Capture::from_reader(Path::new("a.log"), stored, text.len() as u64, &OpenOptions::default())
            .expect("opens")
    };
    let capture = open(text);
    let note = capture.note().expect("the zone is assumed");
    assert_eq!((note.source.offset, note.line), (14, Some(2)));
    assert!(note.reason.contains("own zone"), "{}", note.reason);
    assert!(open(&text.replace("Local", "UTC")).note().is_none());
}
