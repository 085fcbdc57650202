//! Labelled series of the Numenta Anomaly Benchmark, each detector under one threshold or by its own alarms.

use crate::nab_detectors::{DETECTORS, Detector, Point, Verdict};
use crate::nab_scorer::{Labels, Profile, best_threshold, normalised};
use crate::table::{Cell, Report, Table};
use crate::{Setup, logs, progress};
use anyhow::Context;
use rayon::prelude::*;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// A series and its labels.
struct Series {
    /// Folder and file.
    name: String,
    points: Vec<Point>,
    labels: Labels,
}

impl Series {
    fn folder(&self) -> &str {
        self.name.split('/').next().unwrap_or_default()
    }
}

/// Scores every detector.
pub(crate) fn run(setup: &Setup) -> anyhow::Result<Report> {
    let folder = setup.data()?.join("nab");
    let series = load(&folder)?;
    let profiles = profiles(&folder)?;
    let ticks = progress("nab", series.len() * DETECTORS.len());
    let verdicts: Vec<Vec<Vec<Verdict>>> = DETECTORS
        .par_iter()
        .map(|detector| {
            let judge = |series: &Series| {
                let verdicts = (detector.judge)(&series.points);
                ticks.tick();
                verdicts
            };
            series.par_iter().map(judge).collect()
        })
        .collect();
    Ok(report(&series, &profiles, &verdicts))
}

/// `data/*/*.csv` with a window list of its own in `combined_windows.json`.
fn load(folder: &Path) -> anyhow::Result<Vec<Series>> {
    let text = std::fs::read_to_string(folder.join("combined_windows.json"))
        .with_context(|| format!("{} has no combined_windows.json", folder.display()))?;
    let windows: Value = serde_json::from_str(&text).context("combined_windows.json is not JSON")?;
    let mut series = Vec::new();
    for group in logs::files(&folder.join("data"))? {
        for path in logs::files(&group)? {
            let part = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let name = format!("{}/{}", part(&group), part(&path));
            let Some(list) = windows.get(&name).and_then(Value::as_array) else { continue };
            let text = std::fs::read_to_string(&path)?;
            let points = points(&text).with_context(|| format!("{name} cannot be read"))?;
            let labels =
                labels(&points, list).with_context(|| format!("the windows of {name} cannot be read"))?;
            series.push(Series { name, points, labels });
        }
    }
    Ok(series)
}

fn points(text: &str) -> anyhow::Result<Vec<Point>> {
    let rows = text.lines().skip(1).filter(|line| !line.is_empty());
    rows.map(|line| {
        let (time, value) = line.split_once(',').with_context(|| format!("no comma in '{line}'"))?;
        let value = value.trim().parse().with_context(|| format!("no number in '{line}'"))?;
        Ok(Point { time_nanos: nanos(time)?, value })
    })
    .collect()
}

fn labels(points: &[Point], windows: &[Value]) -> anyhow::Result<Labels> {
    let windows: anyhow::Result<Vec<_>> = windows
        .iter()
        .map(|window| {
            let edge = |side: usize| nanos(window[side].as_str().context("a window is two times")?);
            let (from, to) = (edge(0)?, edge(1)?);
            let first = points.iter().position(|point| point.time_nanos >= from);
            let last = points.iter().rposition(|point| point.time_nanos <= to);
            let (first, last) = first.zip(last).context("a window lies outside the series")?;
            anyhow::ensure!(first <= last, "a window holds no point");
            Ok(first..=last)
        })
        .collect();
    Ok(Labels { rows: points.len(), windows: windows? })
}

/// Nanoseconds UTC of `YYYY-MM-DD HH:MM:SS`, with or without a fraction.
fn nanos(text: &str) -> anyhow::Result<i64> {
    let numbers: Vec<&str> = text.trim().split(['-', ' ', ':', '.', 'T']).collect();
    let number = |at: usize| -> anyhow::Result<i64> {
        let digits = numbers.get(at).with_context(|| format!("'{text}' is not a time"))?;
        digits.parse().with_context(|| format!("'{text}' is not a time"))
    };
    let (year, month, day) = (number(0)?, number(1)?, number(2)?);
    let seconds = (number(3)? * 60 + number(4)?) * 60 + number(5)?;
    let fraction = numbers.get(6).map_or(Ok(0), |digits| format!("{digits:0<9.9}").parse::<i64>())?;
    // Days from civil: years begin in March, so that the day that may be missing is the last one.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let days = days + (153 * month + 2) / 5 + day - 1 - 719_468;
    Ok((days * 86_400 + seconds) * 1_000_000_000 + fraction)
}

/// The profiles of `profiles.json`, the standard one first; the published ones where there is no such file.
fn profiles(folder: &Path) -> anyhow::Result<Vec<Profile>> {
    let published = r#"{"standard": {"CostMatrix": {"tpWeight": 1.0, "fnWeight": 1.0, "fpWeight": 0.11}},
        "reward_low_FP_rate": {"CostMatrix": {"tpWeight": 1.0, "fnWeight": 1.0, "fpWeight": 0.22}},
        "reward_low_FN_rate": {"CostMatrix": {"tpWeight": 1.0, "fnWeight": 2.0, "fpWeight": 0.11}}}"#;
    let path = folder.join("profiles.json");
    let text = if path.is_file() { std::fs::read_to_string(path)? } else { published.to_owned() };
    let value: Value = serde_json::from_str(&text).context("profiles.json is not JSON")?;
    let list = value.as_object().context("profiles.json is not an object")?;
    let mut profiles = Vec::new();
    for (name, profile) in list {
        let weight = |which: &str| {
            let weight = profile["CostMatrix"][which].as_f64();
            weight.with_context(|| format!("profile {name} has no {which}"))
        };
        profiles.push(Profile {
            name: name.clone(),
            true_positive: weight("tpWeight")?,
            false_negative: weight("fnWeight")?,
            false_positive: weight("fpWeight")?,
        });
    }
    profiles.sort_by_key(|profile| (profile.name != "standard", std::cmp::Reverse(profile.name.clone())));
    Ok(profiles)
}

/// Raw score, and those of the null and the perfect detector, over some series.
fn total(series: &[&Series], profile: &Profile, score: impl Fn(usize, &Series) -> f64) -> Option<f64> {
    let raw: f64 = series.iter().enumerate().map(|(index, series)| score(index, series)).sum();
    let ends = series.iter().map(|series| series.labels.null_and_perfect(profile));
    let (null, perfect) = ends.fold((0.0, 0.0), |(a, b), (null, perfect)| (a + null, b + perfect));
    normalised(raw, null, perfect)
}

/// Which rows count as detected.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Rule {
    Threshold(f64),
    OwnAlarms,
}

impl Rule {
    fn detects(self, verdict: Verdict) -> bool {
        match self {
            Self::Threshold(threshold) => verdict.score >= threshold,
            Self::OwnAlarms => verdict.flagged == Some(true),
        }
    }
}

fn normalised_by(series: &[(&Series, &[Verdict])], profile: &Profile, rule: Rule) -> Option<f64> {
    let only: Vec<&Series> = series.iter().map(|(series, _)| *series).collect();
    total(&only, profile, |index, one| one.labels.score(profile, |row| rule.detects(series[index].1[row])))
}

fn threshold(series: &[(&Series, &[Verdict])], profile: &Profile) -> f64 {
    let scores: Vec<Vec<f64>> = series.iter().map(|(_, v)| v.iter().map(|v| v.score).collect()).collect();
    let pairs: Vec<(&Labels, &[f64])> =
        series.iter().zip(&scores).map(|((series, _), scores)| (&series.labels, scores.as_slice())).collect();
    best_threshold(&pairs, profile).1
}

fn score_cell(score: Option<f64>) -> Cell {
    score.map_or(Cell::Nothing, |score| Cell::Number(score, 1))
}

fn report(series: &[Series], profiles: &[Profile], verdicts: &[Vec<Vec<Verdict>>]) -> Report {
    let windows: usize = series.iter().map(|series| series.labels.windows.len()).sum();
    let mut report = Report::new("nab", "Labelled series (NAB)");
    report.say(format!(
        "{} series, {windows} labelled windows. Detectors see the past only. 'Own alarms' takes each point that the detector flags with its \
         defaults; 'best threshold' is one threshold over all series, chosen as the benchmark does, for each profile. Published: the standard \
         profile over all 58 series.",
        series.len()
    ));
    let mut header = vec!["detector".to_owned(), "rule".to_owned()];
    header.extend(profiles.iter().map(|profile| profile.name.replace('_', " ")));
    header.push("published".to_owned());
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let mut detectors = Table::new("detectors", &header);
    for (detector, verdicts) in DETECTORS.iter().zip(verdicts) {
        let judged = judged(series, verdicts);
        let mut row = |rule: &str, score: &dyn Fn(&Profile) -> Option<f64>| {
            let cells = profiles.iter().map(|profile| score_cell(score(profile)));
            let ends = [Cell::text(detector.name), Cell::text(rule)];
            detectors.row(ends.into_iter().chain(cells).chain([score_cell(detector.published)]));
        };
        if verdicts.iter().flatten().any(|verdict| verdict.flagged.is_some()) {
            row("own alarms", &|profile| normalised_by(&judged, profile, Rule::OwnAlarms));
        }
        row("best threshold", &|profile| {
            normalised_by(&judged, profile, Rule::Threshold(threshold(&judged, profile)))
        });
    }
    report.table(detectors);
    if let Some(standard) = profiles.first() {
        report.table(by_folder(series, standard, verdicts));
        report.table(by_file(series, standard, verdicts));
        judge_engine(&mut report, series, standard, verdicts);
    }
    report
}

fn judged<'a>(series: &'a [Series], verdicts: &'a [Vec<Verdict>]) -> Vec<(&'a Series, &'a [Verdict])> {
    series.iter().zip(verdicts).map(|(series, verdicts)| (series, verdicts.as_slice())).collect()
}

/// How the columns of a detector are headed in the tables by folder and file.
fn columns(first: &str, verdicts: &[Vec<Vec<Verdict>>]) -> Vec<(String, usize, bool)> {
    let mut columns = vec![(first.to_owned(), 0, false)];
    for (at, Detector { name, .. }) in DETECTORS.iter().enumerate() {
        if verdicts[at].iter().flatten().any(|verdict| verdict.flagged.is_some()) {
            columns.push((format!("{name}, own alarms"), at, true));
        }
        columns.push((format!("{name}, best threshold"), at, false));
    }
    columns
}

fn rules(series: &[Series], standard: &Profile, verdicts: &[Vec<Vec<Verdict>>]) -> Vec<(usize, Rule)> {
    let columns = columns("", verdicts);
    let rule = |(_, at, own): &(String, usize, bool)| {
        let rule = if *own {
            Rule::OwnAlarms
        } else {
            Rule::Threshold(threshold(&judged(series, &verdicts[*at]), standard))
        };
        (*at, rule)
    };
    columns[1..].iter().map(rule).collect()
}

fn by_folder(series: &[Series], standard: &Profile, verdicts: &[Vec<Vec<Verdict>>]) -> Table {
    let columns = columns("folder", verdicts);
    let header: Vec<&str> = columns.iter().map(|(name, ..)| name.as_str()).collect();
    let mut table = Table::new("folders", &header);
    let rules = rules(series, standard, verdicts);
    for folder in series.iter().map(Series::folder).collect::<BTreeSet<_>>() {
        let cells = rules.iter().map(|(at, rule)| {
            let judged = judged(series, &verdicts[*at]);
            let inside: Vec<_> = judged.into_iter().filter(|(series, _)| series.folder() == folder).collect();
            score_cell(normalised_by(&inside, standard, *rule))
        });
        table.row(std::iter::once(Cell::text(folder)).chain(cells));
    }
    table
}

/// Raw scores: a file without a window has no normalised one, but may lose points.
fn by_file(series: &[Series], standard: &Profile, verdicts: &[Vec<Vec<Verdict>>]) -> Table {
    let columns = columns("raw score by file (windows)", verdicts);
    let header: Vec<&str> = columns.iter().map(|(name, ..)| name.as_str()).collect();
    let mut table = Table::new("files", &header);
    let rules = rules(series, standard, verdicts);
    for (index, one) in series.iter().enumerate() {
        let cells = rules.iter().map(|(at, rule)| {
            let detects = |row: usize| rule.detects(verdicts[*at][index][row]);
            Cell::Number(one.labels.score(standard, detects), 2)
        });
        let name = format!("{} ({})", one.name, one.labels.windows.len());
        table.row(std::iter::once(Cell::Text(name)).chain(cells));
    }
    table
}

/// The target is the engine's, by its own alarms: no threshold is chosen by the labels.
fn judge_engine(report: &mut Report, series: &[Series], standard: &Profile, verdicts: &[Vec<Vec<Verdict>>]) {
    for (detector, verdicts) in DETECTORS.iter().zip(verdicts) {
        let judged = judged(series, verdicts);
        let has_alarms = verdicts.iter().flatten().any(|verdict| verdict.flagged.is_some());
        if let Some(score) = normalised_by(&judged, standard, Rule::OwnAlarms).filter(|_| has_alarms) {
            report.score(format!("{}, own alarms, standard profile", detector.name), 60.0, score);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_nanoseconds_utc() {
        for (text, expected) in [
            ("1970-01-01 00:00:00", 0),
            ("2014-04-10 16:15:00", 1_397_146_500_000_000_000),
            ("2014-04-10 16:15:00.000000", 1_397_146_500_000_000_000),
            ("2016-02-29 23:59:59.25", 1_456_790_399_250_000_000),
        ] {
            assert_eq!(nanos(text).expect("a time"), expected, "{text}");
        }
        assert!(nanos("noon").is_err());
    }

    #[test]
    fn windows_are_rows() -> anyhow::Result<()> {
        let points = points(
            "timestamp,value\n2014-01-01 00:00:00,1\n2014-01-01 00:05:00,2.5\n2014-01-01 00:10:00,3\n",
        )?;
        let window = |from: &str, to: &str| serde_json::json!([[from, to]]).as_array().cloned();
        let list = window("2014-01-01 00:05:00.000000", "2014-01-01 00:10:00.000000").context("a list")?;
        assert_eq!(labels(&points, &list)?, Labels { rows: 3, windows: vec![1..=2] });
        let list = window("2015-01-01 00:05:00.000000", "2015-01-01 00:10:00.000000").context("a list")?;
        assert!(labels(&points, &list).is_err());
        Ok(())
    }
}
