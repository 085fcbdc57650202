//! Standard output, as JSON or as text.

use std::io::{self, BufWriter, StdoutLock, Write};

use serde::Serialize;

/// Standard output, buffered.
pub(crate) fn stdout() -> BufWriter<StdoutLock<'static>> {
    BufWriter::with_capacity(64 << 10, io::stdout().lock())
}

/// One JSON value and a line end.
pub(crate) fn json(value: &impl Serialize) -> io::Result<()> {
    let mut out = stdout();
    json_line(&mut out, value)?;
    out.flush()
}

pub(crate) fn json_line(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value).map_err(io::Error::from)?;
    out.write_all(b"\n")
}
