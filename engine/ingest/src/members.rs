//! The members of a capture one after another: files of a folder, entries of archives, and of archives in them.
//!
//! Their names are labels. Nothing is written anywhere, and no link is followed.

use crate::decode::{self, Decoder, Opening, counted};
use crate::folder::{FolderFile, is_hidden};
use crate::limits::Limits;
use crate::meter::{Meter, Source, Stored, TailFault};
use crate::model::ProblemKind;
use crate::tar::{EntryData, SharedTar, Tar, TarKind};
use crate::wrapping::{Layer, Wrapping};
use crate::zip::{self, ReadSeek, SharedZip, ZipEntry};
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::vec;

const ENTRY_BUFFER_BYTES: usize = 64 << 10;

/// What comes next in a capture of several members.
pub(crate) enum Step {
    /// A member to be read.
    Member(Box<Found>),
    /// Something that stands among the members and is not read.
    Listed(Listed),
    End,
}

pub(crate) struct Found {
    pub(crate) name: String,
    /// What its stream is called where nothing in it says.
    pub(crate) stream: String,
    pub(crate) decoder: Decoder,
}

/// A place where a member could be, and why none is read there.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    pub(crate) name: String,
    pub(crate) kind: ProblemKind,
    pub(crate) reason: String,
    pub(crate) hint: Option<String>,
}

impl Listed {
    fn note(name: String, reason: impl Into<String>) -> Step {
        Step::Listed(Self {
            name,
            kind: ProblemKind::Note,
            reason: reason.into(),
            hint: Some(BY_ITSELF.into()),
        })
    }

    fn lost(name: String, reason: impl Into<String>, hint: impl Into<String>) -> Step {
        let hint = Some(hint.into());
        Step::Listed(Self { name, kind: ProblemKind::Rejected, reason: reason.into(), hint })
    }
}

/// An archive or a folder that is being gone through.
struct Level {
    /// Before the names of its entries; ends in `/` where it is not empty.
    prefix: String,
    depth: usize,
    /// On which everything in it is counted; each file of a folder and each entry of an outermost ZIP has its own.
    meter: Option<Arc<Meter>>,
    entries: Entries,
    /// What is wrong with the archive's directory, until it is said.
    damage: Option<String>,
}

enum Entries {
    Files(vec::IntoIter<FolderFile>),
    Tar(SharedTar),
    Zip(SharedZip, vec::IntoIter<ZipEntry>),
}

/// An entry before it is opened.
enum Entry {
    Open {
        name: String,
        stream: String,
        source: Source,
        meter: Arc<Meter>,
        /// Where it lies on the disk by itself.
        file: Option<PathBuf>,
    },
    Step(Step),
    None,
}

/// Goes through the members in their one order.
pub(crate) struct Members {
    levels: Vec<Level>,
    limits: Limits,
    all_stored: Arc<AtomicU64>,
    /// How many bytes may still be decoded beyond the ratio.
    floor_left: u64,
    /// Counted on by the member given last.
    last: Option<Arc<Meter>>,
    seen: u64,
    /// How often each name came up.
    names: HashMap<String, u64>,
    /// The only name that is looked for; other members are passed over unopened.
    only: Option<String>,
}

/// What a capture's first layers lead to.
pub(crate) enum Begin {
    /// One stretch of bytes.
    Single(Box<Decoder>),
    /// Several members.
    Members(Wrapping, Box<Members>),
}

impl Members {
    fn new(limits: Limits) -> Self {
        Self {
            levels: Vec::new(),
            limits,
            all_stored: Arc::default(),
            floor_left: limits.decoded_floor_bytes,
            last: None,
            seen: 0,
            names: HashMap::new(),
            only: None,
        }
    }

    /// Looks for the member of this name alone.
    pub(crate) fn only(mut self, name: &str) -> Self {
        self.only = Some(name.to_owned());
        self
    }

    /// The members that these files are.
    pub(crate) fn of_files(files: Vec<FolderFile>, limits: Limits) -> Self {
        let mut members = Self::new(limits);
        let entries = Entries::Files(files.into_iter());
        members.levels.push(Level { prefix: String::new(), depth: 0, meter: None, entries, damage: None });
        members
    }

    /// What is in a file. Its bytes are read as a stream, and by position where it is a ZIP archive.
    pub(crate) fn of_file(path: &Path, file: File, limits: Limits) -> io::Result<Result<Begin, TailFault>> {
        let again = file.try_clone()?;
        let begin = Self::begin(Box::new(file), Some(Box::new(again)), limits)?;
        Ok(begin.map(|begin| match begin {
            Begin::Single(decoder) => Begin::Single(Box::new(decoder.of_file(path))),
            members @ Begin::Members(..) => members,
        }))
    }

    /// What is in a stream of bytes.
    pub(crate) fn of_stream(stored: Stored, limits: Limits) -> io::Result<Result<Begin, TailFault>> {
        Self::begin(stored, None, limits)
    }

    fn begin(
        stored: Stored,
        by_position: Option<Box<dyn ReadSeek>>,
        limits: Limits,
    ) -> io::Result<Result<Begin, TailFault>> {
        let mut members = Self::new(limits);
        let meter =
            Arc::new(Meter::new(&limits, limits.decoded_floor_bytes, Arc::clone(&members.all_stored)));
        let source = counted(stored, &meter);
        Ok(match decode::open(source, &meter, 0, limits.decoded_bytes, &limits)? {
            Opening::Plain(decoder) => Ok(Begin::Single(Box::new(decoder))),
            Opening::TooDeep { wrapping } => Err(TailFault {
                stored_offset: 0,
                reason: too_deep(&wrapping, &limits),
                hint: raise_wrappings(&limits),
                ends_capture: true,
            }),
            Opening::Archive { kind, source, wrapping, depth } => {
                // A ZIP that nothing else is around lies in the file as it is.
                let direct = by_position.filter(|_| kind == Layer::Zip && depth == 1);
                let pushed = members.push(String::new(), kind, source, direct, depth, &meter)?;
                pushed.map(|()| Begin::Members(wrapping, Box::new(members)))
            }
        })
    }

    /// Goes into an archive.
    fn push(
        &mut self,
        prefix: String,
        kind: Layer,
        source: Source,
        direct: Option<Box<dyn ReadSeek>>,
        depth: usize,
        meter: &Arc<Meter>,
    ) -> io::Result<Result<(), TailFault>> {
        let is_direct = direct.is_some();
        let mut damage = None;
        let entries = if kind == Layer::Tar {
            Entries::Tar(Tar::new(source, Arc::clone(meter)))
        } else {
            let archive = match direct {
                Some(direct) => direct,
                None => match self.held(source, meter)? {
                    Ok(held) => Box::new(held),
                    Err(fault) => return Ok(Err(fault)),
                },
            };
            let archive: SharedZip = Arc::new(Mutex::new(archive));
            match zip::directory(&archive, self.limits.entries) {
                Ok(directory) => {
                    damage = directory.damage;
                    Entries::Zip(archive, directory.entries.into_iter())
                }
                Err(reason) => {
                    return Ok(Err(TailFault {
                        stored_offset: meter.stored_bytes(),
                        reason: format!("the zip archive cannot be read: {reason}"),
                        hint: "Copy it again from where it was captured, or unpack it with care.".into(),
                        ends_capture: false,
                    }));
                }
            }
        };
        let meter = (!is_direct).then(|| Arc::clone(meter));
        self.levels.push(Level { prefix, depth, meter, entries, damage });
        Ok(Ok(()))
    }

    /// An archive whose bytes cannot be gone to, in memory.
    fn held(&self, source: Source, meter: &Meter) -> io::Result<Result<Cursor<Vec<u8>>, TailFault>> {
        let mut held = Vec::new();
        let most = self.limits.memory_bytes;
        match source.take(most.saturating_add(1)).read_to_end(&mut held) {
            Err(error) if meter.disk_failed() => return Err(error),
            Err(error) => return Ok(Err(TailFault::of(&error, "zip", meter.stored_bytes()))),
            Ok(_) => {}
        }
        if held.len() as u64 <= most {
            return Ok(Ok(Cursor::new(held)));
        }
        Ok(Err(TailFault {
            stored_offset: meter.stored_bytes(),
            reason: format!(
                "the zip archive inside another takes more than {most} bytes, the limit memory-bytes"
            ),
            hint: format!(
                "Unpack the outer archive, or raise it: `--limit memory-bytes={}`.",
                most.saturating_mul(4)
            ),
            ends_capture: false,
        }))
    }

    /// Stored bytes read so far, of all members.
    pub(crate) fn stored_bytes_read(&self) -> u64 {
        self.all_stored.load(std::sync::atomic::Ordering::Relaxed)
    }

    /// Nothing comes any more.
    pub(crate) fn stop(&mut self) {
        self.levels.clear();
    }

    /// The next member. `left_bytes` may be decoded. Only the file itself can fail.
    pub(crate) fn next(&mut self, left_bytes: u64) -> io::Result<Step> {
        loop {
            if let Some(meter) = self.last.take() {
                self.floor_left = self.floor_left.min(meter.floor_left());
            }
            let Some(level) = self.levels.last_mut() else { return Ok(Step::End) };
            let (depth, prefix) = (level.depth, level.prefix.clone());
            let fresh = || Arc::new(Meter::new(&self.limits, self.floor_left, Arc::clone(&self.all_stored)));
            let only = self.only.as_deref();
            let entry = level.next(&fresh, &mut self.names, &self.limits, only)?;
            if !matches!(entry, Entry::None) {
                self.seen += 1;
                if self.seen > self.limits.entries {
                    self.stop();
                    return Ok(too_many(&self.limits, &prefix));
                }
            }
            let (name, stream, source, meter, file) = match entry {
                Entry::None => {
                    self.levels.pop();
                    continue;
                }
                Entry::Step(step) => return Ok(step),
                Entry::Open { name, stream, source, meter, file } => (name, stream, source, meter, file),
            };
            self.last = Some(Arc::clone(&meter));
            match decode::open(source, &meter, depth, left_bytes, &self.limits)? {
                Opening::Plain(decoder) => {
                    let decoder = match &file {
                        Some(path) => decoder.of_file(path),
                        None => decoder,
                    };
                    return Ok(Step::Member(Box::new(Found { name, stream, decoder })));
                }
                Opening::TooDeep { wrapping } => {
                    return Ok(Listed::lost(
                        name,
                        too_deep(&wrapping, &self.limits),
                        raise_wrappings(&self.limits),
                    ));
                }
                Opening::Archive { kind, source, depth, .. } => {
                    if let Err(fault) = self.push(format!("{name}/"), kind, source, None, depth, &meter)? {
                        return Ok(Listed::lost(name, fault.reason, fault.hint));
                    }
                }
            }
        }
    }
}

fn too_deep(wrapping: &Wrapping, limits: &Limits) -> String {
    let names = wrapping.name().replace('+', " in ");
    format!(
        "{names} is more than {} compressions and archives in one another, the limit wrappings",
        limits.wrappings
    )
}

fn raise_wrappings(limits: &Limits) -> String {
    format!("Unpack the outermost, or raise it: `--limit wrappings={}`.", limits.wrappings + 1)
}

fn too_many(limits: &Limits, prefix: &str) -> Step {
    let most = limits.entries;
    let place = if prefix.is_empty() { "the capture".to_owned() } else { prefix.to_owned() };
    Listed::lost(
        place,
        format!("there are more than {most} members, the limit entries; what comes after them is not read"),
        format!("Import a part of it, or raise it: `--limit entries={}`.", most.saturating_mul(10)),
    )
}

impl Level {
    fn next(
        &mut self,
        fresh: &dyn Fn() -> Arc<Meter>,
        names: &mut HashMap<String, u64>,
        limits: &Limits,
        only: Option<&str>,
    ) -> io::Result<Entry> {
        // A name that came up before gets a number, so that a name leads back to one member.
        let mut label = |name: &str| {
            let full = format!("{}{name}", self.prefix);
            let times = names.entry(full.clone()).or_default();
            *times += 1;
            if *times > 1 { format!("{full} ({times})") } else { full }
        };
        if let Some(reason) = self.damage.take() {
            let reason =
                format!("cannot be read ({reason}): what is listed was found by the headers of the entries");
            return Ok(Entry::Step(Listed::lost(label("(the directory of the archive)"), reason, COPY)));
        }
        let wanted =
            |name: &str| only.is_none_or(|only| only == name || only.starts_with(&format!("{name}/")));
        loop {
            return Ok(match &mut self.entries {
                Entries::Files(files) => {
                    let Some(file) = files.next() else { return Ok(Entry::None) };
                    let name = label(&file.name);
                    if !wanted(&name) {
                        continue;
                    }
                    next_file(name, &file, fresh)
                }
                Entries::Tar(tar) => {
                    let found = tar.lock().unwrap_or_else(PoisonError::into_inner).next_entry()?;
                    let entry = match found {
                        Ok(Some(entry)) => entry,
                        Ok(None) => return Ok(Entry::None),
                        Err(fault) => {
                            let name = label("(the rest of the archive)");
                            return Ok(Entry::Step(Listed::lost(name, fault.reason, fault.hint)));
                        }
                    };
                    let name = label(&entry.name);
                    if !wanted(&name) {
                        continue;
                    }
                    match entry.what {
                        _ if is_hidden(&entry.name) => {
                            Entry::Step(Listed::note(name, "is hidden and not read"))
                        }
                        TarKind::Other(what) => Entry::Step(Listed::note(name, what)),
                        TarKind::Unreadable(what) => Entry::Step(Listed::lost(name, what, UNPACK)),
                        TarKind::File => {
                            let data = EntryData(Arc::clone(tar));
                            let source = Box::new(BufReader::with_capacity(ENTRY_BUFFER_BYTES, data));
                            let meter = self.meter.clone().expect("an archive that is a stream has a meter");
                            Entry::Open { stream: name.clone(), name, source, meter, file: None }
                        }
                    }
                }
                Entries::Zip(archive, entries) => {
                    let Some(entry) = entries.next() else { return Ok(Entry::None) };
                    let name = label(&entry.name);
                    if !wanted(&name) {
                        continue;
                    }
                    next_zipped(name, &entry, archive, self.meter.as_ref(), fresh, self.depth, limits)?
                }
            });
        }
    }
}

const BY_ITSELF: &str = "Import it by itself if it belongs to the evidence.";
const COPY: &str = "Copy the archive again from where it was captured; entries behind the place where it breaks off are missing.";
const UNPACK: &str = "Unpack it and import what is in it.";

fn next_file(name: String, file: &FolderFile, fresh: &dyn Fn() -> Arc<Meter>) -> Entry {
    if let Some(why) = file.skipped {
        return Entry::Step(Listed::note(name, why));
    }
    match File::open(&file.path) {
        Ok(opened) => {
            let meter = fresh();
            let source = counted(Box::new(opened), &meter);
            Entry::Open { name, stream: file.stream.clone(), source, meter, file: Some(file.path.clone()) }
        }
        Err(error) => {
            let hint = "Check that the file is readable, and import it again.";
            Entry::Step(Listed::lost(name, format!("cannot be opened: {error}"), hint))
        }
    }
}

fn next_zipped(
    name: String,
    entry: &ZipEntry,
    archive: &SharedZip,
    shared: Option<&Arc<Meter>>,
    fresh: &dyn Fn() -> Arc<Meter>,
    depth: usize,
    limits: &Limits,
) -> io::Result<Entry> {
    if is_hidden(&entry.name) {
        return Ok(Entry::Step(Listed::note(name, "is hidden and not read")));
    }
    if entry.is_link {
        return Ok(Entry::Step(Listed::note(name, "is a symbolic link, which is not followed")));
    }
    if let Some(why) = entry.refusal() {
        return Ok(Entry::Step(Listed::lost(name, why, UNPACK)));
    }
    // Entries of a ZIP in memory are counted with the archive that it came out of, whose stored bytes are read already.
    let meter = shared.map_or_else(fresh, Arc::clone);
    let stored_on = shared.is_none().then_some(&meter);
    match entry.open(archive, stored_on, &meter, depth, limits) {
        Ok(source) => Ok(Entry::Open { stream: name.clone(), name, source, meter, file: None }),
        Err(error) if meter.disk_failed() => Err(error),
        Err(error) => {
            let fault = TailFault::of(&error, "zip", meter.stored_bytes());
            Ok(Entry::Step(Listed::lost(name, fault.reason, fault.hint)))
        }
    }
}
