//! Columns: what a frame is made of, and what comes out of one.

use crate::error::Error;

/// Type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnType {
    /// Whole numbers of one byte.
    U8,
    /// Whole numbers of two bytes.
    U16,
    /// Whole numbers of four bytes.
    U32,
    /// Whole numbers of eight bytes.
    U64,
    /// Byte strings of any length.
    Strings,
}

impl ColumnType {
    /// The stable lower-case name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::U8 => "u8",
            Self::U16 => "u16",
            Self::U32 => "u32",
            Self::U64 => "u64",
            Self::Strings => "strings",
        }
    }
}

/// Byte strings one after another, with the length of each. Strings need not be UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strings<'a> {
    bytes: &'a [u8],
    lengths: &'a [u32],
}

impl<'a> Strings<'a> {
    /// Checks that the lengths add up to the bytes, which the library relies upon.
    pub fn new(bytes: &'a [u8], lengths: &'a [u32]) -> Result<Self, Error> {
        let sum: u64 = lengths.iter().map(|&length| u64::from(length)).sum();
        if sum == bytes.len() as u64 {
            Ok(Self { bytes, lengths })
        } else {
            Err(Error::Lengths { bytes: bytes.len(), lengths: sum })
        }
    }

    /// All bytes.
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Length of each string in bytes.
    pub const fn lengths(&self) -> &'a [u32] {
        self.lengths
    }
}

/// A column of borrowed values; the borrow outlives every use that the library makes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column<'a> {
    /// Whole numbers of one byte.
    U8(&'a [u8]),
    /// Whole numbers of two bytes.
    U16(&'a [u16]),
    /// Whole numbers of four bytes.
    U32(&'a [u32]),
    /// Whole numbers of eight bytes.
    U64(&'a [u64]),
    /// Byte strings.
    Strings(Strings<'a>),
}

impl Column<'_> {
    /// Its type.
    pub const fn column_type(&self) -> ColumnType {
        match self {
            Self::U8(_) => ColumnType::U8,
            Self::U16(_) => ColumnType::U16,
            Self::U32(_) => ColumnType::U32,
            Self::U64(_) => ColumnType::U64,
            Self::Strings(_) => ColumnType::Strings,
        }
    }

    /// Bytes that the library reads: the values, and four for the length of each string.
    pub const fn content_bytes(&self) -> usize {
        match self {
            Self::U8(values) => values.len(),
            Self::U16(values) => values.len() * 2,
            Self::U32(values) => values.len() * 4,
            Self::U64(values) => values.len() * 8,
            Self::Strings(strings) => strings.bytes.len() + strings.lengths.len() * 4,
        }
    }
}

/// A column that was decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnedColumn {
    /// Whole numbers of one byte.
    U8(Vec<u8>),
    /// Whole numbers of two bytes.
    U16(Vec<u16>),
    /// Whole numbers of four bytes.
    U32(Vec<u32>),
    /// Whole numbers of eight bytes.
    U64(Vec<u64>),
    /// Byte strings.
    Strings {
        /// All bytes, one string after another.
        bytes: Vec<u8>,
        /// Length of each in bytes.
        lengths: Vec<u32>,
    },
}

impl OwnedColumn {
    /// The column as a borrowed one.
    pub fn as_column(&self) -> Result<Column<'_>, Error> {
        Ok(match self {
            Self::U8(values) => Column::U8(values),
            Self::U16(values) => Column::U16(values),
            Self::U32(values) => Column::U32(values),
            Self::U64(values) => Column::U64(values),
            Self::Strings { bytes, lengths } => Column::Strings(Strings::new(bytes, lengths)?),
        })
    }
}
