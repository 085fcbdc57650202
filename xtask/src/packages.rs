//! System packages: which are missing, and installing them where that may be done.

use crate::shell;
use std::process::Command;

/// What the end-to-end run needs: the window's libraries, a software renderer, a display, and eyes and hands.
pub(crate) const WINDOW: [&str; 12] = [
    "xvfb",
    "xauth",
    "imagemagick",
    "xdotool",
    "libx11-6",
    "libx11-xcb1",
    "libxcursor1",
    "libxi6",
    "libxkbcommon-x11-0",
    "libgl1",
    "libgl1-mesa-dri",
    "fontconfig",
];

/// What the fuzzer is compiled with.
const COMPILER: &str = "g++";

/// What OpenSSL's ciphers are compiled with: programs and packages of one name.
const BUILDING: [&str; 2] = ["perl", "make"];

/// What is needed and could not be had.
pub(crate) struct Missing {
    packages: Vec<&'static str>,
}

impl Missing {
    /// Nothing is missing that the run of the window needs.
    pub(crate) fn allows_window(&self) -> bool {
        !self.packages.iter().any(|package| WINDOW.contains(package))
    }

    /// A C++ compiler is there.
    pub(crate) fn allows_fuzzing(&self) -> bool {
        !self.packages.contains(&COMPILER)
    }

    /// The line that a person types to have everything; `None` where all is there.
    pub(crate) fn advice(&self) -> Option<String> {
        let list = self.packages.join(" ");
        (!list.is_empty()).then(|| format!("sudo apt-get update && sudo apt-get install -y {list}"))
    }
}

/// Looks, and installs what is missing where this is root on a system with apt. A second run asks apt for nothing.
pub(crate) fn ensure() -> anyhow::Result<Missing> {
    let missing = absent();
    let list = missing.packages.join(" ");
    if list.is_empty() {
        println!("all {} system packages are there", WINDOW.len() + 1 + BUILDING.len());
        return Ok(missing);
    }
    println!("missing: {list}");
    if !(shell::has("apt-get") && is_root()) {
        return Ok(missing);
    }
    shell::run(Command::new("apt-get").arg("update"))?;
    let install = ["install", "-y", "--no-install-recommends"];
    let mut install_all = Command::new("apt-get");
    install_all.args(install).args(&missing.packages).env("DEBIAN_FRONTEND", "noninteractive");
    shell::run(&mut install_all)?;
    Ok(absent())
}

fn absent() -> Missing {
    let mut packages: Vec<&str> = WINDOW.into_iter().filter(|package| !is_installed(package)).collect();
    if !shell::has("c++") {
        packages.push(COMPILER);
    }
    packages.extend(BUILDING.into_iter().filter(|program| !shell::has(program)));
    Missing { packages }
}

/// By dpkg, or where there is none by the programs that the packages bring; their libraries then show when they load.
fn is_installed(package: &str) -> bool {
    if shell::has("dpkg-query") {
        let status = Command::new("dpkg-query").args(["-W", "-f=${Status}", package]).output();
        return status.is_ok_and(|out| out.stdout.ends_with(b" installed"));
    }
    match package {
        "xvfb" => shell::has("Xvfb"),
        "imagemagick" => shell::has("import") && shell::has("convert"),
        "xdotool" => shell::has("xdotool"),
        _ => true,
    }
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|out| out.stdout.trim_ascii() == b"0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_decides_what_can_run() {
        for (packages, window, fuzzing) in
            [(vec![], true, true), (vec!["xvfb"], false, true), (vec!["g++"], true, false)]
        {
            let missing = Missing { packages };
            assert_eq!((missing.allows_window(), missing.allows_fuzzing()), (window, fuzzing));
            assert_eq!(missing.advice().is_none(), window && fuzzing);
        }
    }
}
