"""The stages behind every write: default, admit, prepare, validate, own, store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reconciler.adapters.simulation import admission, errors, kinds, managed, validation
from reconciler.adapters.simulation.carrying import (
    DEPLOYMENTS,
    SERVER_METADATA,
    carried,
    counted_part,
    finalizer_causes,
    is_due,
    is_same,
)
from reconciler.adapters.simulation.catalogue import Resource
from reconciler.adapters.simulation.conversion import to_version
from reconciler.adapters.simulation.decoding import zero
from reconciler.adapters.simulation.defaulting import with_defaults
from reconciler.adapters.simulation.errors import ApiError, Cause
from reconciler.adapters.simulation.fieldset import FieldSet, parse
from reconciler.adapters.simulation.managed import Rules, Writer
from reconciler.adapters.simulation.places import Manifest, Place, WriteOptions

if TYPE_CHECKING:
    from reconciler.adapters.simulation.cluster import SimulatedCluster

_RESET_STATUS: Final[FieldSet] = parse({"f:status": {}})
# What a write of the status cannot change: of custom resources everything else, of built-in kinds
# the spec, of Deployments the labels too.
_RESET_OTHERS: Final[FieldSet] = parse({"f:spec": {}, "f:metadata": {}})
_RESET_SPEC: Final[FieldSet] = parse({"f:spec": {}})
_RESET_LABELLED: Final[FieldSet] = parse({"f:spec": {}, "f:metadata": {"f:labels": {}}})
_RESET_NOTHING: Final[FieldSet] = {}


class Storing:
    """The stages of one cluster."""

    def __init__(self, cluster: SimulatedCluster) -> None:
        self._cluster = cluster

    def existing(self, place: Place) -> Manifest | None:
        table = self._cluster.store.table(place.resource.key)
        stored = table.objects.get(place.key)
        return None if stored is None else to_version(stored, place.resource)

    def new(
        self,
        place: Place,
        manifest: Manifest,
        options: WriteOptions,
        entries: managed.Owners | None,
    ) -> Manifest:
        """A create, whatever verb asked for it."""
        resource, cluster = place.resource, self._cluster
        metadata = manifest["metadata"]
        for name in (*SERVER_METADATA, "resourceVersion"):
            metadata.pop(name, None)
        sent = manifest
        manifest = self._defaulted(resource, manifest, None)
        if entries is None:
            manifest["metadata"].pop("managedFields", None)
            entries = managed.after_update(
                zero(resource.shape) if resource.custom is None else {"metadata": {}},
                _before_strategy(resource, sent, manifest),
                self.writer(place, options, "Update"),
                cluster.timestamp(),
                self.rules(place),
            )
        self._admit_namespace(place)
        manifest = self._prepared(resource, manifest)
        manifest["metadata"]["uid"] = cluster.new_uid()
        manifest["metadata"]["creationTimestamp"] = cluster.timestamp()
        if resource.custom is not None or kinds.counts_generations(
            resource.key, cluster.features.minor
        ):
            manifest["metadata"]["generation"] = 1
        if admit := admission.ADMIT.get(resource.key):
            manifest = admit(cluster, manifest)
        manifest = cluster.allocate(resource, manifest)
        self._validate(resource, manifest, None)
        manifest = managed.with_owners(manifest, entries)
        if place.key in cluster.store.table(resource.key).objects:
            raise errors.already_exists(resource.plural, resource.group, place.name)
        return manifest if options.dry_run else cluster.put(resource, place.key, manifest)

    def changed(
        self,
        place: Place,
        old: Manifest,
        manifest: Manifest,
        options: WriteOptions,
        entries: managed.Owners | None = None,
    ) -> Manifest:
        """An update, whatever verb asked for it. `manifest` is decoded and addressed."""
        resource, cluster = place.resource, self._cluster
        self._check_preconditions(place, old, manifest)
        sent = manifest
        manifest = carried(place, old, manifest)
        manifest = self._defaulted(resource, manifest, old)
        manifest = cluster.allocate(resource, manifest)
        self._validate(resource, manifest, old)
        if place.subresource != "status":
            self._count_generation(resource, old, manifest)
        if entries is None and not old["metadata"].get("managedFields"):
            entries = {}  # untracked objects stay so until somebody applies (skipNonApplied)
        elif entries is None:
            entries = managed.after_update(
                managed.with_sent_owners(old, sent),
                self._seen_by_owners(sent, manifest),
                self.writer(place, options, "Update"),
                cluster.timestamp(),
                self.rules(place),
            )
            if managed.is_reset(sent):
                entries = {}
        manifest = managed.with_owners(manifest, entries)
        if is_same(old, manifest):
            return old
        metadata = manifest["metadata"]
        if (
            metadata.get("deletionTimestamp")
            and not metadata.get("finalizers")
            and is_due(manifest)
        ):
            return self._finished(place, old, manifest, options)
        return manifest if options.dry_run else cluster.put(resource, place.key, manifest)

    def rules(self, place: Place) -> Rules:
        reset = _RESET_NOTHING
        resource = place.resource
        if self._cluster.features.subresource_entries:
            if place.subresource == "status":
                reset = _status_reset(resource)
            elif "status" in resource.subresources:
                reset = _RESET_STATUS
        return Rules(
            shape=resource.shape,
            reset=reset,
            interleave=self._cluster.features.interleaves_lists,
            owns_empty=self._cluster.features.owns_empty_maps,
        )

    def writer(self, place: Place, options: WriteOptions, operation: str) -> Writer:
        named = self._cluster.features.subresource_entries
        return Writer(
            manager=options.manager,
            operation=operation,
            api_version=place.resource.api_version,
            subresource=place.subresource if named else "",
        )

    def _defaulted(self, resource: Resource, manifest: Manifest, old: Manifest | None) -> Manifest:
        if resource.custom is not None:
            result: Manifest = resource.custom.default(manifest)
        else:
            result = with_defaults(manifest, self._cluster.features.minor)
            if complete := admission.COMPLETE.get(resource.key):
                result = complete(result, old)
        return {**result, "metadata": dict(result["metadata"])}

    def _prepared(self, resource: Resource, manifest: Manifest) -> Manifest:
        """Clients do not set the status of a new object."""
        if resource.custom is not None:
            if resource.custom.has_status:
                manifest.pop("status", None)
            return manifest
        fresh = kinds.NEW_STATUS.get(resource.key)
        if fresh is not None:
            return fresh(manifest)
        if "status" in resource.subresources:
            return {**manifest, "status": {}}
        return manifest

    def _admit_namespace(self, place: Place) -> None:
        """Source: plugin/namespace/lifecycle."""
        if not place.resource.namespaced:
            return
        namespace = self._cluster.store.table(("", "namespaces")).objects.get(("", place.namespace))
        if namespace is None:
            raise errors.not_found("namespaces", "", place.namespace)
        if namespace["metadata"].get("deletionTimestamp"):
            resource = place.resource
            error = errors.forbidden(
                resource.plural,
                resource.group,
                place.name,
                f"unable to create new content in namespace {place.namespace} because it is being "
                "terminated",
            )
            cause = Cause(
                reason="NamespaceTerminating",
                message=f"namespace {place.namespace} is being terminated",
                field="metadata.namespace",
            )
            raise ApiError(
                403,
                error.reason,
                error.message,
                {**(error.details or {}), "causes": [cause.as_dict()]},
            )

    def _validate(self, resource: Resource, manifest: Manifest, old: Manifest | None) -> None:
        """Raises ApiError 422."""
        causes: list[Cause] = []
        metadata = manifest["metadata"]
        if not metadata.get("name"):
            causes.append(validation.required("metadata.name", "name or generateName is required"))
        else:
            causes.extend(validation.metadata_causes(manifest, resource.key))
        if resource.custom is not None:
            causes.extend(resource.custom.causes(manifest))
        elif check := validation.CHECKS.get(resource.key):
            causes.extend(check(manifest))
        if old is not None:
            causes.extend(finalizer_causes(old, manifest))
            if resource.custom is None:
                causes.extend(validation.change_causes(old, manifest, resource.key))
        if causes:
            raise errors.invalid(resource.kind, resource.group, metadata.get("name", ""), causes)

    def _finished(
        self, place: Place, old: Manifest, manifest: Manifest, options: WriteOptions
    ) -> Manifest:
        """The last finalizer is gone, and so is the object; its revision stays what it was."""
        last = {
            **manifest,
            "metadata": {
                **manifest["metadata"],
                "resourceVersion": old["metadata"]["resourceVersion"],
            },
        }
        if not options.dry_run:
            self._cluster.remove(place.resource, place.key)
        return last

    def _seen_by_owners(self, sent: Manifest, carried: Manifest) -> Manifest:
        """What ownership is decided on: before 1.22 the object as sent, whatever is kept of it."""
        if self._cluster.features.subresource_entries:
            return carried
        defaulted = with_defaults(sent, self._cluster.features.minor)
        return {**defaulted, "metadata": carried["metadata"]}

    def _check_preconditions(self, place: Place, old: Manifest, manifest: Manifest) -> None:
        resource = place.resource
        sent, current = manifest["metadata"], old["metadata"]
        if sent.get("uid") and sent["uid"] != current["uid"]:
            raise errors.conflict(
                resource.plural,
                resource.group,
                place.name,
                f"Precondition failed: UID in precondition: {sent['uid']}, UID in object meta: "
                f"{current['uid']}",
            )
        if sent.get("resourceVersion") not in (None, "", "0", current["resourceVersion"]):
            raise errors.conflict(resource.plural, resource.group, place.name, errors.STALE)

    def _count_generation(self, resource: Resource, old: Manifest, manifest: Manifest) -> None:
        generation = old["metadata"].get("generation")
        if generation is None:
            return
        counts = resource.custom is not None or kinds.counts_generations(
            resource.key, self._cluster.features.minor
        )
        if counts and counted_part(old, resource) != counted_part(manifest, resource):
            manifest["metadata"]["generation"] = generation + 1


def _before_strategy(resource: Resource, sent: Manifest, defaulted: Manifest) -> Manifest:
    """A new object as it is when ownership is decided: before storage adds its part.

    The finalizer of a new namespace is the server's: nobody owns it.
    """
    status = kinds.DEFAULT_STATUS.get(resource.key)
    if status is not None:
        defaulted = status(defaulted)
    if resource.key != ("", "namespaces"):
        return defaulted
    return {**defaulted, "spec": sent.get("spec") or {}}


def _status_reset(resource: Resource) -> FieldSet:
    if resource.custom is not None:
        return _RESET_OTHERS
    return _RESET_LABELLED if resource.key == DEPLOYMENTS else _RESET_SPEC
