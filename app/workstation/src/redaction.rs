//! What is taken out: nothing, what the built-in rules name, or what rules in a file name; for imports and for presentations.

use ingest::Redaction;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What is taken out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Kept", rename_all = "snake_case")]
pub(crate) enum Redact {
    /// Nothing.
    #[default]
    Nothing,
    /// What the built-in rules name.
    Personal,
    /// What the rules in a file name, as they were when it was chosen: no disk is asked again before something is hidden.
    Rules(PathBuf, Box<Redaction>),
}

impl Redact {
    /// The rules.
    pub(crate) fn rules(&self) -> Option<Redaction> {
        match self {
            Self::Nothing => None,
            Self::Personal => Some(Redaction::personal()),
            Self::Rules(_, rules) => Some(rules.as_ref().clone()),
        }
    }
}

/// As settings have it: earlier ones had only yes and no.
#[derive(Deserialize)]
#[serde(untagged)]
enum Kept {
    Personal(bool),
    Named(Named),
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Named {
    Nothing,
    Personal,
    Rules(PathBuf, Box<Redaction>),
}

impl From<Kept> for Redact {
    fn from(kept: Kept) -> Self {
        match kept {
            Kept::Personal(false) | Kept::Named(Named::Nothing) => Self::Nothing,
            Kept::Personal(true) | Kept::Named(Named::Personal) => Self::Personal,
            Kept::Named(Named::Rules(path, rules)) => Self::Rules(path, rules),
        }
    }
}

/// What rules in a file are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RulesFor {
    /// The import dialog.
    Dialog,
    /// Imports from now on.
    Imports,
    /// Presentations from now on.
    Presentations,
}
