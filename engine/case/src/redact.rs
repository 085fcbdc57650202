//! What is taken out of captures before it is stored: rules, salts and counts as the case keeps them.

use std::path::Path;

use ingest::{Counts, Redaction, Redactor};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::audit::Action;
use crate::error::CaseError;
use crate::rows::CaptureRedaction;
use crate::schema::has_table;
use crate::sql::{AtPath, unsigned};
use crate::store::Case;

/// Bytes of a salt made here: as many as the hash has.
const SALT_BYTES: usize = 32;

/// How an import redacts.
#[derive(Clone, Copy)]
pub struct RedactBy<'a> {
    /// The rules.
    pub rules: &'a Redaction,
    /// The salt; without one the case's own, made at random for its first redacted capture.
    pub salt: Option<&'a [u8]>,
    /// Forget the salt once the capture is complete. Until then an interrupted import needs it to go on.
    pub forget_salt: bool,
}

impl std::fmt::Debug for RedactBy<'_> {
    /// Without the salt.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedactBy")
            .field("rules", self.rules)
            .field("forget_salt", &self.forget_salt)
            .finish_non_exhaustive()
    }
}

impl RedactBy<'_> {
    /// Whether the rules can be used, before anything is read for them.
    pub(crate) fn check(&self) -> Result<(), CaseError> {
        Redactor::new(self.rules, &[]).map(drop).map_err(CaseError::from)
    }
}

/// What the case has of a capture's redaction.
struct Stored {
    rules: Redaction,
    salt: Option<Vec<u8>>,
    forget: bool,
}

impl Case {
    /// Forgets the salts of all complete captures: nobody can test guesses against their tokens any more, and no later
    /// capture gets equal ones. Cannot be undone.
    pub fn forget_salts(&mut self) -> Result<(), CaseError> {
        const FORGET: &str = "UPDATE redaction SET salt = NULL WHERE salt IS NOT NULL AND capture IN
            (SELECT id FROM capture WHERE completion IS NOT NULL)";
        if !has_table(&self.connection, "redaction").at(&self.path)? {
            return Ok(());
        }
        self.forget(FORGET, [])
    }

    pub(crate) fn forget_where_asked(&mut self, capture: i64) -> Result<(), CaseError> {
        if self.stored_redaction(capture)?.is_some_and(|stored| stored.forget && stored.salt.is_some()) {
            self.forget("UPDATE redaction SET salt = NULL WHERE capture = ?1", [capture])?;
        }
        Ok(())
    }

    /// Forgets the salts that were to be forgotten once their captures are complete, which those that are followed are only when
    /// nobody follows them any more.
    pub(crate) fn forget_due_salts(&mut self) -> Result<(), CaseError> {
        const FORGET: &str =
            "UPDATE redaction SET salt = NULL WHERE salt IS NOT NULL AND forget = 1 AND capture IN
            (SELECT id FROM capture WHERE completion IS NOT NULL)";
        if !self.redacts_to_forget()? {
            return Ok(());
        }
        self.forget(FORGET, [])
    }

    fn redacts_to_forget(&self) -> Result<bool, CaseError> {
        const QUERY: &str = "SELECT EXISTS (SELECT 1 FROM redaction WHERE forget = 1 AND salt IS NOT NULL)";
        if !has_table(&self.connection, "redaction").at(&self.path)? {
            return Ok(false);
        }
        self.connection.query_row(QUERY, [], |row| row.get(0)).at(&self.path)
    }

    /// Overwrites what is deleted, in the write-ahead log too, and then writes the file anew as a purge does.
    fn forget(&mut self, update: &str, parameters: impl rusqlite::Params) -> Result<(), CaseError> {
        self.connection.pragma_update(None, "secure_delete", true).at(&self.path)?;
        self.move_forward()?;
        let transaction = self.immediate()?;
        let forgotten = transaction.execute(update, parameters).at(&self.path)?;
        if forgotten > 0 {
            let detail = serde_json::json!({ "salts": forgotten });
            self.record(&transaction, Action::ForgetSalts, "salts of redactions", &detail)?;
        }
        transaction.commit().at(&self.path)?;
        if forgotten > 0 { self.write_anew() } else { Ok(()) }
    }

    /// What was taken out of a capture, for a person.
    pub(crate) fn redaction(&self, capture: i64) -> Result<Option<CaptureRedaction>, CaseError> {
        const COUNTS: &str = "SELECT rule, hits FROM redaction_count WHERE capture = ?1 ORDER BY rule";
        let Some(Stored { rules, salt, .. }) = self.stored_redaction(capture)? else { return Ok(None) };
        let mut statement = self.connection.prepare_cached(COUNTS).at(&self.path)?;
        let rows =
            statement.query_map([capture], |row| Ok((row.get(0)?, unsigned(row, 1)?))).at(&self.path)?;
        let counts = rows.collect::<rusqlite::Result<_>>().at(&self.path)?;
        Ok(Some(CaptureRedaction { rules, counts, salt_is_kept: salt.is_some() }))
    }

    /// What redacts the rest of a capture whose import has begun.
    pub(crate) fn redactor(&self, capture: i64) -> Result<Option<Redactor>, CaseError> {
        let Some(Stored { rules, salt, .. }) = self.stored_redaction(capture)? else { return Ok(None) };
        let salt = salt.ok_or_else(|| {
            CaseError::row(&self.path, "redaction", "the salt of an unfinished import is missing".to_owned())
        })?;
        Ok(Some(Redactor::new(&rules, &salt)?))
    }

    /// The same bytes under other rules would be other events. What is there stays as it is.
    pub(crate) fn refuse_other_rules(
        &self,
        capture: i64,
        asked: Option<&RedactBy<'_>>,
        path: &Path,
    ) -> Result<(), CaseError> {
        let stored = self.stored_redaction(capture)?;
        let in_words = |rules: Option<&Redaction>| match rules {
            Some(rules) => format!("redacted by “{}”", rules.name),
            None => "without redaction".to_owned(),
        };
        let (stored_rules, asked_rules) =
            (stored.as_ref().map(|stored| &stored.rules), asked.map(|asked| asked.rules));
        let stored_salt = stored.as_ref().and_then(|stored| stored.salt.as_deref());
        let other_salt = match (stored_salt, asked.and_then(|asked| asked.salt)) {
            (Some(stored), Some(asked)) if stored != asked => " with another salt",
            _ => "",
        };
        if stored_rules == asked_rules && other_salt.is_empty() {
            return Ok(());
        }
        let asked = in_words(asked_rules) + other_salt;
        Err(CaseError::OtherRedaction { path: path.to_owned(), stored: in_words(stored_rules), asked })
    }

    /// A capture that goes on is redacted as its begin was, or not at all.
    pub(crate) fn refuse_to_redact_on(
        &self,
        capture: i64,
        asked: Option<&RedactBy<'_>>,
        path: &Path,
    ) -> Result<(), CaseError> {
        self.refuse_other_rules(capture, asked, path)?;
        match self.stored_redaction(capture)? {
            Some(stored) if stored.salt.is_none() => Err(CaseError::SaltForgotten { path: path.to_owned() }),
            _ => Ok(()),
        }
    }

    pub(crate) fn begin_redaction(
        &self,
        transaction: &Transaction<'_>,
        capture: i64,
        redact: &RedactBy<'_>,
    ) -> Result<(), CaseError> {
        const INSERT: &str = "INSERT INTO redaction (capture, rules, salt, forget) VALUES (?1, ?2, ?3, ?4)";
        let salt = match redact.salt {
            Some(salt) => salt.to_vec(),
            None => match latest_salt(transaction).at(&self.path)? {
                Some(salt) => salt,
                None => random_salt()?,
            },
        };
        let rules = serde_json::to_string(redact.rules).expect("rules have string keys");
        transaction
            .execute(INSERT, params![capture, rules, salt, redact.forget_salt])
            .map(drop)
            .at(&self.path)
    }

    fn stored_redaction(&self, capture: i64) -> Result<Option<Stored>, CaseError> {
        const QUERY: &str = "SELECT rules, salt, forget FROM redaction WHERE capture = ?1";
        if !has_table(&self.connection, "redaction").at(&self.path)? {
            return Ok(None);
        }
        let mut statement = self.connection.prepare_cached(QUERY).at(&self.path)?;
        let stored = statement.query_row([capture], |row| {
            let rules = serde_json::from_str(row.get_ref(0)?.as_str()?)
                .map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(error)))?;
            Ok(Stored { rules, salt: row.get(1)?, forget: row.get(2)? })
        });
        stored.optional().at(&self.path)
    }
}

/// The salt that the case used last and still has: equal values in two captures are to have equal tokens.
fn latest_salt(connection: &Connection) -> rusqlite::Result<Option<Vec<u8>>> {
    const QUERY: &str =
        "SELECT salt FROM redaction WHERE salt IS NOT NULL AND forget = 0 ORDER BY capture DESC LIMIT 1";
    connection.query_row(QUERY, [], |row| row.get(0)).optional()
}

/// Applies rules for a look at what they would take. Its salt is of this look alone, so that its tokens do not stand for
/// those of a case.
pub fn preview_redactor(rules: &Redaction) -> Result<Redactor, CaseError> {
    Ok(Redactor::new(rules, &random_salt()?)?)
}

pub(crate) fn random_salt() -> Result<Vec<u8>, CaseError> {
    let mut salt = vec![0; SALT_BYTES];
    getrandom::fill(&mut salt).map_err(|error| CaseError::NoSalt { what: error.to_string() })?;
    Ok(salt)
}

/// Adds what one checkpoint brought.
pub(crate) fn insert_counts(
    transaction: &Transaction<'_>,
    capture: i64,
    counts: &Counts,
) -> rusqlite::Result<()> {
    const ADD: &str = "INSERT INTO redaction_count (capture, rule, hits) VALUES (?1, ?2, ?3)
        ON CONFLICT (capture, rule) DO UPDATE SET hits = hits + excluded.hits";
    let mut statement = transaction.prepare_cached(ADD)?;
    for (rule, hits) in counts {
        statement.execute(params![capture, rule, *hits as i64])?;
    }
    Ok(())
}
