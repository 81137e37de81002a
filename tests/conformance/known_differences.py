"""Lines answered differently on purpose: file → line → reason, the same list as
docs/compatibility.md.
"""

from __future__ import annotations

from typing import Final

KNOWN_DIFFERENCES: Final[dict[str, dict[int, str]]] = {}
