//! What the JSON formats share: the cursor, the cutting of a capture into documents, field values.

pub(crate) mod cursor;
pub(crate) mod documents;
pub(crate) mod reader;
pub(crate) mod report;
pub(crate) mod value;
