//! What every tracked file must keep: short sources, no trace of the machine it was written on, links that lead somewhere.

use crate::shell;
use anyhow::bail;
use std::path::Path;
use std::process::Command;

/// Longest source file, in lines.
const LINES: usize = 500;

/// Recorded or found input, kept as it came.
const AS_IT_CAME: [&str; 3] = ["sample-data/", "engine/ingest/tests/data/", "engine/ingest/fuzz/seeds/"];

/// Beginnings of paths that mean something on one machine only. In parts, so that this file does not hold them.
const MACHINE_PATHS: [&str; 6] = [
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
    concat!("/wo", "rk/"),
    concat!("/Us", "ers/"),
    concat!("/tmp/", "target"),
    concat!("C:\\", "Users\\"),
];

/// The one source of crates, as lock files name it.
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Checks every file that git tracks.
pub(crate) fn check() -> anyhow::Result<()> {
    let mut wrong = Vec::new();
    let files = tracked()?;
    for file in &files {
        let Ok(bytes) = std::fs::read(shell::root().join(file)) else { continue };
        let Ok(text) = String::from_utf8(bytes) else { continue };
        wrong.extend(faults(file, &text));
        wrong.extend(dead_links(file, &text, |path| shell::root().join(path).exists()));
    }
    if wrong.is_empty() {
        println!(
            "{} tracked files: no source over {LINES} lines, nothing of one machine, no dead link",
            files.len()
        );
        return Ok(());
    }
    bail!("files to mend:\n  {}", wrong.join("\n  "))
}

fn tracked() -> anyhow::Result<Vec<String>> {
    let listed = shell::read(Command::new("git").args(["ls-files", "-z"]).current_dir(shell::root()))?;
    Ok(String::from_utf8(listed)?.split('\0').filter(|name| !name.is_empty()).map(str::to_owned).collect())
}

fn faults(file: &str, text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let has_extension =
        |wanted: &str| Path::new(file).extension().is_some_and(|extension| extension == wanted);
    let lines = text.lines().count();
    if has_extension("rs") && lines > LINES {
        wrong.push(format!("{file}: {lines} lines, and {LINES} is the most; split it by what it is about"));
    }
    if AS_IT_CAME.iter().any(|folder| file.starts_with(folder)) {
        return wrong;
    }
    for (number, line) in (1..).zip(text.lines()) {
        if let Some(path) = MACHINE_PATHS.iter().find(|path| begins_a_path(line, path)) {
            wrong.push(format!("{file}:{number}: a path of one machine ({path}…)"));
        }
        if let Some(host) = hosts(line).find(|host| is_private(host)) {
            wrong.push(format!("{file}:{number}: a host that others cannot reach ({host})"));
        }
        let source = line.strip_prefix("source = ").filter(|_| has_extension("lock"));
        if let Some(source) = source.filter(|source| source.trim_matches('"') != CRATES_IO) {
            wrong.push(format!("{file}:{number}: a crate that is not from crates.io ({source})"));
        }
    }
    wrong
}

/// Links of a page to files of the project that are not there.
fn dead_links(file: &str, text: &str, exists: impl Fn(&Path) -> bool) -> Vec<String> {
    let page = Path::new(file);
    if page.extension().is_none_or(|extension| extension != "md") {
        return Vec::new();
    }
    let folder = page.parent().unwrap_or(Path::new(""));
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    let paths =
        targets.filter(|target| !target.contains("://")).filter_map(|target| target.split('#').next());
    let dead = paths.filter(|path| !path.is_empty() && !exists(&folder.join(path)));
    dead.map(|path| format!("{file}: a link to {path}, which is not there")).collect()
}

/// Whether the prefix stands in the line as the beginning of a path, and not inside of one.
fn begins_a_path(line: &str, prefix: &str) -> bool {
    let before = |at: usize| line[..at].chars().next_back();
    let inside = |c: char| c.is_alphanumeric() || "._-}~*".contains(c);
    line.match_indices(prefix).any(|(at, _)| !before(at).is_some_and(inside))
}

fn hosts(line: &str) -> impl Iterator<Item = &str> {
    line.split("://").skip(1).map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !".-_@".contains(c));
        let authority = &rest[..end.unwrap_or(rest.len())];
        authority.rsplit('@').next().unwrap_or(authority)
    })
}

/// Names that only a private network resolves, and private addresses. This machine's own name for itself is public.
fn is_private(host: &str) -> bool {
    let last = host.rsplit('.').next().unwrap_or(host);
    let parts: Vec<u8> = host.split('.').filter_map(|part| part.parse().ok()).collect();
    match parts[..] {
        [10, _, _, _] | [192, 168, _, _] | [172, 16..=31, _, _] => true,
        _ => ["internal", "local", "lan", "corp", "intranet"].contains(&last),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_sources_are_found_and_long_texts_are_not() {
        let text = "x\n".repeat(LINES + 1);
        assert_eq!(faults("a/b.rs", &text).len(), 1);
        assert_eq!(faults("a/b.rs", &text[2..]).len(), 0);
        assert_eq!(faults("a/b.md", &text).len(), 0);
    }

    #[test]
    fn links_that_lead_nowhere_are_found() {
        let text = "[a](here.md#part), ![b](../gone.png), [c](#below) and [d](https://example.com/x)";
        let exists = |path: &Path| path == Path::new("docs/here.md");
        assert_eq!(
            dead_links("docs/page.md", text, exists),
            ["docs/page.md: a link to ../gone.png, which is not there"]
        );
        assert_eq!(dead_links("docs/page.rs", text, exists), Vec::<String>::new());
    }

    #[test]
    fn traces_of_a_machine_are_found() {
        let path = format!("see {}someone/notes", MACHINE_PATHS[1]);
        let inside = format!("app{}x", MACHINE_PATHS[2]);
        let lock = "source = \"registry+https://example.com/index\"";
        for (file, text, wanted) in [
            ("a.md", path.as_str(), 1),
            ("sample-data/a.jsonl", path.as_str(), 0),
            ("a.md", inside.as_str(), 0),
            ("a.md", concat!("https://user@mirror.", "corp:8080/simple"), 1),
            ("a.md", concat!("http://192.", "168.1.5/x"), 1),
            ("a.md", "http://127.0.0.1:4318 and https://docs.rs/x", 0),
            ("Cargo.lock", lock, 1),
            ("a.md", lock, 0),
        ] {
            assert_eq!(faults(file, text).len(), wanted, "{file}: {text}");
        }
    }
}
