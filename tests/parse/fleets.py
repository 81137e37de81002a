"""Fleets of a few files for tests: path -> text, with a working reconciler.yaml."""

from __future__ import annotations

import hashlib
from typing import Any

from reconciler.model.diagnostic import Diagnostic
from reconciler.model.fleet import Fleet
from reconciler.model.source import EntryKind, SourceFile
from reconciler.parse import parse_fleet

CONFIG = "apiVersion: fleet-reconciler.io/v1alpha1\nkind: FleetConfig\nfleetId: test\n"
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: shop}\n"
POLICY = """\
apiVersion: policy.karmada.io/v1alpha1
kind: PropagationPolicy
metadata: {name: web, namespace: shop}
spec:
  resourceSelectors:
  - {apiVersion: v1, kind: ConfigMap}
  placement:
    clusterAffinity: {clusterNames: [eu-1]}
"""
OVERRIDE = """\
apiVersion: policy.karmada.io/v1alpha1
kind: OverridePolicy
metadata: {name: images, namespace: shop}
spec:
  resourceSelectors:
  - {apiVersion: v1, kind: ConfigMap, name: settings}
  overrideRules:
  - overriders:
      plaintext:
      - {path: /data/a, operator: replace, value: b}
"""
CLUSTER = """\
apiVersion: cluster.karmada.io/v1alpha1
kind: Cluster
metadata: {name: eu-1, labels: {tier: gold}}
spec: {syncMode: Push, apiEndpoint: "https://eu-1.example:6443", region: eu}
"""


def file(path: str, content: str | bytes) -> SourceFile:
    """A regular file."""
    data = content.encode() if isinstance(content, str) else content
    oid = hashlib.sha256(data).hexdigest()
    return SourceFile(path=path, oid=oid, size=len(data), data=data)


def link(path: str, target: str) -> SourceFile:
    """A symbolic link: its content is never looked at."""
    return SourceFile(
        path=path, oid="0" * 40, kind=EntryKind.SYMLINK, size=len(target), data=target.encode()
    )


def files(**contents: str | bytes | SourceFile) -> dict[str, SourceFile]:
    """A tree; `__` in a name is a slash, `.yaml` is added. `config` replaces reconciler.yaml."""
    tree = {"reconciler.yaml": file("reconciler.yaml", CONFIG)}
    for name, content in contents.items():
        path = "reconciler.yaml" if name == "config" else f"{name.replace('__', '/')}.yaml"
        tree[path] = content if isinstance(content, SourceFile) else file(path, content)
    return tree


def fleet(*, before: Fleet | None = None, were: tuple[str, ...] = (), **contents: Any) -> Fleet:
    """The fleet of a tree; `before` and `were` describe the last applied commit."""
    return parse_fleet(files(**contents), previous=before, previous_paths=frozenset(were))


def only(found: Fleet) -> Diagnostic:
    """The single problem of a fleet."""
    (problem,) = found.diagnostics
    return problem


def codes(found: Fleet) -> list[str]:
    """Codes in the order of their places."""
    return [problem.code for problem in found.diagnostics]
