"""payments: authorises cards. The acquirer is played by a random wait and a random answer."""

import time

import flask

from telemetry import Service

service = Service("payments")
log, app, random = service.log, service.app, service.random
pool = service.pool(size=3, wait_seconds=2)
authorizations = service.meter.create_counter("payments.authorizations", unit="{authorization}")
acquirer_time = service.meter.create_histogram("payments.acquirer.duration", unit="ms")
DECLINES = ("insufficient funds", "expired card", "do not honour", "limit exceeded")


def ask_acquirer(amount, network):
    """One question to the acquirer: None when it gave no answer in time, else whether it agreed."""
    with service.tracer.start_as_current_span("acquirer.authorize") as span:
        wait = min(0.4, random.lognormvariate(-3.6, 0.45))
        time.sleep(wait)
        acquirer_time.record(wait * 1000, {"card.network": network})
        span.set_attributes({"card.network": network, "payment.amount": amount})
        luck = random.random()
        return None if luck < 0.03 else luck < 0.975


@app.post("/authorizations")
def authorize():
    asked = flask.request.get_json()
    network, last_digits = asked["card"].split("-")
    for attempt in (1, 2, 3):
        agreed = ask_acquirer(asked["amount_cents"], network)
        if agreed is not None:
            break
        log.warning("acquirer gave no answer for order %d, card %s ending %s, attempt %d", asked["order"], network,
                    last_digits, attempt)
    code = f"{random.getrandbits(24):06X}" if agreed else None
    outcome = "approved" if agreed else "declined"
    authorizations.add(1, {"outcome": outcome, "card.network": network})
    with pool.connection() as connection:
        connection.cursor().execute(
            "INSERT INTO payments (order_id, amount_cents, auth_code, outcome) VALUES (%s, %s, %s, %s)",
            (asked["order"], asked["amount_cents"], code, outcome))
    if not agreed:
        reason = random.choice(DECLINES)
        log.warning("payment for order %d declined: %s", asked["order"], reason)
        return {"outcome": outcome, "reason": reason}, 402
    log.info("payment for order %d approved, %d cents on %s ending %s, code %s", asked["order"],
             asked["amount_cents"], network, last_digits, code)
    return {"outcome": outcome, "auth_code": code}, 201


def settle():
    with pool.connection() as connection:
        settled = connection.cursor().execute(
            "UPDATE payments SET settled = true WHERE NOT settled AND outcome = 'approved'"
            " RETURNING amount_cents").fetchall()
    batch = f"stl-{random.getrandbits(32):08x}"
    log.info("settlement batch %s: %d payments, %d cents", batch, len(settled), sum(row[0] for row in settled))


service.every(60, settle)
service.run()
