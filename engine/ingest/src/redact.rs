//! Redaction: what is taken out of events before anybody stores them.
//!
//! Rules name fields by their path and patterns by their kind. A hit becomes `⟨kind:7f3a91c2⟩`, where the digits are the
//! first of HMAC-SHA-256 over the value with a secret salt: equal values stay equal, and without the salt nobody can
//! test a guess. What a pattern may take too much of is a nuisance, what it leaves is a leak; so patterns overlap rather
//! than yield. Nothing here can find a name in a sentence: `docs/REDACTION.md` says what is out of reach.

mod apply;
mod find;
mod numbers;
mod parts;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use apply::{Counts, Redactor, RuleHits};

/// Most rules of a kind; each costs time at every value.
const MOST_RULES: usize = 256;
/// Longest name of a rule of the user's own.
const LONGEST_NAME: usize = 24;

/// What is to be taken out, and how. Written as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redaction {
    /// What a person calls it; shown beside the counts.
    pub name: String,
    /// Rules by the path of a field; the first that fits decides.
    #[serde(default)]
    pub fields: Vec<FieldRule>,
    /// Patterns looked for in every text.
    #[serde(default)]
    pub patterns: Vec<Pattern>,
    /// Patterns of the user's own, looked for in every text.
    #[serde(default)]
    pub custom: Vec<CustomRule>,
}

/// A rule for fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldRule {
    /// The path, where `*` stands for anything, dots too; capitals and small letters are the same. `body`, `severity`,
    /// `trace_id`, `span_id`, `parent_span_id` and `service.name` are paths too.
    pub path: String,
    /// What becomes of the value.
    #[serde(default)]
    pub action: Action,
}

/// A regular expression of the user's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomRule {
    /// The kind in its tokens: small letters, digits and hyphens.
    pub name: String,
    /// The expression, in the syntax of the Rust crate `regex`; all of a match is taken.
    pub regex: String,
    /// What becomes of a match.
    #[serde(default)]
    pub action: Action,
}

/// What becomes of a hit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// `⟨kind:7f3a91c2⟩`: equal values have equal tokens.
    #[default]
    Token,
    /// `⟨kind⟩`: all values are the same.
    Mask,
    /// Nothing is left of it.
    Drop,
}

/// What can be found by how it looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pattern {
    /// E-mail addresses with a domain that has a dot.
    Email,
    /// IPv4 addresses.
    Ipv4,
    /// IPv6 addresses.
    Ipv6,
    /// User and password in a URL.
    Credentials,
    /// JSON web tokens.
    Jwt,
    /// What stands behind `Bearer` or `Basic`.
    Bearer,
    /// Payment card numbers: known lengths and prefixes, check digit right.
    Card,
    /// International bank account numbers, check digits right.
    Iban,
    /// Telephone numbers: with `+` and the country, or as written in North America.
    Phone,
    /// Access key ids of AWS, and what is named as their secret.
    AwsKey,
    /// Private keys in PEM.
    PrivateKey,
    /// UUIDs; not in any built-in profile, as they seldom are personal and often are what links events.
    Uuid,
}

impl Pattern {
    /// Every pattern.
    pub const ALL: [Self; 12] = [
        Self::Email,
        Self::Ipv4,
        Self::Ipv6,
        Self::Credentials,
        Self::Jwt,
        Self::Bearer,
        Self::Card,
        Self::Iban,
        Self::Phone,
        Self::AwsKey,
        Self::PrivateKey,
        Self::Uuid,
    ];

    /// The kind in its tokens, and its name in counts and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Ipv4 => "ipv4",
            Self::Ipv6 => "ipv6",
            Self::Credentials => "credentials",
            Self::Jwt => "jwt",
            Self::Bearer => "bearer",
            Self::Card => "card",
            Self::Iban => "iban",
            Self::Phone => "phone",
            Self::AwsKey => "aws-key",
            Self::PrivateKey => "private-key",
            Self::Uuid => "uuid",
        }
    }
}

/// Why rules cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RedactionError {
    /// Neither a profile nor a file.
    #[error(
        "There is no redaction profile or file called {name}. Use `personal`, or a file of rules as docs/REDACTION.md describes them."
    )]
    Unknown {
        /// What was asked for.
        name: String,
    },
    /// The file cannot be read.
    #[error("Could not read the redaction rules in {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The file is not what it should be.
    #[error("The redaction rules in {} cannot be understood: {source}. docs/REDACTION.md shows how they are written.", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// The cause, with its line and column.
        source: serde_json::Error,
    },
    /// There are no rules, or too many.
    #[error("The redaction rules “{name}” hold {rules} rules; give between 1 and {MOST_RULES} of each kind.")]
    Count {
        /// Name of the rules.
        name: String,
        /// How many there are.
        rules: usize,
    },
    /// A rule's name cannot stand in a token.
    #[error(
        "The redaction rule “{name}” needs another name: small letters, digits and hyphens, at most {LONGEST_NAME}, and none of the built-in kinds."
    )]
    Name {
        /// The name.
        name: String,
    },
    /// A regular expression is wrong, too large, or matches nothing at all.
    #[error("The regular expression of the redaction rule “{name}” cannot be used: {what}")]
    Regex {
        /// The rule.
        name: String,
        /// What is wrong.
        what: String,
    },
}

impl Redaction {
    /// The built-in profile: every pattern but UUIDs, and the fields that commonly name a person or hold a secret.
    pub fn personal() -> Self {
        let rule = |action: Action| move |path: &&str| FieldRule { path: (*path).to_owned(), action };
        let secrets = [
            "*password*",
            "*passwd*",
            "*secret*",
            "*api_key*",
            "*apikey*",
            "*access_token*",
            "*refresh_token*",
            "*header.authorization*",
            "*header.cookie*",
            "*header.set-cookie*",
            "*header.set_cookie*",
        ];
        let persons = [
            "*user.id",
            "*user.name",
            "*user.full_name",
            "*user.email",
            "*user.hash",
            "*username",
            "*user_name",
            "*e-mail",
            "*email",
            "*phone",
            "*phone_number",
            "*first_name",
            "*last_name",
            "*client.address",
            "*source.address",
            "*client_ip",
            "*remote_addr",
        ];
        Self {
            name: "personal".to_owned(),
            fields: secrets
                .iter()
                .map(rule(Action::Drop))
                .chain(persons.iter().map(rule(Action::Token)))
                .collect(),
            patterns: Pattern::ALL.into_iter().filter(|pattern| *pattern != Pattern::Uuid).collect(),
            custom: Vec::new(),
        }
    }

    /// A built-in profile by its name, or the rules in a file.
    pub fn load(name_or_file: &Path) -> Result<Self, RedactionError> {
        if name_or_file == Path::new("personal") {
            return Ok(Self::personal());
        }
        let text = std::fs::read_to_string(name_or_file).map_err(|source| match source.kind() {
            std::io::ErrorKind::NotFound => {
                RedactionError::Unknown { name: name_or_file.display().to_string() }
            }
            _ => RedactionError::Io { path: name_or_file.to_owned(), source },
        })?;
        serde_json::from_str(&text)
            .map_err(|source| RedactionError::Json { path: name_or_file.to_owned(), source })
    }

    /// Whether the rules can be used at all.
    fn check(&self) -> Result<(), RedactionError> {
        let kinds = [self.fields.len(), self.patterns.len(), self.custom.len()];
        let rules: usize = kinds.iter().sum();
        if rules == 0 || kinds.iter().any(|count| *count > MOST_RULES) {
            return Err(RedactionError::Count { name: self.name.clone(), rules });
        }
        for CustomRule { name, .. } in &self.custom {
            let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
            let is_built_in = name == FIELD || Pattern::ALL.iter().any(|pattern| pattern.name() == name);
            if name.is_empty() || name.len() > LONGEST_NAME || is_built_in || !name.bytes().all(is_plain) {
                return Err(RedactionError::Name { name: name.clone() });
            }
        }
        Ok(())
    }
}

/// The kind of what a field rule took and no pattern knows.
const FIELD: &str = "field";

#[cfg(test)]
mod tests;
