"""The report of a pass: every template over all its members, from what was decided and what was
observed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.interpret.chain import Interpreter
from reconciler.model.identity import ObjectKey
from reconciler.model.report import FleetReport, MemberStatus, TemplateStatus
from reconciler.model.world import Observed, Outcome
from reconciler.status.aggregate import aggregated
from reconciler.status.collect import collected, dated, missing, silent


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a pass has seen: objects by cluster (None: unreadable), and what failed to apply, said
    in a sentence.
    """

    observed: Mapping[str, Observed | None]
    failures: Mapping[tuple[str, ObjectKey], str] = field(default_factory=dict)


def fleet_report(
    outcome: Outcome,
    evidence: Evidence,
    before: Mapping[ObjectKey, TemplateStatus],
    interpreter: Interpreter,
    now: str,
) -> FleetReport:
    """The report of one pass; `before` is the last one, `now` RFC 3339."""
    expected = _expected(outcome)
    keys = sorted(expected.keys() | outcome.placed.keys())
    judge = _Judge(outcome, evidence, interpreter, now)
    templates = {key: judge.template(key, expected.get(key, ()), before.get(key)) for key in keys}
    hold = outcome.plan.hold
    return FleetReport(
        source_commit=outcome.fleet.revision,
        templates=templates,
        frozen_clusters=dict(outcome.frozen_clusters),
        holds=(hold.digest,) if hold else (),
        problems=tuple(str(one) for one in outcome.diagnostics),
    )


def _expected(outcome: Outcome) -> dict[ObjectKey, list[str]]:
    clusters: dict[ObjectKey, list[str]] = {}
    for cluster in sorted(outcome.works):
        for key in outcome.works[cluster]:
            clusters.setdefault(key, []).append(cluster)
    return clusters


@dataclass(frozen=True, slots=True)
class _Judge:
    outcome: Outcome
    evidence: Evidence
    interpreter: Interpreter
    now: str

    def template(
        self, key: ObjectKey, clusters: list[str] | tuple[str, ...], before: TemplateStatus | None
    ) -> TemplateStatus:
        """One template over the clusters that should have it."""
        last = {one.cluster: one for one in before.members} if before else {}
        members = tuple(
            dated(self._member(name, key, last.get(name)), last.get(name), self.now)
            for name in clusters
        )
        placed = self.outcome.placed.get(key)
        return TemplateStatus(
            key=key,
            api_version=self._api_version(key, before),
            members=members,
            expected=len(clusters),
            status=self._aggregated(key, members, before),
            scheduled_reason=str(placed.decision.reason) if placed else "",
            scheduled_message=placed.decision.message if placed else "",
            source_commit=self.outcome.fleet.revision,
        )

    def _member(self, cluster: str, key: ObjectKey, last: MemberStatus | None) -> MemberStatus:
        observed = self.evidence.observed.get(cluster)
        if observed is None:
            reason = self.outcome.frozen_clusters.get(cluster, "the member was not asked")
            return silent(cluster, reason, last)
        failure = self.evidence.failures.get((cluster, key), "")
        body = observed.objects.get(key)
        if failure or body is None:
            return missing(cluster, failure or "not applied yet")
        return collected(cluster, body, self.interpreter)

    def _aggregated(
        self, key: ObjectKey, members: tuple[MemberStatus, ...], before: TemplateStatus | None
    ) -> object:
        template = self.outcome.fleet.templates.get(key)
        last = before.status if before else None
        if template is None:
            return last
        state = self.outcome.state.bindings.get(key)
        generation = state.generation if state else 0
        body = template.manifest.body
        return aggregated(body, generation, last, members, self.interpreter)

    def _api_version(self, key: ObjectKey, before: TemplateStatus | None) -> str:
        template = self.outcome.fleet.templates.get(key)
        if template is not None:
            return template.manifest.api_version
        return before.api_version if before else ""
