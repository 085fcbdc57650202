//! Small bridges between Rust values and `SQLite`'s.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use rusqlite::types::{Type, Value, ValueRef};
use rusqlite::{Row, RowIndex};

use crate::error::CaseError;
use crate::store::Case;

/// Says in which case file a query failed.
pub(crate) trait AtPath<T> {
    fn at(self, path: &Path) -> Result<T, CaseError>;
}

impl<T> AtPath<T> for rusqlite::Result<T> {
    fn at(self, path: &Path) -> Result<T, CaseError> {
        self.map_err(|source| match source.sqlite_error_code() {
            Some(rusqlite::ErrorCode::NotADatabase | rusqlite::ErrorCode::DatabaseCorrupt)
                if Case::is_encrypted(path) =>
            {
                CaseError::Undecipherable { path: path.to_owned() }
            }
            Some(rusqlite::ErrorCode::NotADatabase) => CaseError::NotACase { path: path.to_owned() },
            _ => CaseError::Database { path: path.to_owned(), source },
        })
    }
}

/// An unsigned column; `SQLite`'s integers are signed.
pub(crate) fn unsigned<I: RowIndex + Copy>(row: &Row<'_>, index: I) -> rusqlite::Result<u64> {
    let value: i64 = row.get(index)?;
    u64::try_from(value)
        .map_err(|_| rusqlite::Error::IntegralValueOutOfRange(index.idx(row.as_ref()).unwrap_or(0), value))
}

/// A column that holds one of the stable names of an enumeration.
pub(crate) fn named<T>(
    row: &Row<'_>,
    index: usize,
    from_name: impl Fn(&str) -> Option<T>,
) -> rusqlite::Result<T> {
    let name: String = row.get(index)?;
    from_name(&name).ok_or_else(|| {
        rusqlite::Error::FromSqlConversionFailure(index, Type::Text, format!("unknown name “{name}”").into())
    })
}

/// A path as it is stored: text where it is UTF-8, else its raw bytes where the system has such paths.
pub(crate) fn path_value(path: &Path) -> Value {
    match path.to_str() {
        Some(text) => Value::Text(text.to_owned()),
        None => Value::Blob(path.as_os_str().as_encoded_bytes().to_vec()),
    }
}

/// The path stored in a column.
pub(crate) fn path_column(row: &Row<'_>, index: usize) -> rusqlite::Result<PathBuf> {
    match row.get_ref(index)? {
        ValueRef::Blob(bytes) => Ok(PathBuf::from(raw_name(bytes))),
        other => Ok(PathBuf::from(other.as_str()?)),
    }
}

#[cfg(unix)]
fn raw_name(bytes: &[u8]) -> &OsStr {
    std::os::unix::ffi::OsStrExt::from_bytes(bytes)
}

/// Elsewhere the encoding of a path that is not text has no stable bytes; the file cannot be found by it again.
#[cfg(not(unix))]
fn raw_name(bytes: &[u8]) -> std::ffi::OsString {
    String::from_utf8_lossy(bytes).into_owned().into()
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a String cannot fail");
        text
    })
}

/// Nanoseconds since 1970 by this machine's clock; for the record only, never in a result.
pub(crate) fn now_nanos() -> i64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |elapsed| i64::try_from(elapsed.as_nanos()).unwrap_or(i64::MAX))
}
