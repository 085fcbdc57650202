//! What stands beside the scroll bar of the events: findings on its left, hits on its right, wherever in the list they are.

use crate::doc::Doc;
use crate::filter::Listed;
use crate::hits::Hits;
use crate::tokens;
use egui::{Rect, Ui, pos2, vec2};
use std::ops::Range;

/// Height of a mark: the least that is seen, and so how finely the list is divided.
const MARK: f32 = 2.0;

/// Positions of the findings of a stream.
pub(super) fn findings(doc: &Doc, stream: u32) -> Vec<Range<u64>> {
    let own = doc.findings.iter().filter(|row| row.stream.id == stream);
    own.map(|row| row.finding.first_event..row.finding.last_event + 1).collect()
}

pub(super) fn paint(
    ui: &Ui,
    track: Rect,
    listed: &Listed,
    hits: &Hits,
    is_filtered: bool,
    findings: &[Range<u64>],
) {
    let t = tokens::of(ui);
    let parts = (track.height() / MARK).floor().max(1.0) as u64;
    let third = track.width() / 3.0;
    let mark = |part: u64, left: f32, color| {
        let min = pos2(left, track.top() + part as f32 * MARK);
        ui.painter().rect_filled(Rect::from_min_size(min, vec2(third, MARK)), 0, color);
    };
    for part in parts_of_findings(listed, hits, findings, parts) {
        mark(part, track.left(), t.danger);
    }
    // Where only hits are listed, every row is one.
    if let (Listed::All(shown), true) = (listed, is_filtered) {
        for part in parts_of_hits(shown, hits, parts) {
            mark(part, track.right() - third, t.accent);
        }
    }
}

/// Parts of the list in which findings lie, ascending, each once.
fn parts_of_findings(listed: &Listed, hits: &Hits, findings: &[Range<u64>], parts: u64) -> Vec<u64> {
    let rows = u128::from(listed.len().max(1));
    let mut marked: Vec<u64> = Vec::new();
    for finding in findings {
        let of = |position: u64| match listed {
            Listed::All(shown) => position.clamp(shown.start, shown.end) - shown.start,
            Listed::Hits(numbers) => hits.rank(position).clamp(numbers.start, numbers.end) - numbers.start,
        };
        let (first, end) = (of(finding.start), of(finding.end));
        if first < end {
            let part = |row: u64| (u128::from(row) * u128::from(parts) / rows) as u64;
            marked.extend(part(first)..=part(end - 1));
        }
    }
    marked.sort_unstable();
    marked.dedup();
    marked
}

/// Parts of the list in which hits lie.
fn parts_of_hits(shown: &Range<u64>, hits: &Hits, parts: u64) -> Vec<u64> {
    let length = u128::from(shown.end - shown.start);
    // Of a short list a row has many parts, of which the first is marked.
    let begins = |part: u64| shown.start + (u128::from(part) * length).div_ceil(u128::from(parts)) as u64;
    (0..parts).filter(|&part| hits.within(&(begins(part)..begins(part + 1))) > 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_stand_where_the_rows_are_and_none_is_lost() {
        let mut hits = Hits::default();
        let many = 1_u64 << 27;
        hits.extend(&[5, many / 2, many]);
        assert_eq!(parts_of_hits(&(0..many + 1), &hits, 300), [0, 149, 299]);
        assert_eq!(parts_of_hits(&(6..many), &hits, 300), [149]);
        assert_eq!(parts_of_hits(&(4..8), &hits, 40), [10], "a short list");
        let all = Listed::All(0..many + 1);
        assert_eq!(
            parts_of_findings(&all, &hits, &[many / 2..many / 2 + 1, many..many + 1], 300),
            [149, 299]
        );
        let found = Listed::Hits(0..3);
        let second = many / 2 - 9..many / 2 + 9;
        assert_eq!(parts_of_findings(&found, &hits, &[second, 7..9], 3), [1], "one finding has a hit");
    }
}
