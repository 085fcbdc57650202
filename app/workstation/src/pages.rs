//! Pages of rows fetched in the background, of which the most recently seen are kept.

use std::collections::BTreeMap;

/// Rows a page.
pub(crate) const PAGE: u64 = 256;
/// Pages kept: some sixteen thousand rows.
const KEPT: usize = 64;

/// What is known of a page.
#[derive(Debug)]
enum Slot<T> {
    Asked,
    Here(Vec<T>),
    Failed(String),
}

/// A row as the cache knows it.
#[derive(Debug, PartialEq)]
pub(crate) enum Cached<'a, T> {
    /// It is here.
    Row(&'a T),
    /// It is on its way, or has not been asked for.
    Waiting,
    /// It could not be fetched.
    Failed(&'a str),
}

/// The pages of one list.
#[derive(Debug)]
pub(crate) struct Pages<T> {
    slots: BTreeMap<u64, (Slot<T>, u64)>,
    clock: u64,
}

impl<T> Default for Pages<T> {
    fn default() -> Self {
        Self { slots: BTreeMap::new(), clock: 0 }
    }
}

impl<T> Pages<T> {
    /// The row, as far as it is known.
    pub(crate) fn row(&self, row: u64) -> Cached<'_, T> {
        match self.slots.get(&(row / PAGE)) {
            Some((Slot::Here(rows), _)) => {
                rows.get((row % PAGE) as usize).map_or(Cached::Waiting, Cached::Row)
            }
            Some((Slot::Failed(why), _)) => Cached::Failed(why),
            Some((Slot::Asked, _)) | None => Cached::Waiting,
        }
    }

    /// Pages to ask for so that rows `first..end` can be shown; each is given out once.
    pub(crate) fn wanted(&mut self, first: u64, end: u64) -> Vec<u64> {
        self.clock += 1;
        let mut missing = Vec::new();
        if first < end {
            for page in first / PAGE..=(end - 1) / PAGE {
                let (_, seen) = self.slots.entry(page).or_insert_with(|| {
                    missing.push(page);
                    (Slot::Asked, 0)
                });
                *seen = self.clock;
            }
        }
        missing
    }

    /// Keeps what came back for `page`, and forgets the page seen longest ago where there are too many.
    pub(crate) fn fill(&mut self, page: u64, rows: Result<Vec<T>, String>) {
        let seen = self.slots.get(&page).map_or(self.clock, |(_, seen)| *seen);
        let slot = match rows {
            Ok(rows) => Slot::Here(rows),
            Err(why) => Slot::Failed(why),
        };
        self.slots.insert(page, (slot, seen));
        while self.slots.len() > KEPT {
            let oldest = self.slots.iter().min_by_key(|(_, (_, seen))| *seen).map(|(&page, _)| page);
            oldest.and_then(|page| self.slots.remove(&page));
        }
    }

    /// The page was dropped before it was fetched: it may be asked for again.
    pub(crate) fn dropped(&mut self, page: u64) {
        if matches!(self.slots.get(&page), Some((Slot::Asked, _))) {
            self.slots.remove(&page);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_asked_for_once_and_again_after_it_was_dropped() {
        let mut pages = Pages::<u64>::default();
        assert_eq!(pages.wanted(250, 260), [0, 1]);
        assert_eq!(pages.wanted(250, 260), Vec::<u64>::new());
        pages.dropped(1);
        assert_eq!(pages.wanted(250, 260), [1]);
        assert_eq!(pages.row(255), Cached::Waiting);
        pages.fill(0, Ok((0..PAGE).collect()));
        pages.fill(1, Err("the disk is gone".to_owned()));
        assert_eq!(pages.row(255), Cached::Row(&255));
        assert_eq!(pages.row(256), Cached::Failed("the disk is gone"));
        assert_eq!(pages.wanted(5, 5), Vec::<u64>::new());
    }

    #[test]
    fn the_pages_seen_longest_ago_are_forgotten() {
        let mut pages = Pages::<u64>::default();
        for page in 0..KEPT as u64 + 10 {
            for asked in pages.wanted(page * PAGE, page * PAGE + 1) {
                pages.fill(asked, Ok(vec![asked]));
            }
            pages.wanted(0, 1);
        }
        assert_eq!(pages.slots.len(), KEPT);
        assert_eq!(pages.row(0), Cached::Row(&0), "looked at all the time");
        assert_eq!(pages.row(PAGE), Cached::Waiting, "looked at once, long ago");
    }
}
