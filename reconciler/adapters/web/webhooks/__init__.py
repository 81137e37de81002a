"""Push webhooks of Git hosts: proven by a shared secret, read without trust, reduced to one word.

Rules: the bytes are bounded before they are looked at and proven before they are parsed. A delivery
can do no more than make the hub look at a repository it watches anyway, so a replay is harmless.
"""

from __future__ import annotations

from reconciler.adapters.web.webhooks.inbox import Inbox, Verdict, WatchedRepository

__all__ = ["Inbox", "Verdict", "WatchedRepository"]
