//! Whether a finding holds when what was chosen is chosen otherwise: the length of windows, the seed.
//!
//! The stream is planned anew with windows half and twice as long, scored through the lens that found it, and the most
//! surprising window that overlaps the finding is held to the p that the run's correction lets pass. The seed decides
//! the permutation test alone, which is done again with others. Other codecs are the jury's affair.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::analyze::{self, Scored};
use crate::config::Config;
use crate::count_code::Coder;
use crate::finding::Cluster;
use crate::judge::{At, Verdicts};
use crate::lens::{self, Pace, Singles, Track};
use crate::lens_test;
use crate::result::Lens;
use crate::significance;
use crate::watch::{Cancelled, Watch};
use crate::window::Plan;

/// Findings whose stability is looked at: the first of a run.
pub(crate) const LOOKED_AT: usize = 20;

/// Events of a stream above which it is not scored again with other windows.
const EVENTS_MOST: usize = 200_000;

/// Events of the shortest window that is tried.
const WINDOW_LEAST: usize = 4;

/// Other seeds that are tried.
pub(crate) const SEEDS: u64 = 3;

/// What was chosen otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Variation {
    /// Windows of so many events.
    WindowSize(u32),
    /// So many blocks of a stream that is asked for changes that last.
    Blocks(u32),
    /// Another seed of the permutation test.
    Seed(u64),
}

/// What became of a finding under one variation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct StabilityCell {
    /// What was chosen otherwise.
    pub what: Variation,
    /// Whether the finding would still be flagged.
    pub holds: bool,
    /// The p that decides it: for windows the smallest tail p of those that overlap the finding, for seeds the larger
    /// of the tail's and the new permutation test's; for what lasts that of the stretch that is about the same, 1 where there is none.
    pub p: f64,
}

/// Whether a finding holds under other windows and seeds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Stability {
    /// What was tried.
    pub cells: Vec<StabilityCell>,
    /// Why other windows were not tried, where they were not.
    pub not_tried: Option<String>,
}

/// What a stability is looked at with.
pub(crate) struct Looking<'a, 's> {
    pub(crate) scored: &'a [Option<Scored<'s>>],
    pub(crate) verdicts: &'a Verdicts,
    pub(crate) config: &'a Config,
    pub(crate) coder: &'a Coder,
    pub(crate) watch: &'a dyn Watch,
}

/// One stream through one lens with other windows, and its anchor where it has one.
struct Varied {
    plan: Plan,
    track: Track,
    anchor: Option<Track>,
}

/// By stream, track and length of windows; or why not.
type Again = BTreeMap<(usize, usize, usize), Result<Varied, String>>;

impl Looking<'_, '_> {
    /// The stability of each cluster; `None` for those that are not flagged, and for all after the first twenty.
    pub(crate) fn look(&self, clusters: &[Cluster]) -> Result<Vec<Option<Stability>>, Cancelled> {
        let looked_at: Vec<usize> =
            (0..clusters.len()).filter(|&i| clusters[i].flagged).take(LOOKED_AT).collect();
        let again = self.score_again(looked_at.iter().map(|&i| &clusters[i]))?;
        let mut out = vec![None; clusters.len()];
        let stabilities: Result<Vec<Stability>, Cancelled> =
            looked_at.par_iter().map(|&i| self.of(&clusters[i], &again)).collect();
        for (at, stability) in looked_at.into_iter().zip(stabilities?) {
            out[at] = Some(stability);
        }
        Ok(out)
    }

    fn score_again<'c>(&self, clusters: impl Iterator<Item = &'c Cluster>) -> Result<Again, Cancelled> {
        let mut keys: Vec<(usize, usize, usize)> = clusters
            .flat_map(|c| windows_of(analyze::at(self.scored, c)).map(|w| (c.stream, c.track, w)))
            .collect();
        keys.sort_unstable();
        keys.dedup();
        keys.into_par_iter()
            .map(|key| Ok((key, self.scored_with(key)?)))
            .collect::<Result<Vec<_>, Cancelled>>()
            .map(|scored| scored.into_iter().collect())
    }

    fn scored_with(
        &self,
        (stream, track, window): (usize, usize, usize),
    ) -> Result<Result<Varied, String>, Cancelled> {
        let s = self.scored[stream].as_ref().expect("clusters come from scored streams");
        if s.stream.len() > EVENTS_MOST {
            return Ok(Err(format!("the stream has more than {EVENTS_MOST} events")));
        }
        let hop = (s.plan.hop * window / s.plan.window).max(1);
        let config = Config { window: Some(window as u32), hop: Some(hop as u32), ..self.config.clone() };
        let plan = match Plan::new(s.stream, &config) {
            Ok(plan) => plan,
            Err(why) => return Ok(Err(why)),
        };
        let lens: Lens = s.tracks[track].lens;
        let singles = Singles::of(s.stream, &plan, &[lens], &self.coder.log2);
        let pace = Pace { watch: self.watch, scored: &|_| {} };
        let track = lens::score(lens, s.stream, &plan, &singles, self.coder, &pace)?;
        let anchor = analyze::anchor_tracks(s.stream, &plan, &[lens], self.coder, self.watch)?;
        Ok(Ok(Varied { plan, track, anchor: anchor.and_then(|tracks| tracks.into_iter().next()) }))
    }

    fn of(&self, cluster: &Cluster, again: &Again) -> Result<Stability, Cancelled> {
        let s = analyze::at(self.scored, cluster);
        let mut stability = Stability::default();
        for window in windows_of(s) {
            match &again[&(cluster.stream, cluster.track, window)] {
                Ok(varied) => match self.with_window(s, cluster, varied) {
                    Some(cell) => stability.cells.push(cell),
                    None => stability.not_tried = Some("there is not enough history".to_owned()),
                },
                Err(why) => stability.not_tried = Some(why.clone()),
            }
        }
        for seed in 1..=SEEDS {
            stability.cells.extend(self.with_seed(s, cluster, self.config.seed.wrapping_add(seed))?);
        }
        Ok(stability)
    }

    fn with_window(&self, s: &Scored<'_>, cluster: &Cluster, varied: &Varied) -> Option<StabilityCell> {
        let Varied { plan, track, anchor } = varied;
        let events = cluster.events(&s.plan);
        let overlaps = |&w: &usize| {
            let range = plan.range(w);
            range.start < events.end && events.start < range.end
        };
        let ranks = significance::ranks_of_all(plan, track, anchor.as_ref());
        let ranked = (0..plan.count).filter(overlaps).filter_map(|w| Some((w, ranks[w]?.tail.value)));
        let is_large = |w: usize| track.scores[w] >= track.lens.least_effect();
        // A window that is too small an effect holds nothing, whatever its p.
        let (window, p) = ranked.min_by(|a, b| {
            (!is_large(a.0)).cmp(&!is_large(b.0)).then(a.1.total_cmp(&b.1)).then(a.0.cmp(&b.0))
        })?;
        let holds = p <= self.verdicts.passing_p(s, self.config) && is_large(window);
        Some(StabilityCell { what: Variation::WindowSize(plan.window as u32), holds, p })
    }

    fn with_seed(
        &self,
        s: &Scored<'_>,
        cluster: &Cluster,
        seed: u64,
    ) -> Result<Option<StabilityCell>, Cancelled> {
        let at: At = cluster.at();
        let Some(rank) = self.verdicts.rank(at) else { return Ok(None) };
        let config = Config { seed, ..self.config.clone() };
        let each = || if self.watch.cancelled() { Err(Cancelled) } else { Ok(()) };
        let tested = lens_test::tests(s, &[at], &config, self.coder, &each)?;
        let p = tested.iter().map(|(_, t)| t.modelled).fold(rank.tail.value, f64::max);
        let holds = p <= self.verdicts.passing_p(s, self.config);
        Ok(Some(StabilityCell { what: Variation::Seed(seed), holds, p }))
    }
}

/// Half and double, as far as a window can be.
fn windows_of(s: &Scored<'_>) -> impl Iterator<Item = usize> + use<> {
    [s.plan.window / 2, s.plan.window * 2].into_iter().filter(|w| *w >= WINDOW_LEAST)
}
