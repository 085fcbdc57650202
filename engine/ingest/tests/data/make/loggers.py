"""JSON lines of the loggers that programs in Python use: structlog, python-json-logger and loguru, each with the settings of
its documentation. The same things are said through each as in `loggers.js`.

    pip install structlog==26.1.0 python-json-logger==4.2.0 loguru==0.7.3
    TZ=UTC python loggers.py ..
"""
import logging
import os
import sys
import sysconfig
from pathlib import Path

import structlog
from loguru import logger
from pythonjsonlogger.json import JsonFormatter

OUT = Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
TRACE = {"trace_id": "0af7651916cd43dd8448eb211c80319c", "span_id": "b7ad6b7169203331"}
ORDER = {"order": {"id": 4711, "items": [{"sku": "a-1"}]}, "total": 12.5}


def refused():
    try:
        {}["card"]
    except KeyError as cause:
        raise ValueError("payment refused") from cause


def say_structlog(file):
    shared = [structlog.contextvars.merge_contextvars, structlog.processors.add_log_level]
    # As its documentation has it for production; then with the trace as text, and times as numbers.
    for stamp, trace in ((structlog.processors.TimeStamper(fmt="iso", utc=True), structlog.processors.dict_tracebacks),
                         (structlog.processors.TimeStamper(), structlog.processors.format_exc_info)):
        structlog.configure(processors=[*shared, stamp, trace, structlog.processors.JSONRenderer()],
                            logger_factory=structlog.WriteLoggerFactory(file), cache_logger_on_first_use=False)
        log = structlog.get_logger(service="shop")
        log.info("order placed", **ORDER)
        log.bind(module="pay", **TRACE).warning("slow answer of %s", "bank", retry=2, took_ms=8.25)
        try:
            refused()
        except ValueError:
            log.exception("payment failed", code="E_CARD")
        log.debug("räksmörgås\nline two")
        log.critical("giving up", order=4711)


def say_json_logger(file):
    log = logging.getLogger("shop.cart")
    log.setLevel(logging.DEBUG)
    handler = logging.StreamHandler(file)
    log.addHandler(handler)
    # The fields of its quick start, then those that are renamed for who collects them.
    for formatter in (JsonFormatter("{asctime}{levelname}{name}{message}", style="{"),
                      JsonFormatter("%(levelname)s %(message)s %(funcName)s", timestamp=True, static_fields={"service": "shop"},
                                    rename_fields={"levelname": "severity"})):
        handler.setFormatter(formatter)
        log.info("order placed", extra=ORDER)
        log.warning("slow answer of %s", "bank", extra={"retry": 2, "took_ms": 8.25, **TRACE})
        try:
            refused()
        except ValueError:
            log.exception("payment failed", extra={"code": "E_CARD"})
        log.debug("räksmörgås\nline two", stack_info=True)
        log.critical({"message": "giving up", "order": 4711})


def say_loguru(file):
    logger.remove()
    logger.add(file, serialize=True, level="TRACE")
    logger.trace("starting")
    logger.bind(**ORDER).info("order placed")
    logger.bind(module="pay", **TRACE).warning("slow answer of {}", "bank", retry=2, took_ms=8.25)
    try:
        refused()
    except ValueError:
        logger.exception("payment failed")
    logger.debug("räksmörgås\nline two")
    logger.success("order paid")
    logger.critical("giving up")


for name, say in (("structlog", say_structlog), ("json-logger", say_json_logger), ("loguru", say_loguru)):
    path = OUT / f"{name}.jsonl"
    with path.open("w", encoding="utf-8") as file:
        say(file)
    # Stack traces and what they say of variables name the folders of whoever runs this.
    text = path.read_text(encoding="utf-8")
    for folder in (str(OUT), sysconfig.get_path("purelib"), sysconfig.get_path("stdlib"), os.path.dirname(os.path.abspath(__file__))):
        text = text.replace(folder, "/srv")
    path.write_text(text, encoding="utf-8")
