//! Plans: what is done to each column, in our own words, and the hash that stands for it.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::column::{Column, ColumnType};
use crate::compressor::Compressor;
use crate::error::Error;
use crate::raw::{FORMAT_VERSION, LIBRARY_VERSION};
use crate::recipe::Recipe;

/// Version of the description itself.
const PLAN_SCHEMA: u32 = 1;

/// What is done to one column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnPlan {
    /// What the column holds, for a person.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub column_type: ColumnType,
    /// How it is compressed.
    pub recipe: Recipe,
}

/// What is done to all columns of a frame.
///
/// Its identity is [`Plan::sha256`], over our own canonical description: the library's own serialisation of a compressor
/// does not come back the same after one round, and its version is not checked when it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    level: i32,
    checksums: bool,
    columns: Vec<ColumnPlan>,
}

/// The canonical description: these fields in this order, without white space.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    plan_schema: u32,
    library: String,
    format: u32,
    level: i32,
    checksums: bool,
    columns: Vec<ColumnPlan>,
}

impl Plan {
    /// A plan of known recipes. Frames without checksums are smaller by a few bytes and are not checked when decoded.
    pub fn new(level: i32, checksums: bool, columns: Vec<ColumnPlan>) -> Result<Self, Error> {
        let plan = Self { level, checksums, columns };
        if plan.columns.is_empty() {
            return Err(Error::Plan { what: "it has no columns".to_owned() });
        }
        for (column, planned) in plan.columns.iter().enumerate() {
            let found = planned.column_type;
            if !Recipe::candidates(found).contains(&planned.recipe) {
                let expected = match found {
                    ColumnType::Strings => ColumnType::U64,
                    _ => ColumnType::Strings,
                };
                return Err(Error::Type { column, expected, found });
            }
        }
        Ok(plan)
    }

    /// For each column of a first chunk the recipe that makes it smallest on its own; of equally small ones the first in
    /// the order of [`Recipe::candidates`]. The same chunk gives the same plan.
    pub fn search(level: i32, checksums: bool, chunk: &[(&str, Column<'_>)]) -> Result<Self, Error> {
        let columns: Result<Vec<ColumnPlan>, Error> = chunk
            .iter()
            .map(|(name, column)| {
                let column_type = column.column_type();
                let recipe = best_recipe(level, column)?;
                Ok(ColumnPlan { name: (*name).to_owned(), column_type, recipe })
            })
            .collect();
        Self::new(level, checksums, columns?)
    }

    /// Compression level.
    pub const fn level(&self) -> i32 {
        self.level
    }

    /// Whether frames carry checksums.
    pub const fn checksums(&self) -> bool {
        self.checksums
    }

    /// The columns, in the order of the frame.
    pub fn columns(&self) -> &[ColumnPlan] {
        &self.columns
    }

    /// The canonical description as JSON: equal plans give equal bytes.
    pub fn to_json(&self) -> String {
        let description = Description {
            plan_schema: PLAN_SCHEMA,
            library: LIBRARY_VERSION.to_owned(),
            format: FORMAT_VERSION,
            level: self.level,
            checksums: self.checksums,
            columns: self.columns.clone(),
        };
        serde_json::to_string(&description).expect("a description has string keys and finite numbers")
    }

    /// Reads a description. One of another library or frame format version is refused: the library does not check it.
    pub fn from_json(json: &str) -> Result<Self, Error> {
        let read: Description =
            serde_json::from_str(json).map_err(|error| Error::Plan { what: error.to_string() })?;
        if read.plan_schema != PLAN_SCHEMA {
            return Err(Error::Plan { what: format!("schema {} is not {PLAN_SCHEMA}", read.plan_schema) });
        }
        if read.library != LIBRARY_VERSION || read.format != FORMAT_VERSION {
            return Err(Error::Version {
                plan_library: read.library,
                plan_format: read.format,
                library: LIBRARY_VERSION,
                format: FORMAT_VERSION,
            });
        }
        Self::new(read.level, read.checksums, read.columns)
    }

    /// SHA-256 of the canonical JSON, the library version and the frame format version (four bytes, little-endian).
    pub fn sha256(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.to_json());
        hash.update(LIBRARY_VERSION);
        hash.update(FORMAT_VERSION.to_le_bytes());
        hash.finalize().into()
    }
}

/// A recipe that the library refuses for this column is not a candidate; that even the generic one fails is an error.
fn best_recipe(level: i32, column: &Column<'_>) -> Result<Recipe, Error> {
    let column_type = column.column_type();
    let size_with = |recipe: Recipe| {
        let alone = ColumnPlan { name: String::new(), column_type, recipe };
        let plan = Plan::new(level, false, vec![alone])?;
        Compressor::new(&plan)?.compress(&[*column]).map(<[u8]>::len)
    };
    let mut best = (size_with(Recipe::Generic)?, Recipe::Generic);
    for &recipe in Recipe::candidates(column_type) {
        if let Ok(size) = size_with(recipe)
            && size < best.0
        {
            best = (size, recipe);
        }
    }
    Ok(best.1)
}
