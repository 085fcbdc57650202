//! `driftlock matrix`: block against block of a stream, as text and as JSON.

mod common;

use common::{Outcome, run, text_log};
use serde_json::Value;

#[test]
fn each_block_is_compared_with_each() -> Outcome {
    let folder = tempfile::tempdir()?;
    let at = folder.path();
    text_log(at, "burst.log", 2000, 80)?;
    let made = run(at, &["analyze", "burst.log", "--case", "c.driftlock"])?;
    assert!(made.status.success());
    let output = run(at, &["matrix", "c.driftlock", "0", "--blocks", "8", "--json"])?;
    let answer: Value = serde_json::from_slice(&output.stdout)?;
    let rows = answer["ncd"].as_array().ok_or("rows")?;
    assert_eq!((rows.len(), rows[3].as_array().map(Vec::len)), (8, Some(8)));
    assert_eq!(rows[2][5], rows[5][2], "one pair, one number");
    assert_eq!((&answer["codec"]["name"], &answer["events_a_block"]), (&"zstd".into(), &250.into()));
    assert_eq!(
        (&answer["blocks"][1]["first_event"], &answer["blocks"][1]["last_event"]),
        (&250.into(), &499.into())
    );

    let text = run(at, &["matrix", "c.driftlock", "0", "--blocks", "8", "--codec", "count"])?;
    let text = String::from_utf8(text.stdout)?;
    assert!(text.contains("8 blocks, 250 events of each coded, NCD by count"), "{text}");
    assert_eq!(text.lines().filter(|line| line.contains(" to ")).count(), 8, "a row a block: {text}");

    let unknown = run(at, &["matrix", "c.driftlock", "no such stream"])?;
    assert_eq!(unknown.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("driftlock info"));
    let many = run(at, &["matrix", "c.driftlock", "0", "--blocks", "65"])?;
    assert_eq!(many.status.code(), Some(2), "the work is bounded");
    Ok(())
}
