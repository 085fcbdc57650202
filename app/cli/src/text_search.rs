//! `driftlock findings --search`: words in findings and in what people wrote.

use std::io::Write;
use std::process::ExitCode;

use case::{Case, TextHit, inert};
use serde::Serialize;

use crate::failure::Failure;
use crate::json::SCHEMA;
use crate::output;

#[derive(Serialize)]
struct SearchJson {
    schema: u32,
    hits: Vec<HitJson>,
}

#[derive(Serialize)]
struct HitJson {
    kind: &'static str,
    id: i64,
    excerpt: String,
}

pub(crate) fn show(case: &Case, words: &str, json: bool) -> Result<ExitCode, Failure> {
    let run = case.latest_run()?.map(|run| run.id);
    let hits = case.search_text(run, words)?;
    let mut out = output::stdout();
    if json {
        let hits = hits.into_iter().map(in_json).collect();
        output::json(&SearchJson { schema: SCHEMA, hits })?;
        return Ok(ExitCode::SUCCESS);
    }
    for hit in &hits {
        match hit {
            TextHit::Finding { row, excerpt } => writeln!(out, "Finding {}: {}", row.id, inert(excerpt))?,
            TextHit::Decision { row, excerpt } => {
                let about = case.in_words(&row.subject)?;
                let (id, what, by) = (row.id, row.decision.name(), inert(&row.actor));
                writeln!(out, "Decision {id} ({what} by {by}, {}): {}", inert(about), inert(excerpt))?;
            }
        }
    }
    if hits.is_empty() {
        writeln!(out, "No finding of the latest run and nothing that was decided has these words.")?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn in_json(hit: TextHit) -> HitJson {
    match hit {
        TextHit::Finding { row, excerpt } => HitJson { kind: "finding", id: row.id, excerpt },
        TextHit::Decision { row, excerpt } => HitJson { kind: "decision", id: row.id as i64, excerpt },
    }
}
