//! A safe wrapper over one pinned version of the `OpenZL` C library: typed columns in, one self-describing frame out.
//!
//! For: compressing columns of numbers and strings by a plan that is searched or loaded, and known by its hash; decoding
//! frames again to check them.
//! Never: takes a plan of another library version, prints, or hands out a pointer. All `unsafe` is in `raw.rs`.

mod column;
mod compressor;
mod error;
mod plan;
#[expect(unsafe_code, reason = "the calls of the C library, each with the reason why it is sound")]
mod raw;
mod recipe;

pub use column::{Column, ColumnType, OwnedColumn, Strings};
pub use compressor::{Compressor, decompress};
pub use error::Error;
pub use plan::{ColumnPlan, Plan};
pub use raw::{FORMAT_VERSION, LIBRARY_VERSION};
pub use recipe::Recipe;
