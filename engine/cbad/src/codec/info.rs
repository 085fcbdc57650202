//! Which codec made a number, as a run keeps it, and what is different in this program.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::self_test;

/// The codecs of the jury.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodecName {
    /// zstd at level 3.
    Zstd,
    /// LZ4 blocks.
    Lz4,
    /// gzip at level 6.
    Gzip,
    /// `OpenZL` with typed columns.
    Openzl,
    /// The count code.
    Count,
}

impl CodecName {
    /// All five, in the order in which they are listed.
    pub const ALL: [Self; 5] = [Self::Zstd, Self::Lz4, Self::Gzip, Self::Openzl, Self::Count];

    /// The stable lower-case name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Zstd => "zstd",
            Self::Lz4 => "lz4",
            Self::Gzip => "gzip",
            Self::Openzl => "openzl",
            Self::Count => "count",
        }
    }

    /// The codec of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|codec| codec.name() == name)
    }
}

/// Which codec made a number; numbers of different codecs or versions are never compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodecInfo {
    /// Short name: `zstd`, `count`.
    pub name: String,
    /// Version of the library, or of our own arithmetic; empty where the codec is absent.
    pub version: String,
    /// Compression level, where the codec has one.
    pub level: Option<i32>,
    /// What else decides its sizes, in words; for `openzl` the hash of its plan.
    #[serde(default)]
    pub settings: Option<String>,
    /// What it makes of a fixed text; `None` where it is absent, and in runs of before there was a self-test.
    #[serde(default)]
    pub self_test: Option<SelfTest>,
    /// Why this codec is not there, where it is not; another one never takes its place.
    #[serde(default)]
    pub absent: Option<String>,
}

/// What a codec makes of a fixed text of the crate: two programs with equal self-tests have the same codec.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SelfTest {
    /// Coded size in bits.
    pub bits: u64,
    /// SHA-256 of the coded bytes, or of the code lengths where the codec makes no bytes; lower-case hex.
    pub sha256: String,
}

impl CodecInfo {
    pub(super) fn new(name: CodecName, version: &str) -> Self {
        Self {
            name: name.name().to_owned(),
            version: version.to_owned(),
            level: None,
            settings: None,
            self_test: None,
            absent: None,
        }
    }

    /// A codec that this program does not have.
    #[cfg(not(feature = "openzl"))]
    pub(super) fn absent(name: CodecName, reason: &str) -> Self {
        Self { absent: Some(reason.to_owned()), ..Self::new(name, "") }
    }

    /// `zstd 1.5.7, level 3`.
    fn described(&self) -> String {
        match self.level {
            Some(level) => format!("{} {}, level {level}", self.name, self.version),
            None => format!("{} {}", self.name, self.version),
        }
    }
}

/// What a codec with a plan does to each column, for a person; a run has the hash among its codecs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanInfo {
    /// The codec.
    pub codec: CodecName,
    /// The plan's own identity, lower-case hex.
    pub sha256: String,
    /// Its columns, in order.
    pub columns: Vec<PlanColumn>,
}

/// One column of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanColumn {
    /// What it holds.
    pub name: String,
    /// `u32`, `strings` and so on.
    pub column_type: &'static str,
    /// How it is compressed, in words.
    pub recipe: &'static str,
}

/// The plans that this program has: one, and none where it was built without `OpenZL`. All streams and runs share it, since
/// sizes under different plans cannot be compared.
pub fn plans() -> Vec<PlanInfo> {
    #[cfg(feature = "openzl")]
    return vec![super::openzl::plan_info()];
    #[cfg(not(feature = "openzl"))]
    return Vec::new();
}

/// The codecs of this program as a run records them: all five, absent ones with the reason.
pub fn codecs() -> Vec<CodecInfo> {
    static CODECS: LazyLock<Vec<CodecInfo>> =
        LazyLock::new(|| CodecName::ALL.into_iter().map(self_test::tested).collect());
    CODECS.clone()
}

/// What a codec of this program is.
pub(crate) fn info_of(name: CodecName) -> CodecInfo {
    let at = CodecName::ALL.iter().position(|codec| *codec == name).expect("all codecs are listed");
    codecs().swap_remove(at)
}

/// How the codecs that made a run differ from those of this program, one sentence a difference; empty where sizes
/// computed now are those of the run.
pub fn differences(recorded: &[CodecInfo]) -> Vec<String> {
    let here = codecs();
    recorded
        .iter()
        .filter_map(|then| {
            let Some(now) = here.iter().find(|codec| codec.name == then.name) else {
                return Some(format!(
                    "This run has sizes by {}, a codec that this program does not know.",
                    then.described()
                ));
            };
            difference(then, now)
        })
        .collect()
}

fn difference(then: &CodecInfo, now: &CodecInfo) -> Option<String> {
    let name = &then.name;
    match (&then.absent, &now.absent) {
        (Some(_), Some(_)) => return None,
        (Some(_), None) => {
            return Some(format!(
                "{name} was absent from the program that made this run, and this program has it: the run says nothing of it."
            ));
        }
        (None, Some(why)) => {
            return Some(format!(
                "This run has sizes by {}, and they cannot be computed again here: {why}.",
                then.described()
            ));
        }
        (None, None) => {}
    }
    let (old, new) = (then.described(), now.described());
    if old != new {
        return Some(format!(
            "This run was made with {old}, and this program has {new}: sizes computed now may differ from those of the run."
        ));
    }
    if then.settings.is_some() && then.settings != now.settings {
        let settings = |info: &CodecInfo| info.settings.clone().unwrap_or_default();
        return Some(format!(
            "This run was made with {old} ({}), and this program uses it otherwise ({}): sizes computed now may differ from those of the run.",
            settings(then),
            settings(now)
        ));
    }
    (then.self_test.is_some() && then.self_test != now.self_test).then(|| {
        format!(
            "This run was made with {old}, as this program has, but the two give different results on the same test text: sizes computed now may differ from those of the run."
        )
    })
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a String cannot fail");
        text
    })
}
