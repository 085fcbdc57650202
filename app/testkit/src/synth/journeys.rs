//! What happens in each journey: which services are called, and what they log in which order.

use super::assistant;
use super::company::{At, Journey};
use super::record::Level::{Debug, Error, Info, Warn};
use super::request::{Frame, Request};

/// Templates, by the words in them that never change.
pub(super) mod template {
    pub(crate) const SERVED: &str = "request served";
    pub(crate) const ROUTED: &str = "routing to upstream";
    pub(crate) const CART_LOADED: &str = "loaded with items";
    pub(crate) const ITEM_ADDED: &str = "item added to cart";
    pub(crate) const CART_SAVED: &str = "saved bytes";
    pub(crate) const STOCK_RESERVED: &str = "stock reserved for order";
    pub(crate) const CARD_CHARGED: &str = "card charged for order";
    pub(crate) const ORDER_CONFIRMED: &str = "order confirmed number";
    pub(crate) const AUTHORIZATION_REQUESTED: &str = "authorization requested ending";
    pub(crate) const FRAUD_SCORED: &str = "fraud score";
    pub(crate) const STOCK_CHECKED: &str = "stock checked";
    pub(crate) const CACHE_HIT: &str = "cache hit";
    pub(crate) const CACHE_MISS: &str = "cache miss reading from products";
    pub(crate) const PRODUCT_SERVED: &str = "served with variants";
    pub(crate) const FEATURES_LOADED: &str = "features loaded";
    pub(crate) const CANDIDATES_RANKED: &str = "ranking candidates";
    pub(crate) const RECOMMENDED: &str = "returned recommendations";
}

/// Usual share of lookups that the cache of `catalog` does not have.
pub(super) const MISS_SHARE: f64 = 0.2;

/// Lets one request run, beginning at `time_nanos`.
pub(super) fn run(request: &mut Request<'_>, journey: Journey, time_nanos: i64) {
    let (method, route) = match journey {
        Journey::Browse => ("GET", "GET /api/products/{sku}"),
        Journey::Search => ("GET", "GET /api/search"),
        Journey::AddToCart => ("POST", "POST /api/cart/items"),
        Journey::ViewCart => ("GET", "GET /api/cart"),
        Journey::Checkout => ("POST", "POST /api/orders"),
        Journey::Ask => ("POST", "POST /api/assistant"),
    };
    let mut gateway = request.begin(At::Gateway, route, time_nanos);
    let address = request.visitor.address.clone();
    if std::mem::take(&mut request.visitor.is_new) {
        let body = format!("session {} opened from {address}", request.visitor.session);
        request.line(&mut gateway, Info, "session opened", body);
    }
    request.work(&mut gateway, 700.0, 0.35);
    let sku = sku(request);
    let upstream = upstream(journey);
    request.line(
        &mut gateway,
        Debug,
        template::ROUTED,
        format!("routing {route} to upstream {} at {}", upstream.name(), upstream.service().pod),
    );
    let (status, path) = match journey {
        Journey::Browse => (browse(request, &mut gateway, &sku), format!("/api/products/{sku}")),
        Journey::Search => search(request, &mut gateway),
        Journey::AddToCart => (add_to_cart(request, &mut gateway, &sku), "/api/cart/items".to_owned()),
        Journey::ViewCart => (view_cart(request, &mut gateway), "/api/cart".to_owned()),
        Journey::Checkout => (place_order(request, &mut gateway, &sku), "/api/orders".to_owned()),
        Journey::Ask => (assistant::ask(request, &mut gateway), "/api/assistant".to_owned()),
    };
    if request.numbers.happens(0.05) {
        let user = request.visitor.user;
        request.line(
            &mut gateway,
            Info,
            "token refreshed",
            format!("token of user {user} refreshed, valid for 3600 s"),
        );
    }
    let (bytes, millis) = (request.numbers.log_normal(5200.0, 0.8) as u64, gateway.millis());
    request.line(
        &mut gateway,
        Info,
        template::SERVED,
        format!("{address} {method} {path} {status} {bytes} B request served in {millis:.1} ms"),
    );
    gateway.attributes.extend([
        ("http.request.method", method.into()),
        ("http.route", route.split_once(' ').map_or(route, |(_, route)| route).into()),
        ("http.response.status_code", status.into()),
        ("client.address", address.into()),
    ]);
    if status >= 500 {
        gateway.error = Some("upstream failed");
    }
    request.end(gateway);
}

fn upstream(journey: Journey) -> At {
    match journey {
        Journey::Browse | Journey::Search => At::Catalog,
        Journey::AddToCart | Journey::ViewCart => At::Cart,
        Journey::Checkout => At::Checkout,
        Journey::Ask => At::Assistant,
    }
}

/// A product, a few of them asked for far more often than the others.
fn sku(request: &mut Request<'_>) -> String {
    const SORTS: [&str; 8] = ["MUG", "TSH", "PEN", "BAG", "CAP", "SOX", "BTL", "HAT"];
    const COLOURS: [&str; 5] = ["BLU", "RED", "GRN", "BLK", "WHT"];
    let popularity = request.numbers.unit();
    let product = (240.0 * popularity * popularity * popularity) as usize;
    format!("{}-{:04}-{}", SORTS[product % 8], 1000 + product * 37 % 9000, COLOURS[product % 5])
}

fn query(request: &mut Request<'_>, caller: &mut Frame, name: &'static str, text: &'static str) {
    let mut database = request.reach(caller, name);
    database.attributes.push(("db.system.name", "postgresql".into()));
    database.attributes.push(("db.query.text", text.into()));
    request.work(&mut database, 4200.0, 0.5);
    request.back(database, caller);
}

fn browse(request: &mut Request<'_>, gateway: &mut Frame, sku: &str) -> u64 {
    let mut catalog = request.call(gateway, At::Catalog, "GetProduct");
    request.line(&mut catalog, Debug, "lookup of product", format!("lookup of product {sku}"));
    request.work(&mut catalog, 1500.0, 0.4);
    let (share, by) = request.faults.miss_share(catalog.now_nanos);
    let luck = request.numbers.unit();
    request.aside(|request| {
        if luck < share {
            let body = format!("cache miss for {sku}, reading from products");
            let by = by.filter(|_| luck >= MISS_SHARE);
            request.line_by(&mut catalog, Info, template::CACHE_MISS, body, by);
            query(request, &mut catalog, "SELECT products", "SELECT * FROM products WHERE sku = $1");
        } else {
            let micros = request.numbers.between(40, 400);
            let body = format!("cache hit for {sku} in {micros} us");
            request.line(&mut catalog, Info, template::CACHE_HIT, body);
        }
    });
    let variants = request.numbers.between(1, 9);
    let body = format!("product {sku} served with {variants} variants");
    request.line(&mut catalog, Info, template::PRODUCT_SERVED, body);
    request.back(catalog, gateway);
    recommend(request, gateway);
    200
}

fn recommend(request: &mut Request<'_>, gateway: &mut Frame) {
    let user = request.visitor.user;
    let mut ranker = request.call(gateway, At::Recommendation, "ListRecommendations");
    let path = format!("/var/lib/ranker/features/{:02x}/{user}.bin", user % 256);
    request.line(
        &mut ranker,
        Debug,
        template::FEATURES_LOADED,
        format!("features of user {user} loaded from {path}"),
    );
    request.work(&mut ranker, 3000.0, 0.5);
    let candidates = request.numbers.between(40, 400);
    let body = format!("ranking {candidates} candidates for user {user} with ranker-v7");
    request.line(&mut ranker, Info, template::CANDIDATES_RANKED, body);
    request.work(&mut ranker, 6000.0, 0.6);
    if request.numbers.happens(0.003) {
        let trace = "Traceback (most recent call last):\n  File \"/app/ranker/serve.py\", line 118, in rank\n    \
                     scores = self.model.predict(batch)\n  File \"/app/ranker/model.py\", line 64, in predict\n    \
                     return self.session.run(None, {\"x\": batch})[0]\nValueError: batch is empty, falling back to bestsellers";
        request.line(&mut ranker, Error, "traceback", trace.to_owned());
    }
    let (count, score) = (request.numbers.between(4, 12), request.numbers.between(310, 990));
    let body = format!("returned {count} recommendations, best score 0.{score}");
    request.line(&mut ranker, Info, template::RECOMMENDED, body);
    request.back(ranker, gateway);
}

fn search(request: &mut Request<'_>, gateway: &mut Frame) -> (u64, String) {
    const WORDS: [&str; 14] = [
        "blue", "mug", "cotton", "large", "bottle", "black", "travel", "bag", "gift", "winter", "hat", "pen",
        "green", "socks",
    ];
    let words: Vec<&str> =
        (0..request.numbers.between(1, 3)).map(|_| *request.numbers.pick(&WORDS)).collect();
    let mut catalog = request.call(gateway, At::Catalog, "Search");
    request.work(&mut catalog, 2500.0, 0.4);
    query(
        request,
        &mut catalog,
        "SELECT search_index",
        "SELECT sku FROM search_index WHERE terms @@ $1 LIMIT 48",
    );
    let (found, millis) = (request.numbers.below(49), catalog.millis());
    let text = words.join(" ");
    let body = format!("search for '{text}' gave {found} results in {millis:.1} ms");
    request.line(&mut catalog, Info, "search gave results", body);
    request.back(catalog, gateway);
    (200, format!("/api/search?q={}", words.join("+")))
}

fn load_cart(request: &mut Request<'_>, cart: &mut Frame) -> u64 {
    let (items, version) = (request.numbers.between(1, 6), request.numbers.between(1, 40));
    let session = &request.visitor.session;
    let body = format!("cart {session} loaded with {items} items, version {version}");
    request.line(cart, Debug, template::CART_LOADED, body);
    let mut store = request.reach(cart, "HGETALL");
    store.attributes.push(("db.system.name", "redis".into()));
    request.work(&mut store, 600.0, 0.4);
    request.back(store, cart);
    items
}

fn add_to_cart(request: &mut Request<'_>, gateway: &mut Frame, sku: &str) -> u64 {
    let mut cart = request.call(gateway, At::Cart, "AddItem");
    load_cart(request, &mut cart);
    check_stock(request, &mut cart, sku);
    let quantity = request.numbers.between(1, 4);
    let body = format!("item {sku} added to cart, quantity {quantity}");
    request.line(&mut cart, Info, template::ITEM_ADDED, body);
    if request.numbers.happens(0.01) {
        let body = format!("version conflict on cart {}, trying again", request.visitor.session);
        request.line(&mut cart, Warn, "version conflict", body);
    }
    request.work(&mut cart, 1800.0, 0.4);
    let bytes = request.numbers.between(300, 2400);
    let body = format!("cart {} saved, {bytes} bytes", request.visitor.session);
    request.line(&mut cart, Info, template::CART_SAVED, body);
    request.back(cart, gateway);
    201
}

fn view_cart(request: &mut Request<'_>, gateway: &mut Frame) -> u64 {
    let mut cart = request.call(gateway, At::Cart, "GetCart");
    let items = load_cart(request, &mut cart);
    let cents = items * request.numbers.between(450, 4900);
    request.line(&mut cart, Info, "total computed", format!("total of {items} items is {cents} cents"));
    request.back(cart, gateway);
    200
}

fn check_stock(request: &mut Request<'_>, caller: &mut Frame, sku: &str) {
    let mut inventory = request.call(caller, At::Inventory, "CheckStock");
    query(request, &mut inventory, "SELECT stock", "SELECT amount FROM stock WHERE sku = $1");
    let (amount, warehouse) =
        (request.numbers.between(3, 900), *request.numbers.pick(&["north", "south", "east"]));
    let body = format!("stock checked: {amount} of {sku} in warehouse {warehouse}");
    request.line(&mut inventory, Info, template::STOCK_CHECKED, body);
    if amount < 15 {
        let body = format!("stock of {sku} is low in warehouse {warehouse}: {amount} left");
        request.line(&mut inventory, Warn, "stock is low", body);
    }
    request.back(inventory, caller);
}

/// The steps of an order, always in this order: stock reserved, card charged, order confirmed.
fn place_order(request: &mut Request<'_>, gateway: &mut Frame, sku: &str) -> u64 {
    let (order, user) = (request.numbers.uuid(), request.visitor.user);
    let items = request.numbers.between(1, 6);
    let cents = items * request.numbers.between(450, 4900);
    let mut checkout = request.call(gateway, At::Checkout, "PlaceOrder");
    let body = format!("order {order} begun for user {user} with {items} items");
    request.line(&mut checkout, Info, "order begun", body);
    request.work(&mut checkout, 2200.0, 0.4);
    for _ in 0..items.min(3) {
        check_stock(request, &mut checkout, sku);
    }
    reserve_stock(request, &mut checkout, &order, items, sku);
    let reservation = request.numbers.between(100_000, 999_999);
    let body = format!("stock reserved for order {order}, reservation R{reservation}");
    request.line(&mut checkout, Info, template::STOCK_RESERVED, body);
    request.work(&mut checkout, 900.0, 0.4);
    if !charge(request, &mut checkout, &order, cents) {
        let body = format!("order {order} not placed: card declined, reservation R{reservation} released");
        request.line(&mut checkout, Warn, "order not placed", body);
        request.back(checkout, gateway);
        return 402;
    }
    let body = format!("card charged for order {order}, {cents} cents");
    request.line(&mut checkout, Info, template::CARD_CHARGED, body);
    request.work(&mut checkout, 1600.0, 0.4);
    let number = request.numbers.between(400_000, 499_999);
    let body = format!("order {order} confirmed, number {number}");
    request.line(&mut checkout, Info, template::ORDER_CONFIRMED, body);
    let body = format!("confirmation for {} queued", request.visitor.mail);
    request.line(&mut checkout, Info, "confirmation queued", body);
    request.back(checkout, gateway);
    201
}

fn reserve_stock(request: &mut Request<'_>, checkout: &mut Frame, order: &str, items: u64, sku: &str) {
    let mut inventory = request.call(checkout, At::Inventory, "ReserveStock");
    query(
        request,
        &mut inventory,
        "UPDATE stock",
        "UPDATE stock SET amount = amount - $2 WHERE sku = $1 AND amount >= $2",
    );
    request.work(&mut inventory, 2600.0, 0.45);
    let body = format!("reserved {items} pieces with {sku} for order {order}");
    request.line(&mut inventory, Info, "reserved pieces", body);
    request.back(inventory, checkout);
}

/// Whether the card was charged.
fn charge(request: &mut Request<'_>, checkout: &mut Frame, order: &str, cents: u64) -> bool {
    let mut payment = request.call(checkout, At::Payment, "Charge");
    let brand = *request.numbers.pick(&["visa", "mastercard", "maestro", "amex"]);
    let ending = request.numbers.below(10_000);
    let body =
        format!("authorization requested for order {order}, {cents} cents on {brand} ending {ending:04}");
    request.line(&mut payment, Info, template::AUTHORIZATION_REQUESTED, body);
    let score = request.numbers.between(1, 38);
    let body = format!("fraud score 0.{score:02} for order {order}");
    request.line(&mut payment, Debug, template::FRAUD_SCORED, body);
    request.work(&mut payment, 45_000.0, 0.45);
    let granted = !request.numbers.happens(0.03);
    let millis = payment.millis();
    if granted {
        let code = request.numbers.below(1 << 24);
        let body = format!("authorization {code:06x} granted by {brand} in {millis:.1} ms");
        request.line(&mut payment, Info, "authorization granted", body);
        request.work(&mut payment, 1200.0, 0.3);
        let entry = request.numbers.between(10_000_000, 99_999_999);
        request.line(
            &mut payment,
            Debug,
            "ledger entry",
            format!("ledger entry {entry} for {cents} cents posted"),
        );
    } else {
        let body = format!("card of {brand} declined by its issuer for order {order}, code 51");
        request.line(&mut payment, Warn, "card declined", body);
        payment.error = Some("card declined");
    }
    payment.attributes.push(("payment.brand", brand.into()));
    request.back(payment, checkout);
    granted
}
