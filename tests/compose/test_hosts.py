"""The host names in the rules of Traefik's routers."""

from __future__ import annotations

from pathlib import Path

from devkit.compose import read_project
from devkit.compose.hosts import hosts

from tests.support.platform import ROOT


def test_those_of_staging() -> None:
    folder = Path(ROOT) / "deployment" / "staging"
    project = read_project(
        [folder / "docker-compose.yml"], env_files=[folder / ".env.example"], environment={}
    )
    variables = ("WEB_HOST", "API_HOST", "EVENTS_HOST", "DB_HOST", "LOGS_HOST", "UPTIME_HOST")
    assert set(hosts(project)) == {project.variables.value(name) for name in variables}


def test_forms_of_rules(tmp_path: Path) -> None:
    file = tmp_path / "compose.yml"
    file.write_text(
        "services:\n"
        "  a:\n    image: a\n    labels:\n"
        "      - traefik.http.routers.one.rule=Host(`a.test`,`b.test`) || Host('c.test')\n"
        "      - traefik.http.routers.two.rule=!Host(`no.test`) && HostRegexp(`.+`)\n"
        "      - traefik.tcp.routers.three.rule=HostSNI(`d.test`) || HostSNI(`*`)\n"
        "      - other.rule=Host(`e.test`)\n"
        "  b: {image: b}\n"
    )
    found = hosts(read_project([file], environment={}))
    assert list(found) == ["a.test", "b.test", "c.test", "d.test"]
    assert {place.line for place in found.values()} == {5, 7}
