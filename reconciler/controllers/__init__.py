"""What time and observation demand, pure: (World, now) -> Intents. Imports model and interpret."""

from __future__ import annotations
