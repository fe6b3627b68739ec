"""doctor's group `ports`, with processes that really listen."""

from __future__ import annotations

import json
import re
import socket
from pathlib import Path

import psutil
import pytest
import yaml
from devkit.base.clone import bind_clone
from devkit.base.process_identity import describe
from devkit.engines.local.state import RunState, save_state
from devkit.findings.model import Severity

from tests.support.listening import listening
from tests.support.machine import Said, Workplace, make_workplace, only_problem
from tests.support.storage import free_port, is_free


def port_of(workplace: Workplace, service: str, key: str = "port") -> int:
    table = yaml.safe_load((workplace.root / "dev/services.yaml").read_text())
    return int(table["services"][service][key])


def free_offset(workplace: Workplace) -> int:
    """One, and the next after it, that move the ports to where nobody listens: another test's server might."""
    rows = yaml.safe_load((workplace.root / "dev/services.yaml").read_text())["services"].values()
    ports = [row[key] for row in rows for key in ("port", "debug_port") if key in row]
    return next(
        offset for offset in range(300, 3000, 100) if all(is_free(port + offset + more) for port in ports for more in (0, 100))
    )  # fmt: skip


def test_free(workplace: Workplace) -> None:
    assert workplace.run("ports.platform").seen == "4 free"
    assert workplace.run("ports.debug").seen == "2 ports"


def test_taken_by_whom(workplace: Workplace) -> None:
    port = port_of(workplace, "hello")
    with listening(port, "--password", "PLANTED", "--api-key=PLANTED", "http://me:PLANTED@there/") as pid:
        outcome = workplace.run("ports.platform")
    problem = only_problem(outcome)
    assert problem.part == "hello"
    assert problem.severity is Severity.ERROR
    assert f"port {port} (hello) is taken by python" in problem.message
    assert f"(pid {pid}, user " in problem.message
    assert "on 127.0.0.1" in problem.message
    assert "PLANTED" not in problem.message
    assert f"kill {pid}" in str(problem.advice)
    # By a hundred, unless somebody has those ports meanwhile.
    assert re.search(r'"port_offset": "[1-9]00" in tilt_config.json', str(problem.advice))


def test_each_engine_has_its_own_way_to_move(workplace: Workplace) -> None:
    workplace.engine = "local"
    with listening(port_of(workplace, "hello")):
        advice = str(only_problem(workplace.run("ports.platform")).advice)
    assert re.search(r"\./devkit up --port-offset [1-9]00\b", advice)


def test_one_problem_a_port(workplace: Workplace) -> None:
    with listening(port_of(workplace, "hello")), listening(port_of(workplace, "redis")):
        assert {p.part for p in workplace.run("ports.platform").problems} == {"redis", "hello"}


def test_two_holders_of_one_port(workplace: Workplace) -> None:
    port = port_of(workplace, "hello")
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        pytest.skip("this machine has no IPv6")
    with listening(port) as one, listening(port, host="::1") as other:
        messages = " ".join(problem.message for problem in workplace.run("ports.platform").problems)
    assert f"(pid {one}," in messages
    assert f"(pid {other}," in messages


def test_closed_a_moment_ago(workplace: Workplace) -> None:
    """The side that hangs up first keeps its port in TIME_WAIT."""
    port = port_of(workplace, "hello")
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen()
        with socket.create_connection(("127.0.0.1", port)) as caller:
            answering, _ = listener.accept()
            answering.close()
            assert caller.recv(1) == b""
    with socket.socket() as strict, pytest.raises(OSError, match="in use"):
        strict.bind(("127.0.0.1", port))
    assert workplace.run("ports.platform").seen == "4 free"


def test_moved_by_the_settings(workplace: Workplace) -> None:
    offset = free_offset(workplace)
    workplace.in_clone("tilt_config.json", {"port_offset": str(offset)})
    with listening(port_of(workplace, "hello")):
        assert workplace.run("ports.platform").seen == f"4 free, moved by {offset}"
    with listening(port_of(workplace, "hello") + offset):
        problem = only_problem(workplace.run("ports.platform"))
    assert problem.part == "hello"
    assert f'"port_offset": "{offset + 100}"' in str(problem.advice)


def test_the_local_engine_takes_the_settings_offset_too(workplace: Workplace) -> None:
    workplace.engine = "local"
    offset = free_offset(workplace)
    workplace.in_clone("tilt_config.json", {"port_offset": str(offset)})
    with listening(port_of(workplace, "hello") + offset):
        problem = only_problem(workplace.run("ports.platform"))
    assert problem.part == "hello"
    assert f"./devkit up --port-offset {offset + 100}" in str(problem.advice)
    workplace.in_clone("tilt_config.json", {"port_offset": 3})
    assert workplace.run("ports.platform").skipped == "not checked because project.overrides failed"


def test_switched_off(workplace: Workplace) -> None:
    workplace.in_clone("tilt_config.json", {"services": ["other"]})
    with listening(port_of(workplace, "hello")):
        assert workplace.run("ports.platform").seen == "1 free"


def test_settings_with_mistakes_are_told_once(workplace: Workplace) -> None:
    workplace.in_clone("tilt_config.json", {"port_offset": 3})
    outcome = workplace.run("ports.platform")
    assert outcome.problems == ()
    assert outcome.skipped == "not checked because project.overrides failed"


def test_held_by_this_clone(workplace: Workplace) -> None:
    """What a killed run left; the first form of its state is an older devkit's."""
    workplace.engine = "local"
    (workplace.root / ".devkit").mkdir()
    with listening(port_of(workplace, "hello"), folder=workplace.root) as pid:
        assert workplace.run("ports.platform").problems
        run: dict[str, object] = {
            "pid": 999_999_999,
            "offset": 0,
            "children": {str(pid): psutil.Process(pid).create_time()},
        }
        workplace.in_clone(".devkit/run.json", json.dumps(run))
        assert workplace.run("ports.platform").seen == "3 free, 1 held by this clone"
        (workplace.root / ".devkit/run.json").unlink()
        identity = describe(pid)
        assert identity
        state = RunState(None, 0, children=(identity,), clone=bind_clone(workplace.root).mark)
        save_state(workplace.root, state)
        assert workplace.run("ports.platform").seen == "3 free, 1 held by this clone"


def test_held_by_another_clone(workplace: Workplace, tmp_path: Path) -> None:
    other = make_workplace(tmp_path / "other").root
    (other / ".devkit").mkdir()
    with listening(port_of(workplace, "hello"), folder=other / ".devkit"):
        problem = only_problem(workplace.run("ports.platform"))
    assert f"is taken by the platform of {other}" in problem.message
    assert "run ./devkit down there" in str(problem.advice)


def test_held_by_tilt(workplace: Workplace, tmp_path: Path) -> None:
    port = port_of(workplace, "hello", "debug_port")
    with listening(port, name="tilt", scratch=tmp_path, folder=workplace.root):
        assert workplace.run("ports.debug").seen == "2 ports"
    (tmp_path / "tilt").unlink()
    other = make_workplace(tmp_path / "other").root
    with listening(port, name="tilt", scratch=tmp_path, folder=other):
        problem = only_problem(workplace.run("ports.debug"))
    assert problem.part == "hello"
    assert f"the platform of {other}" in problem.message


def test_held_by_a_container(workplace: Workplace, tmp_path: Path) -> None:
    port = port_of(workplace, "redis")
    workplace.answers("docker", {f"ps --filter publish={port} --format *": "old-redis\n"})
    with listening(port, name="docker-proxy", scratch=tmp_path):
        problem = only_problem(workplace.run("ports.platform"))
        assert "is taken by the container old-redis" in problem.message
        assert "docker stop old-redis" in str(problem.advice)
        workplace.answers("docker", {"*": Said(err="Cannot connect to the Docker daemon", code=1)})
        assert "docker-proxy (pid" in only_problem(workplace.run("ports.platform")).message


@pytest.mark.parametrize(
    ("platform", "fix"),
    [("linux", "sudo systemctl stop redis-server"), ("darwin", "brew services stop redis")],
)
def test_a_service_of_the_system(workplace: Workplace, tmp_path: Path, platform: str, fix: str) -> None:
    workplace.platform = platform
    with listening(port_of(workplace, "redis"), name="redis-server", scratch=tmp_path):
        problem = only_problem(workplace.run("ports.platform"))
    assert "a Redis of this machine" in problem.message
    assert fix in str(problem.advice)


def test_an_external_database_needs_no_port(workplace: Workplace) -> None:
    workplace.engine = "local"
    with listening(port_of(workplace, "postgres")):
        assert only_problem(workplace.run("ports.platform")).part == "postgres"
        secrets = "stringData:\n  DATABASE_URL: postgresql://me@elsewhere/mine\n  POSTGRES_PASSWORD: x\n"
        workplace.in_clone("k8s/dev/secret.yaml", secrets)
        assert workplace.run("ports.platform").seen == "3 free"


def test_no_debug_ports(workplace: Workplace) -> None:
    workplace.in_clone("tilt_config.json", {"debug": False})
    assert workplace.run("ports.debug").needless


def test_tilts_page(workplace: Workplace, tmp_path: Path) -> None:
    page = free_port()
    workplace.environ["TILT_PORT"] = str(page)
    assert workplace.run("ports.tilt").seen == f"{page} is free"
    with listening(page, name="tilt", scratch=tmp_path, folder=workplace.root):
        assert workplace.run("ports.tilt").seen == f"{page} held by this clone"
    with listening(page) as pid:
        problem = only_problem(workplace.run("ports.tilt"))
    assert f"(pid {pid}," in problem.message
    assert f"export TILT_PORT={page + 1}" in str(problem.advice)
    workplace.environ["TILT_PORT"] = "ten"
    assert only_problem(workplace.run("ports.tilt")).severity is Severity.WARNING
