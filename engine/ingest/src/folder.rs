//! The files of a folder or of a rotated set, in the order in which they were written.

use crate::error::IngestError;
use crate::limits::Limits;
use crate::rotation::{Age, rotation_of};
use std::collections::BTreeMap;
use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};

/// Folders in folders that are looked into.
const MOST_DEPTH: u32 = 32;

/// One file of a folder or a rotated set, or what stands there instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderFile {
    /// Its path within the folder, with `/` between the parts; invalid UTF-8 replaced.
    pub name: String,
    /// What its stream is called where nothing in it says: the name, or for one of a rotated set the name of the set.
    pub stream: String,
    /// Where it is.
    pub path: PathBuf,
    /// Why it is not read, where it is not: a link, a device, a hidden file.
    pub skipped: Option<&'static str>,
}

/// Whether a member of this name is one of those that systems leave behind, which nobody means when handing over logs.
pub(crate) fn is_hidden(name: &str) -> bool {
    let hidden = |part: &str| part.starts_with('.') && !matches!(part, "." | "..");
    name.split('/').any(|part| hidden(part) || part == "__MACOSX")
}

/// The files of a folder and of the folders in it: by name, those that were rotated from one another oldest first. At
/// most one more than `most`; the folders that were looked into, and those that could not be, are listed too.
pub fn folder_files(folder: &Path, most: u64) -> io::Result<Vec<FolderFile>> {
    let mut found = Vec::new();
    collect(folder, "", 0, most, &mut found)?;
    Ok(in_order(found))
}

/// The set that `file` belongs to: what was rotated away from it, oldest first, and itself.
pub fn set_files(file: &Path, most: u64) -> io::Result<Vec<FolderFile>> {
    let name = file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let folder = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let (base, _) = rotation_of(&name);
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let sibling = entry.file_name().to_string_lossy().into_owned();
        if rotation_of(&sibling).0 == base && !entry.file_type()?.is_dir() {
            found.push(of_entry(&entry, sibling));
        }
        if found.len() as u64 > most {
            break;
        }
    }
    for file in &mut found {
        file.stream.clone_from(&base);
    }
    found.sort_by_key(|file| (rotation_of(&file.name).1, file.name.clone()));
    Ok(found)
}

fn collect(
    folder: &Path,
    prefix: &str,
    depth: u32,
    most: u64,
    found: &mut Vec<FolderFile>,
) -> io::Result<()> {
    let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<DirEntry>>>()?;
    entries.sort_by_key(DirEntry::file_name);
    for entry in entries {
        if found.len() as u64 > most {
            return Ok(());
        }
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if !is_folder || is_hidden(&name) {
            found.push(of_entry(&entry, name));
        } else if depth >= MOST_DEPTH {
            found.push(FolderFile {
                skipped: Some("is a folder deeper than 32 in one another"),
                ..of_entry(&entry, name)
            });
        } else if collect(&entry.path(), &format!("{name}/"), depth + 1, most, found).is_err() {
            found.push(FolderFile {
                skipped: Some("is a folder that cannot be looked into"),
                ..of_entry(&entry, name)
            });
        }
    }
    Ok(())
}

fn of_entry(entry: &DirEntry, name: String) -> FolderFile {
    let skipped = match entry.file_type() {
        _ if is_hidden(&name) => Some("is hidden"),
        Ok(kind) if kind.is_symlink() => Some("is a symbolic link, which is not followed"),
        Ok(kind) if !kind.is_file() && !kind.is_dir() => Some("is a device or a pipe, which is not read"),
        _ => None,
    };
    FolderFile { stream: name.clone(), name, path: entry.path(), skipped }
}

/// By name; files that were rotated from one another stand together where the current one would, oldest first.
fn in_order(files: Vec<FolderFile>) -> Vec<FolderFile> {
    let mut groups: BTreeMap<String, Vec<(Age, FolderFile)>> = BTreeMap::new();
    for file in files {
        let (base, age) = rotation_of(&file.name);
        let base = if file.skipped.is_some() { file.name.clone() } else { base };
        groups.entry(base).or_default().push((age, file));
    }
    let mut ordered = Vec::new();
    for (base, mut group) in groups {
        group.sort_by(|(age, file), (other, another)| (age, &file.name).cmp(&(other, &another.name)));
        let is_set = group.len() > 1;
        ordered.extend(group.into_iter().map(|(_, mut file)| {
            if is_set {
                file.stream.clone_from(&base);
            }
            file
        }));
    }
    ordered
}
/// The files that a capture is made of, where it is a folder or a rotated set is asked for.
pub(crate) fn files_of(
    path: &Path,
    set: bool,
    limits: &Limits,
) -> Result<Option<Vec<FolderFile>>, IngestError> {
    let failed = |source| IngestError::opening(path, 0, source);
    let metadata = std::fs::metadata(path).map_err(failed)?;
    if metadata.is_dir() {
        return folder_files(path, limits.entries).map(Some).map_err(failed);
    }
    // Opening a pipe would wait for somebody who writes to it.
    if !metadata.is_file() {
        return Err(IngestError::NotAFile { path: path.into() });
    }
    if set {
        return set_files(path, limits.entries).map(Some).map_err(failed);
    }
    Ok(None)
}
