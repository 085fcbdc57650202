//! The layers point one way: no crate depends on one of its own layer or above, not even for its tests.

use crate::shell;
use anyhow::{Context, bail};
use std::path::Path;

/// From the bottom up. A crate may depend on crates of lower rows only.
pub(crate) const LAYERS: [&[&str]; 8] = [
    // Made-up captures, for the tests and benchmarks of every other crate.
    &["testkit"],
    // A C library behind a safe wrapper.
    &["openzl"],
    &["cbad"],
    &["ingest"],
    &["case"],
    &["workstation", "cli"],
    &["driftlock"],
    // Looks at the others from outside.
    &["xtask"],
];

/// For tests and benchmarks.
const FOR_TESTS: &str = "testkit";

/// The one crate that is shipped and may depend on it: `driftlock synth` writes the same captures for anybody who wants
/// to try the detector. It must not turn on the feature that brings the renderer of tests.
const WRITES_CAPTURES: &str = "cli";
const RENDERER: &str = "window";

/// Depends on no crate of the project at all.
const ALONE: [&str; 2] = ["xtask", FOR_TESTS];

/// One dependency in a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Dependency {
    name: String,
    is_dev: bool,
    /// Whether it asks for the feature [`RENDERER`].
    has_renderer: bool,
}

/// Checks every manifest of the workspace.
pub(crate) fn check() -> anyhow::Result<()> {
    let mut wrong = Vec::new();
    for folder in members()? {
        let path = shell::root().join(&folder).join("Cargo.toml");
        let manifest =
            std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        wrong.extend(violations(&manifest).into_iter().map(|what| format!("{folder}/Cargo.toml: {what}")));
    }
    if wrong.is_empty() {
        println!("every dependency points down the layers");
        return Ok(());
    }
    bail!("dependencies against the layers (docs/ARCHITECTURE.md):\n  {}", wrong.join("\n  "))
}

/// Folders of the workspace's crates, as its manifest lists them.
pub(crate) fn members() -> anyhow::Result<Vec<String>> {
    let manifest = std::fs::read_to_string(shell::root().join("Cargo.toml"))?;
    let list = manifest.split_once("members = [").context("the workspace lists no members")?.1;
    let list = list.split_once(']').context("the list of members does not end")?.0;
    Ok(list
        .split(',')
        .map(|entry| entry.trim().trim_matches('"').to_owned())
        .filter(|e| !e.is_empty())
        .collect())
}

/// The name of the crate in this folder.
pub(crate) fn crate_name(folder: &Path) -> anyhow::Result<String> {
    let manifest = std::fs::read_to_string(folder.join("Cargo.toml"))?;
    name_of(&manifest).map(str::to_owned).with_context(|| format!("{} has no name", folder.display()))
}

fn name_of(manifest: &str) -> Option<&str> {
    let package = manifest.split_once("[package]")?.1;
    let line = package.lines().find_map(|line| line.strip_prefix("name"))?;
    Some(line.trim_start().strip_prefix('=')?.trim().trim_matches('"'))
}

fn rank(name: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&name))
}

fn violations(manifest: &str) -> Vec<String> {
    let Some(name) = name_of(manifest) else { return vec!["the crate has no name".to_owned()] };
    let Some(own) = rank(name) else {
        return vec![format!("{name} has no layer; give it one in xtask/src/layers.rs")];
    };
    let mut wrong = Vec::new();
    for Dependency { name: used, is_dev, has_renderer } in dependencies(manifest) {
        let Some(theirs) = rank(&used) else { continue };
        if ALONE.contains(&name) {
            wrong.push(format!("{name} depends on no crate of the project, so not on {used}"));
        } else if theirs >= own {
            wrong.push(format!("{name} is not above {used}, so it must not depend on it"));
        } else if used == FOR_TESTS && !is_dev && (name != WRITES_CAPTURES || has_renderer) {
            let what = if has_renderer { "its renderer is" } else { "it is" };
            wrong.push(format!(
                "{used}: {what} for tests, so {name} may have it under [dev-dependencies] only"
            ));
        }
    }
    wrong
}

/// Reads the tables of dependencies. A dependency renamed by `package = …` counts under its real name.
fn dependencies(manifest: &str) -> Vec<Dependency> {
    let mut found: Vec<Dependency> = Vec::new();
    let mut section = "";
    let asks = |line: &str| line.contains("features") && line.contains(&format!("\"{RENDERER}\""));
    for line in manifest.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(header) = line.strip_prefix('[') {
            section = header.trim_end_matches(']');
            // `[dependencies.NAME]`: the table is one dependency.
            if let Some((table, name)) = section.rsplit_once("dependencies.") {
                let is_dev = table.ends_with("dev-");
                found.push(Dependency { name: unquoted(name), is_dev, has_renderer: false });
            }
            continue;
        }
        let is_table = section.ends_with("dependencies");
        let renamed = line.split_once("package").and_then(|(_, rest)| rest.trim_start().strip_prefix('='));
        let renamed = renamed.and_then(|rest| rest.trim_start().strip_prefix('"')?.split('"').next());
        if is_table {
            let key = line.split(['=', '.', ' ']).next().unwrap_or_default();
            let name = renamed.map_or_else(|| unquoted(key), str::to_owned);
            let is_dev = section.ends_with("dev-dependencies");
            found.push(Dependency { name, is_dev, has_renderer: asks(line) });
        } else if let (true, Some(renamed), Some(last)) =
            (section.contains("dependencies."), renamed, found.last_mut())
        {
            renamed.clone_into(&mut last.name);
        } else if section.contains("dependencies.")
            && let Some(last) = found.last_mut()
        {
            last.has_renderer |= asks(line);
        }
    }
    found
}

fn unquoted(name: &str) -> String {
    name.trim_matches('"').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(name: &str, rest: &str) -> String {
        format!("[package]\nname = \"{name}\"\nversion = \"1.0.0\"\n\n{rest}\n")
    }

    #[test]
    fn edges_down_the_layers_are_allowed() {
        for (name, rest) in [
            ("cbad", "[dependencies]\nzstd.workspace = true\n"),
            ("case", "[dependencies]\ncbad.workspace = true\ningest = { path = \"../ingest\" }\n"),
            (
                "workstation",
                "[dependencies]\ncase.workspace = true\n[dev-dependencies]\ntestkit.workspace = true\n",
            ),
            ("cli", "[dependencies]\ntestkit.workspace = true\n"),
            ("workstation", "[dev-dependencies]\ntestkit = { workspace = true, features = [\"window\"] }\n"),
            ("cbad", "[dev-dependencies]\ntestkit.workspace = true\n"),
            ("xtask", "[dependencies]\nanyhow = \"1\"\n"),
        ] {
            assert_eq!(violations(&manifest(name, rest)), Vec::<String>::new(), "{name}");
        }
    }

    #[test]
    fn edges_against_the_layers_are_found_however_they_are_written() {
        for (name, rest) in [
            ("cbad", "[dependencies]\ningest.workspace = true\n"),
            ("ingest", "[dev-dependencies]\ncase = { path = \"../case\" }\n"),
            ("case", "[dependencies.workstation]\npath = \"../../app/workstation\"\n"),
            ("case", "[build-dependencies]\n\"cli\" = { path = \"../../app/cli\" }\n"),
            ("cli", "[target.'cfg(unix)'.dependencies]\nworkstation.workspace = true\n"),
            ("cli", "[dependencies]\nother = { package = \"driftlock\", path = \"../driftlock\" }\n"),
            ("cli", "[dependencies.other]\npath = \"../driftlock\"\npackage = \"driftlock\"\n"),
            ("driftlock", "[dependencies]\ntestkit.workspace = true\n"),
            ("cli", "[dependencies]\ntestkit = { workspace = true, features = [\"window\"] }\n"),
            ("cli", "[dependencies.testkit]\nworkspace = true\nfeatures = [\"window\"]\n"),
            ("case", "[dependencies]\ntestkit.workspace = true\n"),
            ("testkit", "[dependencies]\ncase.workspace = true\n"),
            ("xtask", "[dependencies]\ncbad.workspace = true\n"),
            ("stranger", ""),
        ] {
            assert_eq!(violations(&manifest(name, rest)).len(), 1, "{name}: {rest}");
        }
    }

    #[test]
    fn this_workspace_keeps_its_layers() -> anyhow::Result<()> {
        let members = members()?;
        assert!(members.len() >= LAYERS.len(), "{members:?}");
        check()
    }
}
