"""Everything that touches the world outside; adapters never import each other, only runtime joins
them.
"""

from __future__ import annotations
