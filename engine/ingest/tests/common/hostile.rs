//! Captures that are made to hurt: tiny as they are stored, huge or endless to whoever believes them. Made here, so that the
//! repository holds none of them; shared by the test and by the chore `cargo xtask hostile`.
#![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]

use crate::archives::{Zipped, overlapping_zip, tar, tar_of, zip, zip_of};
use ingest::{Batch, Capture, IngestError, OpenOptions, ProblemKind};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use tar::EntryType;

const MEBIBYTE: usize = 1 << 20;
const LINE: &str = "2015-05-17 10:05:03 the same line again and again\n";

/// One capture of the set: the name of its file or folder, and what its report must say.
pub(crate) struct Hostile {
    pub(crate) name: &'static str,
    pub(crate) says: &'static str,
}

/// The set, in the order of its making.
pub(crate) const SET: [Hostile; 21] = [
    Hostile { name: "bomb.gz", says: "--limit decoded-ratio=2000" },
    Hostile { name: "bomb.zst", says: "--limit decoded-ratio=2000" },
    Hostile { name: "bomb.xz", says: "--limit decoded-ratio=2000" },
    Hostile { name: "bomb.bz2", says: "--limit decoded-ratio=2000" },
    // LZ4 gives 255 to 1 at most, so that a large one is needed to go beyond 200 to 1 and the floor.
    Hostile { name: "bomb.lz4.gz", says: "--limit decoded-ratio=2000" },
    Hostile { name: "bomb.gz.gz", says: "--limit decoded-ratio=2000" },
    Hostile { name: "bomb.zip", says: "--limit decoded-ratio=2000" },
    Hostile { name: "bomb.tar.zst", says: "--limit decoded-ratio=2000" },
    Hostile { name: "matryoshka.zip", says: "--limit wrappings=4" },
    Hostile { name: "overlapping.zip", says: "its entries overlap" },
    Hostile { name: "many-entries.zip", says: "--limit entries=1000000" },
    Hostile { name: "traversal.zip", says: "../../../../tmp/driftlock-was-here" },
    Hostile { name: "links.tar", says: "is a symbolic link to “/etc/passwd”, which is not followed" },
    Hostile { name: "links", says: "is a symbolic link, which is not followed" },
    Hostile { name: "lying-length.otlp", says: "a frame says it is 4294967280 bytes long" },
    Hostile { name: "deep.json", says: "nested deeper" },
    Hostile { name: "long-line.log.zst", says: "--limit decoded-ratio=2000" },
    Hostile { name: "long-line.log.gz", says: "--limit record-bytes=" },
    Hostile { name: "odd-letters.log", says: "212 records = 212 events + 0 rejected" },
    Hostile { name: "deep.otlp", says: "the frame is no OTLP request" },
    Hostile { name: "window.zst", says: "cannot be decoded" },
];

/// Makes the set in a folder.
pub(crate) fn make(folder: &Path) {
    let write = |name: &str, bytes: &[u8]| {
        std::fs::write(folder.join(name), bytes).expect("the folder can be written");
    };
    let text = LINE.repeat(2 * MEBIBYTE / LINE.len());
    let (gz, zst) =
        (gzip(text.as_bytes()), zstd::encode_all(text.as_bytes(), 1).expect("a Vec takes all bytes"));
    write("bomb.gz", &gz.repeat(128));
    write("bomb.zst", &zst.repeat(128));
    write("bomb.xz", &xz(text.as_bytes()).repeat(128));
    write("bomb.bz2", &bzip2(text.as_bytes()).repeat(128));
    write("bomb.lz4.gz", &gzip(&lz4(text.as_bytes()).repeat(128)));
    write("bomb.gz.gz", &gzip(&gz.repeat(512)));
    let entry = |n: usize| Zipped { name: format!("{n}.log"), ..Zipped::deflated("", text.as_bytes()) };
    write("bomb.zip", &zip(&(0..128).map(entry).collect::<Vec<_>>()));
    let file: Vec<(&str, &[u8])> = vec![("a.log", text.as_bytes()); 128];
    write("bomb.tar.zst", &zstd::encode_all(tar_of(&file).as_slice(), 1).expect("a Vec takes all bytes"));
    let mut nested = zip_of(&[("a.log", text.as_bytes())]);
    for _ in 0..8 {
        nested = zip_of(&[("inner.zip", &nested), ("beside.log", LINE.as_bytes())]);
    }
    write("matryoshka.zip", &nested);
    write("overlapping.zip", &overlapping_zip(1000, &text.as_bytes()[..MEBIBYTE]));
    let many: Vec<Zipped> = (0..100_010).map(|n| Zipped::stored(&format!("{n}"), LINE.as_bytes())).collect();
    write("many-entries.zip", &zip(&many));
    let escape = "../../../../tmp/driftlock-was-here";
    let names = [escape, "/etc/driftlock-was-here", "C:\\driftlock-was-here", "aux", "a\u{202e}gol.exe"];
    let mut entries: Vec<Zipped> = names.iter().map(|name| Zipped::deflated(name, LINE.as_bytes())).collect();
    entries.push(Zipped::stored(escape, b"\x00\x01\x02\x03"));
    write("traversal.zip", &zip(&entries));
    write(
        "links.tar",
        &tar(&[
            ("passwd.log", EntryType::Symlink, "/etc/passwd", b""),
            ("passwd.log/x.log", EntryType::Regular, "", LINE.as_bytes()),
            ("hard.log", EntryType::Link, "/etc/shadow", b""),
            ("zero", EntryType::Char, "", b""),
        ]),
    );
    make_links(&folder.join("links"));
    write(
        "lying-length.otlp",
        &[&otlp_log(b"\x2a\x03\x0a\x01x")[..], b"\xff\xff\xff\xf0\x0a\x02\x12\x00"].concat(),
    );
    write("deep.json", format!("{{\"n\":1}}\n{{\"a\":{}\n{{\"n\":2}}\n", "[".repeat(1_000_000)).as_bytes());
    let zstd = |bytes: &[u8]| zstd::encode_all(bytes, 1).expect("a Vec takes all bytes");
    let long = |pack: &dyn Fn(&[u8]) -> Vec<u8>, piece: &[u8]| {
        [pack(LINE.as_bytes()), pack(piece).repeat(256), pack(b"\nthe line behind it\n")].concat()
    };
    let mut piece = vec![b'x'; MEBIBYTE];
    write("long-line.log.zst", &long(&zstd, &piece));
    // Some noise, so that the length is within the ratio and the line itself is what is too long.
    for (at, byte) in piece.iter_mut().take(20_000).enumerate() {
        *byte = b' ' + ((at as u32).wrapping_mul(2_654_435_761) >> 24) as u8 % 90;
    }
    write("long-line.log.gz", &long(&gzip, &piece));
    write("odd-letters.log", &odd_letters());
    write("deep.otlp", &[otlp_log(b"\x2a\x03\x0a\x01x"), otlp_log(&deep_body(20_000))].concat());
    // A frame that asks for a window of 2 GiB.
    write("window.zst", &[0x28, 0xb5, 0x2f, 0xfd, 0, 0xa8, 0x03, 0, 0, b'a']);
}

/// A log with a letter of 4,000 combining marks, a line of a megabyte of one letter, and what acts on a screen.
fn odd_letters() -> Vec<u8> {
    let mut log = LINE.repeat(210);
    let _ = writeln!(log, "2015-05-17 10:05:04 e{} strange", "\u{301}".repeat(4000));
    let _ = writeln!(log, "2015-05-17 10:05:05 {}\u{202e}\u{1b}[31m", "x".repeat(MEBIBYTE));
    log.into_bytes()
}

/// Links to a file outside, to the folder itself, and a log beside them.
fn make_links(folder: &Path) {
    std::fs::create_dir_all(folder).expect("the folder can be written");
    std::fs::write(folder.join("a.log"), LINE).expect("the folder can be written");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("/etc/passwd", folder.join("passwd.log"))
            .expect("the folder can be written");
        std::os::unix::fs::symlink(".", folder.join("loop")).expect("the folder can be written");
        std::os::unix::fs::symlink("/dev/zero", folder.join("zero.log")).expect("the folder can be written");
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).expect("a Vec takes all bytes");
    encoder.finish().expect("a Vec takes all bytes")
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let options = lzma_rust2::XzOptions::with_preset(1);
    let mut encoder = lzma_rust2::XzWriter::new(Vec::new(), options).expect("a Vec takes all bytes");
    encoder.write_all(bytes).expect("a Vec takes all bytes");
    encoder.finish().expect("a Vec takes all bytes")
}

fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
    encoder.write_all(bytes).expect("a Vec takes all bytes");
    encoder.finish().expect("a Vec takes all bytes")
}

fn lz4(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
    encoder.write_all(bytes).expect("a Vec takes all bytes");
    encoder.finish().expect("a Vec takes all bytes")
}

/// Bytes of a protobuf field that has a length, written from its end to its begin.
fn wrap_backwards(reversed: &mut Vec<u8>, field: u8) {
    let mut length = reversed.len();
    let mut varint = Vec::new();
    loop {
        let byte = (length & 0x7f) as u8;
        length >>= 7;
        varint.push(if length > 0 { byte | 0x80 } else { byte });
        if length == 0 {
            break;
        }
    }
    reversed.extend(varint.iter().rev());
    reversed.push(field << 3 | 2);
}

/// The body of a log record: lists of attributes in one another.
fn deep_body(depth: usize) -> Vec<u8> {
    let mut reversed = b"\x2a\x03\x0a\x01x".iter().rev().copied().collect::<Vec<u8>>();
    for _ in 0..depth {
        // KeyValue.value, KeyValueList.values, AnyValue.kvlist_value.
        for field in [2, 1, 6] {
            wrap_backwards(&mut reversed, field);
        }
    }
    wrap_backwards(&mut reversed, 5);
    reversed.reverse();
    reversed
}

/// One framed request with one log record.
fn otlp_log(record: &[u8]) -> Vec<u8> {
    let mut reversed: Vec<u8> = record.iter().rev().copied().collect();
    for field in [2, 2, 1] {
        wrap_backwards(&mut reversed, field);
    }
    reversed.reverse();
    [&(reversed.len() as u32).to_be_bytes()[..], &reversed].concat()
}

/// What a reading of the capture says: counts, the first problems, the error.
pub(crate) fn report(path: &Path) -> String {
    let mut report = String::new();
    if let Err(error) = read(path, &mut report) {
        let _ = writeln!(report, "error: {error}");
    }
    report
}

fn read(path: &Path, report: &mut String) -> Result<(), IngestError> {
    let mut capture = Capture::open(path, &OpenOptions::default())?;
    let (mut batch, mut records, mut events, mut rejected) = (Batch::default(), 0, 0, 0);
    // What was assumed of each member must not crowd out what was lost.
    let mut shown = [0; 2];
    while capture.next_batch(&mut batch)? {
        records += batch.records;
        events += batch.events.len() as u64;
        rejected += batch.rejected();
        for member in batch.members.iter().take(20) {
            let _ = writeln!(report, "member {}", member.name);
        }
        for problem in &batch.problems {
            let shown = &mut shown[usize::from(problem.kind == ProblemKind::Rejected)];
            if *shown < 20 {
                let _ =
                    writeln!(report, "{}: {}", problem.reason, problem.hint.as_deref().unwrap_or_default());
            }
            *shown += 1;
        }
    }
    assert_eq!(records, events + rejected, "records = events + rejected");
    let _ = writeln!(report, "{records} records = {events} events + {rejected} rejected");
    Ok(())
}

/// The most memory that this process ever had, in bytes, where the system says.
pub(crate) fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_ascii_whitespace().nth(1)?.parse::<u64>().ok().map(|kibibytes| kibibytes << 10)
}
