"""YAML and JSON exactly as kubectl reads them: split, compose, resolve; marks only on demand."""

from __future__ import annotations

from reconciler.parse.yaml.documents import Chunk, split_documents
from reconciler.parse.yaml.marks import locate
from reconciler.parse.yaml.problem import ProblemKind, Unreadable, YamlProblem
from reconciler.parse.yaml.reading import Reading, read_document, read_documents

__all__ = [
    "Chunk",
    "ProblemKind",
    "Reading",
    "Unreadable",
    "YamlProblem",
    "locate",
    "read_document",
    "read_documents",
    "split_documents",
]
