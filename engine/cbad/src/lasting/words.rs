//! What is said of a change that lasts, and not of one that windows show.

use crate::lasting::Lasting;
use crate::reason_words;
use crate::result::Finding;
use crate::words::{self, Told, grouped};

/// How long it lasts and what it is compared with.
pub(crate) fn compared(finding: &Finding, lasting: &Lasting, told: &Told<'_>) -> String {
    let events = words::events(told.key.signal);
    let own = finding.last_event + 1 - finding.first_event;
    format!(
        "It lasts: {} of {} {events}, which are compared with the {} others.",
        grouped(own),
        grouped(own + lasting.others),
        grouped(lasting.others),
    )
}

/// What was tried, what chance makes of it, and the shuffles of blocks.
pub(crate) fn how_sure(finding: &Finding, lasting: &Lasting) -> String {
    let mut parts = vec![format!(
        "How sure: the stream was cut into {} blocks, and {} in it looked at over every stretch of them; by how \
         blocks stray anyway and by random orders of them, as much would come by chance in one of {} such streams at \
         most (p = {}).",
        lasting.blocks,
        things(lasting.looked_at),
        reason_words::one_in(lasting.p),
        reason_words::scientific(lasting.p),
    )];
    parts.extend(finding.q.map(|q| {
        let (percent, q) = (reason_words::percent(q), reason_words::scientific(q));
        format!("Of changes this sure, {percent} are expected to be false alarms (q = {q}).")
    }));
    parts.extend(finding.p_permutation.map(|p| {
        let (many, p_value) = (reason_words::extreme(p), reason_words::scientific(p.value));
        let many = if many == 0 { "None".to_owned() } else { grouped(many.into()) };
        let (orders, show) =
            (grouped(p.n.into()), if reason_words::extreme(p) > 1 { "show" } else { "shows" });
        format!("{many} of the {orders} orders {show} as much in one stretch (p = {p_value}).")
    }));
    parts.join(" ")
}

fn things(number: u64) -> String {
    if number == 1 { "one thing".to_owned() } else { format!("{} things", grouped(number)) }
}

/// What it does not show.
pub(crate) fn caveats() -> [String; 2] {
    [
        "It begins and ends where the two sides differ most; in truth that may be some events away."
            .to_owned(),
        "A change that lasts may be an ordinary one: a release, a time of day, another load.".to_owned(),
    ]
}
