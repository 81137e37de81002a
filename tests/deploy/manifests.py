"""The documents below deploy/, as they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
KUBERNETES = sorted((DEPLOY / "kubernetes").glob("*.yaml"))


def documents() -> list[dict[str, Any]]:
    """Every object, namespace first."""
    found = [
        document
        for path in KUBERNETES
        for document in yaml.safe_load_all(path.read_text())
        if document
    ]
    return sorted(found, key=lambda one: one["kind"] != "Namespace")


def the(kind: str) -> dict[str, Any]:
    """The one object of that kind."""
    (found,) = [one for one in documents() if one["kind"] == kind]
    return found
