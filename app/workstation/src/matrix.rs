//! Block against block of one stream: what was asked for, what was made, and which two blocks are looked at.

use crate::ui::rows::ListState;
use crate::work::{Failure, Finished, TaskWatch};
use case::{Case, CaseError, MatrixChoice, NcdMatrix};
use std::path::Path;
use std::sync::Arc;

/// The matrix of the open case.
#[derive(Default)]
pub(crate) struct Matrix {
    pub(crate) choice: MatrixChoice,
    pub(crate) made: Option<Arc<NcdMatrix>>,
    /// Two blocks, the first not after the second.
    pub(crate) pair: Option<(u32, u32)>,
    /// The list of pairs, and the list of events of the two blocks.
    pub(crate) pairs_list: ListState,
    pub(crate) events_list: ListState,
    pub(crate) texture: Option<(TextureKey, egui::TextureHandle)>,
}

/// What a texture was made from: a matrix by its address, a ramp, a ground.
pub(crate) type TextureKey = (usize, crate::tokens::Ramp, bool);

impl Matrix {
    /// Takes a new one and looks at the two blocks that are farthest apart.
    pub(crate) fn take(&mut self, made: Arc<NcdMatrix>) {
        *self = Self { choice: self.choice, pair: farthest(&made), made: Some(made), ..Self::default() };
    }

    /// Looks at another pair of blocks.
    pub(crate) fn look_at(&mut self, one: u32, other: u32) {
        self.pair = Some((one.min(other), one.max(other)));
        self.events_list = ListState::default();
    }
}

/// The pair of different blocks with the greatest distance, the first of equals.
fn farthest(matrix: &NcdMatrix) -> Option<(u32, u32)> {
    let mut best: Option<((u32, u32), f64)> = None;
    for (one, other) in pairs(matrix).filter(|(one, other)| one != other) {
        let ncd = matrix.sizes.ncd(one, other)?;
        if best.is_none_or(|(_, most)| ncd > most) {
            best = Some(((one, other), ncd));
        }
    }
    best.map(|(pair, _)| pair)
}

/// Each pair of blocks once, row by row.
pub(crate) fn pairs(matrix: &NcdMatrix) -> impl Iterator<Item = (u32, u32)> {
    let blocks = matrix.sizes.pieces;
    (0..blocks).flat_map(move |one| (one..blocks).map(move |other| (one, other)))
}

/// Least and most distance of two different blocks: the ends of the colours.
pub(crate) fn scale(matrix: &NcdMatrix) -> (f64, f64) {
    let different = pairs(matrix).filter(|(one, other)| one != other);
    let values = different.filter_map(|(one, other)| matrix.sizes.ncd(one, other));
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), ncd| (least.min(ncd), most.max(ncd)))
}

/// Measures a stream; a task.
pub(crate) fn measure(
    path: &Path,
    stream: u32,
    choice: MatrixChoice,
    watch: &TaskWatch,
) -> Result<Finished, Failure> {
    let made = Case::open_read_only(path).and_then(|case| case.ncd_matrix(stream, choice, None, watch));
    match made {
        Ok(matrix) => Ok(Finished::Matrix(path.to_owned(), Arc::new(matrix))),
        Err(CaseError::Cancelled) => Ok(Finished::Stopped("No block was measured to the end.".to_owned())),
        // The engine says that it was stopped in words of its own.
        Err(_) if cbad::Watch::cancelled(watch) => {
            Ok(Finished::Stopped("No block was measured to the end.".to_owned()))
        }
        Err(error) => Err(Failure::new("Could not measure block against block", error)),
    }
}
