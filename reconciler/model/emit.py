"""YAML out: JSON values as block YAML that kubectl reads back identically.

Strategy: a scalar is written plain only when no YAML 1.1 or 1.2 reader could take it for anything
but a string; all
other strings are JSON strings, which are YAML double-quoted scalars. Text of several clean lines
becomes a literal
block. Keys keep the order they come in, so that the caller decides what reads best.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

_PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_./-]*(?: [A-Za-z0-9_./(),;-]+)*\Z")
_RESERVED = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"))
#: Characters that some YAML reader takes for a line break or refuses to print.
_UNSAFE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_LINE = re.compile(r"[ -~]*[!-~]\Z")


def emit_yaml(value: Any) -> bytes:
    """One document, ending in a newline. `value` is a JSON value; floats must be finite."""
    if isinstance(value, dict) and value:
        return "\n".join([*_mapping(value, ""), ""]).encode()
    if isinstance(value, list | tuple) and value:
        return "\n".join([*_sequence(value, ""), ""]).encode()
    return f"{_scalar(value)}\n".encode()


def _mapping(value: Mapping[str, Any], indent: str) -> Iterator[str]:
    for key, item in value.items():
        yield from _entry(f"{indent}{_text(key)}:", item, indent)


def _sequence(value: list[Any] | tuple[Any, ...], indent: str) -> Iterator[str]:
    inner = indent + "  "
    for item in value:
        if isinstance(item, dict) and item:
            lines = _mapping(item, inner)
            yield f"{indent}- {next(lines)[len(inner) :]}"
            yield from lines
        elif isinstance(item, list | tuple) and item:
            lines = _sequence(item, inner)
            yield f"{indent}- {next(lines)[len(inner) :]}"
            yield from lines
        else:
            yield f"{indent}- {_scalar(item)}"


def _entry(head: str, item: Any, indent: str) -> Iterator[str]:
    if isinstance(item, dict) and item:
        yield head
        yield from _mapping(item, indent + "  ")
    elif isinstance(item, list | tuple) and item:
        yield head
        yield from _sequence(item, indent + "  ")
    elif isinstance(item, str) and "\n" in item and (block := _block(item)) is not None:
        yield f"{head} |{'' if item.endswith(chr(10)) else '-'}"
        yield from (f"{indent}  {line}" if line else "" for line in block)
    else:
        yield f"{head} {_scalar(item)}"


def _block(text: str) -> list[str] | None:
    """Lines of a literal block, None where only a quoted string is safe."""
    lines = text.removesuffix("\n").split("\n")
    if lines[0][:1] in {"", " "} or not lines[-1]:
        return None
    return lines if all(not line or _LINE.match(line) for line in lines) else None


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, tuple):
        value = list(value)
    return orjson.dumps(value).decode()


def _text(text: str) -> str:
    if _PLAIN.match(text) and text.lower() not in _RESERVED:
        return text
    return _UNSAFE.sub(_escaped, orjson.dumps(text).decode())


def _escaped(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"
