//! Passphrases, the keys made of them, and which cases this process may open.
//!
//! Deriving a key takes some tenths of a second on purpose, and a case is opened by many connections: a case is unlocked
//! once, and every connection of the process to it finds its key by the salt that stands at the head of the file.
//! Nothing here is ever shown, logged or kept in a file.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use sha2::Sha512;
use zeroize::Zeroizing;

use crate::error::CaseError;
use crate::sealed::{Header, header, prove};
use crate::store::Case;

/// Rounds of PBKDF2-HMAC-SHA512 that make a key of a passphrase: the default of `SQLCipher` 4.
pub const KEY_ROUNDS: u32 = 256_000;
/// Characters below which a passphrase is said to be short.
const FEW_CHARACTERS: usize = 12;
/// What encryption costs and what it does not give back, for whoever is about to choose a passphrase.
pub const ENCRYPTION_COST: &str = "Every page of the file is enciphered. Opening the case takes some tenths of a second longer, \
an import up to a quarter longer, an analysis a twentieth. Without the passphrase nobody, the makers of this program included, can open it: keep it \
where it cannot be lost. What is exported is in the clear, and so is what the machine keeps in memory.";

/// What stands at the head of an encrypted case, at random.
pub(crate) type Salt = [u8; 16];

/// What a person opens an encrypted case with: bytes, taken as they are. Wiped from memory on drop; shows nothing of itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Passphrase(Zeroizing<Vec<u8>>);

impl Passphrase {
    /// A passphrase; `None` for an empty one, which protects nothing.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Option<Self> {
        let bytes = Zeroizing::new(bytes.into());
        (!bytes.is_empty()).then_some(Self(bytes))
    }

    /// The first line of a file that holds one, without the end of that line.
    pub fn of_file(content: impl Into<Vec<u8>>) -> Option<Self> {
        let content = Zeroizing::new(content.into());
        let line = content.split(|&byte| byte == b'\n').next().unwrap_or_default();
        Self::new(line.strip_suffix(b"\r").unwrap_or(line))
    }

    /// What is said of one with so few characters that a machine may guess it; never a refusal.
    pub fn weakness(&self) -> Option<String> {
        (String::from_utf8_lossy(&self.0).chars().count() < FEW_CHARACTERS).then(|| {
            format!("Fewer than {FEW_CHARACTERS} characters can be guessed by a machine. Several words are better.")
        })
    }
}

impl std::fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passphrase(…)")
    }
}

/// The key of one encrypted case.
#[derive(Clone)]
pub(crate) struct CaseKey {
    salt: Salt,
    key: Zeroizing<[u8; 32]>,
}

impl CaseKey {
    /// The key that a passphrase gives for a case with this salt.
    pub(crate) fn derive(passphrase: &Passphrase, salt: Salt) -> Self {
        let mut key = Zeroizing::new([0; 32]);
        pbkdf2::pbkdf2_hmac::<Sha512>(&passphrase.0, &salt, KEY_ROUNDS, key.as_mut_slice());
        Self { salt, key }
    }

    /// A key for a case that is to be made.
    pub(crate) fn fresh(passphrase: &Passphrase, path: &Path) -> Result<Self, CaseError> {
        let mut salt = Salt::default();
        loop {
            getrandom::fill(&mut salt).map_err(|error| CaseError::NoRandomness {
                path: path.to_owned(),
                what: error.to_string(),
            })?;
            // A case that began like a compressed capture would be taken for one.
            if !ingest::is_wrapped(&salt) {
                return Ok(Self::derive(passphrase, salt));
            }
        }
    }

    /// Key and salt as `SQLCipher` takes them without deriving anything: hexadecimal digits, so that nothing of a passphrase
    /// ever stands in a statement.
    pub(crate) fn literal(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(2 * (32 + 16) + 3));
        text.push_str("x'");
        for byte in self.key.iter().chain(&self.salt) {
            write!(text, "{byte:02x}").expect("writing to a String cannot fail");
        }
        text.push('\'');
        text
    }

    /// Lets every later connection of this process open the case with this salt.
    pub(crate) fn keep(&self) {
        keys().insert(self.salt, Zeroizing::clone(&self.key));
    }
}

static KEYS: Mutex<BTreeMap<Salt, Zeroizing<[u8; 32]>>> = Mutex::new(BTreeMap::new());

fn keys() -> MutexGuard<'static, BTreeMap<Salt, Zeroizing<[u8; 32]>>> {
    // A map of keys is whole whatever panicked beside it.
    KEYS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The key that this process knows for a case.
pub(crate) fn known(salt: &Salt) -> Option<CaseKey> {
    keys().get(salt).map(|key| CaseKey { salt: *salt, key: Zeroizing::clone(key) })
}

impl Case {
    /// Whether a file is an encrypted case, as far as that can be told without its passphrase: its bytes are those of nothing
    /// else. False where it cannot be read.
    pub fn is_encrypted(path: &Path) -> bool {
        matches!(header(path), Ok(Header::Sealed(_)))
    }

    /// Whether a case is encrypted and [`Case::unlock`] was not called for it in this process.
    pub fn needs_passphrase(path: &Path) -> bool {
        matches!(header(path), Ok(Header::Sealed(salt)) if known(&salt).is_none())
    }

    /// Lets this process open an encrypted case from now on, wherever it lies. Takes some tenths of a second. A case that is
    /// not encrypted needs nothing.
    pub fn unlock(path: &Path, passphrase: &Passphrase) -> Result<(), CaseError> {
        let io = |source| CaseError::io("read", path)(source);
        let Header::Sealed(salt) = header(path).map_err(io)? else { return Ok(()) };
        if !cfg!(feature = "encryption") {
            return Err(CaseError::NoEncryption { path: path.to_owned() });
        }
        let key = CaseKey::derive(passphrase, salt);
        prove(path, &key)?;
        key.keep();
        Ok(())
    }

    /// Forgets the key of a case. Connections that are open stay so.
    pub fn lock(path: &Path) {
        if let Ok(Header::Sealed(salt)) = header(path) {
            keys().remove(&salt);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passphrase_shows_nothing_of_itself_and_an_empty_one_is_none() {
        let passphrase = Passphrase::new("open sesame").expect("it is not empty");
        assert_eq!(format!("{passphrase:?} {:?}", Some(&passphrase)), "Passphrase(…) Some(Passphrase(…))");
        assert_eq!(Passphrase::new(""), None);
    }

    #[test]
    fn of_a_file_the_first_line_counts_whatever_ends_it() {
        for (content, expected) in [
            ("abc", Some("abc")),
            ("abc\n", Some("abc")),
            ("abc\r\nnext", Some("abc")),
            (" a'b\"c\0d \n\n", Some(" a'b\"c\0d ")),
            ("\n", None),
            ("", None),
        ] {
            assert_eq!(Passphrase::of_file(content), expected.and_then(Passphrase::new), "{content:?}");
        }
    }

    #[test]
    fn length_is_counted_in_characters() {
        for (text, short) in [("eleven char", true), ("twelve chars", false), ("ééééééééééé", true)]
        {
            let passphrase = Passphrase::new(text).expect("it is not empty");
            assert_eq!(passphrase.weakness().is_some(), short, "{text}");
        }
    }
}
