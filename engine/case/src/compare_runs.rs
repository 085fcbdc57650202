//! The findings of two runs against one another.

use serde_json::Value;

use crate::error::CaseError;
use crate::rows::FindingRow;
use crate::store::Case;

/// A finding of the first run and what the second has in its place.
#[derive(Clone, Debug, PartialEq)]
pub struct FindingPair {
    /// In the first run.
    pub first: FindingRow,
    /// In the second run: of the same stream, and of the same events in part.
    pub second: FindingRow,
}

/// A setting that two runs have otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingChange {
    /// Its name, or `engine`.
    pub name: String,
    /// In the first run, as JSON.
    pub first: String,
    /// In the second run, as JSON.
    pub second: String,
}

/// Two runs of one case.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunsCompared {
    /// Findings that only the first run has.
    pub only_first: Vec<FindingRow>,
    /// Findings that only the second run has.
    pub only_second: Vec<FindingRow>,
    /// Findings of both.
    pub both: Vec<FindingPair>,
    /// Why they may differ: engine, configuration, captures.
    pub settings: Vec<SettingChange>,
}

impl Case {
    /// What two runs found, in the order of their ranks. Findings belong together that share events of a stream; of several
    /// the two that share most, and of equals those of the better ranks.
    pub fn compare_runs(&self, first: i64, second: i64) -> Result<RunsCompared, CaseError> {
        let (one, other) = (self.run(first)?, self.run(second)?);
        let (mut firsts, mut seconds) = (self.findings(first)?, self.findings(second)?);
        let mut candidates = Vec::new();
        for a in &firsts {
            for b in &seconds {
                let shared = shared_events(a, b);
                if shared > 0 {
                    candidates.push((std::cmp::Reverse(shared), a.id, b.id));
                }
            }
        }
        candidates.sort_unstable();
        let mut both = Vec::new();
        for (_, a, b) in candidates {
            let place = |rows: &[FindingRow], id| rows.iter().position(|row| row.id == id);
            if let (Some(a), Some(b)) = (place(&firsts, a), place(&seconds, b)) {
                both.push(FindingPair { first: firsts.remove(a), second: seconds.remove(b) });
            }
        }
        both.sort_by_key(|pair| pair.first.id);
        let json = |value: &dyn Fn() -> serde_json::Result<Value>| value().unwrap_or_default();
        let mut settings = Vec::new();
        let mut differ = |name: &str, a: &Value, b: &Value| {
            if a != b {
                settings.push(SettingChange {
                    name: name.to_owned(),
                    first: a.to_string(),
                    second: b.to_string(),
                });
            }
        };
        differ("engine", &Value::from(one.engine.as_str()), &Value::from(other.engine.as_str()));
        differ("captures", &Value::from(one.captures.clone()), &Value::from(other.captures.clone()));
        let (a, b) =
            (json(&|| serde_json::to_value(&one.config)), json(&|| serde_json::to_value(&other.config)));
        let names: std::collections::BTreeSet<&String> =
            [&a, &b].into_iter().filter_map(Value::as_object).flat_map(|map| map.keys()).collect();
        for name in names {
            differ(name, &a[name.as_str()], &b[name.as_str()]);
        }
        Ok(RunsCompared { only_first: firsts, only_second: seconds, both, settings })
    }
}

/// How many events two findings share.
fn shared_events(a: &FindingRow, b: &FindingRow) -> u64 {
    let (x, y) = (&a.finding, &b.finding);
    if x.stream != y.stream {
        return 0;
    }
    (x.last_event.min(y.last_event) + 1).saturating_sub(x.first_event.max(y.first_event))
}
