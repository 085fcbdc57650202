//! What a file is by its first bytes, and connections to it: keyed where the case is encrypted.
//!
//! An encrypted case is a `SQLCipher` 4 database with pages of 16 KiB and its other defaults, so that a program which is
//! not this one opens it by the passphrase as well. Such a file has no mark: all of its bytes look random, which captures
//! do not, and which what compresses well does only behind a mark of its own.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use rusqlite::{Connection, ErrorCode, OpenFlags};
use zeroize::Zeroizing;

use crate::error::CaseError;
use crate::passphrase::{CaseKey, Salt, known};
use crate::schema::{APPLICATION_ID, PAGE_BYTES, SQLITE_MAGIC};
use crate::sql::AtPath;

/// Pearson's chi-squared of the bytes of a random page against even shares: mean 255, deviation 22.6. Seven deviations away
/// on both sides, so that one random page in a thousand million is not known as one.
const RANDOM: std::ops::Range<f64> = 97.0..420.0;

/// What the first bytes of a file say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Header {
    Case,
    /// Perhaps an encrypted case, with the salt that it has if it is one.
    Sealed(Salt),
    Empty,
    Other,
}

pub(crate) fn header(path: &Path) -> std::io::Result<Header> {
    let mut head = Vec::with_capacity(PAGE_BYTES);
    let mut file = File::open(path)?;
    file.by_ref().take(72).read_to_end(&mut head)?;
    if head.is_empty() {
        return Ok(Header::Empty);
    }
    if head.starts_with(SQLITE_MAGIC) {
        let is_case = head.get(68..72) == Some(&APPLICATION_ID.to_be_bytes());
        return Ok(if is_case { Header::Case } else { Header::Other });
    }
    let is_named = path.extension().is_some_and(|extension| extension == "driftlock");
    let is_whole = file.metadata()?.len() % PAGE_BYTES as u64 == 0;
    if !is_named && (!is_whole || ingest::is_wrapped(&head)) {
        return Ok(Header::Other);
    }
    file.take((PAGE_BYTES - head.len()) as u64).read_to_end(&mut head)?;
    Ok(match head.first_chunk() {
        Some(salt) if head.len() == PAGE_BYTES && looks_random(&head) => Header::Sealed(*salt),
        _ => Header::Other,
    })
}

fn looks_random(page: &[u8]) -> bool {
    let mut counts = [0_u32; 256];
    for &byte in page {
        counts[usize::from(byte)] += 1;
    }
    let expected = page.len() as f64 / 256.0;
    let squares = counts.iter().map(|&count| (f64::from(count) - expected).powi(2));
    RANDOM.contains(&(squares.sum::<f64>() / expected))
}

/// The key that a connection to a file needs; `None` where the file is not encrypted.
pub(crate) fn key_for(path: &Path, header: Header) -> Result<Option<CaseKey>, CaseError> {
    let Header::Sealed(salt) = header else { return Ok(None) };
    if !cfg!(feature = "encryption") {
        return Err(CaseError::NoEncryption { path: path.to_owned() });
    }
    known(&salt).map(Some).ok_or_else(|| CaseError::Locked { path: path.to_owned() })
}

/// Opens a connection. The only place where a connection to a case begins, so that none is without its key.
pub(crate) fn connect(
    address: impl AsRef<Path>,
    flags: OpenFlags,
    key: Option<&CaseKey>,
) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(address, flags)?;
    if let Some(key) = key {
        say_nothing(&connection)?;
        let statement = Zeroizing::new(format!("PRAGMA key = \"{}\"", key.literal().as_str()));
        connection.query_row(&statement, [], |_| Ok(()))?;
        // What is sorted or spilled must not lie in a file in the clear.
        connection.pragma_update(None, "temp_store", "MEMORY")?;
    } else if cfg!(feature = "encryption") {
        // SQLCipher's build would keep all that is temporary in memory.
        connection.pragma_update(None, "temp_store", "FILE")?;
    }
    Ok(connection)
}

/// `SQLCipher` would print what fails to standard error, and take pages for ones of 4 KiB. Both hold for the whole process.
pub(crate) fn say_nothing(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "cipher_log_level", "NONE")?;
    connection.pragma_update(None, "cipher_default_page_size", PAGE_BYTES as i64)
}

/// Whether a key opens a case: its first page has a hash that only this key makes.
pub(crate) fn prove(path: &Path, key: &CaseKey) -> Result<(), CaseError> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    // Of this file alone, whatever is being written beside it: the key is that of the file.
    let connection = connect(crate::store::immutable_uri(path), flags, Some(key)).at(path)?;
    match connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())) {
        Ok(()) => Ok(()),
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) => {
            Err(CaseError::WrongPassphrase { path: path.to_owned() })
        }
        Err(error) => Err(error).at(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_random_page_is_known_as_one_and_others_are_not() {
        let mut page = vec![0; PAGE_BYTES];
        for _ in 0..32 {
            getrandom::fill(&mut page).expect("the system has random numbers");
            assert!(looks_random(&page));
        }
        let even: Vec<u8> = (0..PAGE_BYTES).map(|at| at as u8).collect();
        assert!(!looks_random(&even), "as even as no random page is");
        page[..400].fill(b' ');
        assert!(!looks_random(&page));
    }

    #[test]
    fn a_file_is_taken_for_an_encrypted_case_only_where_nothing_else_fits() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        let mut page = vec![0; PAGE_BYTES];
        loop {
            getrandom::fill(&mut page).expect("the system has random numbers");
            if !ingest::is_wrapped(&page) {
                break;
            }
        }
        let longer: Vec<u8> = page.iter().copied().chain([7]).collect();
        let mut packed = page.clone();
        packed[..4].copy_from_slice(&[0x28, 0xb5, 0x2f, 0xfd]);
        let sealed = Header::Sealed(*page.first_chunk().expect("a page has a salt"));
        for (name, content, expected) in [
            ("a.bin", &page[..], sealed),
            ("longer.bin", &longer, Header::Other),
            ("longer.driftlock", &longer, sealed),
            ("short.driftlock", &page[..PAGE_BYTES - 1], Header::Other),
            ("capture.zst", &packed, Header::Other),
            ("empty.driftlock", &[], Header::Empty),
            ("foreign.driftlock", SQLITE_MAGIC, Header::Other),
        ] {
            let path = folder.path().join(name);
            std::fs::write(&path, content)?;
            assert_eq!(header(&path)?, expected, "{name}");
        }
        Ok(())
    }
}
