//! Which files are one log that was rotated, by their names: `app.log.2.gz`, `app.log.1`, `app.log`;
//! `app-20240101.log`; Logback's `app-2024-01-01.2.log`, counted up within its date; the collector's `traces-2022-09-14T05-02-14.173.json`.

use regex::Regex;
use std::cmp::Reverse;
use std::sync::LazyLock;

/// How old a file is within its set; older ones come first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Age {
    /// Named after the time of its rotation: the digits of the date, and the numbers behind it.
    Dated(Vec<u64>),
    /// Counted: the higher, the older.
    Numbered(Reverse<u32>),
    /// The one that is written to.
    Current,
}

const COMPRESSED: [&str; 6] = [".gz", ".zst", ".xz", ".bz2", ".lz4", ".zip"];

/// A date, or a date with a time or a number behind it, before the extension or at the end.
static DATED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(.*[[:alpha:]].*?)[-._]((?:19|20)\d\d-?[01]\d-?[0-3]\d)((?:[T_.-]?[0-9][0-9.:-]*)?)Z?(\.[[:alpha:]][[:alnum:]]*)?$")
        .expect("the pattern is well formed")
});
static NUMBERED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^(.*[[:alpha:]][^/]*)\.(\d{1,4})$").expect("the pattern is well formed"));

/// The name of the set that a file belongs to, and its age there. A file of its own is a set of one.
pub(crate) fn rotation_of(name: &str) -> (String, Age) {
    let plain = COMPRESSED.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name);
    if let Some(parts) = DATED.captures(plain) {
        let date = parts[2].replace('-', "");
        let behind = parts[3].split(|character: char| !character.is_ascii_digit());
        let numbers = [&*date].into_iter().chain(behind).filter(|digits| !digits.is_empty());
        let ending = parts.get(4).map_or("", |ending| ending.as_str());
        let numbers = numbers.map(|digits| digits.parse().unwrap_or(u64::MAX)).collect();
        return (format!("{}{ending}", &parts[1]), Age::Dated(numbers));
    }
    if let Some(parts) = NUMBERED.captures(plain) {
        let number = parts[2].parse().expect("four digits at most are a number");
        return (parts[1].to_owned(), Age::Numbered(Reverse(number)));
    }
    (plain.to_owned(), Age::Current)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_in_the_order_of_writing() {
        let sets: [(&str, &[&str]); 8] = [
            ("app.log", &["app.log.10.gz", "app.log.2.gz", "app.log.1", "app.log"]),
            ("var/syslog", &["var/syslog-20240131", "var/syslog-20240201.xz", "var/syslog"]),
            ("app.log", &["app-2024-01-01.log", "app-2024-01-02.log.zst", "app.log"]),
            (
                "traces.json",
                &[
                    "traces-2022-09-14T05-02-14.173.json",
                    "traces-2022-09-14T05-02-15.001.json",
                    "traces.json",
                ],
            ),
            (
                "app.log",
                &[
                    "app.log.2026-02-01.0.gz",
                    "app.log.2026-02-01.1.gz",
                    "app.log.2026-02-01.10.gz",
                    "app.log.2026-02-02.0",
                    "app.log",
                ],
            ),
            ("app.log", &["app-2026-02-01.2.log", "app-2026-02-01.9.log", "app-2026-02-01.10.log"]),
            ("daily-2026-02-01.log", &["daily-2026-02-01.log.2", "daily-2026-02-01.log.1"]),
            ("node.log", &["node.2024-01-01_10.log", "node.2024-01-01_11.log"]),
        ];
        for (base, names) in sets {
            let mut ages: Vec<(Age, &str)> = names
                .iter()
                .map(|name| {
                    let (found, age) = rotation_of(name);
                    assert_eq!(found, base, "{name}");
                    (age, *name)
                })
                .collect();
            ages.reverse();
            ages.sort();
            assert_eq!(ages.iter().map(|(_, name)| *name).collect::<Vec<_>>(), names);
        }
    }

    #[test]
    fn what_only_looks_like_it_stands_alone() {
        for name in ["10.0.0.1", "2024/10.1", "report-19991399x.txt", "v1.2.3-rc", "1.json"] {
            assert_eq!(rotation_of(name), (name.to_owned(), Age::Current));
        }
    }
}
