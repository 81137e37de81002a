"""The reference pages say what the tables say."""

from __future__ import annotations

import runpy
from collections.abc import Callable

import pytest

from tests.deploy.manifests import ROOT

PAGES: dict[str, Callable[[], str]] = runpy.run_path(str(ROOT / "tools" / "service_reference.py"))[
    "PAGES"
]


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_current(name: str) -> None:
    """`python tools/service_reference.py` makes it so."""
    assert (ROOT / "docs" / "reference" / name).read_text() == PAGES[name]()
