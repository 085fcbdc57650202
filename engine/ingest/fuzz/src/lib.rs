//! What every fuzz target checks of a reading: no panic, nothing lost silently, the same again after going on and from cut lines.

use ingest::{Batch, Capture, Format, Limits, OpenOptions, ProblemKind};
use std::hash::{DefaultHasher, Hasher};
use std::io::Cursor;
use std::path::Path;

/// Lets panics pass in the thread of a decoder that is known to panic: they are caught there.
pub fn let_decoders_panic() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let abort = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if std::thread::current().name() != Some("decode") {
                abort(panic);
            }
        }));
    });
}

/// How an input is read. A lot that the input itself draws decides, so that it is read the same way every time.
struct Way {
    options: OpenOptions,
    batch_records: u64,
    batch_bytes: u64,
}

impl Way {
    fn of(lot: u64, format: Option<Format>) -> Self {
        // Of what the lot says, each question takes bits of its own.
        let low = |shift: u32, most: u64| 1 + (lot >> shift) % most;
        let limits = match lot % 4 {
            0 => Limits {
                record_bytes: 16 * low(8, 200),
                event_bytes: 8 * low(16, 40),
                depth: 3 + low(24, 40) as u32,
                values: low(32, 200) as u32,
                ..Limits::default()
            },
            _ => Limits::default(),
        };
        let (batch_records, batch_bytes) =
            if lot >> 2 & 1 == 0 { (low(40, 5), 1 << 20) } else { (1024, 32 * low(48, 64)) };
        Self { options: OpenOptions { format, limits, ..OpenOptions::default() }, batch_records, batch_bytes }
    }

    fn open(&self, bytes: &[u8]) -> Option<Capture> {
        let stored = Cursor::new(bytes.to_vec());
        let opened = Capture::from_reader(Path::new("fuzz"), stored, bytes.len() as u64, &self.options);
        let mut capture = opened.ok()?;
        capture.set_batch(self.batch_records, self.batch_bytes);
        Some(capture)
    }
}

/// Reads the bytes as a capture three times: in one go, again from the end of a batch, and in lines cut off for other threads.
pub fn check(bytes: &[u8], format: Option<Format>) {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    let lot = hasher.finish();
    let way = Way::of(lot, format);
    let Some(whole) = read(bytes, &way, 0) else { return };
    if whole.is_empty() {
        return;
    }
    let stop = (lot >> 56) as usize % whole.len();
    let rest = read(bytes, &way, whole[stop].next_offset).expect("what could be read once can be read again");
    same(&rest, &whole[stop + 1..], "going on gives the same batches");

    let cut = read_cut(bytes, &way);
    same(&events(&cut), &events(&whole), "lines cut off give the same events");
    same(&rejected(&cut), &rejected(&whole), "lines cut off cost the same records");
}

fn read(bytes: &[u8], way: &Way, from: u64) -> Option<Vec<Batch>> {
    let mut capture = way.open(bytes)?;
    if from > 0 {
        capture.resume_at(from).expect("an offset of the same capture");
    }
    let mut batches = Vec::new();
    let mut batch = Batch::default();
    while capture.next_batch(&mut batch).expect("memory can be read") {
        assert_eq!(batch.records, batch.events.len() as u64 + batch.rejected(), "records = events + rejected");
        batches.push(batch.clone());
    }
    let end = capture.decoded_bytes();
    for batch in &batches {
        for (_, event) in &batch.events {
            assert!(event.source.end() <= end, "an event's bytes are in the capture");
            if let Some((start, stop)) = event.body_stamp {
                assert!(start < stop && stop as usize <= event.body.len(), "the stamp is in the body");
            }
        }
        assert!(batch.problems.iter().all(|problem| problem.source.end() <= end));
    }
    Some(batches)
}

/// As an import reads it, which decodes on several threads what can be cut off by lines.
fn read_cut(bytes: &[u8], way: &Way) -> Vec<Batch> {
    let mut capture = way.open(bytes).expect("what could be opened once can be opened again");
    let (mut batches, mut batch, mut room) = (Vec::new(), Batch::default(), Vec::new());
    loop {
        if let Some(stretch) = capture.cut(&mut room).expect("memory can be read") {
            room = stretch.decode(&mut batch);
        } else if !capture.next_batch(&mut batch).expect("memory can be read") {
            return batches;
        }
        assert_eq!(batch.records, batch.events.len() as u64 + batch.rejected(), "records = events + rejected");
        batches.push(batch.clone());
    }
}

fn events(batches: &[Batch]) -> Vec<&(std::sync::Arc<cbad::StreamKey>, cbad::Event)> {
    batches.iter().flat_map(|batch| &batch.events).collect()
}

fn rejected(batches: &[Batch]) -> Vec<&ingest::Problem> {
    let problems = batches.iter().flat_map(|batch| &batch.problems);
    problems.filter(|problem| problem.kind == ProblemKind::Rejected).collect()
}

/// A NaN is not equal to itself, but is shown like itself.
fn same<T: PartialEq + std::fmt::Debug>(one: &[T], other: &[T], what: &str) {
    if one != other {
        assert_eq!(format!("{one:?}"), format!("{other:?}"), "{what}");
    }
}
