"""Work: one rendered manifest for one member, as a shared body and a stamp of its own.

Clusters for which the same overrides match and the same replica count applies share one body, as
bytes. A Work is
(body, stamp); a million Works are a million small references, not a million dicts (design §2).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.model.identity import ObjectKey, execution_namespace, stable_id
from reconciler.model.policy import PolicyRef

#: A cache would only hold what is never asked for again.
_work_id = stable_id.__wrapped__


@dataclass(frozen=True, slots=True)
class Body:
    """Rendered manifest without its stamp: canonical JSON (keys sorted) cut where the stamp goes
    in.

    `pieces` are joined around the stamp's values in the order of `slots`; a slot is `namespace`
    (execution namespace) or
    `id` (the Work's permanent id). `digest` is the SHA-256 of the pieces, hex.
    """

    digest: str
    # Never shown: a Secret's body is a secret.
    pieces: tuple[bytes, ...] = field(repr=False)
    slots: tuple[str, ...]

    def stamped(self, namespace: str, work_id: str) -> bytes:
        """The whole manifest as JSON bytes for one cluster."""
        values = {"namespace": namespace.encode(), "id": work_id.encode()}
        parts = [self.pieces[0]]
        for slot, piece in zip(self.slots, self.pieces[1:], strict=True):
            parts += (values[slot], piece)
        return b"".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedOverride:
    """One override rule that applied: policy, rule index, and the JSON patch it amounted to.

    `overriders` is the rule's wire form, echoed in the annotations of a Work.
    """

    policy: PolicyRef
    rule: int
    patch: tuple[dict[str, Any], ...] = field(default=(), compare=False)
    overriders: Mapping[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One object for one member. `name` and `namespace` are the Work's own; `binding` names where
    it comes from.

    `api_version` is the manifest's; `conflict_resolution` is `abort` or `overwrite`.
    """

    cluster: str
    key: ObjectKey
    api_version: str
    name: str
    body: Body
    binding: str = ""
    conflict_resolution: str = "abort"
    is_suspended: bool = False
    preserve_on_deletion: bool = False

    @property
    def namespace(self) -> str:
        """The execution namespace of the cluster."""
        return execution_namespace(self.cluster)

    @property
    def work_id(self) -> str:
        """Permanent id of the Work; worked out when asked, since a fleet has a million of them."""
        return _work_id("work", self.cluster, self.namespace, self.name)

    def manifest_bytes(self) -> bytes:
        """The manifest as JSON, stamped for this cluster."""
        return self.body.stamped(self.namespace, self.work_id)
