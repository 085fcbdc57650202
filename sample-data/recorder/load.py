"""Shoppers: an open loop of seeded, Poisson-like arrivals of several kinds of request."""

import argparse
import math
import random
import time
from concurrent.futures import ThreadPoolExecutor

import requests

GATEWAY = "http://127.0.0.1:18080"
CATEGORIES = ("lighting", "kitchen", "textiles", "furniture", "garden", "office", "storage", "bath")
AGENTS = ("FernApp/3.2 (Android 15)", "FernApp/3.2 (iOS 18)", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Firefox/128.0",
          "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Firefox/128.0")
KINDS = (("product", 42), ("search", 18), ("home", 8), ("checkout", 22), ("order", 10))


class Shoppers:
    """Draws requests (in one thread, so that the seed fixes them) and sends them."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.session = requests.Session()
        self.session.mount("http://", requests.adapters.HTTPAdapter(pool_connections=4, pool_maxsize=64))
        self.statuses = {}

    def sku(self):
        if self.random.random() < 0.004:
            return f"FRN-{self.random.randint(20001, 99999)}"
        return f"FRN-{int(self.random.paretovariate(0.35)) % 20000 + 1:05d}"

    def draw(self):
        kinds, weights = zip(*KINDS)
        kind = self.random.choices(kinds, weights)[0]
        customer = f"cus_{self.random.randrange(4000) * 2654435761 % 2**32:08x}"
        headers = {"User-Agent": self.random.choice(AGENTS), "X-Customer": customer}
        request = {"method": "GET", "headers": headers, "url": GATEWAY + "/"}
        if kind == "product":
            request["url"] += f"products/{self.sku()}"
        elif kind == "search":
            most = self.random.choice((1500, 3000, 5000, 10000, 25000))
            request["url"] += f"search?category={self.random.choice(CATEGORIES)}&max_price={most}"
        elif kind == "order":
            request["url"] += f"orders/{self.random.randint(39000, 40060)}"
        elif kind == "checkout":
            card = f"{self.random.choice(('visa', 'mastercard', 'maestro'))}-{self.random.randrange(10000):04d}"
            request.update(method="POST", url=GATEWAY + "/checkout", json={
                "customer": customer, "sku": f"FRN-{self.random.randint(1, 20000):05d}",
                "quantity": self.random.choice((1, 1, 1, 2, 2, 3)), "card": card})
        return request

    def send(self, request):
        try:
            status = self.session.request(timeout=8, **request).status_code
        except requests.RequestException as error:
            status = type(error).__name__
        self.statuses[status] = self.statuses.get(status, 0) + 1


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, required=True, help="mean requests a second")
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--seed", type=int, required=True)
    args = parser.parse_args()
    shoppers = Shoppers(args.seed)
    begun = due = time.monotonic()
    with ThreadPoolExecutor(64) as senders:
        while due - begun < args.seconds:
            rate = args.rate * (1 + 0.15 * math.sin((due - begun) * 2 * math.pi / 210))
            due += shoppers.random.expovariate(rate)
            time.sleep(max(0, due - time.monotonic()))
            senders.submit(shoppers.send, shoppers.draw())
    print("answers by status:", dict(sorted(shoppers.statuses.items(), key=str)))


if __name__ == "__main__":
    main()
