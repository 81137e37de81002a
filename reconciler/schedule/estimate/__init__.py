"""How many more replicas or component sets a cluster can take, from what it last reported."""

from __future__ import annotations

from reconciler.schedule.estimate.nodes import Grades, grade_nodes
from reconciler.schedule.estimate.replicas import Estimate, replica_estimate
from reconciler.schedule.estimate.room import Room, room_of
from reconciler.schedule.estimate.sets import set_estimate

__all__ = [
    "Estimate",
    "Grades",
    "Room",
    "grade_nodes",
    "replica_estimate",
    "room_of",
    "set_estimate",
]
