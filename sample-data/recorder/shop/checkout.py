"""checkout: places an order: price it, reserve the stock, take the payment, store it."""

import time

import flask
import requests

from telemetry import Service

service = Service("checkout")
log, app = service.log, service.app
pool = service.pool(size=4, wait_seconds=2)
orders = service.meter.create_counter("checkout.orders", unit="{order}")
order_value = service.meter.create_histogram("checkout.order.value", unit="{cent}")


def reserve(order, reference):
    """Reserve stock, with one more try when inventory fails; the last failure is raised."""
    for attempt in (1, 2):
        try:
            held = service.call("POST", "inventory", "/reservations", 1.0, json={
                "sku": order["sku"], "quantity": order["quantity"], "reference": reference})
            if held.status_code != 409:
                held.raise_for_status()
            return held
        except requests.RequestException as error:
            if attempt == 2:
                raise
            log.warning("reservation of %s for %s failed, trying again: %s", order["sku"], reference, error)
            time.sleep(0.05)
    return None


@app.post("/orders")
def place():
    order = flask.request.get_json()
    reference = f"ord-{service.random.getrandbits(40):010x}"
    price = service.call("GET", "catalog", f"/products/{order['sku']}", 3).json()["price_cents"]
    total = price * order["quantity"]
    try:
        held = reserve(order, reference)
    except requests.RequestException:
        orders.add(1, {"outcome": "no_reservation"})
        log.exception("order %s of %s given up: no reservation of %s", reference, order["customer"], order["sku"])
        return {"error": "reservation failed"}, 503
    if held.status_code == 409:
        orders.add(1, {"outcome": "out_of_stock"})
        log.info("order %s refused: %s is out of stock", reference, order["sku"])
        return {"error": "out of stock"}, 409
    with pool.connection() as connection:
        number = connection.cursor().execute(
            "INSERT INTO orders (customer, sku, quantity, total_cents, status)"
            " VALUES (%s, %s, %s, %s, 'pending') RETURNING id",
            (order["customer"], order["sku"], order["quantity"], total)).fetchone()[0]
    paid = service.call("POST", "payments", "/authorizations", 4, json={
        "order": number, "amount_cents": total, "card": order["card"]})
    status = "paid" if paid.status_code == 201 else "declined"
    with pool.connection() as connection:
        connection.cursor().execute("UPDATE orders SET status = %s WHERE id = %s", (status, number))
    orders.add(1, {"outcome": status})
    if status == "declined":
        log.warning("order %d (%s) declined, amount %d.%02d EUR", number, reference, total // 100, total % 100)
        return {"error": "card declined", "order": number}, 402
    order_value.record(total)
    log.info("order %d (%s) placed customer=%s sku=%s quantity=%d total=%d.%02d EUR", number, reference,
             order["customer"], order["sku"], order["quantity"], total // 100, total % 100)
    return {"order": number, "total_cents": total}, 201


@app.get("/orders/<int:number>")
def status_of(number):
    with pool.connection() as connection:
        row = connection.cursor().execute(
            "SELECT id, status, total_cents, created_at FROM orders WHERE id = %s", (number,)).fetchone()
    if row is None:
        log.info("order %d not found", number)
        return {"error": "no such order"}, 404
    log.info("order %d is %s", row[0], row[1])
    return {"order": row[0], "status": row[1], "total_cents": row[2], "created_at": row[3].isoformat()}


def ship_paid_orders():
    with pool.connection() as connection:
        shipped = connection.cursor().execute(
            "UPDATE orders SET status = 'shipped' WHERE status = 'paid'"
            " AND created_at BETWEEN now() - interval '10 minutes' AND now() - interval '1 minute'").rowcount
    log.info("dispatch run: %d orders handed to the carrier", shipped)


service.every(60, ship_paid_orders)
service.run()
