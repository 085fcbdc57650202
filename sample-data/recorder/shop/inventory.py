"""inventory: how many pieces of a product are on hand, and reservations of them."""

import time

import flask
import psycopg
from psycopg_pool import PoolTimeout

from telemetry import Service

service = Service("inventory")
log, app = service.log, service.app
pool = service.pool(size=4, wait_seconds=0.6)
lookup_time = service.meter.create_histogram("inventory.lookup.duration", unit="ms")
reservations = service.meter.create_counter("inventory.reservations", unit="{reservation}")
WAREHOUSES = ("north", "south", "harbour")
ON_HAND = "SELECT warehouse, sum(quantity) FROM stock_movements WHERE sku = %s GROUP BY warehouse"


def on_hand(connection, sku):
    begun = time.perf_counter()
    outcome = "error"
    try:
        rows = connection.cursor().execute(ON_HAND, (sku,)).fetchall()
        outcome = "ok"
    finally:
        lookup_time.record((time.perf_counter() - begun) * 1000, {"outcome": outcome})
    return {warehouse: int(quantity) for warehouse, quantity in rows}


@app.errorhandler(psycopg.errors.QueryCanceled)
def query_cancelled(error):
    log.error("%s %s failed: %s", flask.request.method, flask.request.path, str(error).splitlines()[0], exc_info=error)
    return {"error": "stock lookup timed out"}, 503


@app.errorhandler(PoolTimeout)
def pool_exhausted(error):
    stats = pool.get_stats()
    log.error("%s %s failed: no database connection (pool size %d, waiting %d): %s", flask.request.method,
              flask.request.path, stats["pool_size"], stats.get("requests_waiting", 0), error)
    return {"error": "no database connection"}, 503


@app.get("/stock/<sku>")
def stock(sku):
    with pool.connection() as connection:
        quantities = on_hand(connection, sku)
    available = sum(max(0, quantity) for quantity in quantities.values())
    log.info("stock sku=%s available=%d warehouses=%d", sku, available, len(quantities))
    return {"sku": sku, "available": available}


@app.post("/reservations")
def reserve():
    wanted = flask.request.get_json()
    sku, quantity = wanted["sku"], wanted["quantity"]
    with pool.connection() as connection, connection.transaction():
        quantities = on_hand(connection, sku)
        warehouse = max(quantities, key=quantities.get, default=None)
        if warehouse is None or quantities[warehouse] < quantity:
            reservations.add(1, {"outcome": "out_of_stock"})
            log.warning("out of stock sku=%s wanted=%d on_hand=%d", sku, quantity, quantities.get(warehouse, 0))
            return {"error": "out of stock"}, 409
        number = connection.cursor().execute(
            "INSERT INTO stock_movements (sku, warehouse, quantity, reason, reference, recorded_at)"
            " VALUES (%s, %s, %s, 'reservation', %s, now()) RETURNING id",
            (sku, warehouse, -quantity, wanted["reference"])).fetchone()[0]
    left = quantities[warehouse] - quantity
    reservations.add(1, {"outcome": "reserved"})
    log.info("reserved %d of %s in %s, movement %d, %d left", quantity, sku, warehouse, number, left)
    if left < 10:
        log.warning("low stock sku=%s warehouse=%s left=%d", sku, warehouse, left)
    return {"reservation": number, "warehouse": warehouse}, 201


def count_movements():
    with pool.connection() as connection:
        rows = connection.cursor().execute(
            "SELECT warehouse, count(*), sum(quantity) FROM stock_movements"
            " WHERE recorded_at > now() - interval '10 minutes' GROUP BY warehouse ORDER BY warehouse").fetchall()
    for warehouse, count, quantity in rows:
        log.info("stock audit warehouse=%s movements=%d net=%d", warehouse, count, quantity)


service.every(60, count_movements)
service.run()
