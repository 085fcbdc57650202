//! The windows of a run, many to a compressed block: one by one their scores took more room than the events did.
//!
//! The table `window` keeps what is looked for by value (times, score, q, flag), a row a window; the whole scores are here.

use cbad::{Cancelled, RunResult, Watch, WindowScore};
use rusqlite::{Transaction, params};
use sha2::{Digest, Sha256};

use crate::error::CaseError;
use crate::schema::has_table;
use crate::sql::{AtPath, unsigned};
use crate::store::Case;

/// Windows a block: with 16 they take a fifth more, with all of a stream a hundredth less (`docs/BENCHMARKS.md`).
const WINDOWS: usize = 256;
const LEVEL: i32 = 3;
/// What a block may take once decompressed: some hundred times what 256 scores take.
const MOST_BYTES: usize = 64 << 20;

/// The windows of one stream, from so many blocks.
pub(crate) struct WindowBlocks {
    pub(crate) count: u64,
    pub(crate) windows: Vec<WindowScore>,
}

/// The inner error where the watch says to stop: then the transaction is to be dropped.
pub(crate) fn store_windows(
    transaction: &Transaction<'_>,
    run: i64,
    result: &RunResult,
    watch: &dyn Watch,
) -> rusqlite::Result<Result<(), Cancelled>> {
    const WINDOW: &str =
        "INSERT INTO window (run, stream, position, first_event, last_event, start_nanos, end_nanos,
        score_bits, q, flagged, payload) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, x'')";
    const BLOCK: &str = "INSERT INTO window_block (run, stream, first_position, windows, sha256, data)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let mut insert = transaction.prepare(WINDOW)?;
    let mut insert_block = transaction.prepare(BLOCK)?;
    for (number, stream) in (0_i64..).zip(&result.streams) {
        for windows in stream.windows.chunks(WINDOWS) {
            if watch.cancelled() {
                return Ok(Err(Cancelled));
            }
            for window in windows {
                insert.execute(params![
                    run,
                    number,
                    window.index,
                    window.first_event as i64,
                    window.last_event as i64,
                    window.start_nanos,
                    window.end_nanos,
                    window.score_bits,
                    window.q,
                    window.flagged,
                ])?;
            }
            let encoded = postcard::to_stdvec(windows).expect("scores fit a growing buffer");
            let data = zstd::bulk::compress(&encoded, LEVEL).expect("level 3 exists and memory is there");
            let sha256: [u8; 32] = Sha256::digest(&data).into();
            let (first, count) = (windows[0].index, windows.len() as i64);
            insert_block.execute(params![run, number, first, count, sha256.as_slice(), data])?;
        }
    }
    Ok(Ok(()))
}

impl Case {
    /// The windows of a stream of a run; `None` where an earlier version kept them one by one.
    pub(crate) fn windows_in_blocks(&self, run: i64, stream: u32) -> Result<Option<WindowBlocks>, CaseError> {
        const QUERY: &str = "SELECT windows, sha256, data FROM window_block WHERE run = ?1 AND stream = ?2
            ORDER BY first_position";
        self.refuse_other_layout(run)?;
        if !has_table(&self.connection, "window_block").at(&self.path)? {
            return Ok(None);
        }
        let mut statement = self.connection.prepare_cached(QUERY).at(&self.path)?;
        let mut rows = statement.query(params![run, stream]).at(&self.path)?;
        let mut found = WindowBlocks { count: 0, windows: Vec::new() };
        while let Some(row) = rows.next().at(&self.path)? {
            let expected = unsigned(row, 0).at(&self.path)?;
            let (sha256, data): (Vec<u8>, Vec<u8>) = (row.get(1).at(&self.path)?, row.get(2).at(&self.path)?);
            let windows = decode(&data, &sha256, expected)
                .map_err(|what| CaseError::row(&self.path, "window_block", what))?;
            found.windows.extend(windows);
            found.count += 1;
        }
        Ok((found.count > 0).then_some(found))
    }
}

fn decode(data: &[u8], sha256: &[u8], expected: u64) -> Result<Vec<WindowScore>, String> {
    if Sha256::digest(data).as_slice() != sha256 {
        return Err("its bytes do not match their SHA-256".to_owned());
    }
    let encoded = zstd::bulk::decompress(data, MOST_BYTES).map_err(|error| error.to_string())?;
    let windows: Vec<WindowScore> = postcard::from_bytes(&encoded).map_err(|error| error.to_string())?;
    if windows.len() as u64 == expected {
        Ok(windows)
    } else {
        Err(format!("it holds {} windows and should hold {expected}", windows.len()))
    }
}
