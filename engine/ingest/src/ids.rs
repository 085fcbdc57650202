//! Trace and span ids: hexadecimal as the specification wants, base64 as some tools write.

use sha2::{Digest, Sha256};

/// An id of `N` bytes from hexadecimal digits of either case.
pub(crate) fn from_hex<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    if text.len() != 2 * N {
        return None;
    }
    let mut id = [0; N];
    let mut seen = 0;
    for (byte, pair) in id.iter_mut().zip(text.chunks_exact(2)) {
        let (high, low) = (HEX_DIGITS[usize::from(pair[0])], HEX_DIGITS[usize::from(pair[1])]);
        seen |= high | low;
        *byte = high << 4 | low & 0x0f;
    }
    (seen & NO_DIGIT == 0).then_some(id)
}

/// An id of `N` bytes from whatever a store names things by, and whether those bytes are the id itself: hexadecimal
/// digits of that length or a UUID of it are; of any other text it is the begin of its SHA-256, the same for the same text.
pub(crate) fn of_any<const N: usize>(text: &str) -> Option<([u8; N], bool)> {
    if text.is_empty() {
        return None;
    }
    let exact = from_hex(text.as_bytes()).or_else(|| from_uuid(text));
    let derived =
        || *Sha256::digest(text.as_bytes()).first_chunk().expect("an id is at most as long as a SHA-256");
    let (id, is_exact) = exact.map_or_else(|| (derived(), false), |id| (id, true));
    (id != [0; N]).then_some((id, is_exact))
}

fn from_uuid<const N: usize>(text: &str) -> Option<[u8; N]> {
    const HYPHENS: [usize; 4] = [8, 13, 18, 23];
    let is_uuid = text.len() == 36 && HYPHENS.iter().all(|&at| text.as_bytes()[at] == b'-');
    let digits: String = text.chars().filter(|char| *char != '-').collect();
    from_hex(digits.as_bytes()).filter(|_| is_uuid)
}

const NO_DIGIT: u8 = 0x80;

const HEX_DIGITS: [u8; 256] = {
    let mut values = [NO_DIGIT; 256];
    let mut digit = 0;
    while digit < 16 {
        values[b"0123456789abcdef"[digit] as usize] = digit as u8;
        values[b"0123456789ABCDEF"[digit] as usize] = digit as u8;
        digit += 1;
    }
    values
};

/// Bytes from base64, of the standard or the URL alphabet, padded or not.
pub(crate) fn from_base64(text: &[u8]) -> Option<Vec<u8>> {
    let unpadded = text.strip_suffix(b"==").or_else(|| text.strip_suffix(b"=")).unwrap_or(text);
    if unpadded.len() % 4 == 1 {
        return None;
    }
    let mut bytes = Vec::with_capacity(unpadded.len() / 4 * 3 + 2);
    for group in unpadded.chunks(4) {
        let mut bits = 0_u32;
        for &letter in group {
            bits = bits << 6 | u32::from(base64_digit(letter)?);
        }
        bits <<= 6 * (4 - group.len());
        bytes.extend_from_slice(&bits.to_be_bytes()[1..group.len()]);
    }
    Some(bytes)
}

fn base64_digit(letter: u8) -> Option<u8> {
    match letter {
        b'A'..=b'Z' => Some(letter - b'A'),
        b'a'..=b'z' => Some(letter - b'a' + 26),
        b'0'..=b'9' => Some(letter - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_ids_of_either_case_and_nothing_else() {
        assert_eq!(from_hex(b"00Ff10aB"), Some([0, 0xff, 0x10, 0xab]));
        for bad in [&b"00ff10a"[..], b"00ff10ag", b"", b"00ff10ab00"] {
            assert_eq!(from_hex::<4>(bad), None);
        }
    }

    #[test]
    fn an_id_of_any_alphabet_is_the_same_for_the_same_text() {
        let uuid = "00000000-1111-1111-1111-11111111111f";
        let bytes = [0, 0, 0, 0, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x1f];
        assert_eq!(of_any::<16>(uuid), Some((bytes, true)));
        assert_eq!(
            of_any::<8>("b7ad6b7169203331"),
            Some(([0xb7, 0xad, 0x6b, 0x71, 0x69, 0x20, 0x33, 0x31], true))
        );
        // The begin of what `sha256sum` gives.
        assert_eq!(of_any::<8>("abc"), Some(([0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea], false)));
        assert!(matches!(of_any::<8>(uuid), Some((_, false))));
        assert_eq!((of_any::<8>(""), of_any::<8>("0000000000000000")), (None, None));
    }

    #[test]
    fn base64_as_rfc_4648_gives_it() {
        for (text, bytes) in
            [("", ""), ("Zg==", "f"), ("Zg", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYmFy", "foobar")]
        {
            assert_eq!(from_base64(text.as_bytes()), Some(bytes.as_bytes().to_vec()), "{text}");
        }
        assert_eq!(from_base64(b"-_-_"), Some(vec![0xfb, 0xff, 0xbf]));
        assert_eq!(from_base64(b"Z"), None);
        assert_eq!(from_base64(b"Zm 9v"), None);
    }
}
