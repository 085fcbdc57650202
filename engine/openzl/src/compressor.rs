//! A plan at work: columns to frames, and frames to columns.

use crate::column::{Column, OwnedColumn};
use crate::error::Error;
use crate::plan::Plan;
use crate::raw::{self, Context, Graphs};

/// Most bytes of content in one frame.
const MOST_BYTES: u64 = 1 << 30;

/// Compresses columns by one plan, reusing its memory. The same columns and plan give the same bytes.
pub struct Compressor {
    plan: Plan,
    // Before the graphs, so that it goes before what it refers to.
    context: Context,
    graphs: Graphs,
    out: Vec<u8>,
}

impl Compressor {
    /// Makes the plan's graphs.
    pub fn new(plan: &Plan) -> Result<Self, Error> {
        let graphs = Graphs::new(plan.level(), plan.checksums())?;
        let columns: Vec<_> = plan
            .columns()
            .iter()
            .map(|column| (column.column_type, column.recipe.graph(&graphs, column.column_type)))
            .collect();
        let start = match columns[..] {
            [(_, graph)] => graph,
            _ => graphs.columns(&columns),
        };
        graphs.start(start)?;
        Ok(Self { plan: plan.clone(), context: Context::new()?, graphs, out: Vec::new() })
    }

    /// The plan that it follows.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Compresses the columns of the plan into one frame.
    pub fn compress(&mut self, columns: &[Column<'_>]) -> Result<&[u8], Error> {
        let planned = self.plan.columns();
        if planned.len() != columns.len() {
            return Err(Error::Columns { expected: planned.len(), found: columns.len() });
        }
        for (at, (planned, column)) in planned.iter().zip(columns).enumerate() {
            let (expected, found) = (planned.column_type, column.column_type());
            if expected != found {
                return Err(Error::Type { column: at, expected, found });
            }
        }
        let content = columns.iter().map(|column| column.content_bytes() as u64).sum();
        if content > MOST_BYTES {
            return Err(Error::TooLarge { bytes: content, most: MOST_BYTES });
        }
        let bound = raw::bound(content as usize, columns.len());
        if self.out.len() < bound {
            self.out.resize(bound, 0);
        }
        let length = self.context.compress(&self.graphs, columns, &mut self.out)?;
        Ok(&self.out[..length])
    }
}

impl std::fmt::Debug for Compressor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Compressor").field("plan", &self.plan).finish_non_exhaustive()
    }
}

/// Decodes a frame without its plan: a frame says itself how it was made. Of damaged frames an error comes back, or,
/// where the plan has no checksums, columns that were never written.
pub fn decompress(frame: &[u8]) -> Result<Vec<OwnedColumn>, Error> {
    raw::decompress(frame, MOST_BYTES)
}
