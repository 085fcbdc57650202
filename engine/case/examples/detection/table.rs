//! What a part found: tables for a reader and the same numbers as JSON.

use serde_json::{Map, Value, json};

/// One number or word of a table.
#[derive(Clone, Debug)]
pub(crate) enum Cell {
    /// Words.
    Text(String),
    /// A whole number.
    Count(u64),
    /// A number with this many decimals.
    Number(f64, usize),
    /// `hits` of `of`.
    Share(u64, u64),
    /// There is none.
    Nothing,
}

impl Cell {
    /// Words.
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    fn shown(&self) -> String {
        match self {
            Self::Text(text) => text.replace('|', "\\|"),
            Self::Count(count) => count.to_string(),
            Self::Number(value, decimals) => format!("{value:.decimals$}"),
            Self::Share(_, 0) | Self::Nothing => "–".to_owned(),
            Self::Share(hits, of) => percent(*hits, *of),
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Text(text) => json!(text),
            Self::Count(count) => json!(count),
            Self::Number(value, _) => json!(value),
            Self::Share(hits, of) => json!({ "hits": hits, "of": of, "share": share(*hits, *of) }),
            Self::Nothing => Value::Null,
        }
    }
}

/// `hits / of`, 0 where there was nothing.
pub(crate) fn share(hits: u64, of: u64) -> f64 {
    if of == 0 { 0.0 } else { hits as f64 / of as f64 }
}

/// A share of a hundred, with as many decimals as a small one needs.
pub(crate) fn percent(hits: u64, of: u64) -> String {
    let value = 100.0 * share(hits, of);
    if value > 0.0 && value < 1.0 { format!("{value:.2} %") } else { format!("{value:.1} %") }
}

/// Wilson's interval for a share, at 95 % (Wilson, JASA 22, 1927).
pub(crate) fn interval(hits: u64, of: u64) -> (f64, f64) {
    const Z: f64 = 1.959_964;
    if of == 0 {
        return (0.0, 1.0);
    }
    let (n, p) = (of as f64, share(hits, of));
    let middle = (p + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
    let half = Z / (1.0 + Z * Z / n) * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    ((middle - half).max(0.0), (middle + half).min(1.0))
}

/// The interval as a person reads it.
pub(crate) fn interval_cell(hits: u64, of: u64) -> Cell {
    let (low, high) = interval(hits, of);
    Cell::Text(format!("{:.1}-{:.1} %", 100.0 * low, 100.0 * high))
}

/// Rows under a header.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    name: &'static str,
    header: Vec<String>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// A table without rows. `name` is its key in the JSON.
    pub(crate) fn new(name: &'static str, header: &[&str]) -> Self {
        Self { name, header: header.iter().map(|&column| column.to_owned()).collect(), rows: Vec::new() }
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.rows.push(cells.into_iter().collect());
    }

    fn markdown(&self) -> String {
        let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        let mut out = line(self.header.clone());
        let is_number = |column: usize| {
            self.rows.iter().all(|row| !matches!(row.get(column), Some(Cell::Text(_))))
                && !self.rows.is_empty()
        };
        let rules = (0..self.header.len()).map(|column| if is_number(column) { "---:" } else { "---" });
        out.extend([format!("|{}|\n", rules.collect::<Vec<_>>().join("|"))]);
        for row in &self.rows {
            out += &line(row.iter().map(Cell::shown).collect());
        }
        out
    }

    fn json(&self) -> Value {
        let row = |cells: &Vec<Cell>| {
            let pairs = self.header.iter().cloned().zip(cells.iter().map(Cell::json));
            Value::Object(pairs.collect::<Map<_, _>>())
        };
        Value::Array(self.rows.iter().map(row).collect())
    }
}

/// What was to be reached, and whether it was.
#[derive(Clone, Debug)]
struct Target {
    what: String,
    goal: String,
    measured: String,
    met: bool,
}

/// All that one part says.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    part: &'static str,
    title: String,
    paragraphs: Vec<String>,
    tables: Vec<Table>,
    targets: Vec<Target>,
}

impl Report {
    /// A report that says nothing yet.
    pub(crate) fn new(part: &'static str, title: impl Into<String>) -> Self {
        Self { part, title: title.into(), paragraphs: Vec::new(), tables: Vec::new(), targets: Vec::new() }
    }

    /// How it was measured, or what is to be known of it.
    pub(crate) fn say(&mut self, paragraph: impl Into<String>) {
        self.paragraphs.push(paragraph.into());
    }

    /// Adds a table.
    pub(crate) fn table(&mut self, table: Table) {
        self.tables.push(table);
    }

    /// A share that is to be at least `least` of a hundred.
    pub(crate) fn at_least(&mut self, what: impl Into<String>, least: f64, hits: u64, of: u64) {
        let met = of > 0 && 100.0 * share(hits, of) >= least;
        let measured = format!("{} ({hits} of {of})", percent(hits, of));
        self.targets.push(Target { what: what.into(), goal: format!("at least {least} %"), measured, met });
    }

    /// A share that is to be at most `most` of a hundred.
    pub(crate) fn at_most(&mut self, what: impl Into<String>, most: f64, hits: u64, of: u64) {
        let met = of > 0 && 100.0 * share(hits, of) <= most;
        let measured = format!("{} ({hits} of {of})", percent(hits, of));
        self.targets.push(Target { what: what.into(), goal: format!("at most {most} %"), measured, met });
    }

    /// A score that is to be at least `least`.
    pub(crate) fn score(&mut self, what: impl Into<String>, least: f64, value: f64) {
        let goal = format!("at least {least}");
        self.targets.push(Target {
            what: what.into(),
            goal,
            measured: format!("{value:.1}"),
            met: value >= least,
        });
    }

    /// A section for `docs/BENCHMARKS.md`.
    pub(crate) fn markdown(&self) -> String {
        let mut out = format!("### {}\n\n", self.title);
        for paragraph in &self.paragraphs {
            out.extend([format!("{paragraph}\n\n")]);
        }
        for table in &self.tables {
            out.extend([format!("{}\n", table.markdown())]);
        }
        // Of many targets a reader wants those that were missed.
        let is_long = self.targets.len() > 8;
        if is_long {
            let met = self.targets.iter().filter(|target| target.met).count();
            out.extend([format!("{met} of {} targets met; missed:\n\n", self.targets.len())]);
        }
        for Target { what, goal, measured, met } in self.targets.iter().filter(|t| !(is_long && t.met)) {
            let verdict = if *met { "met" } else { "**missed**" };
            out.extend([format!("- {what}: {goal}, measured {measured}: {verdict}\n")]);
        }
        if !self.targets.is_empty() {
            out.push('\n');
        }
        out
    }

    /// The part's name and its numbers.
    pub(crate) fn json(&self) -> (String, Value) {
        let tables: Map<_, _> =
            self.tables.iter().map(|table| (table.name.to_owned(), table.json())).collect();
        let target =
            |t: &Target| json!({ "what": t.what, "goal": t.goal, "measured": t.measured, "met": t.met });
        let targets: Vec<Value> = self.targets.iter().map(target).collect();
        let value = json!({ "title": self.title, "tables": tables, "targets": targets });
        (self.part.to_owned(), value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_says_the_same_to_a_reader_and_as_json() {
        let mut report = Report::new("part", "A part");
        let mut table = Table::new("rows", &["log", "first"]);
        table.row([Cell::text("a|b"), Cell::Share(3, 4)]);
        report.table(table);
        report.at_least("ranked first", 75.0, 3, 4);
        report.at_most("flagged", 5.0, 3, 4);
        let text = report.markdown();
        assert!(text.contains("| log | first |\n|---|---:|\n| a\\|b | 75.0 % |\n"), "{text}");
        assert!(text.contains("ranked first: at least 75 %, measured 75.0 % (3 of 4): met\n"), "{text}");
        assert!(text.contains("**missed**"), "{text}");
        let (part, json) = report.json();
        assert_eq!(part, "part");
        assert_eq!(json["tables"]["rows"][0]["first"]["hits"], 3);
        assert_eq!(json["targets"][1]["met"], false);
    }

    #[test]
    fn the_interval_is_wilsons() {
        // Brown, Cai and DasGupta, Statistical Science 16 (2001): 0 of 10 gives 0 to 0.278.
        let (low, high) = interval(0, 10);
        assert!(low.abs() < 1e-12 && (high - 0.2775).abs() < 5e-4, "{low} {high}");
        let (low, high) = interval(5, 10);
        assert!((low - 0.2366).abs() < 5e-4 && (high - 0.7634).abs() < 5e-4, "{low} {high}");
    }
}
