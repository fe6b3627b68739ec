"""`devkit secrets`: private, complete, never overwritten, never shown."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

from tests.support.demo import Demo
from tests.support.platform import ROOT


@pytest.fixture
def clone(tmp_path: Path) -> Demo:
    (tmp_path / "dev").mkdir()
    for folder in ("webhooks", "mesh"):
        (tmp_path / "dev" / folder).symlink_to(Path(ROOT) / "dev" / folder)
    (tmp_path / "dev" / "services.yaml").write_bytes((Path(ROOT) / "dev" / "services.yaml").read_bytes())
    for folder in ("libs", "migrations", "dev/seed"):
        (tmp_path / folder).mkdir()
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    return Demo(tmp_path, {})


def file(clone: Demo) -> Path:
    return clone.root / "k8s" / "dev" / "secret.yaml"


def values(clone: Demo) -> dict[str, str]:
    found: dict[str, str] = yaml.safe_load(file(clone).read_text())["stringData"]
    return found


def give(clone: Demo, name: str, value: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        clone.command("secrets", "set", name),
        input=value,
        env=clone.environment(),
        capture_output=True,
        text=True,
    )


def test_init_makes_every_secret_private_and_different(clone: Demo) -> None:
    done = clone.devkit("secrets", "init")
    made = values(clone)
    assert file(clone).stat().st_mode & 0o777 == 0o600
    assert {"SESSION_SECRET", "INTERNAL_API_KEY", "LOGIN_PASSWORD", "SHOPIFY_CLIENT_SECRET"} <= made.keys()
    assert made["DATABASE_URL"].startswith("postgresql://forma3d:forma3d_dev@postgres.forma3d-dev.svc")
    assert "SENTRY_DSN" not in made, "an optional secret is not invented"
    generated = [made[name] for name in ("SESSION_SECRET", "INTERNAL_API_KEY", "SHOPIFY_CLIENT_SECRET")]
    assert len(set(generated)) == 3
    assert not any(value in done.stdout + done.stderr for value in generated)
    assert clone.devkit("secrets", "check").returncode == 0


def test_missing_keys_are_added_and_nothing_else_changes(clone: Demo) -> None:
    clone.devkit("secrets", "init")
    text = file(clone).read_text()
    kept = "".join(line for line in text.splitlines(keepends=True) if "SESSION_SECRET" not in line)
    kept = kept.replace("stringData:\n", "stringData:\n  # mine\n").replace(
        '"forma3d_dev"', "'another one'  # mine too"
    )
    file(clone).write_text(kept)
    file(clone).chmod(0o644)
    assert "generated SESSION_SECRET" in clone.devkit("secrets", "init").stderr
    assert file(clone).read_text().startswith(kept)
    assert values(clone)["POSTGRES_PASSWORD"] == "another one"
    assert file(clone).stat().st_mode & 0o777 == 0o600
    assert "nothing was missing" in clone.devkit("secrets", "init").stderr


def test_text_in_a_block_is_replaced_whole_and_added_to(clone: Demo) -> None:
    clone.devkit("secrets", "init")
    text = "".join(line for line in file(clone).read_text().splitlines(True) if "SESSION_SECRET" not in line)
    file(clone).write_text(f"{text}  SESSION_SECRET: |\n    one\n    two\nimmutable: false\n")
    before = values(clone)
    assert give(clone, "SENTRY_DSN", "https://key@host/1").returncode == 0
    assert values(clone) == {**before, "SENTRY_DSN": "https://key@host/1"}
    assert give(clone, "SESSION_SECRET", "second").returncode == 0
    assert values(clone) == {**before, "SENTRY_DSN": "https://key@host/1", "SESSION_SECRET": "second"}
    assert "immutable: false" in file(clone).read_text().splitlines()


def test_check_names_every_kind_of_trouble_without_a_value(clone: Demo) -> None:
    assert "no development secrets yet" in clone.devkit("secrets", "check", check=False).stdout
    clone.devkit("secrets", "init")
    secret = values(clone)["SESSION_SECRET"]
    text = file(clone).read_text().replace(f'SESSION_SECRET: "{secret}"', 'SESSION_SECRET: ""\n  SENTRY: "x"')
    lines = [line for line in text.splitlines() if "INTERNAL_API_KEY" not in line]
    text = "\n".join(lines) + "\n"
    password = values(clone)["LOGIN_PASSWORD"]
    file(clone).write_text(text.replace(password, "changeme"))
    file(clone).chmod(0o640)
    subprocess.run(["git", "-C", clone.root, "add", "-f", "k8s/dev/secret.yaml"], check=True)
    done = clone.devkit("secrets", "check", check=False)
    assert done.returncode == 1
    for what in (
        "others can read it (mode 0640)", "git tracks it", "INTERNAL_API_KEY is missing", "SESSION_SECRET is empty",
        "no service uses SENTRY", "LOGIN_PASSWORD is a placeholder",
    ):  # fmt: skip
        assert what in done.stdout
    assert not any(value in done.stdout for value in values(clone).values() if len(value) > 10)


def test_set_takes_the_value_from_standard_input_only(clone: Demo) -> None:
    awkward = "p:a#s's\"w\\ö – {x}"
    assert give(clone, "SESSION_SECRET", awkward + "\n").returncode == 0
    before = {name: value for name, value in values(clone).items() if name != "SESSION_SECRET"}
    assert values(clone)["SESSION_SECRET"] == awkward
    assert give(clone, "SESSION_SECRET", "second").returncode == 0
    assert values(clone) == {**before, "SESSION_SECRET": "second"}
    wrong = give(clone, "SESSION", "x")
    assert (wrong.returncode, "the table has no secret SESSION" in wrong.stderr) == (2, True)
    assert give(clone, "SESSION_SECRET", "").returncode == 2
    white = give(clone, "SESSION_SECRET", " \n")
    assert (white.returncode, "SESSION_SECRET would be white space only" in white.stderr) == (2, True)
    assert values(clone) == {**before, "SESSION_SECRET": "second"}


@pytest.mark.parametrize("name", ["SHOPIFY_CLIENT_SECRET", "SHOPIFY_CLIENT_SECRET_PREVIOUS"])
def test_white_space_is_no_secret_anywhere(clone: Demo, name: str) -> None:
    clone.devkit("secrets", "init")
    text = "".join(
        line for line in file(clone).read_text().splitlines(keepends=True) if f"{name}:" not in line
    )
    file(clone).write_text(f'{text}  {name}: " "\n')
    line = len(text.splitlines()) + 1
    checked = clone.devkit("secrets", "check", check=False)
    assert (checked.returncode, f"secret.yaml:{line}:1: {name} is white space only" in checked.stdout) == (
        1,
        True,
    )
    assert f"run ./devkit secrets set {name}" in checked.stdout
    assert ("or delete the line" in checked.stdout) == name.endswith("_PREVIOUS")
    for command in (
        ("secrets", "init"), ("up", "--engine", "local", "--detach"), ("db", "status", "--engine", "local"),
        ("webhook", "shopify", "orders/create", "--engine", "local", "--dry-run"),
        ("webhook", "suite", "shopify", "--engine", "local"),
        ("webhook", "verify", "--body", __file__, "--header", "X-Shopify-Hmac-Sha256: x", "--secret-name", name),
    ):  # fmt: skip
        done = clone.devkit(*command, check=False)
        assert done.returncode == 2, (command, done.stdout, done.stderr)
        assert f"k8s/dev/secret.yaml:{line}: {name} is white space only" in done.stderr
        assert f"./devkit secrets set {name}" in done.stderr
    assert give(clone, name, "fixed").returncode == 0
    assert clone.devkit("secrets", "check").returncode == 0


def test_an_empty_secret_signs_nothing(clone: Demo) -> None:
    clone.devkit("secrets", "init")
    with file(clone).open("a") as opened:
        opened.write('  SHOPIFY_CLIENT_SECRET_PREVIOUS: ""\n')
    send = ("webhook", "shopify", "orders/create", "--dry-run", "--engine", "local")
    done = clone.devkit(*send, "--secret-name", "SHOPIFY_CLIENT_SECRET_PREVIOUS", check=False)
    assert done.returncode == 2
    assert "no secret SHOPIFY_CLIENT_SECRET_PREVIOUS\n" in done.stderr
    assert "./devkit secrets set SHOPIFY_CLIENT_SECRET_PREVIOUS" in done.stderr
    given = clone.devkit(*send, "--secret-stdin", check=False, stdin=" \n")
    assert (given.returncode, "white space only" in given.stderr) == (2, True)


@pytest.mark.parametrize(
    "content",
    ["stringData: [", "just text", "stringData:\n  A: {b: topsecretvalue}\n", "kind: Secret\n", "\x00", ""],
)
def test_a_broken_file_is_explained_and_left_alone(clone: Demo, content: str) -> None:
    file(clone).parent.mkdir(parents=True)
    file(clone).write_text(content)
    done = clone.devkit("secrets", "init", check=False)
    assert done.returncode == 2
    assert "k8s/dev/secret.yaml" in done.stderr
    assert "Traceback" not in done.stderr
    assert "topsecretvalue" not in done.stderr
    assert file(clone).read_text() == content
