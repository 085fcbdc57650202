//! Segments and logs as the writers of `StreamHouse` lay them out.

use crate::model::Batch;
use crate::whole::read_whole;
use crate::{Capture, Format, OpenOptions};
use std::io::Cursor;
use std::path::Path;

const MILLIS: u64 = 1_700_000_000_000;

fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value > 0x7f {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn signed(value: i64, out: &mut Vec<u8>) {
    varint(((value << 1) ^ (value >> 63)) as u64, out);
}

/// A segment of blocks of two messages each, the time of each second one a second back.
fn segment(blocks: u64, compressed: bool) -> Vec<u8> {
    let mut out = b"STRM\0\x01\0".to_vec();
    out.push(u8::from(compressed));
    out.extend(100_u64.to_be_bytes());
    out.extend((99 + 2 * blocks).to_be_bytes());
    out.extend((2 * blocks as u32).to_be_bytes());
    out.extend((blocks as u32).to_be_bytes());
    out.resize(64, 0);
    let mut index = Vec::new();
    let mut millis = MILLIS;
    for block in 0..blocks {
        index.push((100 + 2 * block, out.len() as u64, millis));
        let mut raw = Vec::new();
        for message in 0..2_u64 {
            // The first delta of all is none; later blocks count on from the block before.
            signed(i64::from(block > 0 || message > 0), &mut raw);
            let delta = if message == 0 { 0 } else { -1000 };
            millis = millis.wrapping_add_signed(delta);
            signed(delta, &mut raw);
            let (key, value) = (["", "k"][message as usize], format!("WARN message {block} {message}"));
            for text in [key, &value] {
                varint(text.len() as u64, &mut raw);
                raw.extend(text.as_bytes());
            }
        }
        out.extend(if compressed { lz4_flex::compress_prepend_size(&raw) } else { raw });
    }
    let index_at = out.len() as u64;
    out.extend((index.len() as u32).to_be_bytes());
    for (offset, at, millis) in index {
        out.extend([offset, at, millis].map(u64::to_be_bytes).concat());
    }
    let checksum = crc32fast::hash(&out);
    out.extend(index_at.to_be_bytes());
    out.extend(checksum.to_be_bytes());
    out.extend(b"STRM");
    out.extend([0; 16]);
    out
}

fn wal(records: &[(&str, &str)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (key, value) in records {
        let mut body = MILLIS.to_le_bytes().to_vec();
        for text in [key, value] {
            body.extend((text.len() as u32).to_le_bytes());
            body.extend(text.as_bytes());
        }
        out.extend((4 + body.len() as u32).to_le_bytes());
        out.extend(crc32fast::hash(&body).to_le_bytes());
        out.extend(body);
    }
    out
}

fn read(stored: &[u8], format: Format) -> Batch {
    let options = OpenOptions::default();
    let open = || {
        let from = Cursor::new(stored.to_vec());
        Capture::from_reader(Path::new("orders-0"), from, stored.len() as u64, &options).expect("opens")
    };
    let mut capture = open();
    assert_eq!(capture.format(), format);
    let all = read_whole(&mut capture);
    assert_eq!(capture.decoded_bytes(), stored.len() as u64);
    // Reading may begin at any message that has bytes of its own, or at any block.
    if let Some(last) = all
        .events
        .last()
        .map(|(_, event)| event.source.offset)
        .filter(|_| format == Format::StreamHouseSegment)
        && all.problems.is_empty()
    {
        let mut again = open();
        let block = all.events[all.events.len() - 2].1.source.offset.min(last);
        again.resume_at(block).expect("it is the same segment");
        let mut batch = Batch::default();
        assert!(again.next_batch(&mut batch).expect("reads"));
        assert_eq!(batch.events, all.events[all.events.len() - 2..]);
    }
    all
}

#[test]
fn segments_of_both_compressions() {
    for compressed in [false, true] {
        let stored = segment(3, compressed);
        let batch = read(&stored, Format::StreamHouseSegment);
        assert_eq!((batch.events.len(), &batch.problems[..]), (6, &[][..]));
        for (index, (_, event)) in batch.events.iter().enumerate() {
            let (block, message) = (index / 2, index % 2);
            assert_eq!(event.body, format!("WARN message {block} {message}").into_bytes());
            let seconds_back = (block + message) as i64;
            assert_eq!(event.time_nanos, Some((MILLIS as i64 - 1000 * seconds_back) * 1_000_000));
            assert_eq!(event.fields[0].value, cbad::Value::Int(100 + index as i64), "the offset");
            assert_eq!(event.fields.len(), 1 + message, "an empty key is no key");
        }
        let (first, second) = (batch.events[0].1.source, batch.events[1].1.source);
        assert_eq!(first == second, compressed);
        let end = if compressed { first.end() } else { second.end() };
        assert_eq!((first.offset, batch.events[2].1.source.offset), (64, end));
    }
}

#[test]
fn damage_costs_its_block_and_the_rest_is_read() {
    for compressed in [false, true] {
        let mut stored = segment(3, compressed);
        let second = read(&stored, Format::StreamHouseSegment).events[2].1.source.offset as usize;
        // The size of the compressed block, or the deltas and the length of a key.
        stored[second..second + 4].fill(0xff);
        let batch = read(&stored, Format::StreamHouseSegment);
        assert_eq!((batch.events.len(), batch.rejected()), (4, 1), "{:?}", batch.problems);
        assert!(batch.problems[0].reason.contains("checksum"));
    }
}

/// Offsets of the events.
fn offsets(batch: &Batch) -> Vec<i64> {
    let offset = |event: &cbad::Event| match event.fields.first() {
        Some(cbad::Field { value: cbad::Value::Int(offset), .. }) => *offset,
        other => panic!("an offset: {other:?}"),
    };
    batch.events.iter().map(|(_, event)| offset(event)).collect()
}

#[test]
fn segments_cut_anywhere_give_what_is_whole_before_the_cut_and_say_what_is_missing() {
    for compressed in [false, true] {
        let whole = segment(3, compressed);
        let all = read(&whole, Format::StreamHouseSegment).events;
        for at in 4..whole.len() {
            let cut = read(&whole[..at], Format::StreamHouseSegment);
            if at < 64 {
                assert_eq!((cut.events.len(), cut.rejected()), (0, 1));
                continue;
            }
            let before = all.iter().filter(|(_, event)| event.source.end() <= at as u64).count();
            assert_eq!(cut.events.len(), before, "cut at {at}");
            let bodies = |events: &[(_, cbad::Event)]| -> Vec<Vec<u8>> {
                events.iter().map(|(_, event)| event.body.clone()).collect()
            };
            assert_eq!(bodies(&cut.events), bodies(&all[..before]));
            assert_eq!(offsets(&cut), (100..100 + before as i64).collect::<Vec<_>>());
            assert!(cut.problems[0].reason.contains("footer"), "{:?}", cut.problems);
            let index_at = all[5].1.source.end();
            assert_eq!(cut.rejected(), u64::from(before < 6), "cut at {at}: {:?}", cut.problems);
            if let Some(lost) = cut.problems.get(1) {
                let read_to = all[..before].last().map_or(64, |(_, event)| event.source.end());
                assert_eq!((lost.source.offset, lost.source.end()), (read_to, at as u64));
                assert!(lost.reason.contains(&format!("tells of 6 messages, {before} are there")));
            }
            let timed = cut.events.iter().filter(|(_, event)| event.time_nanos.is_some()).count();
            // The index stands behind the blocks: as far as it is there, times are.
            assert!(at as u64 >= index_at + 28 || timed == 0);
            assert!(at as u64 + 32 < whole.len() as u64 || timed == 6);
        }
    }
}

#[test]
fn segments_changed_anywhere_conserve() {
    let whole = segment(3, true);
    for at in 4..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 0xff;
        assert!(read(&changed, Format::StreamHouseSegment).records <= 20);
    }
}

#[test]
fn logs_whole_damaged_and_cut() {
    let whole = wal(&[("k", "ERROR one"), ("", "two"), ("x", "three")]);
    let batch = read(&whole, Format::StreamHouseWal);
    assert_eq!((batch.events.len(), batch.rejected()), (3, 0));
    let (_, first) = &batch.events[0];
    assert_eq!((&first.body[..], first.fields.len()), (&b"ERROR one"[..], 1));
    assert_eq!((first.source.offset, first.time_nanos), (0, Some(MILLIS as i64 * 1_000_000)));
    assert_eq!(first.source.end(), batch.events[1].1.source.offset);
    let mut damaged = whole.clone();
    let second = first.source.end() as usize;
    damaged[second + 25] ^= 1;
    let batch = read(&damaged, Format::StreamHouseWal);
    assert_eq!((batch.events.len(), batch.rejected()), (2, 1));
    assert!(batch.problems[0].reason.contains("checksum"));
    let mut damaged = whole.clone();
    damaged[26] ^= 1;
    let batch = read(&damaged, Format::StreamHouseWal);
    assert_eq!((batch.events.len(), batch.rejected()), (2, 1), "a log whose first record is damaged is one");
    for length in second..whole.len() {
        let batch = read(&whole[..length], Format::StreamHouseWal);
        let is_at_end = batch.events.last().is_some_and(|(_, event)| event.source.end() == length as u64);
        assert_eq!(batch.rejected(), u64::from(!is_at_end), "{length}");
    }
}

#[test]
fn a_block_of_empty_messages_costs_no_more_than_it_may() {
    let mut stored = segment(0, true);
    let index_at = stored.len() - 32 - 4;
    let block = lz4_flex::compress_prepend_size(&vec![0; 1 << 20]);
    let mut index = 1_u32.to_be_bytes().to_vec();
    index.extend([100, 64, MILLIS].map(u64::to_be_bytes).concat());
    let mut footer = stored.split_off(index_at);
    footer.drain(..4);
    stored.extend(block);
    footer[..8].copy_from_slice(&(stored.len() as u64).to_be_bytes());
    stored.extend(index);
    footer[8..12].copy_from_slice(&crc32fast::hash(&stored).to_be_bytes());
    stored.extend(footer);
    let from = Cursor::new(stored.clone());
    let options = OpenOptions::default();
    let opened = Capture::from_reader(Path::new("orders-0"), from, stored.len() as u64, &options);
    let batch = read_whole(&mut opened.expect("opens"));
    assert!(batch.events.len() < 200_000, "{}", batch.events.len());
    assert_eq!(batch.rejected(), 1);
    assert!(batch.problems[0].reason.contains("memory"), "{}", batch.problems[0].reason);
}
