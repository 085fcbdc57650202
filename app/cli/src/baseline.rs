//! Values on the command line that have a syntax of their own.

use std::path::PathBuf;

use case::Moment;
use cbad::{Baseline, Lens, Period, Profile, Stretch};
use ingest::Format;

/// A whole number is a position, everything else a time as RFC 3339 writes it.
pub(crate) fn parse_moment(text: &str) -> Result<Moment, String> {
    Moment::parse(text)
}

/// What windows are compared with, as asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Against {
    /// Something of the capture itself.
    Own(Baseline),
    /// The case in this file.
    Anchor(PathBuf),
}

/// `anchor:FILE.driftlock`, or a baseline within the capture.
pub(crate) fn parse_baseline(text: &str) -> Result<Against, String> {
    match text.strip_prefix("anchor:") {
        Some("") => Err("give the case that is the anchor: anchor:FILE.driftlock".to_owned()),
        Some(path) => Ok(Against::Anchor(path.into())),
        None => parse_own_baseline(text).map(Against::Own),
    }
}

/// A stretch that something is said of, as asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// A finding of the latest run.
    Finding(i64),
    /// Events of a stream.
    Stretch(Stretch),
}

/// A number of a finding, or `STREAM:FIRST..LAST`. A stream's name may hold colons itself.
pub(crate) fn parse_mark(text: &str) -> Result<Mark, String> {
    if let Ok(finding) = text.parse() {
        return Ok(Mark::Finding(finding));
    }
    let positions = |range: &str| {
        let (first, last) = range.split_once("..")?;
        Some((first.parse().ok()?, last.parse().ok()?))
    };
    let stretch = text.rsplit_once(':').and_then(|(stream, range)| Some((stream, positions(range)?)));
    match stretch {
        Some((stream, (first_event, last_event))) if first_event <= last_event => {
            Ok(Mark::Stretch(Stretch { stream: stream.to_owned(), first_event, last_event }))
        }
        _ => Err(format!("“{text}” is neither the number of a finding nor STREAM:FIRST..LAST")),
    }
}

/// A profile by its stable name.
pub(crate) fn parse_profile(text: &str) -> Result<Profile, String> {
    let known = Profile::ALL.into_iter().find(|profile| profile.name() == text);
    known.ok_or_else(|| format!("“{text}” is no profile; there are sensitive, balanced and strict"))
}

/// `rest`, `trailing:N`, `range:START..END`, `season:day` or `season:week`.
fn parse_own_baseline(text: &str) -> Result<Baseline, String> {
    if text == "rest" {
        return Ok(Baseline::Rest);
    }
    if let Some(events) = text.strip_prefix("trailing:") {
        return match events.parse() {
            Ok(events) if events > 0 => Ok(Baseline::Trailing { events }),
            _ => Err(format!("“{events}” is not a number of events from 1 to {}", u32::MAX)),
        };
    }
    match text {
        "season:day" => return Ok(Baseline::Season { period: Period::Day }),
        "season:week" => return Ok(Baseline::Season { period: Period::Week }),
        _ => {}
    }
    let (start, end) = text.strip_prefix("range:").and_then(|range| range.split_once("..")).ok_or(
        "give rest, trailing:EVENTS, range:START..END, season:day, season:week or anchor:FILE.driftlock",
    )?;
    let empty = || format!("the range “{text}” is empty: its end is not after its start");
    match (parse_moment(start)?, parse_moment(end)?) {
        (Moment::Position(first), Moment::Position(end)) if first < end => {
            Ok(Baseline::Events { first, end })
        }
        (Moment::Nanos(start_nanos), Moment::Nanos(end_nanos)) if start_nanos < end_nanos => {
            Ok(Baseline::Times { start_nanos, end_nanos })
        }
        (Moment::Position(_), Moment::Position(_)) | (Moment::Nanos(_), Moment::Nanos(_)) => Err(empty()),
        _ => Err("give two times or two event positions, not one of each".to_owned()),
    }
}

/// Names of lenses with commas between them.
pub(crate) fn parse_lens(text: &str) -> Result<Lens, String> {
    let known = Lens::ALL.into_iter().find(|lens| lens.name() == text);
    known.ok_or_else(|| format!("“{text}” is no lens; there are content, mix, rate, values and order"))
}

/// A rate strictly between 0 and 1.
pub(crate) fn parse_alpha(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(alpha) if alpha > 0.0 && alpha < 1.0 => Ok(alpha),
        _ => Err("give a number between 0 and 1, for example 0.05".to_owned()),
    }
}

/// A format by its stable name.
pub(crate) fn parse_format(text: &str) -> Result<Format, String> {
    Format::from_name(text).ok_or_else(|| format!("there is no such format; there are {}", format_names()))
}

fn format_names() -> String {
    Format::ALL.map(Format::name).join(", ")
}

/// The help of `--format`, which names every format that there is.
pub(crate) fn format_help() -> String {
    format!("Read the captures as this format instead of recognising it: {}", format_names())
}

#[cfg(test)]
mod tests {
    use super::{
        Against, Mark, Moment, parse_alpha, parse_baseline, parse_mark, parse_moment, parse_profile,
    };
    use cbad::{Baseline, Period, Profile, Stretch};

    #[test]
    fn baselines_are_read_and_written_alike() {
        for (text, baseline) in [
            ("rest", Baseline::Rest),
            ("trailing:400", Baseline::Trailing { events: 400 }),
            ("season:week", Baseline::Season { period: Period::Week }),
            ("range:0..1500", Baseline::Events { first: 0, end: 1500 }),
            (
                "range:1970-01-01T00:00:01Z..1970-01-01T00:00:02.5Z",
                Baseline::Times { start_nanos: 1_000_000_000, end_nanos: 2_500_000_000 },
            ),
        ] {
            let baseline = Against::Own(baseline);
            assert_eq!(parse_baseline(text).as_ref(), Ok(&baseline));
            let Against::Own(baseline) = baseline else { unreachable!("made a line above") };
            assert_eq!(
                parse_baseline(&baseline.to_string()),
                Ok(Against::Own(baseline)),
                "{text} written and read"
            );
        }
        assert_eq!(parse_baseline("anchor:a b.driftlock"), Ok(Against::Anchor("a b.driftlock".into())));
        assert_eq!(parse_moment("1970-01-01T01:00:00+01:00"), Ok(Moment::Nanos(0)));
    }

    #[test]
    fn marks_and_profiles_are_read_as_they_are_written() {
        let stretch = Stretch { stream: "shop · a:b.log".to_owned(), first_event: 7, last_event: 90 };
        assert_eq!(parse_mark(&stretch.to_string()), Ok(Mark::Stretch(stretch)));
        assert_eq!(parse_mark("3"), Ok(Mark::Finding(3)));
        for text in ["", "shop", "shop:7", "shop:9..7", "shop:a..b", "3.5"] {
            assert!(parse_mark(text).is_err(), "{text}");
        }
        assert!(Profile::ALL.into_iter().all(|profile| parse_profile(profile.name()) == Ok(profile)));
        assert!(parse_profile("careful").is_err_and(|what| what.contains("balanced")));
    }

    #[test]
    fn what_means_nothing_is_refused() {
        for text in [
            "",
            "all",
            "trailing:0",
            "trailing:x",
            "anchor:",
            "range:5",
            "range:5..5",
            "range:9..1",
            "range:1..2026-01-01T00:00:00Z",
        ] {
            assert!(parse_baseline(text).is_err(), "{text}");
        }
        for text in ["0", "1", "-0.1", "NaN", "x"] {
            assert!(parse_alpha(text).is_err(), "{text}");
        }
        assert!(parse_moment("9999-01-01T00:00:00Z").is_err_and(|what| what.contains("1677")));
    }
}
