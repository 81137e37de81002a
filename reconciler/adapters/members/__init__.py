"""Talks to real API servers: discovery, reading, server-side apply, deletion, watching.

`open_member` makes an `ApiMember` of a Cluster and a folder of credentials; `observe` reads what a
fleet needs to see of a member. A slow, dead or hostile server costs its own budget only.
"""

from __future__ import annotations
