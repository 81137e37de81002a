"""Creating, updating, patching and deleting: one object through the stages of the API server.

Order of the stages: decode, address, default, admit (namespace), prepare (status, generation),
validate, own (managedFields), store. Source: apiserver endpoints/handlers and registry/generic.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from reconciler.adapters.simulation import errors, kinds, managed, scale, validation
from reconciler.adapters.simulation.carrying import without_metadata
from reconciler.adapters.simulation.catalogue import Resource
from reconciler.adapters.simulation.features import Features
from reconciler.adapters.simulation.intake import Intake, blank, configuration
from reconciler.adapters.simulation.patches import (
    json_patch,
    merge_patch,
    strategic_patch,
    unprocessable,
)
from reconciler.adapters.simulation.places import Manifest, Outcome, Place, WriteOptions
from reconciler.adapters.simulation.storing import Storing

if TYPE_CHECKING:
    from reconciler.adapters.simulation.cluster import SimulatedCluster

JSON_PATCH: Final = "application/json-patch+json"
MERGE_PATCH: Final = "application/merge-patch+json"
STRATEGIC_PATCH: Final = "application/strategic-merge-patch+json"
APPLY_PATCH: Final = "application/apply-patch+yaml"
_UNCHANGED_LIMIT: Final = 20_000
_NAME_ALPHABET: Final = "bcdfghjklmnpqrstvwxz2456789"


class Writes:
    """The write verbs of one cluster."""

    def __init__(self, cluster: SimulatedCluster) -> None:
        self._cluster = cluster
        self._intake = Intake(cluster)
        self._storing = Storing(cluster)
        self._unchanged: dict[tuple[Any, ...], tuple[Manifest, Any]] = {}

    def create(self, place: Place, body: Any, options: WriteOptions) -> Outcome:
        """POST to a collection."""
        resource = place.resource
        manifest, warnings = self._intake.decoded(resource, body, options)
        manifest = self._intake.addressed(place, manifest)
        metadata = manifest["metadata"]
        if metadata.get("resourceVersion"):
            raise errors.bad_request("resourceVersion should not be set on objects to be created")
        if not metadata.get("name") and metadata.get("generateName"):
            metadata["name"] = self._generated(metadata["generateName"])
        place = replace(place, name=metadata.get("name", ""))
        stored = self._storing.new(place, manifest, options, None)
        return Outcome(stored, created=True, warnings=warnings)

    def update(self, place: Place, body: Any, options: WriteOptions) -> Outcome:
        """PUT of an object or of its subresource."""
        resource = place.resource
        manifest, warnings = self._intake.decoded(resource, body, options)
        manifest = self._intake.addressed(place, manifest)
        name = manifest["metadata"].get("name", "")
        if name != place.name:
            raise errors.bad_request(
                f"the name of the object ({name}) does not match the name on the URL ({place.name})"
            )
        old = self._storing.existing(place)
        if old is None:
            creates = kinds.is_created_by_put(resource.key, self._cluster.features.minor)
            if not creates or place.subresource:
                raise errors.not_found(resource.plural, resource.group, place.name)
            manifest["metadata"].pop("resourceVersion", None)
            manifest["metadata"].pop("uid", None)
            stored = self._storing.new(place, manifest, options, None)
            return Outcome(stored, created=True, warnings=warnings)
        if not manifest["metadata"].get("resourceVersion") and self._is_conditional(resource):
            cause = validation.bad_value(
                "metadata.resourceVersion", 0, "must be specified for an update"
            )
            raise errors.invalid(resource.kind, resource.group, place.name, [cause])
        stored = self._storing.changed(place, old, manifest, options)
        return Outcome(stored, warnings=warnings)

    def patch(self, place: Place, patch: Any, media: str, options: WriteOptions) -> Outcome:
        """PATCH in any of the four languages."""
        if media == APPLY_PATCH:
            return self._apply(place, patch, options)
        resource = place.resource
        if media == STRATEGIC_PATCH and resource.custom is not None:
            raise errors.unsupported_media_type((JSON_PATCH, MERGE_PATCH, APPLY_PATCH))
        old = self._storing.existing(place)
        if old is None:
            raise errors.not_found(resource.plural, resource.group, place.name)
        if place.subresource == "scale":
            seen = scale.of(old, resource)
            patched = _patched(seen, patch, media, resource, self._cluster.features)
            return Outcome(self.scale(place, patched, options))
        patched = _patched(old, patch, media, resource, self._cluster.features)
        manifest, warnings = self._intake.decoded_patch(place, patched, options)
        manifest = self._intake.addressed(place, manifest)
        self._intake.check_name(place, manifest)
        if manifest["metadata"].get("uid", old["metadata"]["uid"]) != old["metadata"]["uid"]:
            cause = validation.bad_value(
                "metadata.uid", manifest["metadata"]["uid"], "field is immutable"
            )
            raise errors.invalid(resource.kind, resource.group, place.name, [cause])
        return Outcome(self._storing.changed(place, old, manifest, options), warnings=warnings)

    def scale(self, place: Place, body: Any, options: WriteOptions) -> Manifest:
        """PUT of the scale subresource: the Scale after it."""
        resource = place.resource
        old = self._storing.existing(place)
        if old is None:
            raise errors.not_found(resource.plural, resource.group, place.name)
        replicas = ((body or {}).get("spec") or {}).get("replicas", 0)
        if not isinstance(replicas, int) or isinstance(replicas, bool):
            raise errors.bad_request(
                "json: cannot unmarshal into Go struct field ScaleSpec.replicas"
            )
        if replicas < 0:
            cause = validation.bad_value(
                "spec.replicas", replicas, "must be greater than or equal to 0"
            )
            raise errors.invalid("Scale", "autoscaling", place.name, [cause])
        manifest = scale.scaled(old, resource, replicas)
        sent = (body.get("metadata") or {}).get("resourceVersion")
        metadata = {**manifest["metadata"]}
        if sent:
            metadata["resourceVersion"] = sent
        entries = None if self._cluster.features.subresource_entries else managed.owners(old)
        stored = self._storing.changed(
            place, old, {**manifest, "metadata": metadata}, options, entries
        )
        return scale.of(stored, resource)

    def write_directly(self, place: Place, manifest: Manifest, options: WriteOptions) -> None:
        """A controller's update: on top of whatever is stored now."""
        old = self._storing.existing(place)
        if old is not None:
            fresh = without_metadata(manifest, "resourceVersion", "managedFields")
            self._storing.changed(place, old, fresh, options)

    def _apply(self, place: Place, patch: Any, options: WriteOptions) -> Outcome:
        resource = place.resource
        old = self._storing.existing(place)
        subject = (place.resource.api_version, place.resource.plural, place.key, place.subresource)
        noted = self._unchanged.get((*subject, options.manager))
        if noted is not None and noted[0] is old and noted[1] == patch:
            return Outcome(noted[0])
        config = configuration(place, patch)
        live = old or blank(resource, place)
        writer = self._storing.writer(place, options, "Apply")
        sent = config["metadata"].get("resourceVersion")
        if old is not None and sent and sent != old["metadata"]["resourceVersion"]:
            raise errors.conflict(resource.plural, resource.group, place.name, errors.STALE)
        checked = without_metadata(config, "resourceVersion", "uid")
        merged, entries = managed.apply(
            live,
            checked,
            writer,
            self._cluster.timestamp(),
            self._storing.rules(place),
            force=options.force,
            subject=f" ({place.namespace}/{place.name}; {resource.api_version}, {resource.kind})",
        )
        warnings: tuple[str, ...] = ()
        manifest, warnings = self._intake.decoded(
            resource, merged, replace(options, field_validation="Ignore")
        )
        manifest = self._intake.addressed(place, manifest)
        if old is None:
            if place.subresource:
                raise errors.not_found(resource.plural, resource.group, place.name)
            stored = self._storing.new(place, manifest, options, entries)
            return Outcome(stored, created=True, warnings=warnings)
        self._intake.check_name(place, manifest)
        stored = self._storing.changed(place, old, manifest, options, entries)
        if stored is old:
            self._note_unchanged((*subject, options.manager), old, patch)
        return Outcome(stored, warnings=warnings)

    def _note_unchanged(self, subject: tuple[Any, ...], stored: Manifest, patch: Any) -> None:
        """The same configuration on the same object will change nothing again."""
        if len(self._unchanged) >= _UNCHANGED_LIMIT:
            self._unchanged.clear()
        self._unchanged[subject] = (stored, patch)

    def _generated(self, prefix: str) -> str:
        random = self._cluster.random
        return prefix + "".join(random.choice(_NAME_ALPHABET) for _ in range(5))

    def _is_conditional(self, resource: Resource) -> bool:
        return resource.custom is not None or resource.key in kinds.CONDITIONAL_PUT


def _patched(
    target: Manifest, patch: Any, media: str, resource: Resource, features: Features
) -> Manifest:
    if media == JSON_PATCH:
        return json_patch(target, patch)
    if not isinstance(patch, dict):
        raise unprocessable()
    if media == MERGE_PATCH:
        result: Manifest = merge_patch(target, patch)
        return result
    keeps = not features.strategic_drops_nulls
    merged: Manifest = strategic_patch(target, patch, resource.shape, keeps_nulls=keeps)
    return merged
