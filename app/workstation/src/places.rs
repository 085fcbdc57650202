//! Where things are kept: the user's folders, the case beside a capture, the sample incident.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// File extension of a case.
pub(crate) const CASE_EXTENSION: &str = "driftlock";

/// The recording of the sample incident, in the folder `sample-data`.
const SAMPLE: &str = "incident.jsonl.zst";

/// The folders that the window reads and writes by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// Recent cases and choices of display.
    pub config: PathBuf,
    /// Cases of captures that lie where nothing can be written.
    pub data: PathBuf,
    /// Folders that may hold `sample-data`, first match wins.
    pub sample: Vec<PathBuf>,
}

impl Places {
    /// The folders of this user on this system.
    pub fn of_user() -> Self {
        let variable = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        let home = variable("HOME").or_else(|| variable("USERPROFILE")).unwrap_or_else(std::env::temp_dir);
        let (config, data) = if cfg!(target_os = "macos") {
            let library = home.join("Library/Application Support");
            (library.clone(), library)
        } else if cfg!(windows) {
            let roaming = variable("APPDATA").unwrap_or_else(|| home.join("AppData/Roaming"));
            (roaming, variable("LOCALAPPDATA").unwrap_or_else(|| home.join("AppData/Local")))
        } else {
            (
                variable("XDG_CONFIG_HOME").unwrap_or_else(|| home.join(".config")),
                variable("XDG_DATA_HOME").unwrap_or_else(|| home.join(".local/share")),
            )
        };
        Self { config: config.join("driftlock"), data: data.join("driftlock"), sample: sample_folders() }
    }

    /// The capture of the sample incident, or the folders that were looked into.
    pub(crate) fn sample_capture(&self) -> Result<PathBuf, &[PathBuf]> {
        let found = self.sample.iter().map(|folder| folder.join(SAMPLE)).find(|path| path.is_file());
        found.ok_or(&self.sample)
    }

    /// Where the case of these captures is to be: beside the first of them where a file can be made there, else among
    /// the user's data. A name whose file is another case is passed over, by `is_other`.
    pub(crate) fn case_for(&self, capture: &Path, is_other: impl Fn(&Path) -> bool) -> PathBuf {
        let folder = capture.parent().filter(|folder| writable(folder)).unwrap_or(&self.data);
        let name = capture.file_name().unwrap_or_default();
        let candidate = |number: u32| {
            let mut file = OsString::from(name);
            if number > 1 {
                file.push(format!(".{number}"));
            }
            file.push(format!(".{CASE_EXTENSION}"));
            folder.join(file)
        };
        (1..10_000)
            .map(candidate)
            .find(|path| !path.exists() || !is_other(path))
            .unwrap_or_else(|| candidate(10_000))
    }
}

/// Files by their whole paths: what is remembered of them is read from another folder next time.
pub(crate) fn whole(files: &[PathBuf]) -> Vec<PathBuf> {
    files.iter().map(|file| std::path::absolute(file).unwrap_or_else(|_| file.clone())).collect()
}

fn sample_folders() -> Vec<PathBuf> {
    let mut folders = Vec::new();
    if let Some(beside) = std::env::current_exe().ok().as_deref().and_then(Path::parent) {
        folders.push(beside.join("sample-data"));
        folders.push(beside.join("../share/driftlock/sample-data"));
    }
    if let Ok(current) = std::env::current_dir() {
        folders.push(current.join("sample-data"));
    }
    // A build for development may be run from anywhere; a released one must not carry the builder's path.
    #[cfg(debug_assertions)]
    folders.push(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sample-data"));
    folders
}

/// Whether a file can be made in the folder. Permission bits do not tell (read-only mounts, access lists): it is tried.
fn writable(folder: &Path) -> bool {
    let probe = folder.join(format!(".driftlock-probe-{}", std::process::id()));
    let made = std::fs::OpenOptions::new().write(true).create_new(true).open(&probe).is_ok();
    made && std::fs::remove_file(&probe).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_lies_beside_its_capture_or_among_the_users_data() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        let data = folder.path().join("data");
        let places = Places { config: data.clone(), data: data.clone(), sample: Vec::new() };
        let capture = folder.path().join("shop.log.gz");
        let first = folder.path().join("shop.log.gz.driftlock");
        assert_eq!(places.case_for(&capture, |_| true), first, "not there yet");
        std::fs::write(&first, "")?;
        assert_eq!(places.case_for(&capture, |_| false), first, "it is this capture's");
        let second = folder.path().join("shop.log.gz.2.driftlock");
        assert_eq!(places.case_for(&capture, |_| true), second, "another capture's");
        let nowhere = folder.path().join("missing/shop.log.gz");
        assert_eq!(places.case_for(&nowhere, |_| true), data.join("shop.log.gz.driftlock"));
        assert_eq!(std::fs::read_dir(folder.path())?.count(), 1, "probes are removed");
        Ok(())
    }

    #[test]
    fn a_file_is_known_by_its_whole_path() -> std::io::Result<()> {
        let expected = std::env::current_dir()?.join("shop.driftlock");
        assert_eq!(whole(&[PathBuf::from("shop.driftlock")]), [expected]);
        Ok(())
    }

    #[test]
    fn the_sample_is_taken_from_the_first_folder_that_has_it() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        let (empty, full) = (folder.path().join("a"), folder.path().join("b"));
        std::fs::create_dir_all(&empty)?;
        std::fs::create_dir_all(&full)?;
        std::fs::write(empty.join("README.md"), "")?;
        std::fs::write(full.join(SAMPLE), "")?;
        let mut places =
            Places { config: empty.clone(), data: empty.clone(), sample: vec![empty.clone(), full.clone()] };
        assert_eq!(places.sample_capture(), Ok(full.join(SAMPLE)));
        places.sample.truncate(1);
        assert_eq!(places.sample_capture(), Err(&[empty][..]));
        Ok(())
    }
}
