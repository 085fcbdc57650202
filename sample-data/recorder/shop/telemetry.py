"""What all services share: OpenTelemetry set-up, HTTP server, HTTP client, database pool."""

import logging
import os
import random
import resource
import signal
import sys
import threading
import time

import flask
import requests
import waitress
from opentelemetry import _logs, metrics, trace
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.flask import FlaskInstrumentor
from opentelemetry.instrumentation.logging import LoggingInstrumentor
from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.metrics import Observation
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from psycopg_pool import ConnectionPool

PORTS = {"gateway": 18080, "catalog": 18081, "checkout": 18082, "inventory": 18083, "payments": 18084}
VERSIONS = {"gateway": "3.2.0", "catalog": "2.7.4", "checkout": "5.1.1", "inventory": "1.19.0", "payments": "4.0.3"}
EXPORT_SECONDS = 2


class Service:
    """One service of the shop: its name, Flask app, logger, meter, tracer and random source."""

    def __init__(self, name):
        self.name = name
        self.random = random.Random(f"{os.environ.get('SHOP_SEED', '7')}:{name}")
        self.session = requests.Session()
        self.session.mount("http://", requests.adapters.HTTPAdapter(pool_connections=8, pool_maxsize=32))
        self._providers = self._set_up_telemetry()
        self.log = logging.getLogger(f"shop.{name}")
        self.meter = metrics.get_meter(f"shop.{name}", VERSIONS[name])
        self.tracer = trace.get_tracer(f"shop.{name}", VERSIONS[name])
        self.app = flask.Flask(name)
        FlaskInstrumentor().instrument_app(self.app)
        self._set_up_access_log()
        self._set_up_process_metrics()

    def _set_up_telemetry(self):
        described = Resource.create({
            "service.name": self.name,
            "service.namespace": "fernhollow-shop",
            "service.version": VERSIONS[self.name],
            "service.instance.id": f"{self.name}-1",
            "deployment.environment.name": "staging",
        })
        reader = PeriodicExportingMetricReader(OTLPMetricExporter(), export_interval_millis=EXPORT_SECONDS * 1000)
        meters = MeterProvider(resource=described, metric_readers=[reader])
        metrics.set_meter_provider(meters)
        tracers = TracerProvider(resource=described)
        tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(), schedule_delay_millis=EXPORT_SECONDS * 1000))
        trace.set_tracer_provider(tracers)
        loggers = LoggerProvider(resource=described)
        loggers.add_log_record_processor(
            BatchLogRecordProcessor(OTLPLogExporter(), schedule_delay_millis=EXPORT_SECONDS * 1000))
        _logs.set_logger_provider(loggers)
        logging.getLogger().setLevel(logging.INFO)
        LoggingInstrumentor().instrument()
        RequestsInstrumentor().instrument()
        PsycopgInstrumentor().instrument()
        return [tracers, loggers, meters]

    def _set_up_access_log(self):
        access = logging.getLogger(f"shop.{self.name}.access")

        @self.app.before_request
        def begin():
            flask.g.begun = time.perf_counter()

        @self.app.after_request
        def end(response):
            millis = (time.perf_counter() - flask.g.begun) * 1000
            path = flask.request.full_path.rstrip("?")
            access.info("%s %s %d %.1fms %dB", flask.request.method, path, response.status_code, millis,
                        response.calculate_content_length() or 0)
            return response

    def _set_up_process_metrics(self):
        def cpu(_):
            usage = resource.getrusage(resource.RUSAGE_SELF)
            yield Observation(usage.ru_utime, {"cpu.mode": "user"})
            yield Observation(usage.ru_stime, {"cpu.mode": "system"})

        def memory(_):
            with open("/proc/self/statm", encoding="ascii") as statm:
                yield Observation(int(statm.read().split()[1]) * resource.getpagesize())

        self.meter.create_observable_counter("process.cpu.time", [cpu], unit="s")
        self.meter.create_observable_up_down_counter("process.memory.usage", [memory], unit="By")
        self.meter.create_observable_up_down_counter(
            "process.thread.count", [lambda _: [Observation(threading.active_count())]], unit="{thread}")

    def pool(self, size, wait_seconds):
        """A pool of database connections with its gauges."""
        pool = ConnectionPool(
            f"host=127.0.0.1 port={os.environ['SHOP_PG_PORT']} dbname=shop user={self.name}"
            f" application_name={self.name}",
            min_size=size, max_size=size, timeout=wait_seconds, kwargs={"autocommit": True}, open=True)
        pool.wait(30)

        def used(_):
            stats = pool.get_stats()
            idle = stats.get("pool_available", 0)
            yield Observation(stats.get("pool_size", 0) - idle, {"state": "used"})
            yield Observation(idle, {"state": "idle"})

        self.meter.create_observable_up_down_counter("db.client.connection.count", [used], unit="{connection}")
        self.meter.create_observable_up_down_counter(
            "db.client.connection.pending_requests",
            [lambda _: [Observation(pool.get_stats().get("requests_waiting", 0))]], unit="{request}")
        return pool

    def call(self, method, service, path, timeout, **options):
        """An HTTP call to another service; raises `requests.RequestException` when none answers."""
        return self.session.request(
            method, f"http://127.0.0.1:{PORTS[service]}{path}", timeout=timeout, **options)

    def every(self, seconds, job):
        """Run a background job each so many seconds, in its own span; a failure is logged."""
        def loop():
            while True:
                time.sleep(seconds)
                with self.tracer.start_as_current_span(f"job {job.__name__}"):
                    try:
                        job()
                    except Exception:
                        self.log.exception("background job %s failed", job.__name__)

        threading.Thread(target=loop, daemon=True, name=job.__name__).start()

    def run(self):
        """Serve until SIGTERM, then flush what has not been exported."""
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        try:
            waitress.serve(self.app, host="127.0.0.1", port=PORTS[self.name], threads=12, _quiet=True)
        finally:
            for provider in self._providers:
                provider.shutdown()
