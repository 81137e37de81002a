"""A user's document -> Template: metadata cleaned, defaults filled in, digests taken."""

from __future__ import annotations

import hashlib
from itertools import islice
from typing import Any, Final

import orjson

from reconciler.model.diagnostic import Effect
from reconciler.model.fleet import Template
from reconciler.model.identity import ObjectKey
from reconciler.model.manifest import Manifest
from reconciler.parse.built import Built
from reconciler.parse.defaults import with_defaults
from reconciler.parse.metadata import cleaned, mark_problems
from reconciler.parse.problems import MAX_PROBLEMS, Document, diagnostic

_BESIDE_SPEC: Final = frozenset({"metadata", "status"})


def build_template(document: Document, key: ObjectKey) -> Built:
    """The template, or why it cannot be one."""
    if is_encrypted(document.parsed.body or {}):
        message = "the document is encrypted by SOPS and would be applied as ciphertext"
        hint = "use SealedSecret or ExternalSecret, or exclude the file in reconciler.yaml"
        place = document.place("sops")
        return Built(document.position, key, (diagnostic("RC012", message, place, hint=hint),))
    body, problems = cleaned(document, key)
    problems += islice(mark_problems(document, key, body), MAX_PROBLEMS)
    if any(one.effect is not Effect.NONE for one in problems):
        return Built(document.position, key, tuple(problems))
    return Built(
        document.position, key, tuple(problems), _template(with_defaults(body), key, document)
    )


def is_encrypted(body: dict[str, Any]) -> bool:
    """Whether a document carries the metadata SOPS leaves: `sops` with a `mac` or a version."""
    sops = body.get("sops")
    return isinstance(sops, dict) and not sops.keys().isdisjoint({"mac", "version", "lastmodified"})


def _template(body: dict[str, Any], key: ObjectKey, document: Document) -> Template:
    spec = {name: value for name, value in body.items() if name not in _BESIDE_SPEC}
    spec_digest = _digest(spec)
    return Template(
        key=key,
        manifest=Manifest(body),
        digest=_digest([spec_digest, body["metadata"]]),
        spec_digest=spec_digest,
        position=document.position,
    )


def _digest(value: Any) -> str:
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()
