//! What is flagged where nothing was put in: shuffled lines, and real logs as they are.

use crate::draw::Draw;
use crate::evalues;
use crate::logs::{self, Log, Placed, Run};
use crate::table::{Cell, Report, Table, interval_cell};
use crate::{Setup, progress};
use cbad::{Config, Lens, LensScore};
use rayon::prelude::*;

/// Events of one shuffled run, and of one piece of an untouched log.
const STRETCH: usize = 2_000;

/// Shuffled runs for each log and way of shuffling, unless asked otherwise.
const RUNS: usize = 20;

fn windows_of_50() -> Config {
    Config { window: Some(50), hop: Some(10), ..Config::default() }
}

/// How lines are shuffled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Lines of the whole log, without their times: nothing is left but an exchangeable sequence.
    NoTimes,
    /// A stretch whose lines are shuffled among themselves, and the gaps between their times too.
    Gaps,
    /// A stretch whose lines are shuffled, while the times stay where they are: bursts and pauses remain real.
    TimesInPlace,
    /// Lines of the whole log, each with its own time, as a shuffled file has them.
    File,
}

const WAYS: [Way; 4] = [Way::NoTimes, Way::Gaps, Way::TimesInPlace, Way::File];

impl Way {
    const fn name(self) -> &'static str {
        match self {
            Self::NoTimes => "lines, no times",
            Self::Gaps => "lines and gaps",
            Self::TimesInPlace => "lines, times stay",
            Self::File => "the file's lines",
        }
    }

    /// Whether nothing at all is left to be found.
    const fn is_null(self) -> bool {
        matches!(self, Self::NoTimes | Self::Gaps)
    }
}

/// Whether anything is flagged in one shuffled run, by what decides and by e-values.
struct Shuffled {
    log: usize,
    way: Way,
    flagged: bool,
    by_e_values: bool,
}

/// Shuffled runs in which anything is flagged.
pub(crate) fn shuffled(setup: &Setup) -> anyhow::Result<Report> {
    let logs = logs::load(setup.data()?)?;
    let runs = setup.trials(RUNS);
    let mut jobs = Vec::new();
    for (log, lines) in logs.iter().enumerate() {
        for (which, &way) in WAYS.iter().enumerate() {
            jobs.extend((0..lines.fewer(runs, STRETCH)).map(|run| (log, which, way, run)));
        }
    }
    let ticks = progress("shuffled", jobs.len());
    let any: Vec<Shuffled> = jobs
        .into_par_iter()
        .map(|(log, which, way, run)| {
            let mut draw = Draw::new(setup.seed, &[log as u64, which as u64, run as u64]);
            let pieces = shuffle(&logs[log], way, &mut draw);
            let config = Config { lenses: setup.lenses.clone(), ..windows_of_50() };
            let run = logs::analyze(&pieces, &config);
            setup.tell(&format!("{}, {}", logs[log].name, way.name()), &run.result.findings);
            let flagged = run.result.findings.iter().any(|finding| finding.flagged);
            let by_e_values = evalues::flagged(&run, config.alpha);
            ticks.tick();
            Shuffled { log, way, flagged, by_e_values: !by_e_values.is_empty() }
        })
        .collect();
    Ok(report_shuffled(&logs, &any, runs))
}

fn shuffle<'a>(log: &'a Log, way: Way, draw: &mut Draw) -> Vec<Placed<'a>> {
    let n = STRETCH.min(log.events.len());
    if matches!(way, Way::NoTimes | Way::File) {
        let mut order: Vec<usize> = (0..log.events.len()).collect();
        draw.shuffle(&mut order);
        let chosen = order[..n].iter().flat_map(|&index| log.piece(index..index + 1));
        return chosen.map(|piece| if way == Way::NoTimes { at(piece, None) } else { piece }).collect();
    }
    let first = draw.below(log.events.len() - n + 1);
    let mut pieces = log.piece(first..first + n);
    let mut times: Vec<Option<i64>> = pieces.iter().map(|piece| piece.event.time_nanos).collect();
    if way == Way::Gaps {
        times = with_gaps_shuffled(&times, draw);
    }
    draw.shuffle(&mut pieces);
    pieces.into_iter().zip(times).map(|(piece, time)| at(piece, time)).collect()
}

fn at(mut piece: Placed<'_>, time_nanos: Option<i64>) -> Placed<'_> {
    piece.event.to_mut().time_nanos = time_nanos;
    piece
}

/// The same first time and the same gaps in another order. Times that are missing stay missing.
fn with_gaps_shuffled(times: &[Option<i64>], draw: &mut Draw) -> Vec<Option<i64>> {
    let known: Vec<i64> = times.iter().copied().flatten().collect();
    let mut gaps: Vec<i64> = known.windows(2).map(|pair| pair[1] - pair[0]).collect();
    draw.shuffle(&mut gaps);
    let mut gaps = gaps.into_iter();
    let mut last: Option<i64> = None;
    times
        .iter()
        .map(|time| {
            time.as_ref()?;
            last = match last {
                None => known.first().copied(),
                Some(before) => Some(before + gaps.next().unwrap_or_default()),
            };
            last
        })
        .collect()
}

fn report_shuffled(logs: &[Log], any: &[Shuffled], runs: usize) -> Report {
    let count_of = |wanted: &dyn Fn(usize, Way) -> bool, is_flagged: fn(&Shuffled) -> bool| {
        let chosen: Vec<bool> = any.iter().filter(|s| wanted(s.log, s.way)).map(is_flagged).collect();
        (chosen.iter().filter(|flag| **flag).count() as u64, chosen.len() as u64)
    };
    let count = |wanted: &dyn Fn(usize, Way) -> bool| count_of(wanted, |s| s.flagged);
    let mut report = Report::new("shuffled", "Shuffled lines");
    report.say(format!(
        "Share of runs in which anything is flagged at a false discovery rate of 5 %; {runs} runs for each log and way, \
         a quarter of that for logs of very long lines; {STRETCH} lines, window 50, hop 10. In the first two ways nothing is left to be found. Where the times stay, bursts and pauses \
         remain as they were; the file's lines with their own times jump to and fro in time."
    ));
    let header: Vec<&str> = std::iter::once("log").chain(WAYS.iter().map(|way| way.name())).collect();
    let mut by_log = Table::new("logs", &header);
    for (index, log) in logs.iter().enumerate() {
        let shares = WAYS.map(|way| {
            let (hits, of) = count(&|l, w| l == index && w == way);
            Cell::Share(hits, of)
        });
        by_log.row(std::iter::once(Cell::text(&log.name)).chain(shares));
    }
    let all = WAYS.map(|way| count(&|_, w| w == way));
    by_log.row(std::iter::once(Cell::text("all")).chain(all.map(|(hits, of)| Cell::Share(hits, of))));
    let intervals = all.map(|(hits, of)| interval_cell(hits, of));
    by_log.row(std::iter::once(Cell::text("95 % interval")).chain(intervals));
    report.table(by_log);
    let (hits, of) = count(&|_, w| w.is_null());
    report.at_most("runs with any flag where nothing is left to be found", 5.0, hits, of);
    let (hits, of) = count_of(&|_, w| w.is_null(), |s| s.by_e_values);
    report.at_most("the same by e-values", 5.0, hits, of);
    let (hits, of) = count(&|_, w| w == Way::File);
    report.at_most("runs with any flag, the file's lines", 5.0, hits, of);
    report
}

/// How an untouched log is cut and analysed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cut {
    in_pieces: bool,
    defaults: bool,
}

const CUTS: [Cut; 4] = [
    Cut { in_pieces: false, defaults: true },
    Cut { in_pieces: false, defaults: false },
    Cut { in_pieces: true, defaults: true },
    Cut { in_pieces: true, defaults: false },
];

impl Cut {
    const fn name(self) -> &'static str {
        match (self.in_pieces, self.defaults) {
            (false, true) => "whole, defaults",
            (false, false) => "whole, 50/10",
            (true, true) => "pieces, defaults",
            (true, false) => "pieces, 50/10",
        }
    }
}

/// Windows flagged in real logs as they are.
pub(crate) fn untouched(setup: &Setup) -> anyhow::Result<Report> {
    let logs = logs::load(setup.data()?)?;
    let mut jobs = Vec::new();
    for (log, events) in logs.iter().map(|log| log.events.len()).enumerate() {
        for cut in CUTS {
            let length = if cut.in_pieces { STRETCH } else { events };
            let starts = (0..events).step_by(length.max(1));
            // A rest of less than a quarter of a piece is not a capture that anybody would analyse.
            let whole = starts.filter(|start| (events - start) * 4 >= length);
            jobs.extend(whole.map(|start| (log, cut, start..(start + length).min(events))));
        }
    }
    let ticks = progress("untouched", jobs.len());
    let counts: Vec<(usize, Cut, Counts)> = jobs
        .into_par_iter()
        .map(|(log, cut, range)| {
            let config = if cut.defaults { Config::default() } else { windows_of_50() };
            let config = Config { lenses: setup.lenses.clone(), ..config };
            let run = logs::analyze(&logs[log].piece(range), &config);
            setup.tell(&format!("{}, {}", logs[log].name, cut.name()), &run.result.findings);
            let counts = Counts::of(&run, config.alpha);
            ticks.tick();
            (log, cut, counts)
        })
        .collect();
    Ok(report_untouched(&logs, &counts))
}

/// What was flagged in one analysis, or in several.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    windows: u64,
    flagged: u64,
    findings: u64,
    /// Windows that each lens flags, in the order of [`Lens::ALL`].
    by_lens: [u64; Lens::ALL.len()],
}

impl Counts {
    fn of(run: &Run<'_>, alpha: f64) -> Self {
        let (flagged, windows) = run.flagged();
        let findings = run.result.findings.iter().filter(|finding| finding.flagged).count() as u64;
        let by_lens = Lens::ALL.map(|lens| {
            let flags = |score: &LensScore| score.lens == lens && score.q.is_some_and(|q| q <= alpha);
            run.windows().filter(|(_, window)| window.flagged && window.lenses.iter().any(flags)).count()
                as u64
        });
        Self { windows, flagged, findings, by_lens }
    }

    fn plus(mut self, other: &Self) -> Self {
        self.windows += other.windows;
        self.flagged += other.flagged;
        self.findings += other.findings;
        self.by_lens.iter_mut().zip(other.by_lens).for_each(|(sum, more)| *sum += more);
        self
    }
}

fn report_untouched(logs: &[Log], counts: &[(usize, Cut, Counts)]) -> Report {
    let sum = |wanted: &dyn Fn(usize, Cut) -> bool| {
        let chosen = counts.iter().filter(|(log, cut, _)| wanted(*log, *cut));
        chosen.map(|(_, _, counts)| counts).fold(Counts::default(), Counts::plus)
    };
    let mut report = Report::new("untouched", "Untouched logs");
    report.say(format!(
        "Share of windows flagged by the balanced profile, with the number of flagged findings; each log whole, and in pieces of \
         {STRETCH} lines, with the defaults and with window 50, hop 10. No labels: a flagged window may well show a change. A window \
         may be flagged by several lenses."
    ));
    let mut header = vec!["log".to_owned()];
    header.extend(CUTS.iter().flat_map(|cut| [cut.name().to_owned(), format!("findings, {}", cut.name())]));
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let mut table = Table::new("logs", &header);
    let cells = |wanted: &dyn Fn(usize) -> bool| {
        CUTS.map(|cut| {
            let counts = sum(&|l, c| wanted(l) && c == cut);
            [Cell::Share(counts.flagged, counts.windows), Cell::Count(counts.findings)]
        })
    };
    for (index, log) in logs.iter().enumerate() {
        table.row(std::iter::once(Cell::text(&log.name)).chain(cells(&|l| l == index).into_iter().flatten()));
    }
    table.row(std::iter::once(Cell::text("all")).chain(cells(&|_| true).into_iter().flatten()));
    report.table(table);
    let header: Vec<&str> =
        ["log", "cut"].into_iter().chain(Lens::ALL.iter().map(|lens| lens.name())).collect();
    let mut lenses = Table::new("lenses", &header);
    for (index, log) in logs.iter().enumerate() {
        for cut in CUTS.into_iter().filter(|cut| !cut.defaults) {
            let counts = sum(&|l, c| l == index && c == cut);
            let shares = counts.by_lens.map(|flagged| Cell::Share(flagged, counts.windows));
            lenses.row([Cell::text(&log.name), Cell::text(cut.name())].into_iter().chain(shares));
        }
    }
    report.table(lenses);
    for cut in CUTS {
        let counts = sum(&|_, c| c == cut);
        report.at_most(format!("windows flagged, {}", cut.name()), 1.0, counts.flagged, counts.windows);
    }
    report
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shuffled_gaps_are_the_same_gaps() {
        let times = [Some(10), None, Some(11), Some(15), Some(15), Some(40)];
        let mut draw = Draw::new(3, &[]);
        let shuffled = with_gaps_shuffled(&times, &mut draw);
        assert_eq!(shuffled[1], None);
        let known: Vec<i64> = shuffled.into_iter().flatten().collect();
        assert_eq!((known[0], known[4]), (10, 40));
        let mut gaps: Vec<i64> = known.windows(2).map(|pair| pair[1] - pair[0]).collect();
        gaps.sort_unstable();
        assert_eq!(gaps, [0, 1, 4, 25]);
    }
}
