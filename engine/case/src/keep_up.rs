//! A follower at work until it is stopped: it looks again and again, and the case is analysed as something new comes
//! (decision 0012).

use std::time::{Duration, Instant};

use cbad::{Config, Watch};

use crate::error::CaseError;
use crate::follower::{Follower, Notice};
use crate::rows::RunRow;
use crate::store::Case;

/// Of the time, analyses take at most one part in so many, so that a stream without a pause does not starve its import.
const SHARE: u32 = 4;

/// How a path is followed.
#[derive(Clone, Debug)]
pub struct FollowPlan {
    /// Take what is there, analyse it, and end.
    pub once: bool,
    /// From one look to the next, where the one before brought nothing.
    pub every: Duration,
    /// The configuration of the runs, to which the decisions of the case are added; without one nothing is analysed.
    pub config: Option<Config>,
}

/// What following tells.
#[derive(Clone, Copy, Debug)]
pub enum FollowNews<'a> {
    /// It has looked, and this came.
    Looked(&'a [Notice]),
    /// An analysis of what came begins.
    Analyzing,
    /// The case has this run now. Runs before it stay as they are.
    Analyzed(&'a RunRow),
}

/// When the case was analysed last, and whether something came since.
struct Analyses {
    is_stale: bool,
    ended: Option<Instant>,
    took: Duration,
}

impl Analyses {
    fn is_due(&self) -> bool {
        self.ended.is_none_or(|ended| ended.elapsed() >= SHARE * self.took)
    }

    /// A run over all that the case holds; none where that is nothing yet.
    fn analyze(
        &mut self,
        case: &mut Case,
        config: &Config,
        watch: &dyn Watch,
    ) -> Result<Option<RunRow>, CaseError> {
        let began = Instant::now();
        let config = case.with_decisions(config.clone())?;
        let run = match case.analyze(&config, None, watch) {
            Ok(run) => run,
            Err(CaseError::NothingToAnalyze { .. }) => return Ok(None),
            Err(other) => return Err(other),
        };
        (self.is_stale, self.ended, self.took) = (false, Some(Instant::now()), began.elapsed());
        Ok(Some(run))
    }
}

impl Follower {
    /// Looks again and again until `watch` says to stop, which is an end like any other, and tells what comes. `pause` waits
    /// as long as it is given, or shorter where it is to go on or to stop at once.
    pub fn keep_up<E: From<CaseError>>(
        mut self,
        case: &mut Case,
        plan: &FollowPlan,
        watch: &dyn Watch,
        mut pause: impl FnMut(Duration),
        mut tell: impl FnMut(&Case, FollowNews<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut analyses = Analyses { is_stale: false, ended: None, took: Duration::ZERO };
        while !watch.cancelled() {
            let notices = match self.look(case, plan.once, watch) {
                Err(CaseError::Cancelled) => break,
                looked => looked?,
            };
            tell(case, FollowNews::Looked(&notices))?;
            let is_news = notices.iter().any(Notice::is_news);
            analyses.is_stale |= is_news;
            if let Some(config) = plan.config.as_ref()
                && analyses.is_stale
                && (plan.once || analyses.is_due())
            {
                tell(case, FollowNews::Analyzing)?;
                match analyses.analyze(case, config, watch) {
                    Err(CaseError::Cancelled) => break,
                    Err(other) => return Err(other.into()),
                    Ok(Some(run)) => tell(case, FollowNews::Analyzed(&run))?,
                    Ok(None) => {}
                }
            }
            if plan.once {
                break;
            }
            // What waits for nothing but the next look is taken at once.
            if !is_news {
                pause(plan.every);
            }
        }
        Ok(self.finish(case)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ingest::OpenOptions;
    use std::io::Write as _;
    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

    /// Stops after so many pauses.
    struct Left<'a>(&'a AtomicU32);

    impl Watch for Left<'_> {
        fn progress(&self, _: cbad::Stage, _: u64, _: u64) {}

        fn cancelled(&self) -> bool {
            self.0.load(Relaxed) == 0
        }
    }

    #[test]
    fn what_is_appended_is_taken_analysed_and_told_until_it_is_stopped()
    -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("shop.jsonl");
        let lines = testkit::captures::shop(300, 200..220);
        let half = lines[..lines.len() / 2].rfind('\n').expect("several lines") + 1;
        std::fs::write(&path, &lines[..half])?;
        let mut case = Case::open_or_create(&folder.path().join("shop.driftlock"))?;
        let plan =
            FollowPlan { once: false, every: Duration::from_hours(1), config: Some(Config::default()) };
        let left = AtomicU32::new(4);
        let (mut events, mut runs, mut analyzing) = (Vec::new(), Vec::new(), 0);
        let pause = |_| {
            if left.fetch_sub(1, Relaxed) == 3 {
                let mut file = std::fs::OpenOptions::new().append(true).open(&path).expect("it is there");
                file.write_all(&lines.as_bytes()[half..]).expect("it can be written to");
            }
        };
        let tell = |_: &Case, news: FollowNews<'_>| {
            match news {
                FollowNews::Looked(notices) => {
                    events.extend(notices.iter().filter_map(|notice| match notice {
                        Notice::Took { piece, .. } => Some(piece.events),
                        _ => None,
                    }));
                }
                FollowNews::Analyzing => analyzing += 1,
                FollowNews::Analyzed(run) => runs.push(run.id),
            }
            Ok::<(), CaseError>(())
        };
        Follower::new(&path, OpenOptions::default())?.keep_up(&mut case, &plan, &Left(&left), pause, tell)?;
        assert_eq!((events.len(), events.iter().sum::<u64>()), (2, 900));
        assert!(!runs.is_empty() && runs.len() == analyzing, "{runs:?}");
        let of_case: u64 = case.captures()?.iter().map(|capture| capture.events).sum();
        assert_eq!((of_case, case.captures()?.len()), (900, 1));
        Ok(())
    }
}
