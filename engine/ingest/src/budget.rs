//! What one line or frame may cost in copies: text that stands once in it but is repeated for each event.

const ALLOWED_FACTOR: u64 = 32;
const ALLOWED_FLOOR_BYTES: u64 = 1 << 20;
const ALLOWED_MOST_BYTES: u64 = 256 << 20;

/// What an event or a problem takes by itself, so that a line of empty records stays bounded too.
pub(crate) const RECORD_BYTES: usize = 200;

/// Bytes of repeated text (paths, scope and resource values, metric names) that may still be made.
#[derive(Debug)]
pub(crate) struct Budget {
    bytes_left: u64,
    allowed: u64,
}

impl Budget {
    /// The budget of a line or frame of this length.
    pub(crate) fn for_unit(length: usize) -> Self {
        let mut budget = Self { bytes_left: ALLOWED_FLOOR_BYTES, allowed: ALLOWED_FLOOR_BYTES };
        budget.grow(length);
        budget
    }

    /// So many more bytes belong to the unit.
    pub(crate) fn grow(&mut self, length: usize) {
        let more = (length as u64).saturating_mul(ALLOWED_FACTOR).min(ALLOWED_MOST_BYTES - self.allowed);
        self.allowed += more;
        self.bytes_left += more;
    }

    /// Takes `bytes`; false where they are more than is left.
    pub(crate) fn spend(&mut self, bytes: usize) -> bool {
        let left = self.bytes_left.checked_sub(bytes as u64);
        self.bytes_left = left.unwrap_or(0);
        left.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_grows_has_no_more_than_what_is_whole() {
        let mut grown = Budget::for_unit(0);
        (0..1000).for_each(|_| grown.grow(1 << 20));
        assert_eq!(grown.bytes_left, Budget::for_unit(usize::MAX).bytes_left);
        assert!(grown.spend(ALLOWED_MOST_BYTES as usize) && !grown.spend(1));
    }
}
