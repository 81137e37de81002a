"""Reads trees and history, fetches, commits, pushes: pygit2 and nothing else."""

from __future__ import annotations
