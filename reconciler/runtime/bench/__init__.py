"""Measurements of this very build: realistic fleets, the parts of a cycle, and how they grow."""
