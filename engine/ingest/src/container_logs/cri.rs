//! The log format of the Kubernetes container runtime interface, as containerd and CRI-O write it:
//! `2016-10-06T00:17:09.669794202Z stdout P text`, where `P` is a part of a line and `F` its end or the whole of it. The runtime
//! ends its lines with `\n` alone: a carriage return before it is the container's.

use super::{Part, PartFormat};
use crate::model::Limits;
use crate::probe::Probe;
use crate::stamp::{self, Years};

/// The CRI log format.
pub(crate) struct Cri;

impl PartFormat for Cri {
    fn part(&self, line: &[u8], _limits: &Limits) -> Result<Part, String> {
        let why = "the line is not of the container runtime interface: it has no time, stream and tag";
        part(line).ok_or_else(|| why.into())
    }
}

fn part(line: &[u8]) -> Option<Part> {
    let mut words = line.splitn(4, |&byte| byte == b' ');
    let (time, stream, tags) = (words.next()?, words.next()?, words.next()?);
    let nanos = stamp::whole(time, Years::new(1970))?;
    if !matches!(stream, b"stdout" | b"stderr") {
        return None;
    }
    // Tags are separated by colons; the first says whether the line is whole.
    let ends = match tags.trim_ascii_end().split(|&byte| byte == b':').next()? {
        b"F" => true,
        b"P" => false,
        _ => return None,
    };
    Some(Part {
        stream: String::from_utf8_lossy(stream).into_owned(),
        nanos: Some(nanos),
        text: words.next().unwrap_or_default().to_vec(),
        ends,
        fields: Vec::new(),
    })
}

/// How sure it is that the lines are of the format.
pub(crate) fn confidence(probe: &Probe<'_>) -> f64 {
    probe.share_of_lines(|line| part(line).is_some())
}
