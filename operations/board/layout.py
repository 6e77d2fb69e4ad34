"""What a person on call looks at, from the top: is it up, then what it stands on, then what it sets off."""

from mundotango.observability import NAMESPACE
from operations.board.model import Lines, Metric, Row, Series, Stat, Widget

SERVICES = ("api", "ws-connect", "ws-authorizer", "push", "counters", "effects", "image-worker", "jobs")
DEAD_LETTERS = ("Upload", "Stream", "Schedule", "Chunk", "Mail", "WebPush")
_FUNCTIONS = {"ws-connect": "WsConnect", "ws-authorizer": "WsAuthorizer", "image-worker": "ImageWorker"}


def function_of(service: str) -> str:
    """Its parameter of infra/dashboard.yaml."""
    return f"{_FUNCTIONS.get(service, service.capitalize())}Function"


def _api(name: str, stat: Stat) -> Metric:
    return Metric("AWS/ApiGateway", name, stat, (("ApiId", "${ApiId}"),))


def _sockets(name: str) -> Metric:
    return Metric("AWS/ApiGateway", name, "sum", (("ApiId", "${SocketApiId}"),))


def _database(name: str, stat: Stat) -> Metric:
    return Metric("AWS/RDS", name, stat, (("${DatabaseDimension}", "${DatabaseInstance}"),))


def _function(service: str, name: str, stat: Stat) -> Metric:
    return Metric("AWS/Lambda", name, stat, (("FunctionName", f"${{{function_of(service)}}}"),))


def _waiting(queue: str, stat: Stat) -> Metric:
    return Metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", stat, (("QueueName", f"${{{queue}}}"),))


def _edge(name: str, stat: Stat) -> Metric:
    return Metric("AWS/CloudFront", name, stat, (("DistributionId", "${DistributionId}"), ("Region", "Global")))


def _requests(least: float | None = None) -> Lines:
    return Lines("api", "status", "count", least)


def _failed(label: str, scale: float) -> Series:
    return Series(label, _api("5xx", "sum"), _api("Count", "sum"), _requests(least=500), (_requests(),), scale)


BOARD = (
    Row(
        "Is it up",
        (
            Widget(
                "Who asks?",
                "Who asks",
                "requests",
                (Series("requests", _api("Count", "sum"), lines=_requests()),),
            ),
            Widget(
                "Are answers slow?",
                "SlowAnswers",
                "ms",
                tuple(
                    Series(stat, _api("Latency", stat), lines=Lines("api", "ms", stat))
                    for stat in ("p50", "p95", "p99")
                ),
                limit=500,
            ),
            Widget("Do answers fail?", "FailedAnswers", "%", (_failed("5xx", 100),), limit=5),
            Widget("Is 99.9 % kept?", "FastBurn", "times the budget", (_failed("burning", 1000),), limit=14.4),
        ),
    ),
    Row(
        "Database and cache",
        (
            Widget(
                "Are connections running out?",
                "ManyConnections",
                "% of them",
                (Series("open", _database("DatabaseConnections", "max"), scale=100, per="DatabaseConnections"),),
                limit=80,
            ),
            Widget(
                "Do requests wait for one?",
                "ManyConnections",
                "ms",
                (Series("p95 wait", lines=Lines("api", "database_wait_ms", "p95")),),
                limit=100,
            ),
            Widget(
                "Is the database busy?",
                "BusyDatabase",
                "%",
                (Series("processor", _database("CPUUtilization", "max")),),
                limit=80,
            ),
            Widget(
                "Is its memory running out?",
                "LittleDatabaseMemory",
                "MB free",
                (Series("free", _database("FreeableMemory", "min"), scale=1e-6),),
                limit=150,
                bad="below",
            ),
            Widget(
                "Is its disk running out?",
                "FullDisk",
                "GB free",
                (Series("free", _database("FreeStorageSpace", "min"), scale=1e-9),),
                limit=2,
                bad="below",
            ),
            Widget(
                "Does the cache help?",
                "The cache",
                "% hits",
                (
                    Series(
                        "hits",
                        lines=Lines("api", "cache_hits", "sum"),
                        of_lines=(Lines("api", "cache_hits", "sum"), Lines("api", "cache_misses", "sum")),
                        scale=100,
                    ),
                ),
                limit=50,
                bad="below",
            ),
        ),
    ),
    Row(
        "Functions",
        (
            Widget(
                "Do calls fail?",
                "FailedCalls",
                "errors",
                tuple(
                    Series(name, _function(name, "Errors", "sum"), lines=Lines(name, "exception_name", "count"))
                    for name in SERVICES
                ),
                limit=0,
            ),
            Widget(
                "Are calls turned away?",
                "Throttled",
                "calls",
                tuple(Series(name, _function(name, "Throttles", "sum")) for name in ("api", "ws-connect", "push")),
                limit=0,
            ),
            Widget(
                "Is memory running out?",
                "LittleMemory",
                "%",
                tuple(Series(name, lines=Lines(name, "memory_share", "max"), scale=100) for name in SERVICES),
                limit=85,
            ),
            Widget(
                "What does a call cost?",
                "What a call costs",
                "ms of CPU",
                tuple(Series(name, lines=Lines(name, "cpu_ms", "p95")) for name in SERVICES),
            ),
            Widget(
                "Who waits for a start?",
                "Cold starts",
                "cold starts",
                tuple(Series(name, lines=Lines(name, "cold_start", "sum")) for name in SERVICES),
            ),
            Widget(
                "How many run at once?",
                "ManyEnvironments",
                "environments",
                (Series("api", _function("api", "ConcurrentExecutions", "max")),),
            ),
        ),
    ),
    Row(
        "Streams and queues",
        (
            Widget(
                "Are streams late?",
                "LateStreams",
                "ms",
                tuple(
                    Series(name, _function(name, "IteratorAge", "max"), lines=Lines(name, "age_ms", "max"))
                    for name in ("push", "counters", "effects")
                ),
                limit=60_000,
            ),
            Widget(
                "Was anything given up?",
                "DeadLetters",
                "letters",
                (
                    # As the alarm counts them, each five minutes.
                    Series(
                        "all", Metric(NAMESPACE, "DeadLetters", "max"), lines=Lines("effects", "dead_letters", "max")
                    ),
                    *(Series(name.lower(), _waiting(f"{name}DeadLetters", "max")) for name in DEAD_LETTERS),
                ),
                limit=0,
            ),
        ),
    ),
    Row(
        "Sockets and pushes",
        (
            Widget(
                "Do people hear of it in time?",
                "Late pushes",
                "ms",
                tuple(
                    Series(
                        stat,
                        Metric(NAMESPACE, "PushLatency", stat, (("service", "push"),)),
                        lines=Lines("push", "push_ms", stat),
                    )
                    for stat in ("p50", "p95")
                ),
                limit=2000,
            ),
            Widget(
                "How many sockets open?",
                "SocketFailures",
                "sockets",
                (Series("opened", _sockets("ConnectCount"), lines=Lines("ws-connect", "replaced", "count")),),
            ),
            Widget(
                "Do sockets fail?",
                "SocketFailures",
                "failures",
                (
                    Series("handlers", _sockets("IntegrationError")),
                    Series("the gateway", _sockets("ExecutionError")),
                    Series("frames", lines=Lines("push", "failed", "sum")),
                ),
                limit=0,
            ),
        ),
    ),
    Row(
        "Edge",
        (
            Widget("Who comes to the edge?", "The edge", "requests", (Series("requests", _edge("Requests", "sum")),)),
            Widget(
                "Does the edge fail?",
                "The edge",
                "% of 5xx",
                (Series("5xx", _edge("5xxErrorRate", "max")),),
                limit=5,
            ),
        ),
    ),
)
