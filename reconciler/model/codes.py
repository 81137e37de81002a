"""Codes of diagnostics: stable, one for each kind of problem, explained in docs/diagnostics.md.

Ranges: RC001-049 reading the fleet repo, RC050-069 matching and scheduling, RC070-079 rendering,
RC080-089 members and credentials, RC090-099 guards and plans, RC300 and RC400 Works and findings
of a plan. A code is never given a second meaning; a problem that can no longer occur leaves a gap.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from reconciler.model.diagnostic import Effect, Severity


@dataclass(frozen=True, slots=True)
class Code:
    """What a code stands for, and what such a problem stops unless its place says otherwise."""

    title: str
    effect: Effect = Effect.FREEZE_DOCUMENT
    severity: Severity = Severity.ERROR


def _warning(title: str) -> Code:
    return Code(title, Effect.NONE, Severity.WARNING)


def _holds(title: str) -> Code:
    return Code(title, Effect.HOLD)


#: Problems of policy rather than of input: they block (exit 3).
HELD_COMMIT: Final = "RC045"
UNSIGNED: Final = "RC046"
BEYOND_LIMITS: Final = "RC090"
BLOCKING: Final = frozenset({HELD_COMMIT, UNSIGNED, BEYOND_LIMITS})

CODES: Final[Mapping[str, Code]] = {
    "RC001": Code("document is not YAML"),
    "RC002": Code("key given twice"),
    "RC003": Code("aliases expand without bound"),
    "RC004": Code("file too large, too deep or with too many documents"),
    "RC005": Code("value that JSON does not have"),
    "RC006": Code("document is not an object"),
    "RC007": Code("identity incomplete or malformed"),
    "RC008": Code("symbolic link"),
    "RC009": Code("submodule"),
    "RC010": Code("path or entry that cannot be used"),
    "RC011": Code("Git LFS pointer"),
    "RC012": Code("encrypted by SOPS"),
    "RC013": _warning("reconciler.yaml missing"),
    "RC014": _holds("reconciler.yaml unreadable"),
    "RC015": Code("FleetConfig outside reconciler.yaml"),
    "RC016": Code("identity declared twice"),
    "RC017": Code("unknown field"),
    "RC018": Code("field of the wrong shape"),
    "RC019": Code("field refused by admission"),
    "RC020": Code("unknown kind or version of ours"),
    "RC021": Code("scope of the kind is not known"),
    "RC022": _warning("namespace on a cluster-scoped object"),
    "RC023": Code("generateName"),
    "RC024": _warning("field that only a server sets"),
    "RC025": _warning("reserved namespace"),
    "RC026": _warning("reserved label or annotation"),
    "RC027": Code("labels or annotations that no server accepts"),
    "RC028": _warning("deprecated field"),
    "RC029": Code("operation customized twice"),
    "RC030": _warning("document that nothing acts on"),
    "RC040": _holds("empty repository"),
    "RC041": _holds("missing branch"),
    "RC042": _holds("rewritten history"),
    "RC043": _holds("state branch lost"),
    "RC044": _holds("fleetId missing"),
    HELD_COMMIT: _holds("commit held by a person"),
    UNSIGNED: _holds("commit without a signature that counts"),
    "RC051": Code("policy waits for override policies"),
    "RC052": Code("manifest that cannot be understood"),
    "RC053": _warning("policy that selects nothing"),
    "RC054": Code("customization whose script fails"),
    "RC055": Code("interpreter webhook that does not answer", severity=Severity.WARNING),
    "RC056": _warning("status that its interpreter cannot read"),
    "RC070": _warning("Secrets withheld from a works branch"),
    "RC080": Code("member cannot be read", Effect.FREEZE_MEMBER),
    "RC081": Code("another member under the same name", Effect.FREEZE_MEMBER),
    "RC082": Code("one member under two names", Effect.FREEZE_MEMBER),
    "RC083": _warning("objects left on a cluster that went"),
    BEYOND_LIMITS: Code("outside the limits of its folder"),
    "RC093": _warning("approval that cannot be verified"),
    "RC301": Code("override that failed"),
    "RC302": Code("replicas that could not be revised"),
    "RC401": Code("deletions held by the budget", Effect.NONE),
    "RC402": Code("conflict with an object that is not ours", Effect.NONE),
    "RC403": _warning("field that cannot be changed in place"),
}
