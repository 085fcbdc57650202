//! The code map in `docs/ARCHITECTURE.md` against the tree: what it names is there, and what is there it names.

use crate::{layers, shell};
use anyhow::{Context, bail};
use std::collections::BTreeSet;
use std::path::Path;

const MAP: &str = "docs/ARCHITECTURE.md";

/// Compares the map with the workspace.
pub(crate) fn check() -> anyhow::Result<()> {
    let root = shell::root();
    let text = std::fs::read_to_string(root.join(MAP)).with_context(|| format!("cannot read {MAP}"))?;
    let mut wrong = dead_paths(&text, |path| root.join(path).exists());
    for member in layers::members()? {
        let folder = root.join(&member);
        layers::crate_name(&folder)?;
        let mut files = BTreeSet::new();
        collect(&folder.join("src"), "", &mut files)?;
        wrong.extend(differences(&text, &member, &files));
    }
    if wrong.is_empty() {
        println!("{MAP} matches the tree");
        return Ok(());
    }
    bail!("{MAP} does not match the tree:\n  {}", wrong.join("\n  "))
}

/// Rust files below a folder, by their path in it.
fn collect(folder: &Path, prefix: &str, files: &mut BTreeSet<String>) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &format!("{name}/"), files)?;
        } else if Path::new(&name).extension().is_some_and(|extension| extension == "rs") {
            files.insert(name);
        }
    }
    Ok(())
}

/// Text between single backticks.
fn spans(text: &str) -> impl Iterator<Item = &str> {
    text.split("```").step_by(2).flat_map(|prose| prose.split('`').skip(1).step_by(2))
}

/// Paths that begin with a folder of the project and lead nowhere.
fn dead_paths(text: &str, exists: impl Fn(&str) -> bool) -> Vec<String> {
    const TOPS: [&str; 9] =
        ["app/", "engine/", "xtask/", "assets/", "icons/", "sample-data/", "installers/", "docs/", ".ci/"];
    let paths = spans(text).filter(|span| TOPS.iter().any(|top| span.starts_with(top)));
    paths.filter(|path| !exists(path)).map(|path| format!("`{path}` is not there")).collect()
}

/// The section of a crate is headed by its folder. It names each source file, or the folder that the file is in.
fn differences(text: &str, member: &str, files: &BTreeSet<String>) -> Vec<String> {
    let heading = format!("### `{member}`");
    let Some((_, section)) = text.split_once(&heading) else {
        return vec![format!("there is no section '{heading}'")];
    };
    let section = section.split("\n## ").next().unwrap_or_default();
    let section = section.split("\n### ").next().unwrap_or_default();
    let named: BTreeSet<&str> = spans(section).collect();
    let mut wrong = Vec::new();
    let is_source = |name: &&&str| {
        let ends_rs = Path::new(name).extension().is_some_and(|extension| extension == "rs");
        (ends_rs || name.ends_with('/')) && !name.starts_with("tests/") && !name.starts_with("examples/")
    };
    for name in named.iter().filter(is_source).filter(|name| !name.contains(member)) {
        if !files.iter().any(|file| file == name || (name.ends_with('/') && file.starts_with(name))) {
            wrong.push(format!("{heading}: `{name}` is not in {member}/src"));
        }
    }
    let in_named_folder = |file: &str| file.match_indices('/').any(|(at, _)| named.contains(&file[..=at]));
    let is_evident = |file: &str| file == "lib.rs" || file == "main.rs" || file.ends_with("tests.rs");
    for file in files.iter().filter(|file| !is_evident(file)) {
        if !named.contains(file.as_str()) && !in_named_folder(file) {
            wrong.push(format!("{heading}: {member}/src/{file} is not named"));
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# Map\n\n### `engine/a`\n\n`one.rs` does this, `sub/` does that. See `docs/X.md`.\n\n## Next\n`two.rs`\n";

    #[test]
    fn the_map_and_the_tree_are_compared_both_ways() {
        for (files, wanted) in [
            (&["lib.rs", "one.rs", "one_tests.rs", "sub/deep.rs"][..], 0),
            (&["one.rs", "sub/deep.rs", "two.rs"], 1),
            (&["one.rs"], 1),
            (&["sub/deep.rs"], 1),
        ] {
            let files = files.iter().map(|&name| name.to_owned()).collect();
            assert_eq!(differences(TEXT, "engine/a", &files).len(), wanted, "{files:?}");
        }
        assert_eq!(differences(TEXT, "engine/b", &BTreeSet::new()).len(), 1);
        assert_eq!(dead_paths(TEXT, |path| path != "docs/X.md"), ["`docs/X.md` is not there"]);
    }

    #[test]
    fn the_map_of_this_workspace_matches() -> anyhow::Result<()> {
        check()
    }
}
