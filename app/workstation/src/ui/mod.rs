//! Widgets that know nothing of cases.

pub(crate) mod icon;
pub(crate) mod rows;
pub(crate) mod strip;
