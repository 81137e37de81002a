"""Where keys are set, only what is signed by one of them is applied."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.adapters.git.signatures import SigningKeys
from reconciler.runtime.gathering import Gathering
from tests.stories.fleetbench import FleetBench, codes, config_map, policy, written
from tests.stories.memberbench import CountingFleet, SimulatedServer

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen signs")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[FleetBench]:
    """One member, one ConfigMap, and a hub that knows one key."""
    fleet = CountingFleet(["one"], controllers=False)
    servers = {name: SimulatedServer(fleet, end) for name, end in fleet.start().items()}
    bench = FleetBench(tmp_path, servers)
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    public = key.with_suffix(".pub").read_text()
    bench.git("config", "gpg.format", "ssh")
    bench.git("config", "user.signingkey", str(key))
    keys = SigningKeys.of(allowed_signers=f"alex@shop.example {public}")
    bench.hub.gathering = Gathering(bench.hub.repository, keys)
    bench.write_documents("settings.yaml", config_map("settings", level="1"))
    bench.write_documents("policy.yaml", policy("all", ("v1", "ConfigMap")))
    yield bench
    fleet.stop()


async def test_an_unsigned_commit_is_held_and_a_signed_one_applied(bench: FleetBench) -> None:
    done = await bench.apply_commit("unsigned")
    assert codes(done) == {"RC046"}
    assert written(done) == set()
    bench.git("config", "commit.gpgsign", "true")
    done = await bench.apply_commit("signed")
    assert codes(done) == set()
    assert ("one", "create", "ConfigMap shop/settings") in written(done)


async def test_while_an_unsigned_commit_waits_the_signed_one_stays_in_force(
    bench: FleetBench,
) -> None:
    bench.git("config", "commit.gpgsign", "true")
    await bench.apply_commit("signed")
    bench.git("config", "commit.gpgsign", "false")
    bench.remove("settings.yaml")
    done = await bench.apply_commit("unsigned")
    assert codes(done) == {"RC046"}
    assert written(done) == set()
