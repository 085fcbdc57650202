//! What could not be read, by import or by analysis, as one list: rejected records and notes, page by page from the case;
//! blocks that turned out damaged; streams that were not scored, with why.

use crate::doc::Doc;
use crate::pages::{Cached, Pages};
use crate::ui::rows::ListState;
use case::{Damage, ProblemList, ProblemRow, ProblemSeverity};

/// What kind of problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Events that the case has lost.
    Damaged,
    /// Something else in the case that does not fit.
    Fault,
    /// A record that could not be read.
    Rejected,
    /// A stream that the run has no windows of.
    NotScored,
    /// Something about a record that was read.
    Note,
}

impl Kind {
    /// Every kind, the worst first.
    pub(crate) const ALL: [Self; 5] =
        [Self::Damaged, Self::Fault, Self::Rejected, Self::NotScored, Self::Note];

    /// The words that it is chosen by.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Damaged => "Damaged blocks",
            Self::Fault => "Faults of the case",
            Self::Rejected => "Rejected",
            Self::NotScored => "Not scored",
            Self::Note => "Notes",
        }
    }

    /// As the case has them, where it lists them.
    const fn severity(self) -> Option<ProblemSeverity> {
        match self {
            Self::Rejected => Some(ProblemSeverity::Rejected),
            Self::Note => Some(ProblemSeverity::Note),
            Self::Damaged | Self::Fault | Self::NotScored => None,
        }
    }
}

/// The list, as a person wants it.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    /// Only of this capture.
    pub(crate) capture: Option<i64>,
    /// Only of this kind.
    pub(crate) kind: Option<Kind>,
    /// The worst kind first; else by capture and place in it.
    pub(crate) by_kind: bool,
    pub(crate) list: ListState,
    /// Of the list as it is now.
    pub(crate) pages: Pages<ProblemRow>,
    /// What the pages are of.
    pub(crate) of: ProblemList,
    /// Blocks that could not be read when something was looked for in them.
    pub(crate) damaged: Vec<Damage>,
    /// Whether the whole case was checked, and nothing was found.
    pub(crate) is_whole: bool,
    /// What a check of the whole case found otherwise, a sentence each.
    pub(crate) faults: Vec<String>,
}

/// A row of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    /// A row of those that the case lists.
    Listed(u64),
    /// A damaged block.
    Damaged(usize),
    /// A fault of the case.
    Fault(usize),
    /// A stream of the run, by its place there.
    NotScored(usize),
}

/// Rows that follow one another.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    /// So many of those that the case lists, from the one of this number on.
    Listed(u64, u64),
    Own(Vec<Item>),
}

/// What stands in which row.
#[derive(Debug, Default)]
pub(crate) struct Order {
    parts: Vec<Part>,
    listed: u64,
}

impl Order {
    fn list(&mut self, rows: u64) {
        if rows > 0 {
            self.parts.push(Part::Listed(self.listed, rows));
            self.listed += rows;
        }
    }

    fn own(&mut self, items: Vec<Item>) {
        if !items.is_empty() {
            self.parts.push(Part::Own(items));
        }
    }

    /// Number of rows.
    pub(crate) fn len(&self) -> u64 {
        let rows = |part: &Part| match part {
            Part::Listed(_, rows) => *rows,
            Part::Own(items) => items.len() as u64,
        };
        self.parts.iter().map(rows).sum()
    }

    /// What stands in a row.
    pub(crate) fn item(&self, mut row: u64) -> Option<Item> {
        for part in &self.parts {
            match part {
                Part::Listed(first, rows) if row < *rows => return Some(Item::Listed(first + row)),
                Part::Listed(_, rows) => row -= rows,
                Part::Own(items) if row < items.len() as u64 => return items.get(row as usize).copied(),
                Part::Own(items) => row -= items.len() as u64,
            }
        }
        None
    }
}

impl Problems {
    /// Forgets what was read; how it is listed stays.
    pub(crate) fn forget(&mut self) {
        let Self { capture, kind, by_kind, of, .. } = std::mem::take(self);
        *self = Self { capture, kind, by_kind, of, ..Self::default() };
    }

    /// Blocks that could not be read; each is listed once.
    pub(crate) fn found(&mut self, damaged: Vec<Damage>) {
        for one in damaged {
            let is_same = |known: &Damage| (known.stream, known.first_event) == (one.stream, one.first_event);
            if !self.damaged.iter().any(is_same) {
                self.damaged.push(one);
            }
        }
        self.damaged
            .sort_by_key(|one| (one.capture, one.source.map(|source| source.offset), one.first_event));
    }

    /// What a check of the whole case found, in the place of what was known.
    pub(crate) fn checked(&mut self, damaged: Vec<Damage>, faults: Vec<String>) {
        self.is_whole = damaged.is_empty() && faults.is_empty();
        self.damaged.clear();
        self.found(damaged);
        self.faults = faults;
    }

    /// What the case is to list.
    pub(crate) fn wanted(&mut self) -> ProblemList {
        let severity = self.kind.and_then(Kind::severity);
        let wanted = ProblemList { capture: self.capture, severity, by_kind: self.by_kind };
        if wanted != self.of {
            (self.of, self.pages, self.list) = (wanted, Pages::default(), ListState::default());
        }
        wanted
    }

    /// A page of what the case lists.
    pub(crate) fn take(&mut self, of: ProblemList, page: u64, rows: Result<Vec<ProblemRow>, String>) {
        if of == self.of {
            self.pages.fill(page, rows);
        }
    }

    /// A listed row, where it is here.
    pub(crate) fn listed(&self, row: u64) -> Cached<'_, ProblemRow> {
        self.pages.row(row)
    }

    /// How many there are of all kinds and captures.
    pub(crate) fn count(&self, doc: &Doc) -> u64 {
        let all = Self { damaged: self.damaged.clone(), faults: self.faults.clone(), ..Self::default() };
        all.order(doc).len()
    }

    /// What stands in which row.
    pub(crate) fn order(&self, doc: &Doc) -> Order {
        let wants = |kind| self.kind.is_none_or(|only| only == kind);
        let wants_capture = |id: i64| self.capture.is_none_or(|only| only == id);
        let captures: Vec<i64> =
            doc.captures.iter().map(|row| row.id).filter(|id| wants_capture(*id)).collect();
        let listed = |id: Option<i64>, kind| {
            let of =
                doc.captures.iter().filter(|row| id.map_or(captures.contains(&row.id), |id| row.id == id));
            let rows = of.map(|row| if kind == Kind::Rejected { row.rejected } else { row.notes });
            if wants(kind) { rows.sum() } else { 0 }
        };
        let own = |kind, id: i64| if wants(kind) { self.own(doc, kind, id) } else { Vec::new() };
        let faults = || {
            let is_listed = wants(Kind::Fault) && self.capture.is_none();
            (0..if is_listed { self.faults.len() } else { 0 }).map(Item::Fault).collect()
        };
        let mut order = Order::default();
        if self.by_kind {
            for kind in Kind::ALL {
                match kind {
                    Kind::Rejected | Kind::Note => order.list(listed(None, kind)),
                    Kind::Fault => order.own(faults()),
                    _ => order.own(captures.iter().flat_map(|id| own(kind, *id)).collect()),
                }
            }
            return order;
        }
        for id in &captures {
            order.list(listed(Some(*id), Kind::Rejected) + listed(Some(*id), Kind::Note));
            order.own(own(Kind::Damaged, *id));
            order.own(own(Kind::NotScored, *id));
        }
        order.own(faults());
        order
    }

    /// What the case does not list, of one kind and one capture.
    fn own(&self, doc: &Doc, kind: Kind, capture: i64) -> Vec<Item> {
        match kind {
            Kind::Damaged => {
                let of = self.damaged.iter().enumerate().filter(|(_, one)| one.capture == capture);
                of.map(|(at, _)| Item::Damaged(at)).collect()
            }
            Kind::NotScored => {
                let streams = doc.run.iter().flat_map(|run| run.streams.iter().enumerate());
                let is_of = |stream| doc.stream(stream).is_some_and(|row| row.capture == capture);
                let of = streams.filter(|(_, row)| row.windows == 0 && is_of(row.stream));
                of.map(|(at, _)| Item::NotScored(at)).collect()
            }
            Kind::Fault | Kind::Rejected | Kind::Note => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn damage(capture: i64, first_event: u64) -> Damage {
        Damage {
            capture,
            file_name: "a.log".to_owned(),
            stream: Some(0),
            stream_label: "a".to_owned(),
            first_event,
            last_event: first_event + 9,
            source: Some(cbad::ByteRange { offset: first_event * 10, length: 100 }),
            what: "its SHA-256 is another".to_owned(),
        }
    }

    fn items(problems: &Problems, doc: &Doc) -> Vec<Item> {
        let order = problems.order(doc);
        (0..order.len()).map(|row| order.item(row).expect("each row has something")).collect()
    }

    #[test]
    fn everything_is_listed_by_capture_or_by_kind_and_every_part_alone() {
        let scene = crate::scene::state();
        let mut doc = scene.doc.as_deref().expect("the scene has a case").clone();
        let capture = doc.captures[0].id;
        (doc.captures[0].rejected, doc.captures[0].notes) = (2, 1);
        let run = doc.run.as_mut().expect("the scene has a run");
        run.streams.iter_mut().for_each(|row| row.windows = 1);
        run.streams[1].windows = 0;
        let mut problems = Problems::default();
        problems.found(vec![damage(capture, 40), damage(capture, 20), damage(capture, 40)]);
        problems.faults.push("a count is wrong".to_owned());
        let listed = |rows: std::ops::Range<u64>| rows.map(Item::Listed).collect::<Vec<_>>();
        let own = vec![Item::Damaged(0), Item::Damaged(1), Item::NotScored(1), Item::Fault(0)];
        assert_eq!(items(&problems, &doc), [listed(0..3), own].concat());
        assert_eq!(problems.damaged[0].first_event, 20, "by their place in the capture");
        problems.by_kind = true;
        let worst = vec![Item::Damaged(0), Item::Damaged(1), Item::Fault(0)];
        let expected = [worst, listed(0..2), vec![Item::NotScored(1)], listed(2..3)].concat();
        assert_eq!(items(&problems, &doc), expected);
        for (kind, rows) in Kind::ALL.into_iter().zip([2, 1, 2, 1, 1]) {
            problems.kind = Some(kind);
            assert_eq!(problems.order(&doc).len(), rows, "{kind:?}");
        }
        (problems.kind, problems.capture) = (None, Some(capture + 77));
        assert_eq!((problems.order(&doc).len(), problems.count(&doc)), (0, 7));
    }

    #[test]
    fn a_page_of_another_list_is_not_taken() {
        let mut problems = Problems::default();
        let before = problems.wanted();
        problems.kind = Some(Kind::Note);
        let after = problems.wanted();
        assert_ne!(before, after);
        problems.pages.wanted(0, 1);
        problems.take(before, 0, Err("late".to_owned()));
        assert_eq!(problems.listed(0), Cached::Waiting);
        problems.take(after, 0, Err("why".to_owned()));
        assert_eq!(problems.listed(0), Cached::Failed("why"));
    }
}
