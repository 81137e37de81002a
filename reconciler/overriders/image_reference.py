r"""Image references: `[hostname/]repository[:tag][@digest]`, read and written as Karmada does.

Grammar (that of the distribution project):

    reference := name [":" tag] ["@" digest]
    name      := [domain "/"] path            at most 255 characters
    path      := component ("/" component)*   lower case, separated by . _ __ or dashes
    tag       := \w[\w.-]{0,127}
    digest    := algorithm ":" hex{32,}

The hostname is the first segment only if it contains `.` or `:` or is `localhost`; nothing like
`docker.io` is filled in. A digest is kept only without a tag (karmada-semantics §2.12).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

_HOST_LABEL = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_HOST = rf"(?:{_HOST_LABEL}(?:\.{_HOST_LABEL})*|\[[a-fA-F0-9:]+\])"
_DOMAIN = rf"{_HOST}(?::[0-9]+)?"
_COMPONENT = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_NAME = rf"(?:{_DOMAIN}/)?{_COMPONENT}(?:/{_COMPONENT})*"
_TAG = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
_DIGEST = r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}"

_REFERENCE = re.compile(rf"({_NAME})(?::({_TAG}))?(?:@({_DIGEST}))?")
_TAG_ALONE = re.compile(_TAG)
_DIGEST_ALONE = re.compile(_DIGEST)

_MAX_NAME: Final = 255
#: A name, a tag and the longest digest together; anything longer is refused before it is matched.
_MAX_REFERENCE: Final = 1024
_HEX_DIGITS: Final = {"sha256": 64, "sha384": 96, "sha512": 128}


class BadReference(ValueError):  # noqa: N818 - a verdict on input
    """The text is not an image reference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageReference:
    """The four parts; `` for what is absent."""

    hostname: str = ""
    repository: str = ""
    tag: str = ""
    digest: str = ""

    def __str__(self) -> str:
        """The reference in writing; a tag hides a digest."""
        name = f"{self.hostname}/{self.repository}" if self.hostname else self.repository
        if self.tag:
            return f"{name}:{self.tag}"
        return f"{name}@{self.digest}" if self.digest else name

    @property
    def tag_or_digest(self) -> str:
        """The tag, else the digest."""
        return self.tag or self.digest

    def with_tag_or_digest(self, text: str) -> ImageReference:
        """With that tag or that digest instead; unchanged where the text is neither."""
        if _TAG_ALONE.fullmatch(text):
            return replace(self, tag=text, digest="")
        if _DIGEST_ALONE.fullmatch(text):
            return replace(self, tag="", digest=text)
        return self

    def without_tag_or_digest(self) -> ImageReference:
        """Without its tag, or without its digest where it has no tag."""
        return replace(self, tag="") if self.tag else replace(self, digest="")


def parse_image(text: str) -> ImageReference:
    """The parts of a reference; raises `BadReference`."""
    if not text:
        raise BadReference("the image is empty")
    matched = _REFERENCE.fullmatch(text) if len(text) <= _MAX_REFERENCE else None
    if matched is None:
        raise BadReference("the image is not a valid reference")
    name, tag, digest = matched.groups(default="")
    if len(name) > _MAX_NAME:
        raise BadReference(f"the image name is longer than {_MAX_NAME} characters")
    if digest:
        _check_digest(digest)
    hostname, repository = _split_hostname(name)
    return ImageReference(
        hostname=hostname, repository=repository, tag=tag, digest="" if tag else digest
    )


def _split_hostname(name: str) -> tuple[str, str]:
    first, slash, rest = name.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return first, rest
    return "", name


def _check_digest(digest: str) -> None:
    algorithm, _, digits = digest.partition(":")
    if _HEX_DIGITS.get(algorithm) != len(digits) or digits != digits.lower():
        raise BadReference("the image digest is not of a known algorithm and length")
