//! The few blocks that were looked at last.

use std::sync::Arc;

use rusqlite::types::Value;

use crate::block::Block;
use crate::events::BlockPlace;

/// A list on the screen scrolls within one block and over the seam to the next; an explanation jumps between a few.
const KEPT: usize = 6;

/// Decoded blocks by row id and SHA-256, most recently used last: a row id is handed out again once blocks were joined.
#[derive(Default)]
pub(crate) struct BlockCache {
    blocks: Vec<((i64, Value), Arc<Block>)>,
}

impl BlockCache {
    pub(crate) fn get(&mut self, place: &BlockPlace) -> Option<Arc<Block>> {
        let is_it = |(id, sha256): &(i64, Value)| *id == place.id && *sha256 == place.sha256;
        let index =
            self.blocks.iter().position(|(kept, block)| is_it(kept) && block.len() as u64 == place.events)?;
        let entry = self.blocks.remove(index);
        let block = Arc::clone(&entry.1);
        self.blocks.push(entry);
        Some(block)
    }

    pub(crate) fn put(&mut self, place: &BlockPlace, block: Arc<Block>) {
        if self.blocks.len() == KEPT {
            self.blocks.remove(0);
        }
        self.blocks.push(((place.id, place.sha256.clone()), block));
    }
}
