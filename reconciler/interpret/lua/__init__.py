"""Lua customizations: sandboxed machine, Karmada's script contract, third-party kinds as data."""

from __future__ import annotations
