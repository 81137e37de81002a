"""Merge, filter, sort and page objects of many members. Imports model."""

from __future__ import annotations
