//! Small bridges between Rust values and `SQLite`'s.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
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
            Some(rusqlite::ErrorCode::DatabaseCorrupt) => damaged(path, source),
            _ => CaseError::Database { path: path.to_owned(), source },
        })
    }
}

/// Told from a file that was copied in part, which is what most often happens to one.
fn damaged(path: &Path, source: rusqlite::Error) -> CaseError {
    match missing(path) {
        Ok((bytes, expected)) if bytes < expected => {
            CaseError::Cut { path: path.to_owned(), bytes, expected }
        }
        _ => CaseError::Corrupt { path: path.to_owned(), source },
    }
}

/// Bytes of a database file, and how many its head says it has (sqlite.org/fileformat.html: page size at byte 16, pages at 28).
fn missing(path: &Path) -> std::io::Result<(u64, u64)> {
    let mut file = File::open(path)?;
    let mut head = [0; 32];
    file.read_exact(&mut head)?;
    let page_bytes = match u16::from_be_bytes([head[16], head[17]]) {
        1 => 65_536,
        bytes => u64::from(bytes),
    };
    let pages = u32::from_be_bytes([head[28], head[29], head[30], head[31]]);
    Ok((file.metadata()?.len(), u64::from(pages) * page_bytes))
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
