"""State, status, works and agent branches as files by path; commit messages; when status is due.

Deals in bytes: what the files say is made by the core. Over a `Reader` and a `Writer`, which
runtime supplies. May import model.
"""

from __future__ import annotations

from reconciler.adapters.writeback.branches import (
    AGENTS_PREFIX,
    BINDINGS,
    CLUSTERS,
    CURSOR,
    HOLDS,
    STATE_REF,
    STATUS_REF,
    STATUSES,
    SUMMARY,
    WORKS_PREFIX,
    Branch,
    BranchContent,
    agent_branch,
    agent_ref,
    state_branch,
    status_branch,
    works_branch,
    works_ref,
)
from reconciler.adapters.writeback.messages import IDENTITY, commit_message
from reconciler.adapters.writeback.ports import Documents, Reader, Writer
from reconciler.adapters.writeback.quiet import status_due, usage_due

__all__ = [
    "AGENTS_PREFIX",
    "BINDINGS",
    "CLUSTERS",
    "CURSOR",
    "HOLDS",
    "IDENTITY",
    "STATE_REF",
    "STATUSES",
    "STATUS_REF",
    "SUMMARY",
    "WORKS_PREFIX",
    "Branch",
    "BranchContent",
    "Documents",
    "Reader",
    "Writer",
    "agent_branch",
    "agent_ref",
    "commit_message",
    "state_branch",
    "status_branch",
    "status_due",
    "usage_due",
    "works_branch",
    "works_ref",
]
