//! What can go wrong, each with what to do next.

use crate::column::ColumnType;

/// Why something could not be compressed, decoded or loaded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The library refused.
    #[error("OpenZL could not {action}: {what} (code {code}).")]
    Library {
        /// What was being done: `compress`, `decode` …
        action: &'static str,
        /// The library's own words.
        what: String,
        /// The library's error code.
        code: u32,
    },
    /// The library could not allocate an object.
    #[error("OpenZL could not make {what}: out of memory. Close other programs, or take a smaller piece.")]
    OutOfMemory {
        /// Which object.
        what: &'static str,
    },
    /// The lengths of a string column do not add up to its bytes.
    #[error(
        "A string column has {bytes} bytes, and its lengths add up to {lengths}. Give one length for each string."
    )]
    Lengths {
        /// Bytes given.
        bytes: usize,
        /// Sum of the lengths given.
        lengths: u64,
    },
    /// The columns are not those of the plan.
    #[error("The plan has {expected} columns, and {found} were given. Search a plan for these columns.")]
    Columns {
        /// Columns of the plan.
        expected: usize,
        /// Columns given.
        found: usize,
    },
    /// A column is not of the type in the plan, or its recipe is for another type.
    #[error("Column {column} of the plan is {}, not {}. Search a plan for these columns.", expected.name(), found.name())]
    Type {
        /// Position of the column, from 0.
        column: usize,
        /// The type in the plan, or the type that the recipe is for.
        expected: ColumnType,
        /// The type given.
        found: ColumnType,
    },
    /// More bytes than one frame may hold.
    #[error("{bytes} bytes are more than the {most} that one frame may hold. Compress it in smaller chunks.")]
    TooLarge {
        /// Bytes asked for.
        bytes: u64,
        /// The limit.
        most: u64,
    },
    /// A plan of another library or frame format version.
    #[error(
        "The plan is for OpenZL {plan_library} with frame format {plan_format}, and this program has OpenZL {library} with frame format {format}. Frames would differ: search the plan anew, or use the program that made it."
    )]
    Version {
        /// Library version in the plan.
        plan_library: String,
        /// Frame format version in the plan.
        plan_format: u32,
        /// Library version linked.
        library: &'static str,
        /// Frame format version written.
        format: u32,
    },
    /// A plan that cannot be read.
    #[error("The plan cannot be read: {what}. Search it anew.")]
    Plan {
        /// What does not fit.
        what: String,
    },
}
