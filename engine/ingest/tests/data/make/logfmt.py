#!/usr/bin/env python3
"""logfmt as the library logfmter writes it."""
import logging
import sys

from logfmter import Logfmter

handler = logging.StreamHandler(sys.stdout)
handler.setFormatter(
    Logfmter(
        keys=["time", "level", "logger"],
        mapping={"time": "asctime", "level": "levelname", "logger": "name"},
        datefmt="2024-05-01T10:00:00Z",
    )
)
logging.basicConfig(handlers=[handler], level=logging.DEBUG)
log = logging.getLogger("shop.cart")
log.info("order placed", extra={"order": 77, "took_ms": 12.5, "ok": True})
log.warning('say "hi" \\ back', extra={"empty": "", "none": None})
log.error("two\nlines", extra={"path": "/a=b", "nested": {"x": 1}})
try:
    {}["missing"]
except KeyError:
    log.exception("lost")
log.debug("räksmörgås")
