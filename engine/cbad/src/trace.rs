//! Which event of the same trace came before each: requests run side by side, and only within one is there an order.

/// Chains the events of a stream by trace id, while the stream is built.
#[derive(Debug, Default)]
pub(crate) struct Traces {
    /// Position of the last event of each trace, plus one.
    last: hashbrown::HashMap<[u8; 16], u32>,
    /// The same of the events without a trace.
    last_without: u32,
    previous: Vec<u32>,
    /// Events before the first that carried a trace id; they are a chain of their own.
    without: u32,
}

impl Traces {
    /// Takes the next event.
    pub(crate) fn take(&mut self, position: u32, trace: Option<[u8; 16]>) {
        if self.previous.is_empty() && trace.is_none() {
            self.without = position + 1;
            return;
        }
        if self.previous.is_empty() {
            // Each event so far has the one before it.
            self.previous.extend(0..self.without);
            self.last_without = self.without;
        }
        let last = match trace {
            Some(id) => self.last.entry(id).or_default(),
            None => &mut self.last_without,
        };
        self.previous.push(std::mem::replace(last, position + 1));
    }

    /// What follows belongs to another capture.
    pub(crate) fn end_chains(&mut self) {
        self.last.clear();
        self.last_without = 0;
    }

    /// For each event the position of the one before it, plus one, 0 where there is none; empty where no event has a trace id.
    pub(crate) fn finish(self) -> Vec<u32> {
        self.previous
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_chained_within_their_trace() {
        let (a, b) = ([1; 16], [2; 16]);
        let mut traces = Traces::default();
        for (position, trace) in [None, Some(a), Some(b), Some(a), None, Some(b)].into_iter().enumerate() {
            traces.take(position as u32, trace);
        }
        assert_eq!(traces.finish(), [0, 0, 0, 2, 1, 3]);
    }

    #[test]
    fn without_trace_ids_nothing_is_kept() {
        let mut traces = Traces::default();
        for position in 0..5 {
            traces.take(position, None);
        }
        assert!(traces.finish().is_empty());
    }
}
