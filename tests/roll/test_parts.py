"""What a roll reads in Compose files, and what it makes of that: no Docker is needed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from devkit.base.errors import DevkitError
from devkit.compose import read_project
from devkit.compose.audit.stack import Service, Stack
from devkit.compose.roll import settings
from devkit.compose.roll.batches import Make, Retire, next_step
from devkit.compose.roll.plan import Migration, Order, Plan, Policy, ServicePlan
from devkit.compose.roll.tags import write_tags
from hypothesis import given
from hypothesis import strategies as st

ENVIRONMENT = {"PASSWORD": "hunter2", "SHELL_TAG": "two"}


def stack(tmp_path: Path, text: str, env: str = "") -> Stack:
    (tmp_path / "compose.yml").write_text(text)
    (tmp_path / ".env").write_text(env)
    return Stack(read_project(environment=ENVIRONMENT, working_directory=tmp_path, name="shop"))


def service(tmp_path: Path, text: str, env: str = "") -> Service:
    """A service `web` with this below it."""
    lines = "".join(f"    {line}\n" for line in text.splitlines())
    return stack(tmp_path, f"services:\n  web:\n{lines}", env).services[0]


@given(
    copies=st.integers(1, 7), old=st.integers(0, 9), parallelism=st.integers(0, 9),
    order=st.sampled_from(("start-first", "stop-first")),
)  # fmt: skip
def test_steps_lead_to_new_copies_alone(copies: int, old: int, parallelism: int, order: Order) -> None:
    policy, new, steps = Policy(parallelism, order=order), 0, 0
    begun = old
    while (step := next_step(policy, copies, old, new)) is not None:
        before = old + new
        match step:
            case Make(count):
                new += count
                assert count <= (parallelism or copies)
                if order == "stop-first":
                    assert old + new <= max(copies, before)
            case Retire(count):
                old -= count
                if order == "start-first":
                    assert old + new >= min(copies, before)
        assert step.count > 0
        steps += 1
        assert steps < 50
    assert (old, new) == (0, copies), begun


def test_nothing_said_is_start_first_and_back_on_failure(tmp_path: Path) -> None:
    found = service(tmp_path, "image: registry.example/web:1")
    assert settings.update_policy(found) == Policy(1, 0.0, "start-first", "rollback", 60.0)
    assert settings.update_policy(found, with_pause=True) == Policy(0, 0.0, "stop-first", "rollback", 60.0)
    assert settings.grace_of(found) == 10
    assert (settings.readiness(found), settings.hold_of(found), settings.wait_of(found)) == ((), None, 60)


def test_what_is_said_counts(tmp_path: Path) -> None:
    found = service(
        tmp_path,
        'image: a/web:1\nstop_grace_period: 1m\npre_stop:\n  - command: ["touch", "/tmp/leaving"]\ndeploy:\n  update_config: {parallelism: 2,'
        " delay: 5s, order: stop-first, failure_action: pause, monitor: 90s}\n  rollback_config: {parallelism: 0}",
    )
    assert settings.update_policy(found) == Policy(2, 5.0, "stop-first", "pause", 90.0)
    assert settings.back_policy(found) == Policy(0, 0.0, "start-first", "rollback", 60.0)
    assert settings.grace_of(found) == 60
    assert settings.pre_stop(found) == (("touch", "/tmp/leaving"),)


def test_one_that_writes_to_a_volume_stops_first(tmp_path: Path) -> None:
    found = stack(
        tmp_path, "services: {db: {image: pg, volumes: ['data:/data']}}\nvolumes: {data: }\n"
    ).services[0]
    assert settings.update_policy(found).order == "stop-first"
    assert settings.back_policy(found).order == "stop-first"


HEALTH = """image: a/web:1
healthcheck:
  test: ["CMD", "wget", "--spider", "http://127.0.0.1:80/health/live"]
  interval: 20s
  timeout: 5s
  start_period: 30s
"""
ROUTE = 'labels: ["traefik.http.services.web.loadbalancer.server.port=80"{more}]\n'


def test_readiness_is_asked_as_health_is(tmp_path: Path) -> None:
    plain = service(tmp_path, HEALTH)
    assert settings.readiness(plain) == ("wget", "--spider", "http://127.0.0.1:80/health/ready")
    assert settings.hold_of(plain) is None
    routed = service(
        tmp_path,
        HEALTH + ROUTE.format(more=', "traefik.http.services.web.loadbalancer.healthcheck.path=/up"'),
    )
    assert settings.readiness(routed)[-1] == "http://127.0.0.1:80/up"
    assert settings.routes_of(routed) == ("web",)
    assert settings.hold_of(routed) == 20
    assert settings.wait_of(routed) == 30 + 3 * 25 + 40
    same = service(tmp_path, HEALTH.replace("/live", "/ready") + ROUTE.format(more=""))
    assert settings.hold_of(same) is None
    shell = service(
        tmp_path,
        HEALTH.replace(
            '["CMD", "wget", "--spider", "http://127.0.0.1:80/health/live"]', "curl -f localhost/health/live"
        ),
    )
    assert settings.readiness(shell) == ("sh", "-c", "curl -f localhost/health/ready")


def test_a_password_is_for_no_command_line(tmp_path: Path) -> None:
    asked = service(
        tmp_path, 'image: a/web:1\nhealthcheck: {test: ["CMD", "redis-cli", "-a", "${PASSWORD}", "ping"]}'
    )
    assert settings.readiness(asked) == ()
    hook = service(tmp_path, 'image: a/web:1\npre_stop: [{command: ["leave", "${PASSWORD}"]}]')
    with pytest.raises(DevkitError, match="holds the value of PASSWORD") as refused:
        settings.pre_stop(hook)
    assert "hunter2" not in str(refused.value)
    project = stack(
        tmp_path,
        "x-roll: {migrate: {services: [web], pending: [a, '${PASSWORD}'], apply: [b]}}\nservices: {web: {image: a}}\n",
    )
    with pytest.raises(DevkitError, match="pending holds the value of PASSWORD"):
        settings.migration_of(project, ["web"])


@pytest.mark.parametrize(
    ("image", "variable"),
    [
        ("${R:-a}/web:${WEB_TAG:-latest}", "WEB_TAG"),
        ("a:5000/web:$WEB_TAG", "WEB_TAG"),
        ("a/web:${WEB_TAG?set it}", "WEB_TAG"),
    ],
)
def test_the_variable_of_a_tag(tmp_path: Path, image: str, variable: str) -> None:
    assert settings.tag_variable(service(tmp_path, f"image: {image}", "WEB_TAG=one\n")) == variable


@pytest.mark.parametrize(
    "image", ["a/web:1", "a/web", "a/${NAME:-web}", "a/web:v${WEB_TAG}", "a/web:1@sha256:" + 64 * "0"]
)
def test_a_tag_without_a_variable_is_refused(tmp_path: Path, image: str) -> None:
    with pytest.raises(DevkitError, match="no variable for its tag") as refused:
        settings.tag_variable(service(tmp_path, f"image: {image}", "WEB_TAG=one\n"))
    assert "WEB_IMAGE_TAG:-latest" in str(refused.value.fix)


def test_a_tag_of_the_shell_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DevkitError, match="SHELL_TAG is set in this shell"):
        settings.tag_variable(service(tmp_path, "image: a/web:${SHELL_TAG}", "SHELL_TAG=one\n"))


def test_the_migration_is_run_with_an_image_that_is_rolled(tmp_path: Path) -> None:
    text = "x-roll: {migrate: {services: [a, b], pending: [ask], apply: [do, it]}}\nservices: {a: {image: x}, b: {image: x}, c: {image: x}}\n"
    found = stack(tmp_path, text)
    assert settings.migration_of(found, ["c", "b"]) == Migration("b", ("ask",), ("do", "it"))
    assert settings.migration_of(found, ["c"]) is None
    with pytest.raises(DevkitError, match=r"compose\.yml:1: x-roll\.migrate needs"):
        settings.migration_of(stack(tmp_path, text.replace("[a, b]", "[a, z]")), ["a"])


def test_names_in_each_network(tmp_path: Path) -> None:
    text = "services: {web: {image: a, networks: {front: {aliases: [shop, web]}, default: }}}\nnetworks: {front: {name: edge}}\n"
    found = stack(tmp_path, text)
    assert settings.names_of(found, found.services[0]) == {"edge": ("web", "shop"), "shop_default": ("web",)}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("A=1\nTAG=one\nB=2\n", "A=1\nTAG=two\nB=2\n"),
        ("export TAG = 'one' # why\nB=2", "export TAG = two\nB=2"),
        ("TAG=one\nTAG=other\n", "TAG=one\nTAG=two\n"),
        ("A=1", "A=1\nTAG=two\n"),
        ("#TAG=one\nMY_TAG=one\n", "#TAG=one\nMY_TAG=one\nTAG=two\n"),
        ("", "TAG=two\n"),
    ],
)
def test_a_tag_is_written_and_nothing_else(tmp_path: Path, before: str, after: str) -> None:
    file = tmp_path / ".env"
    file.write_text(before)
    file.chmod(0o640)
    assert write_tags(file, {"TAG": "two"}) == ["TAG"]
    assert file.read_text() == after
    assert file.stat().st_mode & 0o777 == 0o640
    assert write_tags(file, {"TAG": "two"}) == []


def test_a_plan_comes_out_of_the_journal_as_it_went_in() -> None:
    one = ServicePlan(
        name="web", image="a/web:2", image_id="sha256:1", digest="sha256:2", before="sha256:3", before_tag="1", old={"x": "sha256:4"},
        idle=("y",), copies=2, update=Policy(2, 1.5, "stop-first", "pause", 9.0), back=Policy(), grace=10.0, wait=60.0,
        ready=("wget", "x"), has_health=True, routes=("web",), hold=30.0, names={"net": ("web", "shop")}, hooks=(("a", "b"), ("c",)),
        alone=("a volume",), tag_variable="TAG", tag="2",
    )  # fmt: skip
    plan = Plan(
        "id",
        "shop",
        (one, replace(one, name="api")),
        "rollback",
        "proxy",
        Migration("web", ("a",), ("b", "c"), "last"),
        ("net",),
        "/.env",
    )
    assert Plan.from_data(json.loads(json.dumps(plan.as_data()))) == plan
    assert plan.variables == {"TAG": "2"}
