"""What is counted about a running process, in the form Prometheus reads."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.process_collector import ProcessCollector

from core.database import Database

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Metrics:
    """Counters of one application; `registry` takes those of others (inbox, delivery) as well."""

    def __init__(self, db: Database, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        self._requests = Counter(
            "yunshequ_http_requests",
            "Requests answered, by method, route and status.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "yunshequ_http_seconds",
            "Seconds until the answer began, by route.",
            ("route",),
            buckets=SECONDS,
            registry=self.registry,
        )
        waiting = Gauge(
            "yunshequ_database_waiting", "Works that wait to be written.", registry=self.registry
        )
        waiting.set_function(db.waiting)
        ProcessCollector(registry=self.registry)

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request under its route's pattern, never its full address."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def text(self) -> bytes:
        """Everything counted, in the text format 0.0.4."""
        return generate_latest(self.registry)
