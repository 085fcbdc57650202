//! Docker's json-file logs: `{"log":"text\n","stream":"stdout","time":"…"}`, one a line. A line of more than 16 KiB comes
//! in parts, of which only the last ends with `\n`. What a container said last may have no line end either; where it is
//! started again, its first line follows in the same file and is a line of its own.

use super::{Part, PartFormat};
use crate::budget::Budget;
use crate::json::cursor::{Cursor, Kind};
use crate::json::value::flatten;
use crate::model::Limits;
use crate::probe::Probe;
use crate::stamp::{self, Years};

/// Length of a part that another follows (moby, `daemon/logger/copier.go`); bytes that are no UTF-8 make it longer in JSON.
const PART_BYTES: usize = 16 * 1024;

/// Docker's json-file format.
pub(crate) struct Docker;

impl PartFormat for Docker {
    fn part(&self, line: &[u8], limits: &Limits) -> Result<Part, String> {
        let mut cursor = Cursor::new(line, limits.depth, limits.values);
        let mut budget = Budget::for_unit(line.len());
        let mut part =
            Part { stream: String::new(), nanos: None, text: Vec::new(), ends: false, fields: Vec::new() };
        let mut has_log = false;
        let read = cursor.object(|cursor, key| {
            match (&*key, cursor.kind()?) {
                (b"log", Kind::Text) => {
                    part.text = cursor.text()?.into_owned();
                    has_log = true;
                }
                (b"stream", Kind::Text) => {
                    part.stream = String::from_utf8_lossy(&cursor.text()?).into_owned();
                }
                (b"time", Kind::Text) => part.nanos = stamp::whole(&cursor.text()?, Years::new(1970)),
                _ => {
                    let mut path = String::from_utf8_lossy(&key).into_owned();
                    flatten(cursor, &mut path, &mut part.fields, &mut budget)?;
                }
            }
            Ok(())
        });
        if let Err(fault) = read {
            return Err(format!("{} at byte {} of the line", fault.what.reason(), fault.at));
        }
        if !has_log {
            return Err("the object has no \"log\", so it is none of Docker's".into());
        }
        let has_line_end = part.text.pop_if(|byte| *byte == b'\n').is_some();
        part.ends = has_line_end || part.text.len() < PART_BYTES;
        Ok(part)
    }
}

/// How sure it is that the objects are Docker's: they have its three keys, and no others but `attrs`.
pub(crate) fn confidence(probe: &Probe<'_>) -> f64 {
    probe.json.share(|object| {
        let known = |key: &Vec<u8>| matches!(&key[..], b"log" | b"stream" | b"time" | b"attrs");
        ["log", "stream", "time"].iter().all(|key| object.has(key)) && object.keys.iter().all(known)
    })
}
