//! What a decision is about, as a person names it.

use case::{Case, Moment, Subject};
use cbad::Stretch;

use crate::baseline::{Mark, parse_mark};
use crate::events::chosen;
use crate::failure::Failure;
use crate::findings::latest;

/// What is meant.
pub(crate) enum Meant {
    /// A finding of the latest run: the run, and its number.
    Finding(i64, i64),
    /// Anything else.
    Other(Subject),
}

impl Meant {
    /// What is meant, where a finding means its events.
    pub(crate) fn subject(self, case: &Case) -> Result<Subject, Failure> {
        match self {
            Self::Finding(run, finding) => Ok(case.subject_of(run, finding)?),
            Self::Other(subject) => Ok(subject),
        }
    }
}

/// The subject in a person's words. A stream whose name looks like something else is taken as the stream.
pub(crate) fn find(case: &Case, text: &str) -> Result<Meant, Failure> {
    let numbered = |prefix: &str| text.strip_prefix(prefix).and_then(|number| number.parse::<i64>().ok());
    let streams = case.streams()?;
    let named: Vec<_> = streams.iter().filter(|stream| stream.key.label() == text).collect();
    Ok(Meant::Other(match (named.as_slice(), text) {
        ([one], _) => Subject::Stream { stream: one.id },
        ([_, _, ..], _) => return Err(several(text, named.iter().map(|stream| stream.id))),
        (_, "case") => Subject::Case,
        _ if numbered("stream:").is_some() => {
            let number = numbered("stream:").unwrap_or_default();
            Subject::Stream { stream: u32::try_from(number).unwrap_or(u32::MAX) }
        }
        _ if numbered("capture:").is_some() => {
            Subject::Capture { sha256: case.capture(numbered("capture:").unwrap_or_default())?.sha256 }
        }
        _ => match (times(text), parse_mark(text)) {
            (Some(times), _) => times,
            (None, Ok(Mark::Finding(finding))) => return Ok(Meant::Finding(latest(case)?.id, finding)),
            (None, Ok(Mark::Stretch(stretch))) => events(case, &stretch)?,
            (None, Err(_)) => match text.rsplit_once(':').map(|(stream, at)| (stream, at.parse::<u64>())) {
                Some((stream, Ok(at))) => {
                    events(case, &Stretch { stream: stream.to_owned(), first_event: at, last_event: at })?
                }
                _ => return Err(unknown(text)),
            },
        },
    }))
}

/// The same events of every stream of that name: as the engine takes a stretch.
pub(crate) fn of_stretch(case: &Case, stretch: &Stretch) -> Result<Vec<Subject>, Failure> {
    let Stretch { stream, first_event, last_event } = stretch;
    let (first_event, last_event) = (*first_event, *last_event);
    let streams = chosen(case, Some(stream))?;
    Ok(streams.into_iter().map(|row| Subject::Events { stream: row.id, first_event, last_event }).collect())
}

fn events(case: &Case, stretch: &Stretch) -> Result<Subject, Failure> {
    match of_stretch(case, stretch)?.as_slice() {
        [one] => Ok(one.clone()),
        all => Err(several(&stretch.stream, all.iter().filter_map(stream_of))),
    }
}

fn stream_of(subject: &Subject) -> Option<u32> {
    match subject {
        Subject::Events { stream, .. } => Some(*stream),
        _ => None,
    }
}

/// `START..END`, both times.
fn times(text: &str) -> Option<Subject> {
    let (start, end) = text.split_once("..")?;
    match (Moment::parse(start).ok()?, Moment::parse(end).ok()?) {
        (Moment::Nanos(start_nanos), Moment::Nanos(end_nanos)) => {
            Some(Subject::Times { start_nanos, end_nanos })
        }
        _ => None,
    }
}

fn several(name: &str, streams: impl Iterator<Item = u32>) -> Failure {
    let numbers: Vec<String> = streams.map(|stream| stream.to_string()).collect();
    Failure::Usage(format!(
        "Several streams are called “{name}”: give the number of one of them, {}.",
        numbers.join(", ")
    ))
}

fn unknown(text: &str) -> Failure {
    Failure::Usage(format!(
        "“{text}” is no finding, stream, events, times or capture of this case. Give the number of a finding, STREAM:FIRST..LAST, STREAM:POSITION, the name of a stream, stream:NUMBER, START..END with two times, capture:NUMBER, or case."
    ))
}
