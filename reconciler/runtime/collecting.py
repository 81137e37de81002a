"""How often this process looks for garbage that reference counting does not find.

A fleet is millions of small values that live long, and the stages make hardly any cycles: with the
defaults of the language a third of a cold plan is spent looking for them.
"""

from __future__ import annotations

import gc
from typing import Final

#: New containers between two looks at the youngest, and looks between two at the older ones.
THRESHOLDS: Final = (100_000, 20, 100)


def relax() -> None:
    """Look more rarely."""
    gc.set_threshold(*THRESHOLDS)


def keep() -> None:
    """What there is now lives as long as the process: never look at it again. Called once, when the
    first pass of a service has read and decided everything.
    """
    gc.collect()
    gc.freeze()
