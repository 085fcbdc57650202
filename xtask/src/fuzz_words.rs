//! What the fuzzer begins with beside its seeds: the words that the readers look for, and the captures that their tests read.
//!
//! Both stand in the sources as texts. A name such as `resourceSpans` is found by chance in no time that anybody has, and a
//! reader behind it would be fuzzed for hours without being reached.

use anyhow::{Context, anyhow};
use proc_macro2::{TokenStream, TokenTree};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use syn::Lit;

/// Longest word, in bytes. `libFuzzer` takes up to 64.
const WORD_BYTES: usize = 40;

/// A name or a mark, no sentence.
fn is_word(text: &[u8]) -> bool {
    (2..=WORD_BYTES).contains(&text.len()) && text.split(|byte| *byte == b' ').count() <= 2
}

/// What was written for the fuzzer.
pub(crate) struct Words {
    pub(crate) dictionary: PathBuf,
    /// A folder with one file a capture.
    pub(crate) captures: PathBuf,
}

/// Writes the texts of all sources below `sources` to an empty folder.
pub(crate) fn write(sources: &Path, folder: &Path) -> anyhow::Result<Words> {
    let (mut words, mut captures) = (BTreeSet::new(), BTreeSet::new());
    for path in sources_below(sources)? {
        let source = std::fs::read_to_string(&path)?;
        let tokens: TokenStream = source.parse().map_err(|error| anyhow!("{}: {error}", path.display()))?;
        let is_test = path.iter().any(|part| part.to_string_lossy().contains("test"));
        texts(tokens, &mut |text| {
            if is_test && text.len() > WORD_BYTES / 2 {
                captures.insert(text);
            } else if !is_test && is_word(&text) {
                words.insert(text);
            }
        });
    }
    let dictionary = folder.join("dictionary");
    let lines = words.iter().map(|word| entry(word)).collect::<Vec<_>>().join("\n");
    std::fs::write(&dictionary, lines + "\n")?;
    let kept = folder.join("captures");
    std::fs::create_dir_all(&kept)?;
    for (number, capture) in captures.iter().enumerate() {
        std::fs::write(kept.join(number.to_string()), capture)?;
    }
    Ok(Words { dictionary, captures: kept })
}

fn sources_below(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let listed = std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    for entry in listed {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(sources_below(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    Ok(found)
}

/// Every text between quotes, those within macros too, but no comment.
fn texts(tokens: TokenStream, found: &mut impl FnMut(Vec<u8>)) {
    let mut tokens = tokens.into_iter().peekable();
    if matches!(tokens.peek(), Some(TokenTree::Ident(name)) if name == "doc") {
        return;
    }
    for token in tokens {
        match token {
            TokenTree::Group(group) => texts(group.stream(), found),
            TokenTree::Literal(literal) => match Lit::new(literal) {
                Lit::Str(text) => found(text.value().into_bytes()),
                Lit::ByteStr(text) => found(text.value()),
                _ => {}
            },
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
    }
}

/// A line of a dictionary as `libFuzzer` reads it.
fn entry(word: &[u8]) -> String {
    let mut line = String::from("\"");
    for &byte in word {
        match byte {
            b'"' | b'\\' => {
                line.push('\\');
                line.push(byte.into());
            }
            b' '..=b'~' => line.push(byte.into()),
            _ => write!(line, "\\x{byte:02X}").expect("a text takes all that is written to it"),
        }
    }
    line + "\""
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell;

    #[test]
    fn a_word_is_written_as_the_fuzzer_reads_it() {
        assert_eq!(entry(b"a \"\\\x00\xff"), r#""a \"\\\x00\xFF""#);
    }

    #[test]
    fn the_names_that_readers_look_for_are_among_the_words() -> anyhow::Result<()> {
        let folder = shell::scratch("fuzz-words-test")?;
        let words = write(&shell::root().join("engine/ingest/src"), &folder)?;
        let dictionary = std::fs::read_to_string(words.dictionary)?;
        for word in ["resourceSpans", "ElfFile\\x00", "MESSAGE", "# EOF"] {
            assert!(dictionary.lines().any(|line| line == format!("\"{word}\"")), "{word}");
        }
        assert!(std::fs::read_dir(words.captures)?.count() > 100);
        Ok(())
    }
}
