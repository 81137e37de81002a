"""Identity: keys of objects, names derived from them, and ids that Karmada draws at random but Git
must reproduce.

Rules: names as in Karmada (karmada-semantics §2.1); ids are UUIDv5 under a namespace of ours
(design §5, Identity).
"""

from __future__ import annotations

import uuid
from functools import lru_cache
from typing import NamedTuple

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "fleet-reconciler.io")
_SAFE_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
_FNV_OFFSET, _FNV_PRIME, _MASK_32 = 0x811C9DC5, 0x01000193, 0xFFFFFFFF


def split_api_version(api_version: str) -> tuple[str, str]:
    """`apps/v1` -> (`apps`, `v1`); `v1` -> (``, `v1`)."""
    group, slash, version = api_version.rpartition("/")
    return (group, version) if slash else ("", api_version)


class ObjectKey(NamedTuple):
    """What makes two documents the same object: group, kind, namespace (`` for cluster scope) and
    name.

    A tuple, for a fleet hashes and compares identities by the million.
    """

    group: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        """`apps/Deployment shop/web`; `Namespace shop` for the core group and cluster scope."""
        kind = f"{self.group}/{self.kind}" if self.group else self.kind
        return f"{kind} {self.namespace}/{self.name}" if self.namespace else f"{kind} {self.name}"

    @property
    def path(self) -> str:
        """`<group>/<kind>/<namespace>/<name>`: the tail of every stable id."""
        return f"{self.group}/{self.kind}/{self.namespace}/{self.name}"

    @property
    def is_secret(self) -> bool:
        """Whether it is a Secret, whose values no output carries."""
        return self.kind == "Secret" and not self.group

    @property
    def is_namespace(self) -> bool:
        """Whether it is a Namespace of the core group."""
        return self.kind == "Namespace" and not self.group


@lru_cache(maxsize=262144)
def shared_key(key: ObjectKey) -> ObjectKey:
    """The one tuple that stands for all equal identities: what is one object is found faster."""
    return key


def fnv32a(text: str) -> int:
    """FNV-1a, 32 bits, over UTF-8."""
    digest = _FNV_OFFSET
    for byte in text.encode():
        digest = ((digest ^ byte) * _FNV_PRIME) & _MASK_32
    return digest


def safe_encode(text: str) -> str:
    """Each character mapped into an alphabet without vowels (Karmada and Kubernetes:
    SafeEncodeString).
    """
    return "".join(_SAFE_ALPHABET[ord(char) % len(_SAFE_ALPHABET)] for char in text)


def binding_name(kind: str, name: str) -> str:
    """Name of the ResourceBinding of a template (karmada-semantics §2.1)."""
    return f"{name.replace(':', '.')}-{kind}".lower()


@lru_cache(maxsize=65536)
def work_name(kind: str, name: str, namespace: str) -> str:
    """Name of the Work of a template on every cluster (karmada-semantics §2.1)."""
    plain = name.replace(":", ".").lower()
    subject = f"{namespace}-{plain}-{kind}" if namespace else f"{plain}-{kind}"
    return f"{plain}-{safe_encode(str(fnv32a(subject.lower())))}"


def execution_namespace(cluster: str) -> str:
    """Namespace that holds a cluster's Works."""
    return f"karmada-es-{cluster}"


@lru_cache(maxsize=262144)
def stable_id(*parts: str) -> str:
    """UUIDv5 of `a/b/c`: e.g. `stable_id("template", key.path)`, `stable_id("work", cluster,
    namespace, name)`.
    """
    return str(uuid.uuid5(_NAMESPACE, "/".join(parts)))
