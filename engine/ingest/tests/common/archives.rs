//! Archives made byte by byte, honest and not.
#![allow(dead_code, reason = "each test binary uses its own part")]
#![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]

use std::io::Write;
use tar::{EntryType, Header};

/// An entry of a ZIP archive as it is to be written.
#[derive(Clone, Debug)]
pub(crate) struct Zipped {
    pub(crate) name: String,
    pub(crate) method: u16,
    pub(crate) flags: u16,
    pub(crate) unix_mode: u32,
    pub(crate) crc32: u32,
    pub(crate) data: Vec<u8>,
    pub(crate) decoded_bytes: u32,
}

impl Zipped {
    pub(crate) fn stored(name: &str, bytes: &[u8]) -> Self {
        Self {
            name: name.to_owned(),
            method: 0,
            flags: 0,
            unix_mode: 0o100_644,
            crc32: crc32fast::hash(bytes),
            data: bytes.to_vec(),
            decoded_bytes: bytes.len() as u32,
        }
    }

    pub(crate) fn deflated(name: &str, bytes: &[u8]) -> Self {
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).expect("a Vec takes all bytes");
        Self {
            method: 8,
            data: encoder.finish().expect("a Vec takes all bytes"),
            ..Self::stored(name, bytes)
        }
    }
}

fn local_header(entry: &Zipped) -> Vec<u8> {
    let mut header = b"PK\x03\x04\x14\0".to_vec();
    header.extend(entry.flags.to_le_bytes());
    header.extend(entry.method.to_le_bytes());
    header.extend([0; 4]);
    header.extend(entry.crc32.to_le_bytes());
    header.extend((entry.data.len() as u32).to_le_bytes());
    header.extend(entry.decoded_bytes.to_le_bytes());
    header.extend((entry.name.len() as u16).to_le_bytes());
    header.extend([0; 2]);
    header.extend(entry.name.as_bytes());
    header
}

fn central_header(entry: &Zipped, stored_bytes: u32, offset: u32) -> Vec<u8> {
    let mut header = b"PK\x01\x02\x14\x03\x14\0".to_vec();
    header.extend_from_slice(&local_header(entry)[6..18]);
    header.extend(stored_bytes.to_le_bytes());
    header.extend(entry.decoded_bytes.to_le_bytes());
    header.extend((entry.name.len() as u16).to_le_bytes());
    header.extend([0; 8]);
    header.extend((entry.unix_mode << 16).to_le_bytes());
    header.extend(offset.to_le_bytes());
    header.extend(entry.name.as_bytes());
    header
}

fn end(mut archive: Vec<u8>, directory: &[u8], entries: usize) -> Vec<u8> {
    let start = archive.len() as u32;
    archive.extend_from_slice(directory);
    let (size, count) = (directory.len() as u32, entries as u64);
    if entries >= 0xffff {
        let at = archive.len() as u64;
        archive.extend(b"PK\x06\x06");
        archive.extend(44_u64.to_le_bytes());
        archive.extend([0x2d, 3, 0x2d, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        for value in [count, count, u64::from(size), u64::from(start)] {
            archive.extend(value.to_le_bytes());
        }
        archive.extend(b"PK\x06\x07\0\0\0\0");
        archive.extend(at.to_le_bytes());
        archive.extend(1_u32.to_le_bytes());
    }
    let short = u16::try_from(entries).unwrap_or(u16::MAX);
    archive.extend(b"PK\x05\x06\0\0\0\0");
    archive.extend(short.to_le_bytes());
    archive.extend(short.to_le_bytes());
    archive.extend(size.to_le_bytes());
    archive.extend(start.to_le_bytes());
    archive.extend([0; 2]);
    archive
}

/// A ZIP archive with these entries.
pub(crate) fn zip(entries: &[Zipped]) -> Vec<u8> {
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    for entry in entries {
        directory.extend(central_header(entry, entry.data.len() as u32, archive.len() as u32));
        archive.extend(local_header(entry));
        archive.extend_from_slice(&entry.data);
    }
    end(archive, &directory, entries.len())
}

/// Entries that all have one kernel for data: each local header but the last is quoted by the one before.
pub(crate) fn overlapping_zip(entries: usize, kernel: &[u8]) -> Vec<u8> {
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    let last = Zipped::deflated("kernel", kernel);
    let header_bytes = local_header(&last).len();
    let mut offsets = Vec::new();
    for index in 0..entries {
        let left = (entries - index - 1) * header_bytes + last.data.len();
        let entry = Zipped { name: format!("{index:06}"), ..last.clone() };
        offsets.push((entry.clone(), left as u32, archive.len() as u32));
        archive.extend(local_header(&entry));
    }
    archive.extend_from_slice(&last.data);
    for (entry, stored, offset) in offsets {
        directory.extend(central_header(&entry, stored, offset));
    }
    end(archive, &directory, entries)
}

/// A tar archive with these entries: name, kind, where a link leads, data.
pub(crate) fn tar(entries: &[(&str, EntryType, &str, &[u8])]) -> Vec<u8> {
    let mut archive = Vec::new();
    for (name, kind, target, bytes) in entries {
        if name.len() > 99 {
            append(&mut archive, "././@LongLink", EntryType::GNULongName, "", format!("{name}\0").as_bytes());
        }
        append(&mut archive, &name[..name.len().min(99)], *kind, target, bytes);
    }
    archive.extend([0; 1024]);
    archive
}

fn append(archive: &mut Vec<u8>, name: &str, kind: EntryType, target: &str, bytes: &[u8]) {
    let mut header = Header::new_gnu();
    header.as_gnu_mut().expect("the header is a GNU one").name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(kind);
    header.set_link_name_literal(target).expect("the name fits");
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    header.set_cksum();
    archive.extend_from_slice(header.as_bytes());
    archive.extend_from_slice(bytes);
    archive.extend(vec![0; bytes.len().wrapping_neg() % 512]);
}

/// A tar archive of files alone.
pub(crate) fn tar_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let entries: Vec<_> = files.iter().map(|(name, bytes)| (*name, EntryType::Regular, "", *bytes)).collect();
    tar(&entries)
}

/// A ZIP archive of files alone, compressed.
pub(crate) fn zip_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    zip(&files.iter().map(|(name, bytes)| Zipped::deflated(name, bytes)).collect::<Vec<_>>())
}
