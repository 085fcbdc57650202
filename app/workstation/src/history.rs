//! Where somebody was: back and forward, undo and redo.

/// Places that are kept; the oldest are forgotten.
const KEPT: usize = 200;

/// A place now, those before it and those that were left by going back.
#[derive(Debug)]
pub(crate) struct History<T> {
    past: Vec<T>,
    now: Option<T>,
    future: Vec<T>,
}

impl<T> Default for History<T> {
    fn default() -> Self {
        Self { past: Vec::new(), now: None, future: Vec::new() }
    }
}

impl<T: Clone + PartialEq> History<T> {
    /// Comes to `place`. Where `merges` says that it goes on from the present one, it takes its place.
    pub(crate) fn visit(&mut self, place: T, merges: impl Fn(&T, &T) -> bool) {
        if self.now.as_ref() == Some(&place) {
            return;
        }
        self.future.clear();
        let goes_on = self.now.as_ref().is_some_and(|now| merges(now, &place));
        if let Some(left) = self.now.replace(place)
            && !goes_on
        {
            self.past.push(left);
            if self.past.len() > KEPT {
                self.past.remove(0);
            }
        }
    }

    /// The present place.
    pub(crate) fn now(&self) -> Option<&T> {
        self.now.as_ref()
    }

    /// The present place has become this one.
    pub(crate) fn amend(&mut self, place: T) {
        self.now = Some(place);
    }

    /// One step back, where there is one.
    pub(crate) fn back(&mut self) -> Option<T> {
        let before = self.past.pop()?;
        self.future.extend(self.now.replace(before));
        self.now.clone()
    }

    /// One step forward again.
    pub(crate) fn forward(&mut self) -> Option<T> {
        let after = self.future.pop()?;
        self.past.extend(self.now.replace(after));
        self.now.clone()
    }

    /// Whether there is a step back.
    pub(crate) fn can_go_back(&self) -> bool {
        !self.past.is_empty()
    }

    /// Whether there is a step forward.
    pub(crate) fn can_go_forward(&self) -> bool {
        !self.future.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goes_back_and_forward_and_a_new_place_ends_the_future() {
        let mut history = History::default();
        for place in [1, 1, 2, 3] {
            history.visit(place, |_, _| false);
        }
        assert_eq!((history.back(), history.back(), history.back()), (Some(2), Some(1), None));
        assert_eq!(history.forward(), Some(2));
        history.visit(9, |_, _| false);
        assert!(!history.can_go_forward() && history.can_go_back());
        assert_eq!((history.back(), history.back()), (Some(2), Some(1)));
    }

    #[test]
    fn what_goes_on_is_one_step_and_the_oldest_are_forgotten() {
        let mut history = History::default();
        for place in [10, 11, 12, 20] {
            history.visit(place, |a, b| a / 10 == b / 10);
        }
        assert_eq!((history.back(), history.back()), (Some(12), None));
        let mut long = History::default();
        (0..1000).for_each(|place| long.visit(place, |_, _| false));
        assert_eq!(std::iter::from_fn(|| long.back()).count(), KEPT);
    }
}
