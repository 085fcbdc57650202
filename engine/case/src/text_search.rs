//! Words looked for in findings and in what people wrote about a case.
//!
//! The index (FTS5) is made for the search, in memory: there are some thousand texts at most, a case on read-only media can be
//! searched like any other, and there is nothing on the disk that could differ from what it was made of.

use std::fmt::Write as _;

use rusqlite::{Connection, params};

use crate::decisions::DecisionRow;
use crate::error::CaseError;
use crate::rows::FindingRow;
use crate::sql::AtPath;
use crate::store::Case;

/// Words beside the hit that an excerpt shows.
const EXCERPT_WORDS: i64 = 24;

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub enum TextHit {
    /// A finding, by its sentence, paragraph, shifts, dearest tokens or stream.
    Finding {
        /// The finding.
        row: Box<FindingRow>,
        /// The part of its text around the words.
        excerpt: String,
    },
    /// A decision that stands, by its text.
    Decision {
        /// The decision.
        row: Box<DecisionRow>,
        /// The part of its text around the words.
        excerpt: String,
    },
}

impl Case {
    /// Findings of a run and decisions that stand whose text has all of `words`, best first. Words in double quotes stand side
    /// by side, a `*` at a word's end is any end, and case and accents do not matter.
    pub fn search_text(&self, run: Option<i64>, words: &str) -> Result<Vec<TextHit>, CaseError> {
        let Some(query) = fts_query(words) else { return Ok(Vec::new()) };
        let findings = run.map(|run| self.findings(run)).transpose()?.unwrap_or_default();
        let decisions: Vec<_> = self.decisions()?.into_iter().filter(|row| row.stands).collect();
        let found = index(&findings, &decisions).and_then(|index| hits(&index, &query)).at(&self.path)?;
        let hit = |(number, excerpt): (usize, String)| match number.checked_sub(findings.len()) {
            None => TextHit::Finding { row: Box::new(findings[number].clone()), excerpt },
            Some(decision) => TextHit::Decision { row: Box::new(decisions[decision].clone()), excerpt },
        };
        Ok(found.into_iter().map(hit).collect())
    }
}

/// The texts in memory: findings first, then decisions, each under its place from 0.
fn index(findings: &[FindingRow], decisions: &[DecisionRow]) -> rusqlite::Result<Connection> {
    let index = Connection::open_in_memory()?;
    index.execute_batch("CREATE VIRTUAL TABLE said USING fts5 (text, tokenize = 'unicode61')")?;
    let mut insert = index.prepare("INSERT INTO said (rowid, text) VALUES (?1, ?2)")?;
    let texts = findings
        .iter()
        .map(text_of)
        .chain(decisions.iter().map(|row| row.decision.text().unwrap_or_default().to_owned()));
    for (number, text) in (0_i64..).zip(texts) {
        insert.execute(params![number, text])?;
    }
    drop(insert);
    Ok(index)
}

fn hits(index: &Connection, query: &str) -> rusqlite::Result<Vec<(usize, String)>> {
    const SEARCH: &str = "SELECT rowid, snippet(said, 0, '', '', '…', ?2) FROM said WHERE said MATCH ?1
        ORDER BY rank, rowid";
    let mut statement = index.prepare(SEARCH)?;
    let rows = statement
        .query_map(params![query, EXCERPT_WORDS], |row| Ok((row.get::<_, i64>(0)? as usize, row.get(1)?)))?;
    rows.collect()
}

/// Everything that a person reads of a finding.
fn text_of(row: &FindingRow) -> String {
    let explanation = &row.finding.explanation;
    let mut text = format!("{}\n{}", explanation.sentence, explanation.paragraph);
    for shift in &explanation.shifts {
        for name in std::iter::once(&shift.name).chain(&shift.left_out) {
            write!(text, "\n{name}").expect("writing to a String cannot fail");
        }
    }
    for driver in &explanation.drivers {
        text.push('\n');
        for token in &driver.tokens {
            write!(text, "{} ", token.text).expect("writing to a String cannot fail");
        }
    }
    write!(text, "\n{}", row.stream.key.label()).expect("writing to a String cannot fail");
    text
}

/// The words as FTS5 takes them: each in quotes, so that nothing in them is an operator. `None` where there is no word.
fn fts_query(words: &str) -> Option<String> {
    let mut terms = Vec::new();
    // What stands between an odd and an even quote is one term.
    for (number, part) in words.split('"').enumerate() {
        let is_quoted = number % 2 == 1;
        let parts: Vec<&str> = if is_quoted { vec![part] } else { part.split_whitespace().collect() };
        for part in parts {
            let (word, ending) = match part.strip_suffix('*') {
                Some(word) if !is_quoted => (word, "*"),
                _ => (part, ""),
            };
            if word.chars().any(char::is_alphanumeric) {
                terms.push(format!("\"{word}\"{ending}"));
            }
        }
    }
    (!terms.is_empty()).then(|| terms.join(" "))
}

#[cfg(test)]
mod tests {
    use super::fts_query;

    #[test]
    fn nothing_that_is_typed_is_an_operator() {
        for (typed, query) in [
            ("pool exhausted", Some(r#""pool" "exhausted""#)),
            (r#""connection pool" NEAR(x) OR -y:z"#, Some(r#""connection pool" "NEAR(x)" "OR" "-y:z""#)),
            ("refus* *", Some(r#""refus"*"#)),
            (r#"an "open quote"#, Some(r#""an" "open quote""#)),
            ("  \" - ", None),
        ] {
            assert_eq!(fts_query(typed).as_deref(), query, "{typed}");
        }
    }
}
