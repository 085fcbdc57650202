//! Moving a case of an earlier schema forward, never without a copy from before.
//!
//! The copy lies beside the case as `NAME.schema-N.backup`. It is removed once the case has its new tables;
//! where that fails it stays, and the error names it. A crash in between leaves the case at one schema or
//! the other, and perhaps a copy that nobody needs.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use serde_json::{Value, json};

use crate::audit::{self, Action};
use crate::error::CaseError;
use crate::passphrase::CaseKey;
use crate::schema::{self, SCHEMA_VERSION};
use crate::sealed::connect;
use crate::sql::AtPath;
use crate::store::{Case, beside};

/// Pages copied before the writer's lock is looked at again.
const PAGES: std::ffi::c_int = 1024;

impl Case {
    /// Adds what an earlier schema lacks; nothing where the case has the present one.
    pub(crate) fn move_forward(&mut self) -> Result<(), CaseError> {
        let found = schema::version(&self.connection).at(&self.path)?;
        if found >= SCHEMA_VERSION {
            return Ok(());
        }
        let backup = free_name(&self.path, found);
        copy(&self.connection, &backup, self.key.as_ref()).map_err(|what| CaseError::Backup {
            path: self.path.clone(),
            backup: backup.clone(),
            what,
        })?;
        add_tables(&mut self.connection, &self.actor).map_err(|what| CaseError::Migration {
            path: self.path.clone(),
            found,
            known: SCHEMA_VERSION,
            backup: backup.clone(),
            what,
        })?;
        std::fs::remove_file(&backup).map_err(CaseError::io("remove", &backup))
    }
}

/// The name of the copy; one that is there already is from an earlier failure and stays.
fn free_name(path: &Path, found: i64) -> PathBuf {
    let first = beside(path, &format!(".schema-{found}.backup"));
    let others = (2_u32..).map(|number| beside(path, &format!(".schema-{found}.backup-{number}")));
    let mut names = std::iter::once(first).chain(others);
    names.find(|name| !name.exists()).expect("a folder does not hold four billion copies")
}

/// Whole or not at all: a copy has its name only once every page is on the disk.
fn copy(from: &Connection, to: &Path, key: Option<&CaseKey>) -> Result<(), String> {
    let partial = beside(to, ".partial");
    let copied = (|| {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let mut target = connect(&partial, flags, key).map_err(|error| error.to_string())?;
        let backup = Backup::new(from, &mut target).map_err(|error| error.to_string())?;
        backup.run_to_completion(PAGES, Duration::ZERO, None).map_err(|error| error.to_string())?;
        drop(backup);
        target.close().map_err(|(_, error)| error.to_string())?;
        let file = std::fs::File::open(&partial).map_err(|error| error.to_string())?;
        file.sync_all().map_err(|error| error.to_string())?;
        std::fs::rename(&partial, to).map_err(|error| error.to_string())
    })();
    if copied.is_err() {
        // What is left of it says less than the error does.
        let _ = std::fs::remove_file(&partial);
    }
    copied
}

/// What the chain of changes begins with: nobody recorded how it came to be.
fn what_was_there(connection: &Connection, schema: i64) -> rusqlite::Result<Value> {
    let list = |query: &str| {
        let mut statement = connection.prepare(query)?;
        let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
        rows.collect::<rusqlite::Result<Vec<_>>>()
    };
    Ok(json!({
        "schema": schema,
        "captures": list("SELECT lower(hex(sha256)) FROM capture ORDER BY id")?,
        "runs": list("SELECT results_sha256 FROM run ORDER BY id")?,
    }))
}

fn add_tables(connection: &mut Connection, actor: &str) -> Result<(), String> {
    let mut moved = || -> rusqlite::Result<()> {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let found = schema::version(&transaction)?;
        schema::add_later_tables(&transaction)?;
        if found < SCHEMA_VERSION {
            let detail = what_was_there(&transaction, found)?;
            let subject = format!("schema {found} to {SCHEMA_VERSION}");
            audit::append(&transaction, actor, Action::Migrate, &subject, &detail)?;
        }
        transaction.commit()
    };
    moved().map_err(|error| match error {
        // Which would show all of the SQL with it.
        rusqlite::Error::SqlInputError { msg, .. } => msg,
        other => other.to_string(),
    })
}
