//! A stream that is prepared on a thread of its own while its events are read: telling the words of a megabyte apart is one
//! call, for which nobody waits who cancels.

use std::thread::{self, JoinHandle};

use cbad::{Event, StreamBuilder, StreamKey, Watch};
use crossbeam_channel::{Sender, bounded};

use crate::apart::hand_over;
use crate::error::CaseError;
use crate::read_ahead::joined;

/// Bytes of events that are handed over together, so that an event does not cost a change of threads.
const PARCEL_BYTES: usize = 64 << 10;
/// Parcels that wait: as many as keep the thread busy while a block is read.
const AHEAD: usize = 2;

enum Step {
    Event(Box<Event>),
    Gap,
    AnchorEnds,
}

/// A stream being prepared. Where it is dropped, its thread ends after the event that it is at.
pub(crate) struct Gathering {
    parcel: Vec<Step>,
    parcel_bytes: usize,
    to: Sender<Vec<Step>>,
    builder: JoinHandle<StreamBuilder>,
}

impl Gathering {
    pub(crate) fn begin(key: StreamKey) -> Self {
        let (to, parcels) = bounded::<Vec<Step>>(AHEAD);
        let builder = thread::spawn(move || {
            let mut builder = StreamBuilder::new(key);
            for step in parcels.into_iter().flatten() {
                match step {
                    Step::Event(event) => builder.push(&event),
                    Step::Gap => builder.leave_gap(),
                    Step::AnchorEnds => builder.end_anchor(),
                }
            }
            builder
        });
        Self { parcel: Vec::new(), parcel_bytes: 0, to, builder }
    }

    /// The next event of the stream.
    pub(crate) fn push(&mut self, event: Event, watch: &dyn Watch) -> Result<(), CaseError> {
        self.parcel_bytes += size_of::<Event>() + event.body.len();
        self.parcel.push(Step::Event(Box::new(event)));
        if self.parcel_bytes >= PARCEL_BYTES { self.send(watch) } else { Ok(()) }
    }

    /// What comes next does not follow on what came before.
    pub(crate) fn leave_gap(&mut self) {
        self.parcel.push(Step::Gap);
    }

    /// What came so far is what the rest is compared with.
    pub(crate) fn end_anchor(&mut self) {
        self.parcel.push(Step::AnchorEnds);
    }

    /// The thread, which ends with all events.
    pub(crate) fn finish(mut self, watch: &dyn Watch) -> Result<Gathered, CaseError> {
        self.send(watch)?;
        Ok(Gathered(self.builder))
    }

    fn send(&mut self, watch: &dyn Watch) -> Result<(), CaseError> {
        self.parcel_bytes = 0;
        hand_over(&self.to, std::mem::take(&mut self.parcel), watch)
    }
}

/// A stream whose last events are being prepared.
pub(crate) struct Gathered(JoinHandle<StreamBuilder>);

impl Gathered {
    /// Waits for the last event.
    pub(crate) fn wait(self) -> StreamBuilder {
        joined(self.0)
    }
}
