"""Files of works branches: what changed since a commit is what all files would say."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.config import FleetConfig, WriteBack
from reconciler.model.identity import ObjectKey
from reconciler.model.work import Body
from reconciler.model.works import FleetWorks, ObjectWorks, WorkClass, WorkOrigin
from reconciler.runtime.works_files import WorksFiles

CLUSTERS = ("eu", "us")
#: The two that differ only in case share a path that tells them apart.
NAMES = ("web", "Web", "db")
CONTENT = st.one_of(st.none(), st.integers(0, 2))
FLEETS = st.dictionaries(
    st.tuples(st.sampled_from(["ConfigMap", "Secret"]), st.sampled_from(NAMES)),
    st.fixed_dictionaries(dict.fromkeys(CLUSTERS, CONTENT)),
)
PLAIN = FleetConfig(write_back=WriteBack(works="all", secrets="plain"))
WITHHELD = FleetConfig(write_back=WriteBack(works="all"))


def works(fleet: dict[tuple[str, str], dict[str, int | None]]) -> FleetWorks:
    """Objects with a number for each cluster that has them."""
    objects = {}
    for (kind, name), numbers in sorted(fleet.items()):
        key = ObjectKey("", kind, "shop", name)
        classes = {
            cluster: a_class(key, number)
            for cluster, number in numbers.items()
            if number is not None
        }
        if classes:
            objects[key] = ObjectWorks(classes)
    return FleetWorks(objects)


def a_class(key: ObjectKey, number: int) -> WorkClass:
    """What a cluster gets."""
    text = b'{"kind":"%s","metadata":{"name":"%s"},"data":{"n":"%d"}}' % (
        key.kind.encode(),
        key.name.encode(),
        number,
    )
    return WorkClass(
        origin=WorkOrigin(key=key, name=key.name),
        body=Body(digest=text.hex(), pieces=(text,), slots=()),
        api_version="v1",
        conflict_resolution="abort",
    )


@given(st.lists(st.tuples(FLEETS, st.booleans()), min_size=2, max_size=4))
def test_changes_lead_to_all_files(
    steps: list[tuple[dict[tuple[str, str], dict[str, int | None]], bool]],
) -> None:
    files = WorksFiles()
    there: dict[str, dict[str, bytes]] = {cluster: {} for cluster in CLUSTERS}
    for number, (fleet, is_plain) in enumerate(steps):
        rendered, config = works(fleet), PLAIN if is_plain else WITHHELD
        for cluster in CLUSTERS:
            of_cluster = rendered.of_cluster(cluster)
            every = WorksFiles().all(of_cluster, config).files
            changes = files.changes(cluster, of_cluster, config, f"r{number}")
            if changes is None:
                changes = files.all(of_cluster, config)
                there[cluster] = {}
            for path, content in changes.files.items():
                assert there[cluster].get(path) != content, "only what changed is written"
                there[cluster].pop(path, None)
                if content is not None:
                    there[cluster][path] = content
            assert there[cluster] == every
            files.remember(cluster, changes, f"r{number + 1}")
