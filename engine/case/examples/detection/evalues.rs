//! The alternative to the modelled tail: e-values from the scores themselves, and what they flag.
//!
//! A window's e-value through a lens is 2 to its bits against the mean of the same over the stream's windows that do not
//! overlap it, itself among them: a soft rank, whose mean is 1 where windows are exchangeable. What is flagged by e-values over all windows and lenses keeps its false discovery rate under any
//! dependence (e-BH: Wang and Ramdas, J. R. Statist. Soc. B 84, 2022).

use crate::logs::Run;
use cbad::{Lens, WindowScore};

/// Windows, each with its stream, that e-BH flags through any lens at the rate `alpha`.
pub(crate) fn flagged<'r>(run: &'r Run<'_>, alpha: f64) -> Vec<(usize, &'r WindowScore)> {
    let mut hypotheses: Vec<(f64, usize, &WindowScore)> = Vec::new();
    for (stream, scored) in run.result.streams.iter().enumerate() {
        for lens in Lens::ALL {
            let of_lens: Vec<(f64, &WindowScore)> = scored
                .windows
                .iter()
                .filter_map(|w| w.lenses.iter().find(|s| s.lens == lens).map(|s| (s.score_bits, w)))
                .collect();
            hypotheses
                .extend(e_values(&of_lens).into_iter().zip(&of_lens).map(|(e, &(_, w))| (e, stream, w)));
        }
    }
    let passed = e_bh(&hypotheses.iter().map(|(e, ..)| *e).collect::<Vec<_>>(), alpha);
    let mut windows: Vec<(usize, &WindowScore)> = hypotheses
        .into_iter()
        .filter(|(e, ..)| *e >= passed)
        .map(|(_, stream, window)| (stream, window))
        .collect();
    windows.sort_by_key(|(stream, window)| (*stream, window.index));
    windows.dedup_by_key(|(stream, window)| (*stream, window.index));
    windows
}

/// The soft rank of each score among those whose windows do not overlap its own.
fn e_values(of_lens: &[(f64, &WindowScore)]) -> Vec<f64> {
    let most = of_lens.iter().map(|(bits, _)| *bits).fold(f64::NEG_INFINITY, f64::max);
    // Against the dearest, so that no power of two overflows.
    let sums: Vec<f64> = std::iter::once(0.0)
        .chain(of_lens.iter().scan(0.0, |sum, (bits, _)| {
            *sum += (bits - most).exp2();
            Some(*sum)
        }))
        .collect();
    of_lens
        .iter()
        .map(|(bits, window)| {
            let before = of_lens.partition_point(|(_, other)| other.last_event < window.first_event);
            let behind = of_lens.partition_point(|(_, other)| other.first_event <= window.last_event);
            let n = before + of_lens.len() - behind;
            let own = (bits - most).exp2();
            let all = own + sums[before] + sums[of_lens.len()] - sums[behind];
            if all > 0.0 { (n + 1) as f64 * own / all } else { 1.0 }
        })
        .collect()
}

/// The e-value from which hypotheses are flagged; infinite where none is.
fn e_bh(e_values: &[f64], alpha: f64) -> f64 {
    let mut descending = e_values.to_vec();
    descending.sort_by(|a, b| b.total_cmp(a));
    let m = descending.len() as f64;
    let passes = |&(k, e): &(usize, &f64)| *e >= m / (alpha * (k + 1) as f64);
    descending.iter().enumerate().rfind(passes).map_or(f64::INFINITY, |(_, e)| *e)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_procedure_is_that_of_its_paper() {
        // Of ten hypotheses at 0.1 one needs 100, two need 50 each, and all ten 10 each.
        let mut e_values = [1.0; 10];
        assert!(e_bh(&e_values, 0.1).is_infinite());
        e_values[3] = 99.0;
        assert!(e_bh(&e_values, 0.1).is_infinite());
        e_values[7] = 50.0;
        assert!((e_bh(&e_values, 0.1) - 50.0).abs() < 1e-9);
        assert!((e_bh(&[10.0; 10], 0.1) - 10.0).abs() < 1e-9);
    }
}
