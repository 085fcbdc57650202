//! A followed file that is imported as a whole has grown since: what the case had of it gives way to what it has now.

use cbad::Watch;
use rusqlite::params;
use serde_json::json;

use crate::audit::Action;
use crate::error::CaseError;
use crate::growing::Growing;
use crate::purge::empty;
use crate::sql::{AtPath, path_value, unsigned};
use crate::store::Case;

impl Case {
    /// Empties earlier captures of the same path whose bytes this capture begins with, so that no event is in the case twice, and
    /// returns how many events went. As after a purge the captures and their runs stay and say so; other than by a purge nothing is
    /// overwritten, since all of it is in the case still.
    pub(crate) fn supersede_begins(&mut self, capture: i64, watch: &dyn Watch) -> Result<u64, CaseError> {
        const BEFORE: &str = "SELECT id, stored_bytes, sha256 FROM capture
            WHERE path = ?1 AND id <> ?2 AND stored_bytes < ?3 AND completion IS NOT NULL ORDER BY stored_bytes";
        let row = self.capture(capture)?;
        let before: Vec<(i64, u64, Vec<u8>)> = {
            let mut statement = self.connection.prepare(BEFORE).at(&self.path)?;
            let values = params![path_value(&row.path), capture, row.stored_bytes as i64];
            let rows = statement.query_map(values, |row| Ok((row.get(0)?, unsigned(row, 1)?, row.get(2)?)));
            rows.at(&self.path)?.collect::<rusqlite::Result<_>>().at(&self.path)?
        };
        if before.is_empty() {
            return Ok(0);
        }
        let purged: Vec<i64> = self.purges()?.into_iter().map(|row| row.purge.capture).collect();
        let mut file = Growing::open(&row.path)?;
        let mut events = 0;
        for (earlier, stored_bytes, sha256) in before {
            if purged.contains(&earlier) || file.sha256_to(stored_bytes, watch)?.as_slice() != sha256 {
                continue;
            }
            let reason = format!("The file has grown; all of it is capture {capture} now.");
            let transaction = self.immediate()?;
            let purge = self.weigh_purge(earlier, &reason, false)?;
            empty(&transaction, &purge).at(&self.path)?;
            self.record(&transaction, Action::Purge, &purge.file_name, &json!(purge))?;
            transaction.commit().at(&self.path)?;
            events += purge.events;
        }
        self.blocks.take();
        Ok(events)
    }
}
