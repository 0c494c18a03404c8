"""What is counted about a running process, in the form Prometheus reads."""

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)

from core.database import Database

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Metrics:
    """Counters of one application, shown together with those that belong to the whole process
    (`others`: messages heard, memory, time), so that one process may hold several applications.
    """

    def __init__(self, db: Database, others: CollectorRegistry = REGISTRY) -> None:
        self._registry = CollectorRegistry()
        self._others = others
        self._known: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self._requests = Counter(
            "yunshequ_http_requests",
            "Requests answered, by method, route and status.",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "yunshequ_http_seconds",
            "Seconds until the answer began, by route.",
            ("route",),
            buckets=SECONDS,
            registry=self._registry,
        )
        waiting = Gauge(
            "yunshequ_database_waiting", "Works that wait to be written.", registry=self._registry
        )
        waiting.set_function(db.waiting)

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request under its route's pattern, never its full address."""
        known = self._known.get((method, route, status))
        if known is None:
            # Finding the counter by its labels costs more than counting.
            known = self._known[method, route, status] = (
                self._requests.labels(method, route, str(status)),
                self._seconds.labels(route),
            )
        requests, timer = known
        requests.inc()
        timer.observe(seconds)

    def text(self) -> bytes:
        """Everything counted, in the text format 0.0.4."""
        return generate_latest(self._registry) + generate_latest(self._others)
