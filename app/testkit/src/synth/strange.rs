//! What does not belong: lines of other systems, errors that the company never had, damaged text.

use super::company::At;
use super::journeys::template;
use super::numbers::Numbers;

/// Another system whose lines can end up in a service's log.
pub(super) struct Foreign {
    /// Words of its lines that no service of the company writes.
    pub(super) names: &'static [&'static str],
    pub(super) body: fn(&mut Numbers) -> String,
}

pub(super) const FOREIGN: [Foreign; 3] = [
    Foreign {
        names: &["postfix", "smtp", "relay", "qmgr", "lmtp", "nrcpt", "mailbox", "postmaster"],
        body: |n| {
            let (process, queue) = (n.between(900, 32_000), n.below(1 << 40));
            match n.below(3) {
                0 => format!(
                    "postfix/smtp[{process}]: {queue:010X}: to=<postmaster@example.net>, relay=mx2.example.net, status=deferred"
                ),
                1 => format!(
                    "postfix/qmgr[{process}]: {queue:010X}: from=<root@mail>, size={}, nrcpt=1 (queue active)",
                    n.between(400, 9000)
                ),
                _ => format!(
                    "postfix/lmtp[{process}]: {queue:010X}: delivered to mailbox, delays={:.2}",
                    n.unit()
                ),
            }
        },
    },
    Foreign {
        names: &["datanode", "DataXceiver", "PacketResponder", "terminating", "blk", "NameSystem", "replica"],
        body: |n| {
            let block = n.below(1 << 60);
            match n.below(3) {
                0 => format!(
                    "datanode DataXceiver: receiving blk_{block} src: /10.251.{}.{}:54106",
                    n.below(255),
                    n.below(255)
                ),
                1 => format!("datanode PacketResponder {} for blk_{block} terminating", n.below(3)),
                _ => format!(
                    "NameSystem.addStoredBlock: replica of blk_{block} added, size {}",
                    n.below(67_108_864)
                ),
            }
        },
    },
    Foreign {
        names: &["cupsd", "Printer", "toner", "duplex", "IPP", "spooled", "tray", "raster"],
        body: |n| {
            let job = n.between(100, 9999);
            match n.below(3) {
                0 => format!(
                    "cupsd: [Job {job}] spooled for Printer floor-{}, duplex, {} pages",
                    n.below(9),
                    n.between(1, 60)
                ),
                1 => format!("cupsd: [Job {job}] raster filter started (IPP 2.1), tray {}", n.below(4)),
                _ => format!("cupsd: Printer floor-{} reports toner at {} percent", n.below(9), n.below(20)),
            }
        },
    },
];

/// Services in whose logs foreign lines can turn up, or whose lines can be repeated or damaged.
pub(super) const LOGGING: [At; 7] =
    [At::Gateway, At::Cart, At::Checkout, At::Payment, At::Inventory, At::Catalog, At::Recommendation];

/// An error that a service never logged.
pub(super) struct NewError {
    pub(super) at: At,
    pub(super) code: &'static str,
    pub(super) template: &'static str,
    /// Words that only this error has.
    pub(super) names: &'static [&'static str],
    body: fn(&mut Numbers) -> String,
}

impl NewError {
    pub(super) fn body(&self, numbers: &mut Numbers) -> String {
        (self.body)(numbers)
    }
}

pub(super) const NEW_ERRORS: [NewError; 5] = [
    NewError {
        at: At::Checkout,
        code: "TAX-4102",
        template: "tax rate unavailable",
        names: &["TAX-4102", "TAX", "tax", "jurisdiction", "unavailable", "error.type"],
        body: |n| format!("tax rate unavailable for jurisdiction EU-{}, code TAX-4102", n.between(10, 39)),
    },
    NewError {
        at: At::Payment,
        code: "HSM-17",
        template: "key not found in security module",
        names: &["HSM-17", "HSM", "security", "module", "slot", "signing", "error.type"],
        body: |n| format!("signing key not found in security module slot {}, code HSM-17", n.below(4)),
    },
    NewError {
        at: At::Inventory,
        code: "40P01",
        template: "deadlock detected",
        names: &["40P01", "deadlock", "ShareLock", "transaction", "blocked", "error.type"],
        body: |n| {
            let process = n.between(20_000, 60_000);
            format!(
                "ERROR: deadlock detected (SQLSTATE 40P01): process {process} waits for ShareLock on transaction {}, blocked by process {}",
                n.between(700_000, 900_000),
                process + 3
            )
        },
    },
    NewError {
        at: At::Catalog,
        code: "ENOSPC",
        template: "no space left on device",
        names: &["ENOSPC", "space", "device", "thumbnail", "write", "error.type"],
        body: |n| {
            format!(
                "write /var/cache/thumbnail/{:06x}.webp: no space left on device (ENOSPC)",
                n.below(1 << 24)
            )
        },
    },
    NewError {
        at: At::Recommendation,
        code: "CUDA_ERROR_OUT_OF_MEMORY",
        template: "accelerator out of memory",
        names: &["CUDA", "CUDA_ERROR_OUT_OF_MEMORY", "MEMORY", "allocate", "RuntimeError", "error.type"],
        body: |n| {
            format!(
                "RuntimeError: CUDA_ERROR_OUT_OF_MEMORY: tried to allocate {} MiB\n  File \"/app/ranker/model.py\", line 71, in predict",
                n.between(512, 4096)
            )
        },
    },
];

/// Frequent templates that can go missing.
pub(super) const MISSABLE: [(At, &str); 6] = [
    (At::Catalog, template::CACHE_HIT),
    (At::Catalog, template::PRODUCT_SERVED),
    (At::Gateway, template::ROUTED),
    (At::Cart, template::CART_SAVED),
    (At::Recommendation, template::RECOMMENDED),
    (At::Payment, template::FRAUD_SCORED),
];

/// Operations that can become slow.
pub(super) const SLOWABLE: [(At, &str); 5] = [
    (At::Inventory, "CheckStock"),
    (At::Inventory, "ReserveStock"),
    (At::Catalog, "GetProduct"),
    (At::Recommendation, "ListRecommendations"),
    (At::Cart, "GetCart"),
];

/// Neighbouring steps that can be logged in the wrong order.
pub(super) const STEPS: [(At, &str, &str); 4] = [
    (At::Checkout, template::STOCK_RESERVED, template::CARD_CHARGED),
    (At::Payment, template::AUTHORIZATION_REQUESTED, template::FRAUD_SCORED),
    (At::Cart, template::ITEM_ADDED, template::CART_SAVED),
    (At::Recommendation, template::FEATURES_LOADED, template::CANDIDATES_RANKED),
];

/// What a reader sees in place of a byte that is no text.
pub(super) const REPLACEMENT: char = '\u{fffd}';

/// A body cut off in the middle of a character, or with some of its characters overwritten.
pub(super) fn damage(body: &str, numbers: &mut Numbers) -> String {
    let characters: Vec<char> = body.chars().collect();
    let length = characters.len() as u64;
    if length < 8 || numbers.happens(0.5) {
        let keep = length * numbers.between(20, 80) / 100;
        return characters.iter().take(keep as usize).copied().chain([REPLACEMENT]).collect();
    }
    let run = numbers.between(4, 12).min(length);
    let begin = numbers.below(length - run + 1);
    let damaged = characters.iter().zip(0..).map(|(&character, at)| {
        if !(begin..begin + run).contains(&at) {
            return character;
        }
        match numbers.below(5) {
            0..3 => REPLACEMENT,
            3 => char::from(numbers.between(1, 31) as u8),
            _ => char::from(numbers.between(0xa1, 0xff) as u8),
        }
    });
    // At least one byte of the run is certain to be none of the text.
    damaged.chain([REPLACEMENT]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::numbers::Part;

    #[test]
    fn damage_always_shows() {
        let mut numbers = Numbers::of(3, Part::Effect, 0);
        for body in ["", "ok", "cart 7 saved, 300 bytes", "größer als üblich, größer"] {
            for _ in 0..50 {
                let damaged = damage(body, &mut numbers);
                assert!(damaged.contains(REPLACEMENT), "{damaged}");
                assert!(damaged.chars().count() <= body.chars().count() + 1);
            }
        }
    }

    #[test]
    fn names_are_in_what_they_name() {
        let mut numbers = Numbers::of(4, Part::Effect, 0);
        for Foreign { names, body } in &FOREIGN {
            let text: String = (0..60).map(|_| body(&mut numbers)).collect();
            assert!(names.iter().all(|name| text.contains(name)), "{text}");
        }
        for error in &NEW_ERRORS {
            let text = error.body(&mut numbers) + error.code + "error.type";
            assert!(error.names.iter().all(|name| text.contains(name)), "{text}");
        }
    }
}
