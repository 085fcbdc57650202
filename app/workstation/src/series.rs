//! A line of any number of points, thinned to what a plot of some columns can show: the least and the most of each
//! column, so that no spike is lost. The cost of a frame does not depend on the number of points.

/// Points that the finest level joins into one block.
const BLOCK: usize = 16;
/// Blocks that the next level joins into one.
const STEP: usize = 4;

/// The least and the most value of a block, and where they stand.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Block {
    least: [f64; 2],
    most: [f64; 2],
}

impl Block {
    fn of_points(points: &[[f64; 2]]) -> Self {
        let first = Self { least: points[0], most: points[0] };
        points[1..].iter().fold(first, |block, &point| block.join(Self { least: point, most: point }))
    }

    fn join(self, other: Self) -> Self {
        Self {
            least: if other.least[1] < self.least[1] { other.least } else { self.least },
            most: if other.most[1] > self.most[1] { other.most } else { self.most },
        }
    }
}

/// Points in ascending x, with coarser and coarser levels over them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Series {
    points: Vec<[f64; 2]>,
    levels: Vec<Vec<Block>>,
    y_range: Option<(f64, f64)>,
}

impl Series {
    /// A series of these points; those that are not finite are left out, and the order is made ascending.
    pub(crate) fn new(mut points: Vec<[f64; 2]>) -> Self {
        points.retain(|p| p[0].is_finite() && p[1].is_finite());
        points.sort_by(|a, b| a[0].total_cmp(&b[0]));
        let mut levels = Vec::new();
        let mut level: Vec<Block> = points.chunks(BLOCK).map(Block::of_points).collect();
        while level.len() > 1 {
            let coarser = level
                .chunks(STEP)
                .map(|c| c[1..].iter().fold(c[0], |joined, &block| joined.join(block)))
                .collect();
            levels.push(std::mem::replace(&mut level, coarser));
        }
        let all = |pick: fn(f64, f64) -> f64| points.iter().map(|p| p[1]).reduce(pick);
        let y_range = all(f64::min).zip(all(f64::max));
        Self { points, levels, y_range }
    }

    /// The point with the nearest x.
    pub(crate) fn nearest(&self, x: f64) -> Option<[f64; 2]> {
        let after = self.points.partition_point(|p| p[0] < x);
        let candidates = self.points[after.saturating_sub(1)..self.points.len().min(after + 1)].iter();
        candidates.min_by(|a, b| (a[0] - x).abs().total_cmp(&(b[0] - x).abs())).copied()
    }

    /// Least and most y over all points.
    pub(crate) const fn y_range(&self) -> Option<(f64, f64)> {
        self.y_range
    }

    /// What to draw between `from` and `to` on `columns` columns: the points themselves where they are few, else at
    /// most about `2 * STEP` a column. One point beyond each edge is kept, so that lines run out of the picture.
    pub(crate) fn thin(&self, from: f64, to: f64, columns: usize) -> Vec<[f64; 2]> {
        let first = self.points.partition_point(|p| p[0] < from).saturating_sub(1);
        let end = (self.points.partition_point(|p| p[0] <= to) + 1).min(self.points.len());
        let visible = end.saturating_sub(first);
        if visible <= columns.max(1) * 2 {
            return self.points[first..end].to_vec();
        }
        let wanted = visible / columns.max(1);
        let (mut level, mut width) = (0, BLOCK);
        while level + 1 < self.levels.len() && width * STEP <= wanted {
            level += 1;
            width *= STEP;
        }
        let Some(blocks) = self.levels.get(level).filter(|_| wanted >= BLOCK) else {
            return self.points[first..end]
                .chunks(wanted.max(1))
                .flat_map(|c| drawn(Block::of_points(c)))
                .collect();
        };
        let last = ((end - 1) / width).min(blocks.len() - 1);
        blocks[first / width..=last].iter().flat_map(|&block| drawn(block)).collect()
    }
}

fn drawn(block: Block) -> [[f64; 2]; 2] {
    if block.least[0] <= block.most[0] { [block.least, block.most] } else { [block.most, block.least] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_points_come_back_as_they_are() {
        let points: Vec<[f64; 2]> = (0..50).map(|i| [f64::from(i), f64::from(i % 7)]).collect();
        let series = Series::new(points.iter().rev().copied().chain([[f64::NAN, 1.0]]).collect());
        assert_eq!(series.thin(0.0, 49.0, 100), points);
        assert_eq!(series.thin(10.5, 12.5, 100), points[10..14]);
        assert_eq!(series.nearest(12.4), Some(points[12]));
        assert_eq!(series.nearest(-5.0), Some(points[0]));
        assert_eq!(series.y_range(), Some((0.0, 6.0)));
        assert_eq!(Series::new(Vec::new()).thin(0.0, 1.0, 10), Vec::<[f64; 2]>::new());
        assert_eq!(Series::new(Vec::new()).nearest(0.0), None);
    }

    #[test]
    fn a_spike_among_a_million_points_stays_in_the_picture() {
        let spike = 654_321;
        let points = (0..1_000_000).map(|i| [f64::from(i), if i == spike { 9.0 } else { f64::from(i % 3) }]);
        let series = Series::new(points.collect());
        for (from, to, columns) in [
            (0.0, 1e6, 800),
            (600_000.0, 700_000.0, 500),
            (654_000.0, 655_000.0, 100),
            (650_000.0, 660_000.0, 900),
        ] {
            let drawn = series.thin(from, to, columns);
            assert!(drawn.contains(&[f64::from(spike), 9.0]), "lost between {from} and {to}");
            assert!(drawn.len() <= columns * 2 * STEP + 8, "{} points on {columns} columns", drawn.len());
            assert!(drawn.windows(2).all(|w| w[0][0] <= w[1][0]), "x runs back between {from} and {to}");
        }
    }
}
