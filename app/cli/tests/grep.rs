//! Exit codes of searching and verifying, for a whole case and a damaged one.

mod common;

use std::process::ExitCode;

use case::Case;
use cbad::Unwatched;
use ingest::OpenOptions;

use common::code;

type Failure = Box<dyn std::error::Error>;

const UNUSABLE: u8 = 3;
const BAD_USAGE: u8 = 2;

#[test]
fn what_is_wrong_with_a_query_or_a_case_is_an_exit_code() -> Result<(), Failure> {
    let folder = std::env::temp_dir().join(format!("driftlock-grep-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let (log, path) = (folder.join("a.log"), folder.join("a.driftlock"));
    std::fs::write(&log, "2026-03-01T00:00:00Z INFO paid user=5\n2026-03-01T00:00:01Z ERROR refused\n")?;
    Case::create(&path)?.import(&log, &OpenOptions::default(), &Unwatched)?;
    let shown = |code: u8| format!("{:?}", ExitCode::from(code));
    for words in [
        vec!["grep", "CASE", "refused"],
        vec!["grep", "CASE", "no such text", "--json"],
        vec!["grep", "CASE", "REFUSED", "-i", "--count"],
        vec!["grep", "CASE", "--query", "level:error /ref.*/", "--count", "--json"],
        vec!["grep", "CASE", "--signal", "log", "--limit", "1"],
        vec!["grep", "CASE", "refused", "--csv", "--column", "user"],
        vec!["events", "CASE", "--csv"],
        vec!["events", "CASE", "--fields"],
        vec!["case", "verify", "CASE"],
        vec!["case", "verify", "CASE", "--json"],
    ] {
        assert_eq!(code(&path, &words), shown(0), "{words:?}");
    }
    for words in [
        vec!["grep", "CASE"],
        vec!["grep", "CASE", ""],
        vec!["grep", "CASE", "a(", "--regex"],
        vec!["grep", "CASE", "--query", "level:loud"],
        vec!["grep", "CASE", "--field", "=x"],
        vec!["grep", "CASE", "x", "--stream", "no such stream"],
        vec!["grep", "CASE", "x", "--signal", "smoke"],
        vec!["grep", "CASE", "x", "--csv", "--json"],
        vec!["events", "CASE", "--column", "user"],
    ] {
        assert_eq!(code(&path, &words), shown(BAD_USAGE), "{words:?}");
    }
    let bytes = std::fs::read(&path)?;
    // The frame of the only block: zeros where it begins.
    let frame = [0x28, 0xb5, 0x2f, 0xfd];
    let at = bytes.windows(4).position(|part| part == frame).ok_or("the block is in the file")?;
    let mut damaged = bytes;
    damaged[at..at + 8].fill(0);
    std::fs::write(&path, damaged)?;
    for words in [vec!["grep", "CASE", "refused"], vec!["events", "CASE"], vec!["case", "verify", "CASE"]] {
        assert_eq!(code(&path, &words), shown(UNUSABLE), "{words:?}");
    }
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}
