//! The company: its services, what they run on, and how customers go from page to page.

use super::numbers::Numbers;

/// One service.
pub(super) struct Service {
    /// `service.name`.
    pub(super) name: &'static str,
    pub(super) version: &'static str,
    pub(super) pod: &'static str,
    pub(super) host: &'static str,
    /// Name of the instrumentation scope of its logs.
    pub(super) logger: &'static str,
    /// Name of the instrumentation scope of its spans and metrics.
    pub(super) instrumentation: &'static str,
}

/// A service of [`SERVICES`], by its place there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum At {
    Gateway,
    Cart,
    Checkout,
    Payment,
    Inventory,
    Catalog,
    Recommendation,
    Assistant,
}

impl At {
    pub(super) const ALL: [Self; 8] = [
        Self::Gateway,
        Self::Cart,
        Self::Checkout,
        Self::Payment,
        Self::Inventory,
        Self::Catalog,
        Self::Recommendation,
        Self::Assistant,
    ];

    pub(super) const fn service(self) -> &'static Service {
        &SERVICES[self as usize]
    }

    pub(super) const fn name(self) -> &'static str {
        self.service().name
    }
}

const fn service(
    name: &'static str,
    version: &'static str,
    pod: &'static str,
    host: &'static str,
    logger: &'static str,
    instrumentation: &'static str,
) -> Service {
    Service { name, version, pod, host, logger, instrumentation }
}

const GO: &str = "go.opentelemetry.io/contrib/instrumentation";
const JAVA: &str = "io.opentelemetry.spring-webmvc-6.0";
const PYTHON: &str = "opentelemetry.instrumentation.fastapi";

/// Every service, in the order of [`At`].
pub(super) const SERVICES: [Service; 8] = [
    service("gateway", "5.2.1", "gateway-6c9f7d5b8-x2k4q", "node-1", "access", GO),
    service("cart", "2.8.0", "cart-7b4d9c6f5-hm8tz", "node-2", "cart.store", GO),
    service("checkout", "3.14.2", "checkout-5f8c7b9d4-qr6vn", "node-3", "shop.checkout.OrderService", JAVA),
    service("payment", "1.9.7", "payment-84d6f9c7b-l5wjp", "node-2", "shop.payment.CardGateway", JAVA),
    service("inventory", "4.0.3", "inventory-6d7f8b5c9-t9gzs", "node-3", "stock", GO),
    service("catalog", "6.1.0", "catalog-59b8d7c6f-v3nbd", "node-1", "catalog.products", GO),
    service("recommendation", "0.22.5", "recommendation-7c5f6d8b9-k7fxl", "node-4", "ranker", PYTHON),
    service("llm-assistant", "0.9.4", "llm-assistant-68f9b7d5c-p4cwm", "node-4", "assistant.answers", PYTHON),
];

/// What a customer asks the gateway for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Journey {
    Browse,
    Search,
    AddToCart,
    ViewCart,
    Checkout,
    Ask,
}

const JOURNEYS: [Journey; 6] = [
    Journey::Browse,
    Journey::Search,
    Journey::AddToCart,
    Journey::ViewCart,
    Journey::Checkout,
    Journey::Ask,
];

/// Where a session begins, in weights of [`JOURNEYS`].
const FIRST: [u32; 6] = [50, 26, 0, 5, 0, 19];

/// From each journey to the next, in weights of [`JOURNEYS`] and of leaving.
const NEXT: [[u32; 7]; 6] = [
    [26, 10, 44, 4, 0, 6, 10],
    [55, 12, 13, 0, 0, 5, 15],
    [12, 4, 6, 66, 0, 2, 10],
    [6, 2, 2, 3, 76, 2, 9],
    [8, 4, 0, 0, 0, 3, 85],
    [25, 10, 8, 2, 0, 35, 20],
];

/// Mean time between two requests of a session.
pub(super) const THINK_SECONDS: f64 = 4.0;

/// Sessions as a Markov chain over journeys; the share of visits to the assistant can be raised.
#[derive(Clone, Debug)]
pub(super) struct Habits {
    first: [u32; 6],
    next: [[u32; 7]; 6],
    /// How often a session visits each journey, in the mean.
    visits: [f64; 6],
}

impl Habits {
    pub(super) fn new(assistant_factor: u32) -> Self {
        let (mut first, mut next) = (FIRST, NEXT);
        first[5] *= assistant_factor;
        for row in &mut next {
            row[5] *= assistant_factor;
            // Sessions are not to become endless.
            row[6] *= assistant_factor.min(3);
        }
        let visits = visits(&first, &next);
        Self { first, next, visits }
    }

    pub(super) fn first(&self, numbers: &mut Numbers) -> Journey {
        JOURNEYS[numbers.weighted(&self.first)]
    }

    /// The next page, or `None` where the customer leaves.
    pub(super) fn next(&self, after: Journey, numbers: &mut Numbers) -> Option<Journey> {
        JOURNEYS.get(numbers.weighted(&self.next[after as usize])).copied()
    }

    /// Some page, as often as sessions visit it.
    pub(super) fn any(&self, numbers: &mut Numbers) -> Journey {
        let mut left = numbers.unit() * self.session_requests();
        for (journey, share) in JOURNEYS.into_iter().zip(self.visits) {
            if left < share {
                return journey;
            }
            left -= share;
        }
        Journey::Browse
    }

    /// Requests of a session, in the mean.
    pub(super) fn session_requests(&self) -> f64 {
        self.visits.iter().sum()
    }
}

/// Expected visits: the sum over steps of where a session is, until nearly all have left.
fn visits(first: &[u32; 6], next: &[[u32; 7]; 6]) -> [f64; 6] {
    let share = |weights: &[u32], index: usize| {
        f64::from(weights[index]) / weights.iter().map(|&weight| f64::from(weight)).sum::<f64>()
    };
    let mut there: [f64; 6] = std::array::from_fn(|to| share(first, to));
    let mut visits = [0.0; 6];
    for _ in 0..400 {
        for (sum, now) in visits.iter_mut().zip(there) {
            *sum += now;
        }
        there = std::array::from_fn(|to| (0..6).map(|from| there[from] * share(&next[from], to)).sum());
    }
    visits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::numbers::Part;

    #[test]
    fn sessions_are_as_long_as_expected() {
        for factor in [1, 8] {
            let habits = Habits::new(factor);
            let mut numbers = Numbers::of(5, Part::Session, 0);
            let mut requests = 0_u32;
            for _ in 0..5000 {
                let mut at = Some(habits.first(&mut numbers));
                while let Some(journey) = at {
                    requests += 1;
                    at = habits.next(journey, &mut numbers);
                }
            }
            let mean = f64::from(requests) / 5000.0;
            assert!((mean / habits.session_requests() - 1.0).abs() < 0.05, "{mean}");
            assert!((2.0..9.0).contains(&mean), "{mean}");
        }
    }

    #[test]
    fn services_stand_where_their_names_say() {
        let names = At::ALL.map(At::name);
        assert_eq!(names[At::Gateway as usize], "gateway");
        assert_eq!(names[At::Assistant as usize], "llm-assistant");
    }
}
