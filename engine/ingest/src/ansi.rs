//! Sequences that colour a terminal, which programs also write into files.

/// The length of the control sequence that the text begins with: ECMA-48, section 5.4.
pub(crate) fn escape_length(text: &[u8]) -> Option<usize> {
    let rest = text.strip_prefix(b"\x1b[")?;
    let parameters = rest.iter().take_while(|byte| (0x20..=0x3f).contains(*byte)).count();
    let is_final = rest.get(parameters).is_some_and(|byte| (0x40..=0x7e).contains(byte));
    is_final.then_some(2 + parameters + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sequence_ends_with_its_letter() {
        assert_eq!(escape_length(b"\x1b[0mINFO"), Some(4));
        assert_eq!(escape_length(b"\x1b[38;5;12mINFO"), Some(10));
        assert_eq!([&b"\x1b[31"[..], b"\x1bM", b"[31m"].map(escape_length), [None; 3]);
    }
}
