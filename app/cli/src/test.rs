//! `driftlock test`: the canonical test of one finding, with the distribution that its p comes from.

use std::io::{self, Write};
use std::process::ExitCode;

use case::{TestChoice, inert};
use cbad::{CanonicalTest, CodecName, Statistic};
use serde::Serialize;

use crate::arguments::TestArguments;
use crate::decide::open;
use crate::failure::Failure;
use crate::findings::latest;
use crate::interrupt;
use crate::json::{Run, SCHEMA};
use crate::jury::{measure, test_in_words, value, write_differences};
use crate::output;
use crate::progress::Progress;

/// Rows of the histogram; the 40 bins are shown two by two.
const BINS_A_ROW: usize = 2;
/// Characters of the longest bar.
const BAR: u64 = 50;

#[derive(Serialize)]
struct TestJson {
    schema: u32,
    run: Run,
    finding: i64,
    test: CanonicalTest,
}

pub(crate) fn run(arguments: &TestArguments, by: Option<&str>) -> Result<ExitCode, Failure> {
    let mut case = open(&arguments.case, by)?;
    let run = latest(&case)?;
    let choice = TestChoice {
        codec: arguments.codec,
        statistic: arguments.statistic,
        permutations: arguments.permutations,
    };
    interrupt::listen();
    let progress = Progress::new();
    let threads = arguments.threads.map(usize::from);
    let test = case.canonical_test(run.id, arguments.finding, choice, threads, &progress);
    progress.clear();
    let test = test?;
    if arguments.json {
        output::json(&TestJson { schema: SCHEMA, run: Run::from(&run), finding: arguments.finding, test })?;
    } else {
        let row = case.finding(run.id, arguments.finding)?;
        let mut out = output::stdout();
        write_differences(&mut out, &run, "")?;
        writeln!(
            out,
            "Finding {}, window {} of stream {} “{}”",
            row.id,
            test.window,
            row.stream.id,
            inert(row.stream.key.label())
        )?;
        write(&mut out, &test)?;
        out.flush()?;
    }
    Ok(ExitCode::SUCCESS)
}

fn write(out: &mut impl Write, test: &CanonicalTest) -> io::Result<()> {
    writeln!(out, "{}", test_in_words(test))?;
    let level = test.codec.level.map_or_else(String::new, |level| format!(", level {level}"));
    writeln!(
        out,
        "by {} {}{level}; seed {}; C(b) {}, C(w) {}, C(bw) {} bits; no p can be smaller than {:.1e}",
        inert(&test.codec.name),
        inert(&test.codec.version),
        test.seed,
        test.sizes.baseline_bits,
        test.sizes.window_bits,
        test.sizes.both_bits,
        test.p.floor
    )?;
    writeln!(out, "\n{} of the permutations; > marks the observed value", measure(test.statistic))?;
    write_histogram(out, test)?;
    writeln!(out, "\nSHA-256 of all values {}", inert(&test.null_sha256))?;
    if test.codec.name != CodecName::Count.name() {
        writeln!(
            out,
            "Shuffling also breaks up runs and fixed orders of lines, which this codec sees. For a test that order does \
             not touch, use --codec count."
        )?;
    }
    Ok(())
}

/// A row for every two bins from the least value up. The observed value stands in its row, or in one of its own beyond.
fn write_histogram(out: &mut impl Write, test: &CanonicalTest) -> io::Result<()> {
    let null = &test.null;
    let rows: Vec<u64> =
        null.counts.chunks(BINS_A_ROW).map(|bins| bins.iter().map(|count| u64::from(*count)).sum()).collect();
    let most = rows.iter().copied().max().unwrap_or(0).max(1);
    let width = (null.greatest - null.least) / rows.len().max(1) as f64;
    let beyond = |out: &mut _| writeln_row(out, '>', &value(test, test.observed), 0, most);
    if test.observed < null.least {
        beyond(out)?;
    }
    for (at, count) in rows.iter().enumerate() {
        let from = null.least + width * at as f64;
        let is_last = at + 1 == rows.len();
        let inside = test.observed >= from
            && (test.observed < from + width || is_last && test.observed <= null.greatest);
        writeln_row(out, if inside { '>' } else { ' ' }, &value(test, from), *count, most)?;
    }
    if test.observed > null.greatest {
        beyond(out)?;
    }
    Ok(())
}

fn writeln_row(out: &mut impl Write, mark: char, from: &str, count: u64, most: u64) -> io::Result<()> {
    // A bar rounds up, so that one value is seen too.
    let bar = "#".repeat((count * BAR).div_ceil(most) as usize);
    writeln!(out, "{}", format!("{mark}{from:>10} {count:>8} {bar}").trim_end())
}

/// For the command line.
pub(crate) fn parse_codec(text: &str) -> Result<CodecName, String> {
    CodecName::from_name(text)
        .ok_or_else(|| format!("one of {}", CodecName::ALL.map(CodecName::name).join(", ")))
}

/// For the command line.
pub(crate) fn parse_statistic(text: &str) -> Result<Statistic, String> {
    Statistic::from_name(text)
        .ok_or_else(|| format!("one of {}", Statistic::ALL.map(Statistic::name).join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use cbad::{Histogram, PValue, Sizes};

    fn test(observed: f64) -> CanonicalTest {
        CanonicalTest {
            window: 3,
            codec: cbad::codecs().swap_remove(0),
            statistic: Statistic::Delta,
            seed: 42,
            sizes: Sizes::default(),
            observed,
            extreme: 0,
            p: PValue { value: 0.01, floor: 0.01, n: 99 },
            null: Histogram { least: 100.0, greatest: 140.0, counts: (0..40).collect() },
            null_sha256: "ab".repeat(32),
        }
    }

    fn shown(observed: f64) -> Vec<String> {
        let mut text = Vec::new();
        write_histogram(&mut text, &test(observed)).expect("a Vec takes every byte");
        String::from_utf8_lossy(&text).lines().map(str::to_owned).collect()
    }

    #[test]
    fn the_observed_value_is_marked_once_wherever_it_is() {
        for (observed, rows, marked) in
            [(99.0, 21, 0), (100.0, 20, 0), (121.0, 20, 10), (140.0, 20, 19), (150.0, 21, 20)]
        {
            let lines = shown(observed);
            let marks: Vec<usize> = (0..lines.len()).filter(|&i| lines[i].starts_with('>')).collect();
            assert_eq!((lines.len(), marks), (rows, vec![marked]), "{observed}");
        }
        assert_eq!(shown(150.0)[20], ">       150        0");
        assert_eq!(shown(150.0)[19].matches('#').count(), 50);
    }

    #[test]
    fn the_names_of_the_command_line_are_those_of_the_engine() {
        for codec in CodecName::ALL {
            assert_eq!(parse_codec(codec.name()), Ok(codec));
        }
        assert!(parse_codec("brotli").is_err_and(|what| what.contains("openzl")));
        assert_eq!(parse_statistic("delta"), Ok(Statistic::Delta));
        assert!(parse_statistic("d").is_err());
    }
}
