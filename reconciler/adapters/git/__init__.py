"""Reads trees and history, fetches, commits, pushes: pygit2 and nothing else.

`GitStore` reads: a bare mirror of a remote, or a repository on this machine. `BranchWriter` writes:
commits without a work tree, and refs moved only from the value they were expected to have. `Remote`
says where and who, and never says a secret. May import model.
"""

from __future__ import annotations

from reconciler.adapters.git.remote import Credentials, Remote, Transport
from reconciler.adapters.git.store import GitStore, GitTree
from reconciler.adapters.git.writer import Batch, BranchWriter
from reconciler.model.source import Move

__all__ = [
    "Batch",
    "BranchWriter",
    "Credentials",
    "GitStore",
    "GitTree",
    "Move",
    "Remote",
    "Transport",
]
