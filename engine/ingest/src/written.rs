//! When a file was written last, and the year that this gives time stamps without one.
//!
//! The year is settled once, when a capture is opened, from its first stamp and the last one where that is at hand, or what the
//! capture's head says of it; whoever keeps what was read keeps the year too, and reads again with it.

use crate::dates::Dates;
use crate::model::OpenOptions;
use crate::probe::{PROBE_BYTES, lines_of};
use crate::stamp::{self, Stamp, Years};
use crate::times::YEAR_OF_LAST_RESORT;
use crate::wrapping::{Layer, Wrapping};
use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::time::UNIX_EPOCH;

/// What is known of the writing of a capture, or of one of its members.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Written<'a> {
    /// When it was written last, nanoseconds since 1970.
    pub(crate) nanos: Option<i64>,
    /// The file, where its bytes are the capture's own, for the stamp at its end.
    pub(crate) plain: Option<&'a Path>,
}

impl Written<'static> {
    /// What is known of a member: files of a folder or a set say it themselves, entries of an archive do not.
    pub(crate) fn of_member(path: &Path, wrapping: &Wrapping, member: &str) -> Self {
        let file = match wrapping.layers() {
            [Layer::Folder] => path.join(member),
            [Layer::Set] => path.with_file_name(member),
            _ => path.to_owned(),
        };
        let metadata = file.metadata().or_else(|_| path.metadata());
        Self { nanos: metadata.ok().as_ref().and_then(modified_nanos), plain: None }
    }
}

/// When the file was modified, nanoseconds since 1970.
pub(crate) fn modified_nanos(metadata: &Metadata) -> Option<i64> {
    let since = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_nanos()).ok()
}

impl OpenOptions {
    /// The options with the year of stamps that have none settled, where the first decoded bytes hold such stamps, and with
    /// what the capture shows of the order of dates.
    pub(crate) fn settled(&self, begin: &[u8], written: Written<'_>) -> Self {
        let year = self.assumed_year.or_else(|| {
            let first = stamps_of(begin).find_map(|stamp| stamp.yearless)?;
            if let Some(created) = created_nanos(begin) {
                return Some(stamp::latest_year(first, None, created));
            }
            let last = written.plain.and_then(|path| last_of(path).ok()?);
            Some(stamp::latest_year(first, last, written.nanos?))
        });
        Self { assumed_year: year, dates: Dates::of(begin, written.plain), ..self.clone() }
    }

    /// The year of stamps that have none.
    pub(crate) fn year(&self) -> i32 {
        self.assumed_year.unwrap_or(YEAR_OF_LAST_RESORT)
    }
}

fn stamps_of(text: &[u8]) -> impl Iterator<Item = Stamp> {
    lines_of(text).filter_map(|line| stamp::find(line, Years::new(YEAR_OF_LAST_RESORT)))
}

/// What glog says in the head of a file: with its first line it begins the file.
fn created_nanos(begin: &[u8]) -> Option<i64> {
    let created = lines_of(begin).next()?.strip_prefix(b"Log file created at: ")?;
    stamp::whole(created, Years::new(YEAR_OF_LAST_RESORT))
}

/// Month and day of the last stamp without a year in the file's last bytes.
fn last_of(path: &Path) -> io::Result<Option<(u32, u32)>> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(PROBE_BYTES as u64)))?;
    let mut bytes = Vec::new();
    file.take(PROBE_BYTES as u64).read_to_end(&mut bytes)?;
    let mut lines = bytes.split(|&byte| byte == b'\n').rev();
    let years = Years::new(YEAR_OF_LAST_RESORT);
    Ok(lines.find_map(|line| stamp::find(line, years)?.yearless))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::Capture;
    use crate::model::Batch;
    use std::time::{Duration, SystemTime};

    /// 2023-01-02 00:00 UTC.
    const WRITTEN_SECONDS: u64 = 1_672_617_600;

    fn times(text: &str, written: SystemTime, assumed_year: Option<i32>) -> (i32, Vec<Option<i64>>) {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let path = folder.path().join("y.log");
        std::fs::write(&path, text).expect("the folder is ours");
        let file = File::options().write(true).open(&path).expect("it was just written");
        file.set_modified(written).expect("the file is ours");
        let options = OpenOptions { assumed_year, ..OpenOptions::default() };
        let mut capture = Capture::open(&path, &options).expect("text opens");
        let mut batch = Batch::default();
        assert!(capture.next_batch(&mut batch).expect("text reads"));
        (capture.assumed_year(), batch.events.iter().map(|(_, event)| event.time_nanos).collect())
    }

    #[test]
    fn the_year_is_the_one_that_fits_the_files_modification_time() {
        let written = UNIX_EPOCH + Duration::from_secs(WRITTEN_SECONDS);
        let over_new_year = "Dec 30 10:00:00 h app[1]: x\nJan  1 00:00:00 h app[1]: y\n";
        let (year, nanos) = times(over_new_year, written, None);
        assert_eq!(year, 2022);
        assert_eq!(nanos[1], Some((WRITTEN_SECONDS as i64 - 86_400) * 1_000_000_000));
        let (year, _) = times(over_new_year, written, Some(1999));
        assert_eq!(year, 1999, "a year that is given stands");
    }

    #[test]
    fn the_head_of_a_file_of_glog_says_its_year() {
        let head = "Log file created at: 2015/05/17 10:05:03\nRunning on machine: x\n";
        let text =
            format!("{head}I0517 10:05:03.123456  12 a.cc:1] x\nI0518 10:05:03.123456  12 a.cc:1] y\n");
        let (year, _) = times(&text, UNIX_EPOCH + Duration::from_secs(WRITTEN_SECONDS), None);
        assert_eq!(year, 2015);
    }

    #[test]
    fn a_capture_whose_stamps_have_years_does_not_depend_on_its_modification_time() {
        let written = UNIX_EPOCH + Duration::from_secs(WRITTEN_SECONDS);
        let (year, _) = times("2015-05-17T10:05:03Z INFO x\n", written, None);
        assert_eq!(year, YEAR_OF_LAST_RESORT);
    }
}
