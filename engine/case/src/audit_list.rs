//! The audit chain as a list: which rows are wanted, and rows as CSV.

use std::fmt::Write as _;

use cbad::rfc3339;
use serde_json::Value;

use crate::audit::{AuditRow, CheckedRow};
use crate::event_table::text_cell;

/// Which rows of the chain are wanted; an empty text wants all. Letters fit in either case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// A part of the name of who did it.
    pub who: String,
    /// What was done, or the kind of what was decided.
    pub action: String,
    /// A part of what it is about or of its particulars.
    pub text: String,
}

impl AuditFilter {
    /// Whether it wants everything.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a row is wanted.
    pub fn fits(&self, row: &AuditRow) -> bool {
        let has = |text: &str, part: &str| text.to_lowercase().contains(&part.to_lowercase());
        let is_action = || self.action.is_empty() || named(row).iter().any(|name| name == &self.action);
        has(&row.actor, &self.who)
            && is_action()
            && (has(&row.subject, &self.text) || has(&row.detail, &self.text))
    }
}

/// What was done, and of a decision its kind.
fn named(row: &AuditRow) -> Vec<String> {
    let detail: Option<Value> = serde_json::from_str(&row.detail).ok();
    let kind = detail.and_then(|detail| Some(detail["decision"]["kind"].as_str()?.to_owned()));
    std::iter::once(row.action.clone()).chain(kind).collect()
}

impl AuditRow {
    /// What was done, in words: `decide: note`.
    pub fn done(&self) -> String {
        named(self).join(": ")
    }
}

/// Rows as CSV, in which no cell is a formula.
pub fn audit_csv(rows: &[CheckedRow]) -> String {
    let mut csv = "sequence,time,who,what,about,chain,sha256,previous_sha256,detail\n".to_owned();
    for CheckedRow { row, fault } in rows {
        let chain = fault.map_or("holds", |_| "broken");
        let texts = [&row.actor, &row.done(), &row.subject].map(|text| text_cell(text)).join(",");
        let (sequence, time) = (row.sequence, rfc3339(row.at_nanos));
        let (hash, before, detail) = (&row.sha256, &row.previous_sha256, text_cell(&row.detail));
        writeln!(csv, "{sequence},{time},{texts},{chain},{hash},{before},{detail}")
            .expect("writing to a String cannot fail");
    }
    csv
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(actor: &str, action: &str, detail: &str) -> AuditRow {
        AuditRow {
            sequence: 3,
            at_nanos: 0,
            actor: actor.to_owned(),
            action: action.to_owned(),
            subject: "the case".to_owned(),
            detail: detail.to_owned(),
            previous_sha256: "00".to_owned(),
            sha256: "01".to_owned(),
        }
    }

    #[test]
    fn rows_are_wanted_by_who_what_and_text() {
        let note = row("Anna", "decide", r#"{"decision":{"kind":"note","text":"Handed over"}}"#);
        let run = row("ben", "run", "{}");
        let filter = |who: &str, action: &str, text: &str| AuditFilter {
            who: who.to_owned(),
            action: action.to_owned(),
            text: text.to_owned(),
        };
        for (filter, of_note, of_run) in [
            (filter("", "", ""), true, true),
            (filter("ANN", "", ""), true, false),
            (filter("", "decide", ""), true, false),
            (filter("", "note", ""), true, false),
            (filter("", "run", "case"), false, true),
            (filter("", "", "handed"), true, false),
        ] {
            assert_eq!((filter.fits(&note), filter.fits(&run)), (of_note, of_run), "{filter:?}");
        }
        assert_eq!((note.done().as_str(), run.done().as_str()), ("decide: note", "run"));
    }

    #[test]
    fn cells_of_the_csv_cannot_act() {
        let rows = [
            CheckedRow { row: row("=cmd()", "run", "{}"), fault: None },
            CheckedRow { row: row("ben", "run", "[1,2]"), fault: Some("is not what was recorded") },
        ];
        assert_eq!(
            audit_csv(&rows),
            "sequence,time,who,what,about,chain,sha256,previous_sha256,detail\n\
             3,1970-01-01T00:00:00Z,\"'=cmd()\",run,the case,holds,01,00,{}\n\
             3,1970-01-01T00:00:00Z,ben,run,the case,broken,01,00,\"[1,2]\"\n"
        );
    }
}
