"""The layer of third-party kinds: customizations that are built in as data, met one by one."""

from __future__ import annotations

from reconciler.interpret.lua import catalogue
from reconciler.interpret.lua.customization import decode, merged
from reconciler.interpret.lua.machine import LuaMachine
from reconciler.interpret.operation import KindInterpreter


class ThirdPartyLayer:
    """Reads the file of a kind when it is first asked for."""

    def __init__(self, machine: LuaMachine) -> None:
        self._machine = machine

    def find(self, api_version: str, kind: str) -> KindInterpreter | None:
        """The interpreter in the file of the kind, None without such a file."""
        document = catalogue.customization(api_version, kind)
        if document is None:
            return None
        return merged((api_version, kind), [decode(document)], self._machine)
