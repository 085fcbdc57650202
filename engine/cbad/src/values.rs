//! The values lens.
use crate::channel::Channel;
use crate::permutation::Deck;
use crate::result::Shift;
use crate::window::Plan;
pub(crate) fn score(_channels: &[Channel], _times: &[i64], plan: &Plan) -> Vec<i64> {
    vec![0; plan.count]
}
pub(crate) struct ValuesDeck(usize);
impl Deck for ValuesDeck {
    fn len(&self) -> usize {
        self.0
    }
    fn statistic(&mut self, _w: &[u32]) -> i64 {
        0
    }
}
pub(crate) fn deck(_c: &[Channel], _t: &[i64], _p: &Plan, _w: usize, positions: &[usize]) -> ValuesDeck {
    ValuesDeck(positions.len())
}
pub(crate) fn single_bits(_c: &[Channel], _t: &[i64], _p: &Plan, _w: usize) -> f64 {
    0.0
}
pub(crate) fn explain(
    _c: &[Channel],
    _t: &[i64],
    _p: &Plan,
    _ws: std::ops::Range<usize>,
    _w: usize,
) -> Vec<Shift> {
    vec![]
}
