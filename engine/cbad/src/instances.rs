//! Series of one metric that several instances of a service report by turns: their numbers are not comparable, and a leak of one
//! drowns among the others.

use crate::channel::Channel;

/// Most instances that are told apart.
const MOST: usize = 32;

/// Of no instance, or of one too many.
const NONE: u8 = u8::MAX;

/// An instance has a series of its own where it has one point in so many.
const COMMON: usize = 20;

/// How often another instance than the one before reports, for each instance. One that is started anew under another name follows on
/// the one before, and both are one series.
const TURNS: usize = 8;

/// Which instance reported which point.
#[derive(Debug, Default)]
pub(crate) struct Instances {
    names: Vec<String>,
    /// By position in the stream.
    of_point: Vec<u8>,
    turns: usize,
}

impl Instances {
    /// Takes the instance of the point at a position; empty where the capture names none.
    pub(crate) fn take(&mut self, position: u32, instance: &str) {
        let known = self.names.iter().position(|name| name == instance);
        let at = match known {
            _ if instance.is_empty() => NONE,
            Some(at) => at as u8,
            None if self.names.len() == MOST => NONE,
            None => {
                self.names.push(instance.to_owned());
                (self.names.len() - 1) as u8
            }
        };
        self.turns += usize::from(self.of_point.last().is_some_and(|last| *last != at));
        self.of_point.resize(position as usize, NONE);
        self.of_point.push(at);
    }

    /// The parts of a channel that are of one instance each, where several report by turns.
    pub(crate) fn apart(&self, channel: &Channel) -> Vec<Channel> {
        if self.names.len() < 2 || self.turns < TURNS * self.names.len() {
            return Vec::new();
        }
        let of = |at: usize| {
            let is_of = |position: u32| self.of_point.get(position as usize) == Some(&(at as u8));
            let points =
                channel.positions.iter().zip(&channel.values).filter(|(position, _)| is_of(**position));
            let (positions, values): (Vec<u32>, Vec<f64>) = points.unzip();
            Channel {
                name: format!("{}{AT}{}", channel.name, self.names[at]),
                unit: channel.unit,
                positions,
                values,
            }
        };
        let apart = (0..self.names.len()).map(of);
        apart.filter(|part| part.values.len() * COMMON >= channel.values.len()).collect()
    }
}

/// What stands between the name of a series and that of its instance.
const AT: &str = " at ";

/// Which number of a data point a channel is of: `value`, `p99`.
pub(crate) fn label(channel: &str) -> &str {
    channel.split_once(AT).map_or(channel, |(label, _)| label)
}

/// A channel of a metric as people call it: by the metric alone where it is of its value, `p99 of request.duration at cart-2`.
pub(crate) fn series_name(channel: &str, metric: &str) -> String {
    let label = label(channel);
    let instance = &channel[label.len()..];
    if label == "value" { format!("{metric}{instance}") } else { format!("{label} of {metric}{instance}") }
}

/// What a name of [`series_name`] is of, where it is one of the numbers that tell how large the values of a histogram are.
pub(crate) fn metric_of(name: &str) -> &str {
    let of = |label: &str| name.strip_prefix(label)?.strip_prefix(" of ");
    ["mean", "p50", "p90", "p99"].into_iter().find_map(of).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(instances: impl Iterator<Item = &'static str>) -> Vec<(String, usize)> {
        let mut known = Instances::default();
        let mut channel = Channel { name: "value".to_owned(), ..Channel::default() };
        for (position, instance) in (0..).zip(instances) {
            known.take(position, instance);
            channel.positions.push(position);
            channel.values.push(f64::from(position));
        }
        known.apart(&channel).into_iter().map(|part| (part.name, part.values.len())).collect()
    }

    #[test]
    fn instances_that_report_by_turns_are_told_apart_and_those_that_follow_one_another_are_not() {
        let by_turns = of((0..300).map(|i| ["cart-1", "cart-2", "cart-3"][i % 3]));
        let parts =
            ["value at cart-1", "value at cart-2", "value at cart-3"].map(|name| (name.to_owned(), 100));
        assert_eq!(by_turns, parts);
        assert!(of((0..300).map(|i| ["one", "two", "three"][i / 100])).is_empty());
        assert!(of((0..300).map(|_| "alone")).is_empty() && of((0..300).map(|_| "")).is_empty());
        let with_a_rare_one = of((0..300).map(|i| if i % 50 == 0 { "rare" } else { ["one", "two"][i % 2] }));
        assert_eq!(with_a_rare_one.len(), 2);
    }

    #[test]
    fn a_series_is_called_by_its_metric_and_its_instance() {
        assert_eq!(series_name("value", "queue.length"), "queue.length");
        assert_eq!(series_name("p99", "request.duration"), "p99 of request.duration");
        assert_eq!(series_name("value at cart-2", "queue.length"), "queue.length at cart-2");
        assert_eq!(series_name("p99 at cart-2", "request.duration"), "p99 of request.duration at cart-2");
    }
}
