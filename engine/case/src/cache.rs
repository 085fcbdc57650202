//! The few blocks that were looked at last.

use std::sync::Arc;

use crate::block::Block;

/// A list on the screen scrolls within one block and over the seam to the next; an explanation jumps between a few.
const KEPT: usize = 6;

/// Decoded blocks by row id, most recently used last.
#[derive(Default)]
pub(crate) struct BlockCache {
    blocks: Vec<(i64, Arc<Block>)>,
}

impl BlockCache {
    pub(crate) fn get(&mut self, id: i64) -> Option<Arc<Block>> {
        let index = self.blocks.iter().position(|(kept, _)| *kept == id)?;
        let entry = self.blocks.remove(index);
        let block = Arc::clone(&entry.1);
        self.blocks.push(entry);
        Some(block)
    }

    pub(crate) fn put(&mut self, id: i64, block: Arc<Block>) {
        if self.blocks.len() == KEPT {
            self.blocks.remove(0);
        }
        self.blocks.push((id, block));
    }
}
