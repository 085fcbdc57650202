//! How the window showed a case: values by key, kept for the next time it is opened. No result depends on them.
//!
//! The table is made at the first value that is kept, whatever the schema of the case: it belongs to no version.

use rusqlite::{OptionalExtension, TransactionBehavior, params};

use crate::error::CaseError;
use crate::schema::has_table;
use crate::sql::AtPath;
use crate::store::Case;

const TABLE: &str = "CREATE TABLE IF NOT EXISTS view_state (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL                 -- JSON
) STRICT, WITHOUT ROWID";

impl Case {
    /// The value that was kept under `key`.
    pub fn view_state(&self, key: &str) -> Result<Option<String>, CaseError> {
        if !has_table(&self.connection, "view_state").at(&self.path)? {
            return Ok(None);
        }
        let query = "SELECT value FROM view_state WHERE key = ?1";
        self.connection.query_row(query, [key], |row| row.get(0)).optional().at(&self.path)
    }

    /// Keeps `value` under `key`, in the place of what was there.
    pub fn keep_view_state(&mut self, key: &str, value: &str) -> Result<(), CaseError> {
        const KEEP: &str = "INSERT INTO view_state (key, value) VALUES (?1, ?2)
            ON CONFLICT DO UPDATE SET value = excluded.value";
        let path = self.path.clone();
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).at(&path)?;
        transaction.execute_batch(TABLE).at(&path)?;
        transaction.execute(KEEP, params![key, value]).at(&path)?;
        transaction.commit().at(&path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_made_with_the_first_value_and_a_later_value_takes_its_place() -> Result<(), CaseError> {
        let mut case = Case::temporary()?;
        let evidence = case.evidence_sha256()?;
        assert_eq!(case.view_state("views")?, None);
        assert!(!has_table(&case.connection, "view_state").at(&case.path)?, "asking makes nothing");
        case.keep_view_state("views", "{}")?;
        case.keep_view_state("views", r#"{"range":[0,1]}"#)?;
        case.keep_view_state("other", "[]")?;
        let reader = Case::open_read_only(&case.path)?;
        assert_eq!(reader.view_state("views")?.as_deref(), Some(r#"{"range":[0,1]}"#));
        assert_eq!(reader.view_state("none")?, None);
        assert_eq!(case.evidence_sha256()?, evidence, "how a case is looked at is no evidence");
        Ok(())
    }
}
