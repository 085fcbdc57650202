//! The protobuf wire format, as far as it takes to walk to the records and to know where each one lies.
//!
//! Source: <https://protobuf.dev/programming-guides/encoding/>.

/// A field of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WireField {
    pub(super) number: u32,
    pub(super) value: WireValue,
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WireValue {
    Varint(u64),
    /// Four or eight bytes.
    Fixed,
    /// Text, bytes or a message: its first byte and one past the last, from the begin of the message around it.
    /// `cut` where the bytes end before the length says.
    Bytes {
        begin: usize,
        end: usize,
        cut: bool,
    },
}

/// Where a message stops being protobuf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WireFault {
    pub(super) at: usize,
    pub(super) what: &'static str,
}

/// The fields of a message, one after the other, ending after the first fault.
pub(super) struct Fields<'a> {
    message: &'a [u8],
    at: usize,
    failed: bool,
    clip: bool,
}

impl<'a> Fields<'a> {
    pub(super) fn of(message: &'a [u8]) -> Self {
        Self { message, at: 0, failed: false, clip: false }
    }

    /// The fields of a message whose end is missing: the last may be cut.
    pub(super) fn of_cut(message: &'a [u8]) -> Self {
        Self { clip: true, ..Self::of(message) }
    }

    #[inline]
    fn varint(&mut self) -> Option<u64> {
        // Nearly every key and every length is one byte.
        match self.message.get(self.at) {
            Some(&byte) if byte < 0x80 => {
                self.at += 1;
                Some(byte.into())
            }
            _ => self.long_varint(),
        }
    }

    fn long_varint(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for (index, &byte) in self.message[self.at..].iter().take(10).enumerate() {
            value |= u64::from(byte & 0x7f) << (7 * index);
            if byte & 0x80 == 0 {
                self.at += index + 1;
                return Some(value);
            }
        }
        None
    }

    fn pass(&mut self, count: usize) -> Option<()> {
        let fits = count <= self.message.len() - self.at;
        fits.then(|| self.at += count)
    }

    fn bytes(&mut self, length: u64) -> Option<WireValue> {
        let begin = self.at;
        let left = self.message.len() - begin;
        let fitting = usize::try_from(length).ok().filter(|&length| length <= left);
        let cut = fitting.is_none();
        if cut && !self.clip {
            return None;
        }
        self.at += fitting.unwrap_or(left);
        Some(WireValue::Bytes { begin, end: self.at, cut })
    }

    fn field(&mut self) -> Result<WireField, WireFault> {
        let at = self.at;
        let fault = |what| WireFault { at, what };
        let key = self.varint().ok_or(fault("a field key that breaks off"))?;
        let number = u32::try_from(key >> 3).ok().filter(|&number| (1..1 << 29).contains(&number));
        let number = number.ok_or(fault("a field number out of range"))?;
        let breaks_off = fault("a field longer than its message");
        let value = match key & 7 {
            0 => self.varint().map(WireValue::Varint).ok_or(fault("a number that breaks off"))?,
            1 => self.pass(8).map(|()| WireValue::Fixed).ok_or(breaks_off)?,
            2 => {
                let length = self.varint().ok_or(fault("a length that breaks off"))?;
                self.bytes(length).ok_or(breaks_off)?
            }
            5 => self.pass(4).map(|()| WireValue::Fixed).ok_or(breaks_off)?,
            _ => return Err(fault("an unknown wire type")),
        };
        Ok(WireField { number, value })
    }
}

impl Iterator for Fields<'_> {
    type Item = Result<WireField, WireFault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed || self.at == self.message.len() {
            return None;
        }
        let field = self.field();
        self.failed = field.is_err();
        Some(field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_their_places() {
        let message =
            [0x0a, 2, b'h', b'i', 0x10, 0x96, 1, 0x19, 0, 0, 0, 0, 0, 0, 0, 0, 0x25, 0, 0, 0, 0, 0x2a, 0];
        let fields: Result<Vec<_>, _> = Fields::of(&message).collect();
        let expected = [
            (1, WireValue::Bytes { begin: 2, end: 4, cut: false }),
            (2, WireValue::Varint(150)),
            (3, WireValue::Fixed),
            (4, WireValue::Fixed),
            (5, WireValue::Bytes { begin: 23, end: 23, cut: false }),
        ];
        let expected = expected.map(|(number, value)| WireField { number, value });
        assert_eq!(fields, Ok(expected.to_vec()));
    }

    #[test]
    fn the_last_field_of_a_cut_message_is_clipped() {
        let fields: Result<Vec<_>, _> = Fields::of_cut(&[0x0a, 1, b'h', 0x12, 9, b'i']).collect();
        let last = fields.ok().and_then(|fields| fields.last().copied());
        assert_eq!(
            last,
            Some(WireField { number: 2, value: WireValue::Bytes { begin: 5, end: 6, cut: true } })
        );
    }

    #[test]
    fn what_breaks_off_or_lies_is_a_fault_where_it_begins() {
        for (message, at) in [
            (&[0x0a, 5, b'x'][..], 0),
            (&[0x08, 1, 0x0a], 2),
            (&[0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], 0),
            (&[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1], 0),
            (&[0x00, 1], 0),
            (&[0x0b], 0),
            (&[0x09, 1, 2], 0),
        ] {
            let last = Fields::of(message).last();
            assert!(matches!(last, Some(Err(fault)) if fault.at == at), "{message:?}: {last:?}");
        }
    }
}
