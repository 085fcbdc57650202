"""catalog: product data, with a small cache in front of the database."""

import time

import flask

from telemetry import Service

service = Service("catalog")
log, app = service.log, service.app
pool = service.pool(size=4, wait_seconds=2)
cache_reads = service.meter.create_counter("catalog.cache.reads", unit="{read}")
cache = {}
CACHE_SECONDS = 120


@app.get("/products/<sku>")
def product(sku):
    kept = cache.get(sku)
    if kept and kept[0] > time.monotonic():
        cache_reads.add(1, {"result": "hit"})
        return kept[1]
    cache_reads.add(1, {"result": "miss"})
    begun = time.perf_counter()
    with pool.connection() as connection:
        row = connection.cursor().execute(
            "SELECT sku, name, category, price_cents FROM products WHERE sku = %s", (sku,)).fetchone()
    if row is None:
        log.info("product %s not found", sku)
        return {"error": "no such product"}, 404
    log.info("cache miss product=%s loaded in %.1fms", sku, (time.perf_counter() - begun) * 1000)
    found = dict(zip(("sku", "name", "category", "price_cents"), row))
    cache[sku] = (time.monotonic() + CACHE_SECONDS, found)
    return found


@app.get("/search")
def search():
    category, most = flask.request.args["category"], int(flask.request.args["max_price"])
    begun = time.perf_counter()
    with pool.connection() as connection:
        rows = connection.cursor().execute(
            "SELECT sku, name, price_cents FROM products WHERE category = %s AND price_cents <= %s"
            " ORDER BY price_cents DESC LIMIT 20", (category, most)).fetchall()
    millis = (time.perf_counter() - begun) * 1000
    if millis > 60:
        log.warning("slow search category=%s max_price=%d took %.0fms", category, most, millis)
    return {"products": [dict(zip(("sku", "name", "price_cents"), row)) for row in rows]}


@app.get("/featured")
def featured():
    with pool.connection() as connection:
        rows = connection.cursor().execute(
            "SELECT sku, name, price_cents FROM products ORDER BY sku LIMIT 12").fetchall()
    return {"products": [dict(zip(("sku", "name", "price_cents"), row)) for row in rows]}


def refresh_prices():
    chosen = [f"FRN-{service.random.randint(1, 20000):05d}" for _ in range(service.random.randint(20, 60))]
    with pool.connection() as connection:
        changed = connection.cursor().execute(
            "UPDATE products SET price_cents = greatest(300, price_cents + (random() * 200 - 100)::int),"
            " updated_at = now() WHERE sku = ANY(%s)", (chosen,)).rowcount
    for sku in chosen:
        cache.pop(sku, None)
    log.info("price refresh: %d prices changed, %d products in cache", changed, len(cache))


def expire_cache():
    now = time.monotonic()
    stale = [sku for sku, (until, _) in list(cache.items()) if until <= now]
    for sku in stale:
        cache.pop(sku, None)
    log.info("cache sweep: %d entries expired, %d kept", len(stale), len(cache))


service.every(45, refresh_prices)
service.every(30, expire_cache)
service.run()
