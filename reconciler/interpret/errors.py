"""How an interpretation fails: the object's own fault, never the fleet's."""

from __future__ import annotations


class InterpretError(Exception):
    """A hook, a script or a native rule could not make sense of this object.

    The caller freezes or marks Unknown that one object and says so in a Diagnostic.
    """
