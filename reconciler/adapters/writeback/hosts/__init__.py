"""Git hosts and chat: commit statuses, one sticky comment, notifications. May import model.

Every request is bounded in time and size, follows no redirect, and shows its token to nobody.
"""

from __future__ import annotations

from reconciler.adapters.writeback.hosts.client import HostClient
from reconciler.adapters.writeback.hosts.comments import keep_comment
from reconciler.adapters.writeback.hosts.notifications import Sink, SinkFormat, notify
from reconciler.adapters.writeback.hosts.repository import HostedRepository, HostKind, hosted
from reconciler.adapters.writeback.hosts.statuses import post_status

__all__ = [
    "HostClient",
    "HostKind",
    "HostedRepository",
    "Sink",
    "SinkFormat",
    "hosted",
    "keep_comment",
    "notify",
    "post_status",
]
