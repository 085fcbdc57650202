//! Recipes: the graphs of transforms that a column can be compressed by.

use openzl_sys as zl;

use crate::column::ColumnType;
use crate::raw::{Graph, Graphs, standard};

/// How one column is compressed. A recipe is a fixed graph of the library's own transforms, known by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recipe {
    /// What the library takes for data of which nothing is known.
    Generic,
    /// Numbers: the library's own choice among its codes for them.
    Numeric,
    /// Numbers: whole values copied from before.
    FieldLz,
    /// Numbers: differences, then [`Self::FieldLz`].
    DeltaFieldLz,
    /// Numbers: differences, then [`Self::Numeric`].
    DeltaNumeric,
    /// Numbers: differences, signs folded in, then [`Self::Numeric`].
    DeltaZigzagNumeric,
    /// Numbers: bytes of equal weight side by side, each lot by zstd.
    TransposeZstd,
    /// Numbers: differences, then [`Self::TransposeZstd`].
    DeltaTransposeZstd,
    /// Numbers: an alphabet and indices into it.
    Tokenize,
    /// Numbers: the same with the alphabet sorted and stored as differences.
    TokenizeSorted,
    /// Strings: contents by zstd, lengths as numbers.
    Separate,
    /// Strings: what each shares with the one before, then [`Self::Separate`].
    Prefix,
    /// Strings: an alphabet and indices into it.
    TokenizeStrings,
    /// Strings: the same with the alphabet sorted and by [`Self::Prefix`].
    TokenizeStringsSorted,
}

/// In the order in which they are tried: of two equally good ones the earlier is taken.
const NUMBERS: [Recipe; 10] = [
    Recipe::Generic,
    Recipe::Numeric,
    Recipe::FieldLz,
    Recipe::DeltaFieldLz,
    Recipe::DeltaNumeric,
    Recipe::DeltaZigzagNumeric,
    Recipe::TransposeZstd,
    Recipe::DeltaTransposeZstd,
    Recipe::Tokenize,
    Recipe::TokenizeSorted,
];
const STRINGS: [Recipe; 5] = [
    Recipe::Generic,
    Recipe::Separate,
    Recipe::Prefix,
    Recipe::TokenizeStrings,
    Recipe::TokenizeStringsSorted,
];

impl Recipe {
    /// What it does, in words.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Generic => "what the library takes for data of which nothing is known",
            Self::Numeric => "the library's own choice among its codes for numbers",
            Self::FieldLz => "whole values copied from before",
            Self::DeltaFieldLz => "differences, then whole values copied from before",
            Self::DeltaNumeric => "differences, then the library's own choice for numbers",
            Self::DeltaZigzagNumeric => {
                "differences with signs folded in, then the library's own choice for numbers"
            }
            Self::TransposeZstd => "bytes of equal weight side by side, each lot by zstd",
            Self::DeltaTransposeZstd => {
                "differences, then bytes of equal weight side by side, each lot by zstd"
            }
            Self::Tokenize | Self::TokenizeStrings => "an alphabet and indices into it",
            Self::TokenizeSorted => "a sorted alphabet as differences, and indices into it",
            Self::Separate => "contents by zstd, lengths as numbers",
            Self::Prefix => "what each shares with the one before; the rest by zstd, lengths as numbers",
            Self::TokenizeStringsSorted => {
                "a sorted alphabet by what each shares with the one before, and indices into it"
            }
        }
    }

    /// The recipes that a column of this type may have, in the order in which a search tries them.
    pub const fn candidates(of: ColumnType) -> &'static [Self] {
        match of {
            ColumnType::U8 | ColumnType::U16 | ColumnType::U32 | ColumnType::U64 => &NUMBERS,
            ColumnType::Strings => &STRINGS,
        }
    }

    /// Registers the graph of this recipe for a column of a type.
    pub(crate) fn graph(self, graphs: &Graphs, of: ColumnType) -> Graph {
        let generic = standard(zl::ZL_StandardGraphID_compress_generic);
        let numeric = standard(zl::ZL_StandardGraphID_select_numeric);
        let field_lz = standard(zl::ZL_StandardGraphID_field_lz);
        let zstd = standard(zl::ZL_StandardGraphID_zstd);
        let delta = zl::ZL_StandardNodeID_delta_int;
        let transpose =
            [zl::ZL_StandardNodeID_convert_num_to_struct_le, zl::ZL_StandardNodeID_transpose_split];
        let separate = || graphs.node(zl::ZL_StandardNodeID_separate_string_components, &[zstd, numeric]);
        let prefix = || graphs.node(zl::ZL_StandardNodeID_prefix, &[separate(), numeric]);
        match self {
            Self::Generic => generic,
            Self::Numeric => numeric,
            Self::FieldLz => field_lz,
            Self::DeltaFieldLz => graphs.pipeline(&[delta], field_lz),
            Self::DeltaNumeric => graphs.pipeline(&[delta], numeric),
            Self::DeltaZigzagNumeric => graphs.pipeline(&[delta, zl::ZL_StandardNodeID_zigzag], numeric),
            Self::TransposeZstd => graphs.pipeline(&transpose, zstd),
            Self::DeltaTransposeZstd => graphs.pipeline(&[delta, transpose[0], transpose[1]], zstd),
            Self::Tokenize => graphs.tokenize(of, false, numeric, numeric),
            Self::TokenizeSorted => graphs.tokenize(of, true, graphs.pipeline(&[delta], numeric), numeric),
            Self::Separate => separate(),
            Self::Prefix => prefix(),
            Self::TokenizeStrings => graphs.tokenize(of, false, generic, numeric),
            Self::TokenizeStringsSorted => graphs.tokenize(of, true, prefix(), numeric),
        }
    }
}
