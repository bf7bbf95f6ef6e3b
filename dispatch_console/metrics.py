"""What this process counts, in Prometheus' terms. Each process counts for itself."""

from prometheus_client import Counter, Gauge

BROADCASTS = Counter("dispatch_broadcasts_total", "News handed to the channel layer")
FAILED_BROADCASTS = Counter(
    "dispatch_failed_broadcasts_total", "News that could not be told; readers catch up from the database"
)
SOCKETS = Gauge("dispatch_open_sockets", "Websockets that are open in this process")
UNAVAILABLE = Counter("dispatch_unavailable_total", "Requests answered 503 because the database did not answer")
MESSAGES = Counter("dispatch_messages_total", "Messages that people sent and that were stored")
SLOW_READERS = Counter("dispatch_slow_readers_total", "Sockets closed because their page did not read")
CAUGHT_UP = Counter("dispatch_messages_caught_up_total", "Messages that sockets read from the database to fill a gap")
DELIVERIES = Counter(
    "dispatch_deliveries_total",
    "Links and notices that were handed over (sent), put off (retried), given up, or no longer needed",
    ["channel", "outcome"],
)
