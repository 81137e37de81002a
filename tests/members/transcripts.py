"""Recorded conversations with real servers, and their replay against a server of ours.

A line is a request and its answer; uids, resource versions, times and continue tokens are numbered
marks. In a replay a mark stands for what our server answered at the same place.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

FOLDER = Path(__file__).resolve().parent.parent / "vectors" / "karmada"
AGENT = "python-urllib3/2.0"
_MARK = re.compile(r"<(?:uid|rv)\d+>")
_OLD_VERSION = "1"
_OLD_UID = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One recorded request and answer."""

    name: str
    method: str
    path: str
    headers: Mapping[str, str | None]
    body: Any
    status: int
    answer: Any


def exchanges(version: str) -> Iterator[Exchange]:
    """The recorded conversation with a server of this version, in order."""
    with gzip.open(FOLDER / f"members-{version}.jsonl.gz", "rt") as lines:
        for line in lines:
            raw = json.loads(line)
            yield Exchange(
                name=raw["name"],
                method=raw["request"]["method"],
                path=raw["request"]["path"],
                headers=raw["request"]["headers"],
                body=raw["request"]["body"],
                status=raw["response"]["status"],
                answer=raw["response"]["body"],
            )


@dataclass
class Replay:
    """Sends recorded requests to `url` and remembers what marks stand for."""

    url: str
    marks: dict[str, str] = field(default_factory=dict)
    token: str = ""
    listed_version: str = ""

    def send(self, exchange: Exchange) -> tuple[int, Any]:
        """Our status and decoded answer."""
        headers = {"User-Agent": AGENT}
        for name, value in exchange.headers.items():
            if name == "token":
                if value:
                    headers["Authorization"] = f"Bearer {value}"
            elif value is not None:
                headers[name] = value
        response = requests.request(
            exchange.method,
            self.url + self._path(exchange.path),
            data=self._body(exchange.body),
            headers=headers,
            timeout=30,
        )
        answer = _decoded(response.text)
        self._remember(exchange.answer, answer)
        return response.status_code, answer

    def _path(self, path: str) -> str:
        path = re.sub(r"continue=eyJ[^&]*", f"continue={self.token}", path)
        if "watch=1" in path:
            path = re.sub(r"resourceVersion=\d{2,6}(?=&|$)", self._watched, path)
        return path

    def _watched(self, _: re.Match[str]) -> str:
        return f"resourceVersion={self.listed_version}"

    def _body(self, body: Any) -> bytes | None:
        if body is None:
            return None
        if isinstance(body, str):
            return body.encode()
        text = json.dumps(body)
        return _MARK.sub(self._meaning, text).encode()

    def _meaning(self, mark: re.Match[str]) -> str:
        fallback = _OLD_UID if mark.group().startswith("<uid") else _OLD_VERSION
        return self.marks.get(mark.group(), fallback)

    def _remember(self, recorded: Any, ours: Any) -> None:
        if isinstance(recorded, dict) and isinstance(ours, dict):
            for name, value in recorded.items():
                if name in ours:
                    self._remember(value, ours[name])
            metadata = ours.get("metadata")
            if isinstance(metadata, dict):
                self.token = metadata.get("continue", self.token)
                if "items" in ours and "resourceVersion" in metadata:
                    self.listed_version = metadata["resourceVersion"]
        elif isinstance(recorded, list) and isinstance(ours, list):
            for one, other in zip(recorded, ours, strict=False):
                self._remember(one, other)
        elif isinstance(recorded, str) and isinstance(ours, str) and _MARK.fullmatch(recorded):
            self.marks[recorded] = ours


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        pass
    try:
        return [json.loads(line) for line in text.splitlines()]
    except ValueError:
        return text


def compared(answer: Any) -> Any:
    """The parts of an answer that must agree."""
    if isinstance(answer, list):
        return [{"type": one["type"], "object": compared(one["object"])} for one in answer]
    if not isinstance(answer, dict) or _is_form(answer):
        return None
    if "type" in answer and "object" in answer:  # a watch with a single event
        return compared([answer])
    if answer.get("kind") == "Status":
        return {"reason": answer.get("reason")}
    if "items" in answer:
        return [compared(item) for item in answer["items"]]
    return _compared_object(answer)


def _is_form(answer: Mapping[str, Any]) -> bool:
    """Tables, discovery and OpenAPI documents are not compared."""
    return answer.get("kind") in ("Table", "APIGroupDiscoveryList") or "paths" in answer


def _compared_object(answer: Mapping[str, Any]) -> Any:
    metadata = answer.get("metadata") or {}
    parts = {name: answer[name] for name in ("spec", "data", "status") if name in answer}
    for name in ("labels", "annotations", "finalizers", "generation"):
        if name in metadata:
            parts[name] = metadata[name]
    if "managedFields" in metadata:
        parts["owners"] = _owners(metadata["managedFields"])
    return _without_marks(parts)


def _owners(entries: list[dict[str, Any]]) -> dict[str, list[str]]:
    result: dict[str, set[str]] = {}
    for entry in entries:
        owner = f"{entry['manager']} {entry['operation']} {entry.get('subresource', '')}".strip()
        result.setdefault(owner, set()).update(_paths(entry["fieldsV1"]))
    return {owner: sorted(paths) for owner, paths in result.items()}


def _paths(fields: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for name, below in fields.items():
        if below:
            yield from _paths(below, f"{prefix}/{name}")
        else:
            yield f"{prefix}/{name}"


def _without_marks(value: Any) -> Any:
    """Times and addresses differ from run to run."""
    if isinstance(value, dict):
        return {
            name: _without_marks(below)
            for name, below in value.items()
            if name not in ("clusterIP", "clusterIPs", "lastTransitionTime")
        }
    if isinstance(value, list):
        return [_without_marks(item) for item in value]
    return value
