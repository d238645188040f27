"""The network: one protocol, its live form and its replayed form, and the archive between them."""

from tracker.http.archive import Archive
from tracker.http.live import LiveHttp
from tracker.http.replay import ReplayHttp
from tracker.http.reply import Http, NotRecorded, Reply, Tally
from tracker.secrets import redact

__all__ = ["Archive", "Http", "LiveHttp", "NotRecorded", "ReplayHttp", "Reply", "Tally", "redact"]
