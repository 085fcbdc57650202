//! Readers: each a thread with a connection of its own, which answers questions in the background.
//!
//! The newest question is answered first, and a newer one of the same kind takes the place of one that still waits. Each has a
//! ticket: where a newer one takes the place of the one that is being answered, its ticket is void, the walk over the case
//! that works for it stops, and what comes of it goes nowhere. Questions about telemetry and about the case as a whole have
//! tickets of their own, which the views give out.

use crate::query::Query;
use crate::store::{Store, Stores};
use crate::telemetry::Desk;
use crate::work::{Message, Post, Spawn};
use case::Veil;
use cbad::Watch as _;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Pages that may wait; older ones have been scrolled past.
const WAITING_PAGES: usize = 8;

#[derive(Debug, Default)]
struct Queue {
    waiting: Vec<Query>,
    at_work: bool,
    /// What is being answered, and where its ticket is from: without the desk it is void.
    answering: Option<(Query, Desk)>,
    closed: bool,
}

#[derive(Debug, Default)]
struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        // A panic while the lock is held leaves the queue whole: each change is one push or one pop.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A background thread with its own read-only connection. Dropping it ends the thread, whose present question is void then.
#[derive(Debug)]
pub(crate) struct Reader {
    shared: Arc<Shared>,
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut queue = self.shared.lock();
        queue.waiting.clear();
        (queue.answering, queue.closed) = (None, true);
        self.shared.changed.notify_all();
    }
}

impl Reader {
    /// Starts a reader of the case at `path`, through a veil where there is one; its answers carry `doc`.
    pub(crate) fn start(
        path: &Path,
        doc: u64,
        stores: &Stores,
        spawn: &Spawn,
        post: Post,
        veil: Option<Arc<Veil>>,
    ) -> Self {
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        let (path, stores) = (path.to_owned(), Arc::clone(stores));
        spawn(
            "case reader",
            Box::new(move || serve(&theirs, &|| stores(&path, veil.as_deref()), &path, doc, &post)),
        );
        Self { shared }
    }

    /// Asks; gives back the pages that will not be answered because newer ones are wanted.
    pub(crate) fn ask(&self, query: Query) -> Vec<u64> {
        let mut queue = self.shared.lock();
        if queue.answering.as_ref().is_some_and(|(old, _)| makes_void(old, &query)) {
            queue.answering = None;
        }
        let dropped = push(&mut queue.waiting, query);
        self.shared.changed.notify_all();
        dropped
    }

    /// Whether a question waits or is being answered.
    pub(crate) fn busy(&self) -> bool {
        let queue = self.shared.lock();
        queue.at_work || !queue.waiting.is_empty()
    }
}

/// Whether nobody wants the answer to `old` any more, which is being made, now that `new` is asked.
fn makes_void(old: &Query, new: &Query) -> bool {
    match (old, new) {
        // Several of these are wanted at once; of another list none is.
        (Query::Page { stream, .. }, Query::Page { stream: other, .. }) => stream != other,
        (Query::Problems { list, .. }, Query::Problems { list: other, .. }) => list != other,
        // The last three have tickets of their own.
        (Query::Event { .. } | Query::Telemetry(_) | Query::Review(_) | Query::Bits(_), _) => false,
        _ => std::mem::discriminant(old) == std::mem::discriminant(new),
    }
}

fn push(waiting: &mut Vec<Query>, query: Query) -> Vec<u64> {
    let replaces = |old: &Query| match (old, &query) {
        (Query::Page { .. } | Query::Event { .. } | Query::Problems { .. }, _) => *old == query,
        (Query::Telemetry(old), Query::Telemetry(new)) => new.replaces(old),
        (Query::Review(old), Query::Review(new)) => new.replaces(old),
        _ => std::mem::discriminant(old) == std::mem::discriminant(&query),
    };
    waiting.retain(|old| !replaces(old));
    waiting.push(query);
    let pages = waiting.iter().filter(|q| matches!(q, Query::Page { .. })).count();
    let mut dropped = Vec::new();
    for _ in WAITING_PAGES..pages {
        if let Some(oldest) = waiting.iter().position(|q| matches!(q, Query::Page { .. }))
            && let Query::Page { page, .. } = waiting.remove(oldest)
        {
            dropped.push(page);
        }
    }
    dropped
}

fn serve(shared: &Shared, open: &dyn Fn() -> Box<dyn Store>, path: &Path, doc: u64, post: &Post) {
    // None until the first question, and after a panic: what was half done then is not asked again.
    let mut store: Option<Box<dyn Store>> = None;
    loop {
        let mut queue = shared.lock();
        (queue.at_work, queue.answering) = (false, None);
        let query = loop {
            if queue.closed {
                return;
            }
            match queue.waiting.pop() {
                Some(query) => break query,
                None => queue = shared.changed.wait(queue).unwrap_or_else(PoisonError::into_inner),
            }
        };
        let desk = Desk::default();
        let ticket = desk.ticket();
        (queue.at_work, queue.answering) = (true, Some((query.clone(), desk)));
        drop(queue);
        let (asked, mut opened) = (query.clone(), store.take());
        let answered = crate::panics::caught(|| {
            let answer = opened.get_or_insert_with(open).answer(asked, &ticket);
            (answer, opened)
        });
        let answer = match answered {
            Ok((answer, opened)) => {
                store = opened;
                answer
            }
            Err(words) => {
                let notice = crate::panics::said("Reading the case was", &words);
                let why = format!("{}: {}", notice.what, notice.detail);
                if !post.send(Message::Tell(notice)) {
                    return;
                }
                // Every view knows what to show of a case that cannot be read.
                match crate::panics::caught(|| crate::query::answer(Err(&why), path, query, &ticket)) {
                    Ok(answer) => answer,
                    Err(_) => continue,
                }
            }
        };
        if !ticket.cancelled() && !post.send(Message::Answer(doc, answer)) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doc::Axis;
    use crate::query::Answer;
    use crate::telemetry::Ticket;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn a_newer_question_takes_the_place_of_an_older_one_of_its_kind() {
        let mut waiting = Vec::new();
        let axis = Axis::Position;
        let page = |page| Query::Page { stream: 0, page };
        for query in [
            Query::Stream { run: 1, stream: 4, axis },
            page(1),
            Query::Event { stream: 0, position: 3 },
            Query::Stream { run: 1, stream: 5, axis },
            page(2),
            page(1),
            Query::Event { stream: 0, position: 4 },
        ] {
            assert_eq!(push(&mut waiting, query), Vec::<u64>::new());
        }
        let event = |position| Query::Event { stream: 0, position };
        assert_eq!(
            waiting,
            [event(3), Query::Stream { run: 1, stream: 5, axis }, page(2), page(1), event(4)]
        );
    }

    #[test]
    fn pages_scrolled_past_are_dropped_and_named() {
        let mut waiting = vec![Query::Load { run: None }];
        let dropped: Vec<u64> =
            (0..12).flat_map(|page| push(&mut waiting, Query::Page { stream: 0, page })).collect();
        assert_eq!(dropped, [0, 1, 2, 3]);
        assert_eq!(waiting.len(), 1 + WAITING_PAGES);
        assert_eq!(waiting[0], Query::Load { run: None });
    }

    /// Answers nothing before its ticket is void, but for streams from 100 on.
    struct Endless(Arc<AtomicUsize>);

    impl Store for Endless {
        fn answer(&mut self, query: Query, ticket: &Ticket) -> Answer {
            let (Query::Stream { stream, .. } | Query::Page { stream, .. } | Query::Fields { stream }) =
                query
            else {
                panic!("nothing else is asked");
            };
            self.0.fetch_add(1, Ordering::SeqCst);
            while stream < 100 && !ticket.cancelled() {
                std::thread::yield_now();
            }
            Answer::Fields(stream, Err("It is made up.".to_owned()))
        }
    }

    #[test]
    fn what_is_being_answered_stops_when_nobody_wants_it_and_tells_nothing() {
        let begun: Arc<AtomicUsize> = Arc::default();
        let seen = Arc::clone(&begun);
        let stores: Stores = Arc::new(move |_, _| Box::new(Endless(Arc::clone(&seen))));
        let (tx, inbox) = crossbeam_channel::unbounded();
        let post = Post::new(tx, egui::Context::default());
        let reader = Reader::start(Path::new("made up"), 7, &stores, &crate::work::threads(), post, None);
        let axis = Axis::Position;
        let kinds: [fn(u32, Axis) -> Query; 3] = [
            |stream, axis| Query::Stream { run: 1, stream, axis },
            |stream, _| Query::Page { stream, page: 0 },
            |stream, _| Query::Fields { stream },
        ];
        for (done, kind) in kinds.into_iter().enumerate() {
            reader.ask(kind(1, axis));
            while begun.load(Ordering::SeqCst) < 2 * done + 1 {
                std::thread::yield_now();
            }
            // Were the first to go on, this would never be answered.
            reader.ask(kind(100, axis));
            match inbox.recv().expect("the reader is there") {
                Message::Answer(7, Answer::Fields(stream, _)) => {
                    assert_eq!(stream, 100, "the newer one alone");
                }
                other => panic!("{other:?} was not asked"),
            }
        }
        reader.ask(kinds[0](1, axis));
        drop(reader);
        assert!(inbox.recv().is_err(), "with its reader a question ends, and nothing is told");
    }

    /// Panics over odd streams, and counts how often it was opened.
    struct Brittle;

    impl Store for Brittle {
        fn answer(&mut self, query: Query, _: &Ticket) -> Answer {
            let Query::Fields { stream } = query else { panic!("nothing else is asked") };
            assert!(stream % 2 == 0, "stream {stream} is odd");
            Answer::Fields(stream, Err("It is made up.".to_owned()))
        }
    }

    #[test]
    fn a_panic_is_told_of_and_the_reader_answers_the_next_question() {
        let opened: Arc<AtomicUsize> = Arc::default();
        let seen = Arc::clone(&opened);
        let stores: Stores = Arc::new(move |_, _| {
            seen.fetch_add(1, Ordering::SeqCst);
            Box::new(Brittle)
        });
        let (tx, inbox) = crossbeam_channel::unbounded();
        let post = Post::new(tx, egui::Context::default());
        let reader = Reader::start(Path::new("made up"), 7, &stores, &crate::work::threads(), post, None);
        for round in 1..=3 {
            reader.ask(Query::Fields { stream: 1 });
            match inbox.recv().expect("the reader is there") {
                Message::Tell(notice) => {
                    assert_eq!(notice.level, crate::state::Level::Error);
                    assert!(notice.detail.starts_with("stream 1 is odd. "), "{}", notice.detail);
                }
                other => panic!("{other:?} tells nothing of it"),
            }
            match inbox.recv().expect("the reader is there") {
                Message::Answer(7, Answer::Fields(1, Err(why))) => assert!(why.contains("stream 1 is odd")),
                other => panic!("{other:?} leaves the view waiting"),
            }
            reader.ask(Query::Fields { stream: 2 });
            match inbox.recv().expect("the reader is there") {
                Message::Answer(7, Answer::Fields(2, _)) => {}
                other => panic!("{other:?} was not asked"),
            }
            while reader.busy() {
                std::thread::yield_now();
            }
            assert_eq!(opened.load(Ordering::SeqCst), round + 1, "the case is opened anew after a panic");
        }
    }

    #[test]
    fn pages_of_one_list_do_not_make_each_other_void() {
        let page = |stream, page| Query::Page { stream, page };
        assert!(!makes_void(&page(1, 1), &page(1, 2)) && makes_void(&page(1, 1), &page(2, 1)));
        let event = |position| Query::Event { stream: 0, position };
        assert!(!makes_void(&event(1), &event(2)) && !makes_void(&page(1, 1), &event(1)));
        assert!(makes_void(&Query::Load { run: None }, &Query::Load { run: Some(1) }));
    }
}
