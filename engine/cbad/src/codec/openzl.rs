//! `OpenZL`: a piece as two typed columns in one frame.
//!
//! The columns are which distinct event stands where, numbered as they first appear, and the canonical text of each of
//! these once. Strong on a capture, weak on a short window: each column has headers of its own, and below about a
//! hundred events they cost more than the types save.

use openzl::{Column, ColumnPlan, ColumnType, Compressor, LIBRARY_VERSION, Plan, Recipe, Strings};

use super::info::{CodecInfo, CodecName, PlanColumn, PlanInfo};
use super::{Codec, Piece};
use crate::result::Sizes;

const LEVEL: i32 = 3;

/// One frame a piece, by a plan that is the same for every stream, so that sizes can be compared.
pub(crate) struct OpenZl {
    compressor: Compressor,
    order: Vec<u32>,
    texts: Vec<u8>,
    lengths: Vec<u32>,
    numbers: hashbrown::HashMap<u32, u32>,
}

impl OpenZl {
    pub(crate) fn new() -> Self {
        let compressor = Compressor::new(&plan()).expect("a plan of the library's own graphs");
        Self {
            compressor,
            order: Vec::new(),
            texts: Vec::new(),
            lengths: Vec::new(),
            numbers: hashbrown::HashMap::new(),
        }
    }

    fn bits(&mut self, pieces: &[&Piece]) -> u64 {
        self.encode(pieces).len() as u64 * 8
    }

    /// One frame of all the pieces, one after another.
    pub(super) fn encode(&mut self, pieces: &[&Piece]) -> &[u8] {
        self.order.clear();
        self.texts.clear();
        self.lengths.clear();
        self.numbers.clear();
        for (event, text) in pieces.iter().flat_map(|piece| piece.lines()) {
            let next = self.numbers.len() as u32;
            let number = *self.numbers.entry(event).or_insert(next);
            if number == next {
                self.texts.extend_from_slice(text);
                self.lengths.push(text.len() as u32);
            }
            self.order.push(number);
        }
        let texts = Strings::new(&self.texts, &self.lengths).expect("each length is that of its text");
        self.compressor
            .compress(&[Column::U32(&self.order), Column::Strings(texts)])
            .expect("columns of the plan; a piece is far below a frame's limit")
    }
}

impl Codec for OpenZl {
    fn sizes(&mut self, baseline: &Piece, window: &Piece) -> Sizes {
        Sizes {
            baseline_bytes: baseline.text.len() as u64,
            window_bytes: window.text.len() as u64,
            baseline_bits: self.bits(&[baseline]),
            window_bits: self.bits(&[window]),
            both_bits: self.bits(&[baseline, window]),
        }
    }
}

/// What a search over 50 lines of a recorded shop log gives; fixed, so that sizes of two streams can be compared.
fn plan() -> Plan {
    let column = |name: &str, column_type, recipe| ColumnPlan { name: name.to_owned(), column_type, recipe };
    let columns = vec![
        column("distinct event", ColumnType::U32, Recipe::DeltaFieldLz),
        column("canonical text", ColumnType::Strings, Recipe::Generic),
    ];
    Plan::new(LEVEL, false, columns).expect("each recipe is for its type")
}

/// The plan, for a person.
pub(super) fn plan_info() -> PlanInfo {
    let plan = plan();
    let column = |column: &ColumnPlan| PlanColumn {
        name: column.name.clone(),
        column_type: column.column_type.name(),
        recipe: column.recipe.in_words(),
    };
    PlanInfo {
        codec: CodecName::Openzl,
        sha256: super::info::hex(&plan.sha256()),
        columns: plan.columns().iter().map(column).collect(),
    }
}

pub(super) fn info() -> CodecInfo {
    CodecInfo {
        level: Some(LEVEL),
        settings: Some(format!("plan SHA-256 {}", plan_info().sha256)),
        ..CodecInfo::new(CodecName::Openzl, LIBRARY_VERSION)
    }
}
