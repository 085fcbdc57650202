//! What the codecs say of a finding: the jury, tests on demand, and how the codecs of a run differ from those here.

use std::io::{self, Write};

use case::{RunRow, inert};
use cbad::{CanonicalTest, Jury, JuryEntry, Share, Statistic};
use serde::Serialize;

use crate::table::{Align, Table};
use crate::words::probability;

/// The jury as JSON, with the numbers that follow from the sizes.
#[derive(Serialize)]
pub(crate) struct JuryJson {
    agreeing: usize,
    voting: usize,
    codecs: Vec<CodecJson>,
}

#[derive(Serialize)]
struct CodecJson {
    codec: String,
    version: String,
    absent: Option<String>,
    sizes: Option<cbad::Sizes>,
    ncd: Option<f64>,
    delta_bits: Option<i64>,
    ratio_baseline: Option<f64>,
    ratio_window: Option<f64>,
    dearer_than: Option<Share>,
    farther_than: Option<Share>,
    agrees: Option<bool>,
}

impl From<&Jury> for JuryJson {
    fn from(jury: &Jury) -> Self {
        Self {
            agreeing: jury.agreeing(),
            voting: jury.voting(),
            codecs: jury.entries.iter().map(CodecJson::from).collect(),
        }
    }
}

impl From<&JuryEntry> for CodecJson {
    fn from(entry: &JuryEntry) -> Self {
        let sizes = entry.sizes;
        Self {
            codec: entry.codec.name.clone(),
            version: entry.codec.version.clone(),
            absent: entry.codec.absent.clone(),
            sizes,
            ncd: entry.ncd(),
            delta_bits: sizes.map(|sizes| sizes.delta_bits()),
            ratio_baseline: sizes.map(|sizes| sizes.ratio_baseline()),
            ratio_window: sizes.map(|sizes| sizes.ratio_window()),
            dearer_than: entry.dearer_than,
            farther_than: entry.farther_than,
            agrees: entry.agrees(),
        }
    }
}

/// A line for the agreement and a table with a row a codec.
pub(crate) fn write_jury(out: &mut impl Write, jury: &Jury) -> io::Result<()> {
    writeln!(out, "\nThe jury: {}", agreement(jury))?;
    let mut table = Table::new(&[
        ("Codec", Align::Left),
        ("NCD", Align::Right),
        ("Delta bits", Align::Right),
        ("Ratio", Align::Right),
        ("Dearer than", Align::Right),
        ("Farther than", Align::Right),
        ("Unusual", Align::Left),
    ]);
    for entry in &jury.entries {
        let name = inert(format!("{} {}", entry.codec.name, entry.codec.version));
        let share = |share: Option<Share>| {
            share.map_or_else(|| "-".to_owned(), |s| format!("{} of {}", s.below, s.of))
        };
        let verdict = match (&entry.codec.absent, entry.agrees()) {
            (Some(why), _) => format!("absent: {}", inert(why)),
            (None, None) => "too few other windows to say".to_owned(),
            (None, Some(true)) => "yes".to_owned(),
            (None, Some(false)) => "no".to_owned(),
        };
        let number = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
        table.row([
            name.trim_end().to_owned(),
            number(entry.ncd().map(|ncd| format!("{ncd:.3}"))),
            number(entry.sizes.map(|sizes| sizes.delta_bits().to_string())),
            number(entry.sizes.map(|sizes| format!("{:.2}", sizes.ratio_window()))),
            share(entry.dearer_than),
            share(entry.farther_than),
            verdict,
        ]);
    }
    table.write(out, "  ")
}

fn agreement(jury: &Jury) -> String {
    match jury.voting() {
        0 => "too few other windows for any codec to say".to_owned(),
        voting => format!("{} of {voting} codecs find the window unusual", jury.agreeing()),
    }
}

/// A test on demand in one line.
pub(crate) fn test_in_words(test: &CanonicalTest) -> String {
    let (p, codec) = (probability(Some(test.p.value)), inert(&test.codec.name));
    let (name, observed) = (measure(test.statistic), value(test, test.observed));
    format!(
        "{codec}, {name}: p {p} from {} permutations, {} of them at least as extreme as {observed}",
        test.p.n, test.extreme
    )
}

/// What a person calls the statistic.
pub(crate) fn measure(statistic: Statistic) -> &'static str {
    match statistic {
        Statistic::Ncd => "NCD",
        Statistic::Delta => "delta bits",
    }
}

/// A value of the test's statistic: bits are whole.
pub(crate) fn value(test: &CanonicalTest, value: f64) -> String {
    match test.statistic {
        Statistic::Ncd => format!("{value:.4}"),
        Statistic::Delta => format!("{value:.0}"),
    }
}

/// How the codecs that made a run differ from those of this program; nothing where they do not.
pub(crate) fn write_differences(out: &mut impl Write, run: &RunRow, indent: &str) -> io::Result<()> {
    for difference in cbad::differences(&run.codecs) {
        writeln!(out, "{indent}{}", inert(difference))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use cbad::{Config, codecs};

    #[test]
    fn absent_codecs_and_the_agreement_are_shown() {
        let sizes = cbad::Sizes {
            baseline_bytes: 900,
            window_bytes: 900,
            baseline_bits: 2000,
            window_bits: 2400,
            both_bits: 4100,
        };
        let share = Some(Share { below: 40, of: 40 });
        let entry = |name: &str, absent: Option<&str>| {
            let mut codec = codecs().swap_remove(0);
            (codec.name, codec.absent) = (name.to_owned(), absent.map(str::to_owned));
            let there = absent.is_none();
            JuryEntry {
                codec,
                sizes: there.then_some(sizes),
                dearer_than: share.filter(|_| there),
                farther_than: share.filter(|_| there),
            }
        };
        let jury = Jury { entries: vec![entry("zstd", None), entry("openzl", Some("built without\u{1b}"))] };
        let mut text = Vec::new();
        write_jury(&mut text, &jury).expect("a Vec takes every byte");
        let text = String::from_utf8_lossy(&text);
        assert!(text.contains("1 of 1 codecs find the window unusual"), "{text}");
        assert!(text.contains("0.875        2100   3.00     40 of 40      40 of 40  yes"), "{text}");
        assert!(text.contains("absent: built without\\u{1b}"), "{text}");
        let json = serde_json::to_value(JuryJson::from(&jury)).expect("finite numbers");
        assert_eq!(json["codecs"][0]["delta_bits"], 2100);
        assert_eq!(json["codecs"][1]["agrees"], serde_json::Value::Null);
    }

    #[test]
    fn a_run_of_other_codecs_is_said_to_be_one() {
        let mut run = RunRow {
            id: 1,
            engine: String::new(),
            codecs: codecs(),
            config: Config::default(),
            captures: Vec::new(),
            streams: Vec::new(),
            results_sha256: String::new(),
            windows: 0,
            flagged: 0,
            findings: 0,
        };
        let said = |run: &RunRow| {
            let mut text = Vec::new();
            write_differences(&mut text, run, "  ").expect("a Vec takes every byte");
            String::from_utf8_lossy(&text).into_owned()
        };
        assert_eq!(said(&run), "");
        run.codecs[0].version = "1.4.0\u{202e}".to_owned();
        assert!(
            said(&run).starts_with("  This run was made with zstd 1.4.0\\u{202e}, level 3"),
            "{}",
            said(&run)
        );
    }
}
