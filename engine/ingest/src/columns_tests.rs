//! Rows under the names of columns, as databases answer.

use crate::model::Batch;
use crate::whole::read_json as read;
use cbad::{Severity, Value};

fn paths(batch: &Batch, index: usize) -> Vec<&str> {
    batch.events[index].1.fields.iter().map(|field| &*field.path).collect()
}

#[test]
fn rows_have_the_names_of_their_columns_and_what_stands_around_the_table() {
    let text = r#"{"tables":[{"name":"PrimaryResult","columns":[{"name":"timestamp","type":"datetime"},{"name":"message",
        "type":"string"},{"name":"severity","type":"string"},{"name":"custom","type":"dynamic"}],"rows":[
        ["2015-05-17T10:05:03Z","boom","Error",{"a":1,"b":[2]}],
        ["2015-05-17T10:05:04Z","bang","Info",null,"spare"],["2015-05-17T10:05:05Z"]]}]}"#;
    let batch = read(text);
    assert_eq!((batch.events.len(), &batch.problems[..]), (3, &[][..]));
    let event = &batch.events[0].1;
    assert_eq!((&*event.body, event.severity), (&b"boom"[..], Some(Severity::Error)));
    assert_eq!(event.time_nanos, Some(1_431_857_103_000_000_000));
    assert_eq!(
        &text[event.source.offset as usize..event.source.end() as usize],
        r#"["2015-05-17T10:05:03Z","boom","Error",{"a":1,"b":[2]}]"#
    );
    assert_eq!(paths(&batch, 0), ["custom.a", "custom.b[0]", "tables.name"]);
    assert_eq!(paths(&batch, 1), ["custom", "[4]", "tables.name"]);
    assert_eq!(batch.events[2].1.time_nanos, Some(1_431_857_105_000_000_000));
}

#[test]
fn every_store_that_answers_in_columns_is_read() {
    let rows = r#"[["2015-05-17T10:05:03Z","boom",7],["2015-05-17T10:05:04Z","bang",8]]"#;
    for text in [
        format!(
            r#"{{"took":3,"columns":[{{"name":"@timestamp","type":"date"}},{{"name":"message","type":"text"}},{{"name":"n","type":"long"}}],"values":{rows}}}"#
        ),
        format!(r#"{{"meta":[{{"name":"ts"}},{{"name":"msg"}},{{"name":"n"}}],"data":{rows},"rows":2}}"#),
        format!(
            r#"{{"results":[{{"series":[{{"name":"cpu","tags":{{"host":"a"}},"columns":["time","message","n"],"values":{rows}}}]}}]}}"#
        ),
        format!(
            r#"[{{"FrameType":"DataTable","Columns":[{{"ColumnName":"Timestamp"}},{{"ColumnName":"Message"}},{{"ColumnName":"n"}}],"Rows":{rows}}}]"#
        ),
        format!(
            r#"{{"resultSetMetaData":{{"rowType":[{{"name":"TIMESTAMP"}},{{"name":"MESSAGE"}},{{"name":"n"}}]}},"data":{rows}}}"#
        ),
        format!(
            r#"{{"manifest":{{"schema":{{"columns":[{{"name":"ts"}},{{"name":"message"}},{{"name":"n"}}]}}}},"result":{{"data_array":{rows}}}}}"#
        ),
        format!(
            r#"[{{"columns":[{{"text":"Time","type":"time"}},{{"text":"Message"}},{{"text":"n"}}],"rows":{rows},"type":"table"}}]"#
        ),
    ] {
        let batch = read(&text);
        assert_eq!((batch.events.len(), &batch.problems[..]), (2, &[][..]), "{text}");
        let event = &batch.events[1].1;
        assert_eq!(event.time_nanos, Some(1_431_857_104_000_000_000), "{text}");
        let n = event.fields.iter().find(|field| field.path == "n").map(|field| &field.value);
        assert_eq!((&*event.body, n), (&b"bang"[..], Some(&Value::Int(8))), "{text}");
    }
}

#[test]
fn what_only_looks_like_a_table_stands_as_it_is_written() {
    for text in [
        // The rows are longer than there are names.
        r#"{"columns":["time"],"values":[["2015-05-17T10:05:03Z","boom"]]}"#,
        // Nothing that is a time.
        r#"{"columns":["name","message"],"values":[["2015-05-17T10:05:03Z","boom"]]}"#,
        // It has a time of its own.
        r#"{"time":"2015-05-17T10:05:03Z","columns":["time","message"],"values":[["2015-05-17T10:05:03Z","boom"]]}"#,
    ] {
        assert_eq!(read(text).events.len(), 1, "{text}");
    }
    let cut = r#"{"columns":["time","message"],"values":[["2015-05-17T10:05:03Z","a"],["2015-05-17T10:05:04Z","b"],["2015"#;
    assert_eq!((read(cut).events.len(), read(cut).rejected()), (2, 1));
}

#[test]
fn lists_inside_lists_are_read_to_their_records() {
    let text = r#"{"cost":1,"value":[
        {"name":{"value":"Percentage CPU"},"unit":"Percent","timeseries":[{"data":[
            {"timeStamp":"2015-05-17T10:05:00Z","average":1.5},{"timeStamp":"2015-05-17T10:06:00Z","average":2.5}]}]},
        {"name":{"value":"Disk"},"timeseries":[]}]}"#;
    let batch = read(text);
    assert_eq!((batch.events.len(), &batch.problems[..]), (3, &[][..]));
    assert_eq!(batch.events[1].1.time_nanos, Some(1_431_857_160_000_000_000));
    assert_eq!(paths(&batch, 1), ["average", "cost", "value.name.value", "value.unit"]);
    assert_eq!(paths(&batch, 2), ["name.value", "timeseries", "cost"], "one without records is one itself");
    let deep = format!("{}{{\"time\":\"2015-05-17T10:05:00Z\"}}{}", r#"{"a":["#.repeat(5), "]}".repeat(5));
    assert_eq!(read(&deep).events.len(), 1, "no deeper than that");
}

#[test]
fn every_list_of_records_is_read_not_only_the_first() {
    let text = r#"{"log":{"version":"1.2","pages":[{"startedDateTime":"2015-05-17T10:05:03Z","id":"p"}],"entries":[{"startedDateTime":"2015-05-17T10:05:04Z","request":{"url":"/a"}},{"startedDateTime":"2015-05-17T10:05:05Z","request":{"url":"/b"}}]}}"#;
    let batch = read(text);
    assert_eq!((batch.events.len(), &batch.problems[..]), (3, &[][..]));
    assert!(batch.events.iter().all(|(_, event)| event.time_nanos.is_some()));
    assert_eq!(paths(&batch, 2), ["request.url", "log.version"]);
    let cut = &text[..text.len() - 30];
    assert_eq!((read(cut).events.len(), read(cut).rejected()), (2, 1));
}

#[test]
fn a_date_and_a_time_of_day_are_one_time_wherever_they_stand() {
    let sadf = r#"{"sysstat":{"hosts":[{"nodename":"web","statistics":[
        {"timestamp":{"date":"2015-05-17","time":"10:05:03","utc":1},"cpu-load":[{"cpu":"all","user":1.5}]}]}]}}"#;
    let table = r#"{"columns":["Date","Time","v"],"rows":[["2015-05-17","10:05:03",1]]}"#;
    let line = r#"{"date":"2015-05-17","time":"10:05:03","v":1}"#;
    let zoneless = r#"{"meta":[{"name":"ts"},{"name":"v"}],"data":[["2015-05-17 10:05:03",1]]}"#;
    for (text, notes) in [(sadf, 0), (table, 1), (line, 1), (zoneless, 1)] {
        let batch = read(text);
        assert_eq!(batch.events[0].1.time_nanos, Some(1_431_857_103_000_000_000), "{text}");
        let assumed =
            batch.problems.iter().filter(|problem| problem.reason.contains("taken to be UTC")).count();
        assert_eq!((batch.problems.len(), assumed), (notes, notes), "{text}: {:?}", batch.problems);
    }
    let batch = read(sadf);
    assert_eq!(
        paths(&batch, 0),
        ["timestamp.utc", "cpu-load[0].cpu", "cpu-load[0].user", "sysstat.hosts.nodename"]
    );
}

#[test]
fn what_is_too_much_around_a_list_costs_no_record_of_it() {
    let (key, much) = ("k".repeat(4_096), vec!["0"; 20_000].join(","));
    let record = r#"{"time":"2015-05-17T10:05:03Z"}"#;
    let batch = read(&format!(r#"{{"records":[{record}],"{key}":[{much}],"more":[{record}]}}"#));
    assert_eq!((batch.events.len(), batch.rejected()), (2, 0), "{:?}", batch.problems);
    assert!(batch.problems[0].reason.contains("1 long or further value around it"), "{:?}", batch.problems);
}
