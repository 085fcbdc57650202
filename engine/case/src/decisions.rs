//! What people have decided about a case: notes, tags, verdicts, links, bookmarks and saved views.
//!
//! A decision is a row of the audit chain and nothing else: it is on the disk when the call returns, it is never changed, and
//! what stands now follows from all of them in order. To take one back is a decision too.

use std::collections::BTreeMap;

use cbad::{Clock, Config, Stretch};
use rusqlite::OptionalExtension;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::audit::{Action, canonical};
use crate::clocks::ClockEvidence;
use crate::error::CaseError;
use crate::schema::has_table;
use crate::sql::{AtPath, unsigned};
use crate::store::Case;

/// What a decision is about. A finding is known by its events, since another run may number it otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Subject {
    /// All of it.
    Case,
    /// One capture.
    Capture {
        /// Lower-case hex.
        sha256: String,
    },
    /// One stream.
    Stream {
        /// Its id.
        stream: u32,
    },
    /// Events that follow one another in a stream, or a single one.
    Events {
        /// Id of the stream.
        stream: u32,
        /// Position of the first.
        first_event: u64,
        /// Position of the last, inclusive.
        last_event: u64,
    },
    /// A stretch of time, over all streams.
    Times {
        /// First instant, nanoseconds UTC.
        start_nanos: i64,
        /// One past the last instant, nanoseconds UTC.
        end_nanos: i64,
    },
}

/// What is decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Decision {
    /// It was seen.
    Acknowledge,
    /// It is ordinary: later runs take it so.
    Dismiss {
        /// Why.
        reason: Option<String>,
    },
    /// It is an incident: later runs have it in no baseline.
    Confirm {
        /// Why.
        reason: Option<String>,
    },
    /// It has this tag.
    Tag {
        /// One word or a few.
        tag: String,
    },
    /// Something to be remembered about it.
    Note {
        /// The text.
        text: String,
    },
    /// It belongs together with something else.
    Link {
        /// With what.
        to: Subject,
    },
    /// A place to find again.
    Bookmark {
        /// What it is called; a later one of the same name takes its place.
        name: String,
    },
    /// How the window showed the case.
    View {
        /// What it is called; a later one of the same name takes its place.
        name: String,
        /// As the window reads it.
        state: String,
    },
    /// A step of the story that is told of the case.
    Step {
        /// The step that this one takes the place of, by its number; without one it is a new step.
        step: Option<u64>,
        /// Steps are told in this order; of equals the one that was made first.
        place: u32,
        /// What it is called.
        title: String,
        /// What the person who tells it wants to say; may be empty.
        note: String,
        /// How the window showed the case, as the window reads it.
        state: String,
    },
    /// The clock of a capture is off.
    Clock {
        /// Of one service in it alone.
        service: Option<String>,
        /// What is to be added to its times, nanoseconds.
        offset_nanos: i64,
        /// The estimate that was accepted; `None` where the offset was given.
        evidence: Option<ClockEvidence>,
    },
    /// An earlier decision no longer stands.
    Withdraw {
        /// Its number.
        decision: u64,
    },
}

impl Decision {
    /// The stable name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Acknowledge => "acknowledge",
            Self::Dismiss { .. } => "dismiss",
            Self::Confirm { .. } => "confirm",
            Self::Tag { .. } => "tag",
            Self::Note { .. } => "note",
            Self::Link { .. } => "link",
            Self::Bookmark { .. } => "bookmark",
            Self::View { .. } => "view",
            Self::Step { .. } => "step",
            Self::Clock { .. } => "clock",
            Self::Withdraw { .. } => "withdraw",
        }
    }

    /// What a person wrote in it, where anything.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Dismiss { reason } | Self::Confirm { reason } => reason.as_deref(),
            Self::Tag { tag } => Some(tag),
            Self::Note { text } => Some(text),
            Self::Bookmark { name } | Self::View { name, .. } => Some(name),
            Self::Step { title, .. } => Some(title),
            Self::Acknowledge | Self::Link { .. } | Self::Clock { .. } | Self::Withdraw { .. } => None,
        }
    }

    /// Of the decisions with one place the last one stands; those without a place all stand.
    fn place(&self, subject: &Subject) -> Option<Place> {
        let about = canonical(&json!(subject));
        match self {
            Self::Acknowledge => Some(("acknowledge", about, String::new())),
            Self::Dismiss { .. } | Self::Confirm { .. } => Some(("verdict", about, String::new())),
            Self::Tag { tag } => Some(("tag", about, tag.clone())),
            Self::Link { to } => Some(("link", about, canonical(&json!(to)))),
            Self::Bookmark { name } => Some(("bookmark", String::new(), name.clone())),
            Self::View { name, .. } => Some(("view", String::new(), name.clone())),
            Self::Clock { service, .. } => Some(("clock", about, canonical(&json!(service)))),
            Self::Step { step, .. } => step.map(step_place),
            Self::Note { .. } | Self::Withdraw { .. } => None,
        }
    }
}

/// The place of a step of this number.
fn step_place(step: u64) -> Place {
    ("step", String::new(), step.to_string())
}

/// Kind, subject and name.
type Place = (&'static str, String, String);

/// A finding as a run numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingRef {
    /// The run.
    pub run: i64,
    /// Its rank in it.
    pub finding: i64,
}

/// A decision as the case has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionRow {
    /// Its number: that of its row in the audit chain.
    pub id: u64,
    /// When, nanoseconds UTC by the clock of the machine.
    pub at_nanos: i64,
    /// Who.
    pub actor: String,
    /// About what.
    pub subject: Subject,
    /// The finding that was looked at, where one was.
    pub finding: Option<FindingRef>,
    /// What was decided.
    pub decision: Decision,
    /// Whether it was neither withdrawn nor replaced since.
    pub stands: bool,
}

impl DecisionRow {
    /// A new step has its own number.
    fn place(&self) -> Option<Place> {
        match self.decision {
            Decision::Step { step: None, .. } => Some(step_place(self.id)),
            ref decision => decision.place(&self.subject),
        }
    }
}

/// As the detail of an audit row has it.
#[derive(Serialize, Deserialize)]
struct Kept {
    subject: Subject,
    finding: Option<FindingRef>,
    decision: Decision,
}

impl Case {
    /// Keeps a decision, and gives back its number. It is on the disk when this returns. One that stands already in the very
    /// same words is not kept twice; notes are.
    pub fn decide(&mut self, subject: &Subject, decision: &Decision) -> Result<u64, CaseError> {
        self.keep_decision(subject.clone(), None, decision.clone())
    }

    /// [`Case::decide`] about the events of a finding.
    pub fn decide_finding(&mut self, run: i64, finding: i64, decision: &Decision) -> Result<u64, CaseError> {
        let subject = self.subject_of(run, finding)?;
        self.keep_decision(subject, Some(FindingRef { run, finding }), decision.clone())
    }

    /// The events of a finding.
    pub fn subject_of(&self, run: i64, finding: i64) -> Result<Subject, CaseError> {
        let row = self.finding(run, finding)?;
        let cbad::Finding { stream, first_event, last_event, .. } = row.finding;
        Ok(Subject::Events { stream, first_event, last_event })
    }

    /// Every decision, oldest first, those that no longer stand too.
    pub fn decisions(&self) -> Result<Vec<DecisionRow>, CaseError> {
        const QUERY: &str =
            "SELECT sequence, at_nanos, actor, detail FROM audit WHERE action = ?1 ORDER BY sequence";
        if !has_table(&self.connection, "audit").at(&self.path)? {
            return Ok(Vec::new());
        }
        let mut statement = self.connection.prepare_cached(QUERY).at(&self.path)?;
        let mut rows = statement.query([Action::Decide.name()]).at(&self.path)?;
        let mut decisions = Vec::new();
        while let Some(row) = rows.next().at(&self.path)? {
            let Kept { mut subject, finding, mut decision } =
                crate::runs::json_column(row, 3).at(&self.path)?;
            self.as_captures_are_now(&mut subject)?;
            if let Decision::Link { to } = &mut decision {
                self.as_captures_are_now(to)?;
            }
            decisions.push(DecisionRow {
                id: unsigned(row, 0).at(&self.path)?,
                at_nanos: row.get(1).at(&self.path)?,
                actor: row.get(2).at(&self.path)?,
                subject,
                finding,
                decision,
                stands: true,
            });
        }
        mark_standing(&mut decisions);
        Ok(decisions)
    }

    /// What was decided about a capture is kept under the SHA-256 that it had; a followed one has another after each piece.
    fn as_captures_are_now(&self, subject: &mut Subject) -> Result<(), CaseError> {
        if let Subject::Capture { sha256 } = subject {
            *sha256 = self.sha256_now(sha256)?;
        }
        Ok(())
    }

    /// The SHA-256 that the capture has which had this one; the same where none had it.
    pub(crate) fn sha256_now(&self, sha256: &str) -> Result<String, CaseError> {
        const QUERY: &str = "SELECT lower(hex(sha256)) FROM capture WHERE lower(hex(sha256)) = ?1
            UNION ALL SELECT lower(hex(sha256)) FROM capture WHERE id =
            (SELECT json_extract(detail, '$.capture') FROM audit WHERE action IN ('import', 'follow')
            AND CASE WHEN json_valid(detail) THEN json_extract(detail, '$.sha256') END = ?1 LIMIT 1) LIMIT 1";
        if !has_table(&self.connection, "audit").at(&self.path)? {
            return Ok(sha256.to_owned());
        }
        let mut statement = self.connection.prepare_cached(QUERY).at(&self.path)?;
        let found = statement.query_row([sha256], |row| row.get(0)).optional().at(&self.path)?;
        Ok(found.unwrap_or_else(|| sha256.to_owned()))
    }

    /// A configuration with what stands dismissed and confirmed in the case, and corrected of its clocks, added to it. Where the two disagree, what stands
    /// in the case counts.
    pub fn with_decisions(&self, mut config: Config) -> Result<Config, CaseError> {
        for row in self.decisions()?.iter().filter(|row| row.stands) {
            if let (Decision::Clock { service, offset_nanos, .. }, Subject::Capture { sha256 }) =
                (&row.decision, &row.subject)
            {
                config.clocks.retain(|clock| (&clock.capture, &clock.service) != (sha256, service));
                let (capture, service) = (sha256.clone(), service.clone());
                config.clocks.push(Clock { capture, service, offset_nanos: *offset_nanos });
            }
            let (add, remove) = match row.decision {
                Decision::Dismiss { .. } => (&mut config.dismissed, &mut config.confirmed),
                Decision::Confirm { .. } => (&mut config.confirmed, &mut config.dismissed),
                _ => continue,
            };
            let Subject::Events { stream, first_event, last_event } = row.subject else { continue };
            let stream = self.stream(stream)?.key.label();
            let stretch = Stretch { stream, first_event, last_event };
            remove.retain(|other| *other != stretch);
            add.push(stretch);
        }
        for stretches in [&mut config.dismissed, &mut config.confirmed] {
            stretches.sort_by(|a, b| {
                (&a.stream, a.first_event, a.last_event).cmp(&(&b.stream, b.first_event, b.last_event))
            });
            stretches.dedup();
        }
        config.clocks.sort();
        Ok(config)
    }

    fn keep_decision(
        &mut self,
        mut subject: Subject,
        finding: Option<FindingRef>,
        decision: Decision,
    ) -> Result<u64, CaseError> {
        self.as_captures_are_now(&mut subject)?;
        self.check_subject(&subject)?;
        self.check_decision(&subject, &decision)?;
        self.move_forward()?;
        let transaction = self.immediate()?;
        let known = self.decisions()?;
        let standing = |row: &&DecisionRow| row.stands && row.subject == subject && row.decision == decision;
        if let (Some(_), Some(same)) = (decision.place(&subject), known.iter().find(standing)) {
            return Ok(same.id);
        }
        if let Decision::Withdraw { decision: id } = decision
            && !known.iter().any(|row| row.id == id && row.stands)
        {
            return Err(CaseError::NoDecision { id });
        }
        let mut about = self.in_words(&subject)?;
        if let Some(FindingRef { run, finding }) = finding {
            about = format!("finding {finding} of run {run}: {about}");
        }
        let detail = json!(Kept { subject, finding, decision });
        let id = self.record(&transaction, Action::Decide, &about, &detail)?;
        transaction.commit().at(&self.path)?;
        Ok(id)
    }

    /// A subject as a person reads it.
    pub fn in_words(&self, subject: &Subject) -> Result<String, CaseError> {
        let label = |stream: u32| Ok::<_, CaseError>(self.stream(stream)?.key.label());
        Ok(match subject {
            Subject::Case => "the case".to_owned(),
            Subject::Capture { sha256 } => {
                let capture = self.captures()?.into_iter().find(|capture| capture.sha256 == *sha256);
                capture.map_or_else(|| format!("capture {sha256}"), |capture| capture.file_name)
            }
            Subject::Stream { stream } => format!("stream {stream} “{}”", label(*stream)?),
            Subject::Events { stream, first_event, last_event } if first_event == last_event => {
                format!("event {first_event} of stream {stream} “{}”", label(*stream)?)
            }
            Subject::Events { stream, first_event, last_event } => {
                format!("events {first_event} to {last_event} of stream {stream} “{}”", label(*stream)?)
            }
            Subject::Times { start_nanos, end_nanos } => {
                format!("{} to {}", cbad::rfc3339(*start_nanos), cbad::rfc3339(*end_nanos))
            }
        })
    }

    /// Whether the case has what a decision is to be about.
    pub(crate) fn check_subject(&self, subject: &Subject) -> Result<(), CaseError> {
        let refuse = |what: &str| Err(CaseError::CannotDecide { what: what.to_owned() });
        match subject {
            Subject::Capture { sha256 } => {
                if self.captures()?.iter().any(|capture| capture.sha256 == *sha256) {
                    return Ok(());
                }
                refuse("The case has no such capture; `driftlock info` lists the captures.")
            }
            Subject::Stream { stream } => self.stream(*stream).map(drop),
            Subject::Events { first_event, last_event, .. } if first_event > last_event => {
                refuse("The first of the events comes after the last.")
            }
            Subject::Events { stream, last_event, .. } => {
                let events = self.stream(*stream)?.events;
                if *last_event < events {
                    return Ok(());
                }
                Err(CaseError::NoSuch { what: "event", id: *last_event as i64, available: Some(events) })
            }
            Subject::Times { start_nanos, end_nanos } if start_nanos >= end_nanos => {
                refuse("The stretch of time is empty: its end is not after its start.")
            }
            Subject::Case | Subject::Times { .. } => Ok(()),
        }
    }

    fn check_decision(&self, subject: &Subject, decision: &Decision) -> Result<(), CaseError> {
        let refuse = |what: &str| Err(CaseError::CannotDecide { what: what.to_owned() });
        match decision {
            Decision::Dismiss { .. } | Decision::Confirm { .. }
                if !matches!(subject, Subject::Events { .. }) =>
            {
                refuse("Only a finding or events of one stream can be dismissed or confirmed.")
            }
            Decision::Clock { .. } if !matches!(subject, Subject::Capture { .. }) => {
                refuse("Only a capture has a clock.")
            }
            Decision::Link { to } if to == subject => refuse("Nothing is linked to itself."),
            Decision::Link { to } => self.check_subject(to),
            Decision::Step { step: Some(step), .. } if !self.is_step(*step)? => {
                refuse("The story has no such step; `driftlock story` lists the steps.")
            }
            _ if decision.text().is_some_and(|text| text.trim().is_empty()) => refuse("The text is empty."),
            _ => Ok(()),
        }
    }
}

/// Takes the decisions in order: a later one takes the place of an earlier one, and a withdrawn one leaves it empty.
fn mark_standing(decisions: &mut [DecisionRow]) {
    let mut places: BTreeMap<Place, usize> = BTreeMap::new();
    for at in 0..decisions.len() {
        let row = &decisions[at];
        if let Decision::Withdraw { decision } = row.decision {
            decisions[at].stands = false;
            if let Ok(withdrawn) = decisions.binary_search_by_key(&decision, |row| row.id) {
                decisions[withdrawn].stands = false;
            }
        } else if let Some(place) = row.place()
            && let Some(earlier) = places.insert(place, at)
        {
            decisions[earlier].stands = false;
        }
    }
}
