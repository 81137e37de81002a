"""Memory: what every stage of the engine leaves for the next cycle."""

from __future__ import annotations

from dataclasses import dataclass, field

from reconciler.cycle.bindings import BindingMemory
from reconciler.cycle.place import PlacingMemory
from reconciler.cycle.remember import StateMemory
from reconciler.cycle.repeated import LastDecided
from reconciler.cycle.requirements import RequirementsMemory
from reconciler.cycle.tables import Table
from reconciler.cycle.works import RenderingMemory
from reconciler.interpret.chain import Interpreter
from reconciler.model.cluster import Cluster
from reconciler.model.identity import ObjectKey
from reconciler.model.world import Placed


@dataclass(slots=True)
class Memory:
    """What every stage remembers of the last cycle. Only speed: nothing is decided by it."""

    clusters: tuple[Cluster, ...] = ()
    decided: LastDecided | None = None
    interpreters: Table[str, Interpreter] = field(default_factory=Table)
    bindings: BindingMemory = field(default_factory=BindingMemory)
    placing: PlacingMemory = field(default_factory=PlacingMemory)
    requirements: RequirementsMemory = field(default_factory=RequirementsMemory)
    states: StateMemory = field(default_factory=dict)
    placed: dict[ObjectKey, Placed] = field(default_factory=dict)
    rendering: RenderingMemory = field(default_factory=RenderingMemory)
