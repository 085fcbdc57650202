//! What would be flagged at another level, from what a run has stored.

use crate::fixed::bits;
use crate::result::{LensScore, WindowScore};

/// What would be flagged at another false discovery rate. Numbers are places in the windows given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preview {
    /// Windows that would be flagged: one of their lenses passes, and its permutation test was made.
    pub flagged: Vec<usize>,
    /// Windows that were above the run's level through every lens that passes now, so that their tests were never made:
    /// they would be flagged at most.
    pub at_most: Vec<usize>,
}

/// What of these windows of one run would be flagged at a false discovery rate of `alpha`, without a new run.
pub fn preview(windows: &[WindowScore], alpha: f64) -> Preview {
    let mut preview = Preview::default();
    for (place, window) in windows.iter().enumerate() {
        let mut passing = window.lenses.iter().filter(|score| passes(score, alpha)).peekable();
        if passing.peek().is_none() {
            continue;
        }
        let is_tested = passing.any(|score| score.p_permutation.is_some());
        if is_tested { preview.flagged.push(place) } else { preview.at_most.push(place) }
    }
    preview
}

fn passes(score: &LensScore, alpha: f64) -> bool {
    score.q.is_some_and(|q| q <= alpha) && score.score_bits >= bits(score.lens.least_effect())
}
