//! How the columns of a table share the width that there is.

/// What a column asks for, in points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Need {
    /// Where there is room enough.
    pub(super) width: f32,
    /// At least; a column that asks for less than its width takes a part of what is left over, too.
    pub(super) least: f32,
    /// Columns with a rank are left out where there is no room, the highest rank first.
    pub(super) spare: Option<u8>,
}

/// Room at the end of the headings that says how many columns are left out.
pub(super) const MARK: f32 = 24.0;

/// The width of each column in a row of `room` points; `None` for one that is left out.
pub(super) fn widths(needs: &[Need], room: f32) -> Vec<Option<f32>> {
    let mut kept: Vec<bool> = vec![true; needs.len()];
    let sum = |kept: &[bool], of: fn(&Need) -> f32| -> f32 {
        needs.iter().zip(kept).filter(|(_, kept)| **kept).map(|(need, _)| of(need)).sum()
    };
    let mut room = room;
    while sum(&kept, |need| need.least) > room {
        let spared = (0..needs.len()).filter(|at| kept[*at]).max_by_key(|at| needs[*at].spare);
        match spared.filter(|at| needs[*at].spare.is_some()) {
            Some(at) => {
                room -= if kept.contains(&false) { 0.0 } else { MARK };
                kept[at] = false;
            }
            None => break,
        }
    }
    let (wanted, least) = (sum(&kept, |need| need.width), sum(&kept, |need| need.least));
    let elastic = sum(&kept, |need| if need.least < need.width { need.width } else { 0.0 });
    let width = |need: &Need| {
        if need.least >= need.width {
            need.width
        } else if room >= wanted {
            need.width + (room - wanted) * need.width / elastic
        } else {
            need.least + (need.width - need.least) * ((room - least) / (wanted - least)).max(0.0)
        }
    };
    needs.iter().zip(kept).map(|(need, kept)| kept.then(|| width(need))).collect()
}

/// The least width at which nothing scrolls sideways.
pub(super) fn least(needs: &[Need]) -> f32 {
    needs.iter().filter(|need| need.spare.is_none()).map(|need| need.least).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn need(width: f32, least: f32, spare: Option<u8>) -> Need {
        Need { width, least, spare }
    }

    #[test]
    fn names_give_way_first_and_then_the_columns_that_can_be_spared() {
        let needs = [
            need(100.0, 100.0, None),
            need(200.0, 80.0, None),
            need(60.0, 60.0, Some(1)),
            need(50.0, 50.0, Some(2)),
        ];
        for (room, expected) in [
            (610.0, [Some(100.0), Some(400.0), Some(60.0), Some(50.0)]),
            (410.0, [Some(100.0), Some(200.0), Some(60.0), Some(50.0)]),
            (350.0, [Some(100.0), Some(140.0), Some(60.0), Some(50.0)]),
            (289.0, [Some(100.0), Some(105.0), Some(60.0), None]),
            (239.0, [Some(100.0), Some(115.0), None, None]),
            (90.0, [Some(100.0), Some(80.0), None, None]),
        ] {
            assert_eq!(widths(&needs, room), expected, "in {room} points");
        }
        assert!((least(&needs) - 180.0).abs() < 1e-3, "what cannot be spared");
        assert!(widths(&[], 10.0).is_empty());
    }
}
