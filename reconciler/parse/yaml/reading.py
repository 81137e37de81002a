"""Read a document or a whole stream: the value, or the problem and what could be read before it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, NoReturn

import orjson
import yaml

from reconciler.parse.yaml.composer import MAX_DEPTH, Composer
from reconciler.parse.yaml.documents import Chunk, split_documents
from reconciler.parse.yaml.problem import ProblemKind, Unreadable, YamlProblem
from reconciler.parse.yaml.scalars import json_value

#: Bytes of one file; etcd refuses single objects over 1.5 MB, the rest is room for lists of them.
MAX_BYTES: Final = 16 * 1024 * 1024
#: Documents of one file.
MAX_DOCUMENTS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Reading:
    """One document: its first line and offset in the file, its value, and what is wrong with it.

    With a problem, `value` is what was read until then; after a repeated key it is the whole
    document with the key's first value.
    """

    first_line: int
    offset: int
    value: Any
    problem: YamlProblem | None = None


def read_documents(data: bytes) -> tuple[Reading, ...]:
    """Every document of a file in order. Raises Unreadable(LIMIT) for too large or too many."""
    if len(data) > MAX_BYTES:
        raise Unreadable(ProblemKind.LIMIT, f"is larger than {MAX_BYTES // 1024 // 1024} MiB")
    chunks = list(islice(split_documents(data), MAX_DOCUMENTS + 1))
    if len(chunks) > MAX_DOCUMENTS:
        raise Unreadable(ProblemKind.LIMIT, f"holds more than {MAX_DOCUMENTS} documents")
    return tuple(read_document(chunk) for chunk in chunks)


def read_document(chunk: Chunk) -> Reading:
    """One document; never raises. Positions in the problem count from the file's first line."""
    if chunk.data.lstrip()[:1] == b"{":
        value = _strict_json(chunk.data)
        if value is not None:
            return Reading(chunk.first_line, chunk.offset, value)
    composer = None
    try:
        composer = Composer(chunk.data)
        value, problem = composer.compose(), composer.problem
    except Unreadable as stopped:
        value, problem = (composer.root if composer else None), stopped.problem
    except yaml.YAMLError as error:
        value, problem = (composer.root if composer else None), _syntax(error, chunk.data)
    return Reading(
        chunk.first_line, chunk.offset, value, problem and problem.below(chunk.first_line)
    )


def _syntax(error: yaml.YAMLError, data: bytes) -> YamlProblem:
    match error:
        case yaml.MarkedYAMLError(problem=text) if error.problem_mark:
            mark = error.problem_mark
            return YamlProblem(ProblemKind.SYNTAX, str(text), mark.line + 1, mark.column + 1)
        case yaml.reader.ReaderError():
            line = data.count(b"\n", 0, error.position) + 1
            return YamlProblem(ProblemKind.SYNTAX, str(error.reason), line)
        case _:
            return YamlProblem(ProblemKind.SYNTAX, "this is not YAML")


class _NotPlain(ValueError):  # noqa: N818 - only says that the quick way ends here
    """The text is not JSON that means the same to every reader; YAML decides."""


def _strict_json(data: bytes) -> dict[str, Any] | None:
    """A JSON object, much faster than through YAML; None where anything at all is unusual."""
    try:
        value = json.loads(
            data,
            object_pairs_hook=_distinct,
            parse_float=lambda text: json_value(float(text)),
            parse_int=_integer,
            parse_constant=_refuse,
        )
    except (ValueError, RecursionError, Unreadable):
        return None
    if not isinstance(value, dict) or _is_deep(value, MAX_DEPTH):
        return None
    return value if b"\\u" not in data or _is_writable(value) else None


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise _NotPlain
    return value


def _integer(text: str) -> int | float:
    value = int(text)
    return value if -(1 << 63) <= value < 1 << 64 else float(text)


def _refuse(_: str) -> NoReturn:
    raise _NotPlain


def _is_deep(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deep(one, levels - 1) for one in inner)


def _is_writable(value: Any) -> bool:
    """Whether it has no lone surrogates."""
    try:
        orjson.dumps(value)
    except orjson.JSONEncodeError:
        return False
    return True
