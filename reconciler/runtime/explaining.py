"""Explaining: one revision of a fleet repo decided offline with traces, ready for questions.

Places of fields are found by reading the one file again; values of Secrets are masked.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from reconciler.audit.explain import Explaining
from reconciler.audit.explanation import Explanation, Impact, WhyNot
from reconciler.audit.impact import impact_of_file, impact_of_policy
from reconciler.audit.subject import named, parsed
from reconciler.audit.why_not import why_not
from reconciler.cycle.engine import overridden_secrets, secret_values
from reconciler.diff.redact import MASK, SecretValues, is_secret_path, masked
from reconciler.model.diagnostic import Position
from reconciler.model.errors import SettingsInvalid
from reconciler.model.fleet import Fleet, Template
from reconciler.model.identity import ObjectKey
from reconciler.model.mask import MaskNumbers
from reconciler.model.pointers import Pointer
from reconciler.model.policy import PolicyKind, PolicyRef
from reconciler.model.works import FleetWorks
from reconciler.model.world import Outcome
from reconciler.runtime.field_places import places_of
from reconciler.runtime.offline import OfflinePlan, Planner
from reconciler.runtime.repository import FleetRepository


@dataclass(slots=True)
class Explainer:
    """Answers about the newest revision of a repository, or any other."""

    repository: FleetRepository
    head: str = "HEAD"
    _planned: OfflinePlan | None = field(default=None, init=False)

    @property
    def outcome(self) -> Outcome:
        """The revision as the next pass would decide it."""
        if self._planned is None:
            planner = Planner(self.repository, wants_trace=True)
            self._planned = planner.plan(head=self.head)
        return self._planned.head

    def subject(self, text: str, namespace: str) -> ObjectKey:
        """The one template that is meant; raises `SettingsInvalid` for none and for several."""
        try:
            found = named(self.outcome.fleet.templates, text, namespace)
        except ValueError as error:
            raise SettingsInvalid(str(error), hint="write Deployment/web, for example") from None
        if len(found) == 1:
            return found[0]
        if not found:
            raise SettingsInvalid(
                f"the repository has no {text}{f' in {namespace}' if namespace else ''}",
                hint=_close_ones(self.outcome.fleet, text),
            )
        names = ", ".join(str(one) for one in found)
        raise SettingsInvalid(f"{text} means several objects: {names}", hint="name one with -n")

    def explain(
        self, text: str, namespace: str = "", *, cluster: str = "", path: str = ""
    ) -> Explanation:
        """The decision chain of one object."""
        key = self.subject(text, namespace)
        if cluster:
            self._require_cluster(cluster)
        try:
            return self._explaining().explanation(key, cluster=cluster, field=path)
        except ValueError as error:
            raise SettingsInvalid(str(error), hint="write spec.replicas, for example") from None

    def why_not(self, text: str, cluster: str, namespace: str = "") -> WhyNot:
        """Why one object is not on a cluster."""
        return why_not(self.outcome, self.subject(text, namespace), cluster)

    def impact(self, text: str, namespace: str = "") -> tuple[Impact, ...]:
        """What a file of the tree, or a policy by KIND/NAME, touches."""
        if text in self.repository.store.tree(self.outcome.fleet.revision).entries:
            return impact_of_file(self.outcome, text)
        refs = [ref for ref in policies(self.outcome.fleet) if _is_meant(ref, text, namespace)]
        if not refs:
            raise SettingsInvalid(
                f"{text} is neither a file of the repository nor a policy of the fleet",
                hint="write policies/web.yaml or PropagationPolicy/web",
            )
        return tuple(impact_of_policy(self.outcome, ref) for ref in refs)

    def _require_cluster(self, cluster: str) -> None:
        names = [one.name for one in self.outcome.clusters]
        if cluster not in names:
            raise SettingsInvalid(
                f"the fleet has no cluster {cluster}", hint=f"it has {', '.join(names)}"
            )

    def _explaining(self) -> Explaining:
        places = places_of(self.repository, self.outcome.fleet.revision)
        outcome = self.outcome
        overridden = SecretValues.of(overridden_secrets(FleetWorks.of(outcome.works)))
        secrets = secret_values(outcome.fleet) | overridden
        numbers = MaskNumbers(MASK)

        def mask(key: ObjectKey, pointer: Pointer, value: Any) -> Any:
            is_place = bool(pointer) and is_secret_path(pointer, is_of_secret=key.is_secret)
            return numbers.shown(masked(value, secrets, is_secret_place=is_place)[0])

        def place(template: Template, pointer: Pointer) -> Position | None:
            return places.written(template.position, pointer)

        return Explaining(outcome=outcome, mask=mask, place=place, nearest=places.nearest)


def policies(fleet: Fleet) -> Iterable[PolicyRef]:
    """Every policy of a fleet."""
    yield from (policy.ref for policy in fleet.propagation_policies)
    yield from (policy.ref for policy in fleet.override_policies)


def _is_meant(ref: PolicyRef, text: str, namespace: str) -> bool:
    try:
        _, kind, name = parsed(text)
    except ValueError:
        kind, name = "", text
    kinds = {one.lower() for one in PolicyKind} if not kind else {kind.lower()}
    is_kind = ref.kind.lower() in kinds
    return is_kind and ref.name == name and namespace in {"", ref.namespace}


def _close_ones(fleet: Fleet, text: str) -> str:
    _, kind, name = parsed(text)
    same_name = [str(key) for key in fleet.templates if key.name == name]
    same_kind = [str(key) for key in fleet.templates if key.kind.lower() == kind.lower()]
    close = (same_name or same_kind)[:5]
    return f"it has {', '.join(close)}" if close else "list them with `reconciler status`"
