"""`reconciler diff`: two versions of a file of manifests by field; also a diff driver for Git."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from reconciler.cli.console import say, show_json
from reconciler.cli.options import output_option
from reconciler.model.text import printable

_EPILOG = """\b
Examples:
  reconciler diff old.yaml new.yaml
  git config diff.reconciler.command "reconciler diff"
  echo '*.yaml diff=reconciler' >> .gitattributes      then `git diff` shows fields
"""
#: Git calls: path, old file, old id, old mode, new file, new id, new mode.
_OF_GIT = 7
_RENAMED = 9
_TWO = 2


@click.command("diff", epilog=_EPILOG)
@click.argument("arguments", metavar="OLD NEW", nargs=-1, type=click.UNPROCESSED)
@output_option
def command(arguments: tuple[str, ...], output: str) -> int:
    """Show what changed between two files, field by field; values of Secrets are masked."""
    if len(arguments) in {_OF_GIT, _RENAMED}:
        name, old, new = arguments[0], arguments[1], arguments[4]
    elif len(arguments) == _TWO:
        name, (old, new) = arguments[1], arguments
    else:
        raise click.UsageError("name two files")
    try:
        before, after = Path(old).read_bytes(), Path(new).read_bytes()
    except OSError as error:
        raise click.UsageError(f"{error.filename} cannot be read: {error.strerror}") from error
    if output == "json":
        show_json({"file": name, **_document(before, after)})
        return 0
    lines = list(_lines(before, after))
    if lines:
        say(f"{printable(name)}", bold=True)
    for line in lines:
        say(line)
    return 0


def _lines(before: bytes, after: bytes) -> Iterator[str]:
    from reconciler.plan.formats.words import edit_text
    from reconciler.runtime.file_diff import NotManifestsError, file_diff

    try:
        found = file_diff(before, after)
    except NotManifestsError:
        yield from _plain(before, after)
        return
    for one in found:
        yield f"  {one.sign} {printable(str(one.key))}"
        yield from (f"      {edit_text(edit)}" for edit in one.edits)


def _document(before: bytes, after: bytes) -> dict[str, Any]:
    """The same for programs: `objects`, or `lines` where the files are no manifests."""
    from reconciler.plan.formats.document import encode_edit
    from reconciler.runtime.file_diff import NotManifestsError, file_diff

    try:
        found = file_diff(before, after)
    except NotManifestsError:
        return {"objects": [], "lines": [line[2:] for line in _plain(before, after)]}
    objects = [
        {
            "sign": one.sign,
            "object": one.key._asdict(),
            "edits": [encode_edit(edit) for edit in one.edits],
        }
        for one in found
    ]
    return {"objects": objects, "lines": []}


def _plain(before: bytes, after: bytes) -> Iterator[str]:
    """Lines, for files that are no manifests; none where a Secret may be among them."""
    if b"Secret" in before or b"Secret" in after:
        yield "  it cannot be read as manifests and may hold a Secret: its lines are not shown"
        return
    old, new = (data.decode("utf-8", "replace").splitlines() for data in (before, after))
    for line in difflib.unified_diff(old, new, lineterm="", n=3):
        if not line.startswith(("---", "+++")):
            yield f"  {printable(line)}"
