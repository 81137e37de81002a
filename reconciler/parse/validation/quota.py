"""FederatedResourceQuota (karmada-semantics §1.6). Karmada: pkg/webhook/federatedresourcequota."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

from reconciler.model.quantity import Quantity
from reconciler.parse.validation.errors import FieldErrors, Path, invalid, required
from reconciler.parse.validation.names import qualified_name
from reconciler.parse.validation.shapes import entries, part, shape_errors, text

_NAME_LENGTH: Final = 63


def validate_quota(document: Mapping[str, Any]) -> FieldErrors:
    """Resource names, amounts, and that what clusters get is covered by the whole."""
    spec, path = part(document, "spec"), ("spec",)
    if len(text(part(document, "metadata"), "name")) > _NAME_LENGTH:
        yield invalid(("metadata", "name"), f"is longer than {_NAME_LENGTH} characters")
    yield from shape_errors(spec, path, {"overall": dict, "staticAssignments": list})
    overall = part(spec, "overall")
    if not overall:
        yield required((*path, "overall"))
    yield from _amounts(overall, (*path, "overall"))
    assigned: dict[str, int] = defaultdict(int)
    for index, one in entries(spec, "staticAssignments"):
        where, hard = (*path, "staticAssignments", index), part(one, "hard")
        if not text(one, "clusterName"):
            yield required((*where, "clusterName"))
        yield from _amounts(hard, (*where, "hard"))
        for name, raw in hard.items():
            if name not in overall:
                yield invalid((*where, "hard", name), "is not part of overall")
            amount = _amount(raw)
            assigned[name] += amount.nanos if amount else 0
    for name, raw in overall.items():
        amount = _amount(raw)
        if amount is not None and assigned[name] > max(amount.nanos, 0):
            yield invalid((*path, "overall", name), "is less than what is assigned to clusters")


def _amounts(amounts: Mapping[str, Any], path: Path) -> FieldErrors:
    for name, raw in amounts.items():
        for clause in qualified_name(name):
            yield invalid((*path, name), clause)
        amount = _amount(raw)
        if amount is None or amount.nanos < 0:
            yield invalid((*path, name), "must be a quantity that is not negative")


def _amount(raw: Any) -> Quantity | None:
    try:
        return Quantity.parse(raw)
    except ValueError:
        return None
