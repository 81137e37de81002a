"""Chaos: a fleet, a Git host and a hub to which everything happens, drawn from one seed.

The fleet is simple enough to know at every moment what each member should hold: apps of one
ConfigMap and one Deployment each, placed by name. What was deleted on members is noted with the
moment, and told apart from what the tormentor deleted itself.
"""

from __future__ import annotations

import os
import random
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import yaml
from aiohttp import web

from reconciler.adapters.simulation import Faults, SimulatedCluster
from reconciler.adapters.simulation.errors import ApiError
from reconciler.adapters.simulation.faults import HEALTHY
from tests.githttp import GitServer, serving
from tests.stories.chaoshub import START
from tests.stories.chaosrecord import AuditedFleet, Deletion, Place, Record
from tests.stories.fleetbench import config_map, deployment, policy
from tests.stories.servicebench import CONFIG, RunningHub, SourceRepo, eventually

NAMESPACE: Final = "shop"
GUARDS: Final = """\
guards:
  perCluster: {count: 100000, percent: 100}
  perFleet: {count: 100000, percent: 100}
"""
HOOK: Final = """\
#!/bin/sh
[ ! -e reject ] || { echo "not today" >&2; exit 1; }
"""
FAULTS: Final = (
    Faults(partition=True),
    Faults(latency_seconds=0.3, jitter_seconds=0.5),
    Faults(drop_probability=0.3),
    Faults(partial_probability=0.3),
    Faults(garbage_probability=0.3),
    Faults(status=500, status_probability=0.4),
    Faults(status=429, status_probability=0.4),
    Faults(status=503),
    Faults(stale_watch=True),
    Faults(silent_watch=True),
    Faults(slow_loris=True),
    Faults(storage_full=True),
    Faults(expired_certificate=True),
)
#: How the record of each kind of trouble begins: a run without one of them proves nothing.
TROUBLES: Final = (
    "kill hub",
    "stop hub",
    "the host is down",
    "the host refuses pushes",
    "race on the host",
    "spoil",
    "restart",
    "delete",
    "edit",
)
#: The hub's log lines told of a wrong deletion: so many simulated seconds before it and after.
AROUND: Final = (20.0, 5.0)


@dataclass(slots=True)
class HostedRepos(GitServer):
    """A Git host that is down from time to time."""

    is_down: bool = False

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if self.is_down:
            return web.Response(status=503, text="down")
        return await GitServer.answer(self, request)


@dataclass(slots=True)
class App:
    """One app as the last commit has it."""

    name: str
    value: int
    clusters: list[str]
    former: list[str] = field(default_factory=list)
    is_broken: bool = False


@dataclass
class Chaos:
    """One run. `factor`: simulated seconds in a real one."""

    folder: Path
    seed: int
    members: int = 20
    apps: int = 8
    seconds: float = 600.0
    factor: float = 10.0
    record: Record = field(init=False)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)  # noqa: S311 - a seed that can be told
        self.bare = self.folder / "host" / "fleet.git"
        self.record = Record(self.factor, self.bare / "refs/heads/reconciler/state")
        self.fleet = AuditedFleet(self.members, self.record.moment)
        self.names = sorted(self.fleet.clusters)
        self.state: dict[str, App] = {}
        self.numbers = 0
        self.tips: list[str] = []
        self._sources: dict[str, str] = {}
        self._faults: list[Faults] = []
        self._outages: dict[Callable[[], None], float] = {}

    # ---- the run

    def run(self) -> None:
        """Everything, and the verdict."""
        for cluster in self.fleet:
            self.record.follow(cluster)
        endpoints = self.fleet.start()
        try:
            with self._hosted() as host:
                self.host = host
                self.source = SourceRepo(self.folder, endpoints)
                self.hub = self._hub()
                try:
                    self._begin()
                    self._torment()
                    self._calm()
                    self._judge()
                finally:
                    self.hub.kill()
        finally:
            self.fleet.stop()

    @contextmanager
    def _hosted(self) -> Iterator[HostedRepos]:
        self.bare.mkdir(parents=True)
        self._bare("init", "-q", "--bare", "-b", "main")
        self._bare("config", "http.receivepack", "true")
        self._bare("config", "gc.auto", "0")
        hook = self.bare / "hooks" / "pre-receive"
        hook.write_text(HOOK)
        hook.chmod(0o755)
        host = HostedRepos(self.bare.parent)
        with serving(host):
            yield host

    def _begin(self) -> None:
        self.source.git("remote", "add", "origin", str(self.bare))
        self.source.write("reconciler.yaml", CONFIG + GUARDS)
        for _ in range(self.apps):
            self._add_app()
        self.last = self._commit("begin")
        self._start_hub()
        self._come_to_rest()

    def _hub(self) -> RunningHub:
        return RunningHub(
            self.source,
            environment={
                "CHAOS_FACTOR": str(self.factor),
                "CHAOS_BEGAN": str(self.record.began),
                "PYTHONPATH": str(Path(__file__).parents[2]),
            },
            module="tests.stories.chaoshub",
            repo=self.host.url("fleet.git"),
        )

    def _torment(self) -> None:
        """Deeds from a deck that has each of them, so that none is left to chance."""
        deck: list[Callable[[], None]] = []
        self.ends = self.record.moment() + self.seconds
        while self.record.moment() < self.ends or self._is_too_easy():
            deck = deck or self._deck()
            deck.pop()()
            self._host_recovers()
            time.sleep(self.dice.uniform(0.2, 4.0) / self.factor)

    def _is_too_easy(self) -> bool:
        """Whether something never came up, and there is still time for it."""
        return (
            bool(self.record.missing(TROUBLES)) and self.record.moment() < self.ends + self.seconds
        )

    def _deck(self) -> list[Callable[[], None]]:
        deeds: list[tuple[int, Callable[[], None]]] = [
            (7, self._change_app),
            (6, self._move_app),
            (5, self._move_back),
            (2, self._add_app),
            (2, self._remove_app),
            (2, self._break_app),
            (5, self._delete_by_hand),
            (5, self._edit_by_hand),
            (12, self._spoil_member),
            (5, self._restart_member),
            (3, self._kill_hub),
            (1, self._stop_hub),
            (2, self._host_down),
            (2, self._host_rejects),
            (4, self._race),
        ]
        deck = [deed for count, deed in deeds for _ in range(count)]
        self.dice.shuffle(deck)
        return deck

    def _calm(self) -> None:
        """Everything works again; the fleet comes to rest at the last commit."""
        for cluster in self.fleet:
            cluster.faults = HEALTHY
        self._host_recovers(at_once=True)
        for app in self.state.values():
            app.is_broken = False
            self._write(app)
        self.last = self._commit("calm")
        if self.hub.process is None or self.hub.process.poll() is not None:
            self._start_hub()

    # ---- Git

    def _bare(self, *arguments: str) -> str:
        return subprocess.run(
            ["git", "-C", str(self.bare), *arguments],
            check=True,
            capture_output=True,
            text=True,
            env={
                **os.environ,
                "GIT_AUTHOR_NAME": "r",
                "GIT_AUTHOR_EMAIL": "r@r",
                "GIT_COMMITTER_NAME": "r",
                "GIT_COMMITTER_EMAIL": "r@r",
            },
        ).stdout.strip()

    def _commit(self, message: str) -> str:
        commit = self.source.commit(message)
        # Noted first: who fetches it may act on it before the push comes back.
        self.record.pushed(commit, message, self._wanted())
        # Straight into the bare repository, as if pushed from elsewhere while the host is down.
        self._bare("fetch", "-q", str(self.source.repo), "+main:main")
        with suppress(subprocess.CalledProcessError):
            tip = self._bare("rev-parse", "--verify", "-q", "refs/heads/reconciler/state")
            self.tips.append(tip)
        return commit

    def _wanted(self) -> set[Place]:
        return {
            (cluster, kind, app.name)
            for app in self.state.values()
            for cluster in app.clusters
            for kind in ("ConfigMap", "Deployment")
        }

    def _write(self, app: App) -> None:
        value = str(app.value)
        if app.is_broken:
            self.source.write(f"apps/{app.name}.yaml", "kind: [unclosed\n")
            return
        placement = {"clusterAffinity": {"clusterNames": app.clusters}}
        selectors = [
            {"apiVersion": version, "kind": kind, "name": app.name}
            for version, kind in (("v1", "ConfigMap"), ("apps/v1", "Deployment"))
        ]
        self.source.documents(
            f"apps/{app.name}.yaml",
            config_map(app.name, value=value),
            deployment(app.name, image=f"shop/{app.name}:{value}"),
            policy(app.name, placement=placement, resourceSelectors=selectors),
        )

    def _some_app(self) -> App | None:
        whole = [app for app in self.state.values() if not app.is_broken]
        return self.dice.choice(whole) if whole else None

    def _add_app(self) -> None:
        self.numbers += 1
        app = App(f"app-{self.numbers}", 0, self._some_clusters())
        self.state[app.name] = app
        self._write(app)
        if self.record.commits:
            self._commit(f"add {app.name}")

    def _some_clusters(self) -> list[str]:
        return sorted(self.dice.sample(self.names, self.dice.randint(3, self.members)))

    def _change_app(self) -> None:
        app = self._some_app()
        if app is not None:
            app.value += 1
            self._write(app)
            self._commit(f"change {app.name}")

    def _move_app(self) -> None:
        app = self._some_app()
        if app is not None:
            app.former, app.clusters = app.clusters, self._some_clusters()
            self._write(app)
            self._commit(f"move {app.name}")

    def _move_back(self) -> None:
        """Revert a move: what it left may be wanted again before anybody could delete it."""
        moved = [app for app in self.state.values() if app.former and not app.is_broken]
        if not moved:
            self._move_app()
            return
        app = self.dice.choice(moved)
        app.former, app.clusters = [], app.former
        self._write(app)
        self._commit(f"move back {app.name}")

    def _remove_app(self) -> None:
        app = self._some_app()
        if app is not None and len(self.state) > 3:
            del self.state[app.name]
            self.source.remove(f"apps/{app.name}.yaml")
            self._commit(f"remove {app.name}")

    def _break_app(self) -> None:
        """A file that cannot be read any more keeps everything it held; or it is mended."""
        broken = [app for app in self.state.values() if app.is_broken]
        app = self.dice.choice(broken) if broken else self._some_app()
        if app is not None:
            app.is_broken = not app.is_broken
            self._write(app)
            self._commit(f"break or mend {app.name}")

    def _host_down(self) -> None:
        self.host.is_down = True
        self._outages[self._host_up] = self.record.moment() + self.dice.uniform(5, 60)
        self.record.did("the host is down")

    def _host_rejects(self) -> None:
        (self.bare / "reject").touch()
        self._outages[self._host_takes] = self.record.moment() + self.dice.uniform(5, 60)
        self.record.did("the host refuses pushes")

    def _host_recovers(self, *, at_once: bool = False) -> None:
        """End the outages that are over."""
        now = self.record.moment()
        for mend in [mend for mend, at in self._outages.items() if at_once or at <= now]:
            del self._outages[mend]
            mend()

    def _host_up(self) -> None:
        self.host.is_down = False
        self.record.did("the host is up again")

    def _host_takes(self) -> None:
        (self.bare / "reject").unlink()
        self.record.did("the host takes pushes again")

    def _race(self) -> None:
        """Somebody else's commit on one of our branches, which changes no file."""
        branch = self.dice.choice(["reconciler/state", "reconciler/status"])
        with suppress(subprocess.CalledProcessError):
            tip = self._bare("rev-parse", "--verify", "-q", f"refs/heads/{branch}")
            new = self._bare("commit-tree", f"{tip}^{{tree}}", "-p", tip, "-m", "race")
            self._bare("update-ref", f"refs/heads/{branch}", new, tip)
            self.record.did(f"race on the host for {branch}")

    # ---- members

    def _member(self) -> SimulatedCluster:
        return self.fleet[self.dice.choice(self.names)]

    def _held(self) -> tuple[SimulatedCluster, str] | None:
        """A member and an app that it holds; None where that cannot be had at once."""
        for name in self.dice.sample(self.names, len(self.names)):
            held = _apps(self.fleet[name].list("v1", "ConfigMap", NAMESPACE))
            if held:
                return self.fleet[name], self.dice.choice(sorted(held))
        return None

    def _delete_by_hand(self) -> None:
        found = self._held()
        if found is None:
            return
        member, name = found
        kind = self.dice.choice([("v1", "ConfigMap"), ("apps/v1", "Deployment")])
        with suppress(ApiError):  # the hub may have been faster
            member.delete(*kind, name, NAMESPACE)
            self.record.did(f"delete {kind[1]} {name} on {member.name} by hand")

    def _edit_by_hand(self) -> None:
        found = self._held()
        if found is None:
            return
        member, name = found
        patch = {"data": {"value": "drifted"}}
        with suppress(ApiError):
            member.patch("v1", "ConfigMap", name, patch, namespace=NAMESPACE)
            self.record.did(f"edit ConfigMap {name} on {member.name} by hand")

    def _spoil_member(self) -> None:
        member = self._member()
        if not member.faults.is_healthy:
            member.faults = HEALTHY
            self.record.did(f"mend {member.name} again")
            return
        if not self._faults:
            self._faults = self.dice.sample(FAULTS, len(FAULTS))
        member.faults = self._faults.pop()
        self.record.did(f"spoil {member.name} with {_named(member.faults)}")

    def _restart_member(self) -> None:
        member = self._member()
        self.record.did(f"restart {member.name} with its data")
        member.restart()

    # ---- the hub

    def _start_hub(self) -> None:
        self.fleet.term += 1
        self.record.did(f"start hub {self.fleet.term}")
        self.hub.start()

    def _kill_hub(self) -> None:
        self.record.did("kill hub")
        self.hub.kill()
        time.sleep(self.dice.uniform(0, 2) / self.factor)
        self._start_hub()

    def _stop_hub(self) -> None:
        self.record.did("stop hub")
        if self.hub.process is not None and self.hub.process.poll() is None:
            self.hub.stop(30)
        self._start_hub()

    # ---- the verdict

    def _judge(self) -> None:
        self._come_to_rest()
        missing = self.record.missing(TROUBLES)
        assert not missing, f"this never came up: {missing}"
        assert self.record.deletions, "nothing was ever deleted"
        wrong = self.record.wrongly_deleted(self._acted_on)
        assert not wrong, self._explained(wrong)
        assert self.fleet.writers == sorted(self.fleet.writers), "two hubs wrote at a time"
        assert self.hub.stop() == 0
        self._bare("fsck", "--strict", "--no-dangling")
        for tip in self.tips:
            self._bare("merge-base", "--is-ancestor", tip, "refs/heads/reconciler/state")

    def _come_to_rest(self) -> None:
        try:
            eventually(self._is_at_rest, seconds=240)
        except AssertionError:
            raise AssertionError("\n".join(self._unrest())) from None

    def _unrest(self) -> Iterator[str]:
        """What differs in the end, what was done to that member, and what the hub says of it."""
        yield f"seed {self.seed}: {self.difference}"
        yield from self.record.near(self.difference.split()[0], self.record.moment(), 600.0)
        lines = [line for line in self.hub.lines() if _is_about(line, self.difference.split()[0])]
        yield from map(str, lines[-60:])

    def _is_at_rest(self) -> bool:
        self.difference = self._first_difference()
        return not self.difference

    def _first_difference(self) -> str:
        for cluster in self.fleet:
            wanted = {app.name: app for app in self.state.values() if cluster.name in app.clusters}
            maps = _apps(cluster.list("v1", "ConfigMap", NAMESPACE))
            running = _apps(cluster.list("apps/v1", "Deployment", NAMESPACE))
            if maps.keys() != wanted.keys() or running.keys() != wanted.keys():
                differ = {*maps, *running, *wanted} - (maps.keys() & running.keys() & wanted.keys())
                return f"{cluster.name} has other apps: {sorted(differ)}"
            for name, app in wanted.items():
                image = running[name]["spec"]["template"]["spec"]["containers"][0]["image"]
                if maps[name]["data"] != {"value": str(app.value)}:
                    return f"{cluster.name} has another ConfigMap {name}"
                if image != f"shop/{name}:{app.value}":
                    return f"{cluster.name} has another Deployment {name}"
        return self._unrecorded()

    def _unrecorded(self) -> str:
        try:
            cursor = self._bare("show", "reconciler/state:cursor.yaml")
            summary = self._bare("show", "reconciler/status:summary.yaml")
        except subprocess.CalledProcessError:
            return "a branch is missing"
        if self.last not in cursor:
            return "the state branch is at another commit"
        return "" if "everythingApplied: true" in summary else "the report is not complete"

    # ---- what the verdict rests on

    def _explained(self, wrong: list[Deletion]) -> str:
        """Everything that is known of the first deletions that nobody wanted."""
        told = [f"seed {self.seed}: {len(wrong)} objects were deleted that Git wanted"]
        for one in wrong[:3]:
            acted_on = self._acted_on(one.state)
            told += [
                "",
                *self.record.told(one, acted_on),
                *self._decisions(one),
                *self._logged(one),
            ]
        return "\n".join(told)

    def _acted_on(self, state: str) -> str:
        """The source commit that a commit of the state branch is about, `` before the first."""
        if state and state not in self._sources:
            cursor = yaml.safe_load(self._bare("show", f"{state}:cursor.yaml"))
            self._sources[state] = cursor["sourceCommit"]
        return self._sources.get(state, "")

    def _decisions(self, deletion: Deletion) -> Iterator[str]:
        """What the state branch said of its place: every change of it before the deletion."""
        cluster, kind, name = deletion.place
        group = {"ConfigMap": "core", "Deployment": "apps"}[kind]
        binding = f"bindings/{NAMESPACE}/{group}/{kind}/{name}.yaml"
        began = START.timestamp()
        log = self._bare("log", "--format=%H %ct %s", "refs/heads/reconciler/state")
        last = ""
        for line in reversed(log.splitlines()):
            commit, at, subject = line.split(" ", 2)
            if float(at) - began > deletion.at:
                return
            said = self._placed(commit, binding, cluster)
            if said != last:
                yield f"  {float(at) - began:8.0f} s  state {commit[:12]}: {said}: {subject}"
            last = said

    def _placed(self, commit: str, binding: str, cluster: str) -> str:
        try:
            document = yaml.safe_load(self._bare("show", f"{commit}:{binding}"))
        except subprocess.CalledProcessError:
            return "no binding"
        targets = [one["name"] for one in document["spec"].get("clusters") or ()]
        return "placed there" if cluster in targets else "not placed there"

    def _logged(self, deletion: Deletion) -> Iterator[str]:
        """The hub's log around the deletion, as far as it can have to do with it."""
        cluster, _, name = deletion.place
        first, last = deletion.at - AROUND[0], deletion.at + AROUND[1]
        for line in self.hub.lines():
            if "time" not in line:
                continue
            at = (datetime.fromisoformat(line["time"]) - START).total_seconds()
            is_other = str(line.get("object", name)).rpartition("/")[2] != name
            if first <= at <= last and _is_about(line, cluster) and not is_other:
                said = {key: value for key, value in line.items() if key != "time"}
                yield f"  {at:8.2f} s  hub: {said}"


def _is_about(line: dict[str, Any], cluster: str) -> bool:
    subject = str(line.get("cluster") or line.get("subject") or "").removeprefix("cluster ")
    return subject in {"", cluster}


def _named(faults: Faults) -> str:
    return ", ".join(
        f"{name}={value}"
        for name, value in faults.as_dict().items()
        if value != getattr(HEALTHY, name)
    )


def _apps(objects: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    named = {body["metadata"]["name"]: body for body in objects}
    return {name: body for name, body in named.items() if name.startswith("app-")}
