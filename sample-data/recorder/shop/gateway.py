"""gateway: what shoppers talk to. Degrades a product page when stock is unknown."""

import flask
import requests

from telemetry import Service

service = Service("gateway")
log, app = service.log, service.app
page_views = service.meter.create_counter("shop.page.views", unit="{view}")
checkouts = service.meter.create_counter("shop.checkouts", unit="{checkout}")


def answer(response):
    return flask.Response(response.content, response.status_code, content_type=response.headers["Content-Type"])


@app.get("/")
def home():
    page_views.add(1, {"page": "home"})
    return answer(service.call("GET", "catalog", "/featured", 3))


@app.get("/search")
def search():
    page_views.add(1, {"page": "search"})
    category = flask.request.args["category"]
    most = flask.request.args.get("max_price", "25000")
    found = service.call("GET", "catalog", f"/search?category={category}&max_price={most}", 3)
    log.info("search category=%s max_price=%s hits=%d", category, most, len(found.json()["products"]))
    return answer(found)


@app.get("/products/<sku>")
def product(sku):
    page_views.add(1, {"page": "product"})
    found = service.call("GET", "catalog", f"/products/{sku}", 3)
    if found.status_code == 404:
        log.warning("unknown product %s asked for by %s", sku, flask.request.headers.get("X-Customer", "guest"))
        return answer(found)
    page = found.json()
    try:
        stock = service.call("GET", "inventory", f"/stock/{sku}", 1.0)
        stock.raise_for_status()
        page["available"] = stock.json()["available"]
    except requests.RequestException as error:
        log.warning("stock of %s unknown, page shown without it: %s", sku, error)
        page["available"] = None
    return page


@app.post("/checkout")
def checkout():
    order = flask.request.get_json()
    try:
        placed = service.call("POST", "checkout", "/orders", 5, json=order)
    except requests.RequestException as error:
        checkouts.add(1, {"outcome": "unreachable"})
        log.error("checkout did not answer customer %s: %s", order["customer"], error)
        return {"error": "checkout unavailable"}, 504
    outcome = {201: "placed", 402: "declined", 409: "out_of_stock"}.get(placed.status_code, "failed")
    checkouts.add(1, {"outcome": outcome})
    if outcome == "failed":
        log.error("checkout of customer %s failed with %d", order["customer"], placed.status_code)
        return {"error": "checkout failed, please try again"}, 502
    log.info("checkout customer=%s sku=%s quantity=%d outcome=%s", order["customer"], order["sku"],
             order["quantity"], outcome)
    return answer(placed)


@app.get("/orders/<int:number>")
def order_status(number):
    page_views.add(1, {"page": "order"})
    return answer(service.call("GET", "checkout", f"/orders/{number}", 3))


service.run()
