"""One build of the page serves every environment: what it is configured with is read when nginx starts."""

from __future__ import annotations

import subprocess
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.browser.visitor import CHROMIUM
from tests.support.demo import until
from tests.support.receivers import HttpReceiver, http_receiver
from tests.support.served_page import build_page, missing_programs, page_server, start_script
from tests.support.storage import free_port

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium"),
    pytest.mark.skipif(missing_programs() is not None, reason=str(missing_programs())),
]

API = "https://api.example.org"
AT_BUILD = "https://at-build.example.org"
ODD = [
    'with "quotes", \\backslashes\\ and </script>',
    "$host; ${request_uri} # { }",
    "a\nb\tc",
    "ü 漢 \U0001f600",
    "",
]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_page(tmp_path_factory.mktemp("built"), VITE_API_URL=AT_BUILD)


def config_of(url: str) -> dict[str, str]:
    found: dict[str, str] = httpx.get(f"{url}/config.json").json()
    return found


def test_nothing_of_the_environment_is_built_in(built: Path) -> None:
    for path in built.rglob("*"):
        assert not path.is_file() or AT_BUILD.encode() not in path.read_bytes(), path


@pytest.mark.parametrize("value", ODD)
def test_any_value_reaches_the_page_unchanged(built: Path, tmp_path: Path, value: str) -> None:
    environment = {"VITE_API_URL": f"{API}/{value}", "VITE_NOTE": value, "PASSWORD": "not-for-browsers"}
    with page_server(built, tmp_path, environment) as url:
        assert config_of(url) == {"VITE_API_URL": f"{API}/{value}", "VITE_NOTE": value}


@pytest.mark.parametrize(
    ("value", "state"),
    [
        (None, "missing"),
        ("", "missing"),
        ("localhost:3000", "malformed"),
        ("ftp://files.example.org", "malformed"),
        ("https://", "malformed"),
        ("https://user:secret@api.example.org", "malformed"),
        ('https://a"; return 200 x; #', "malformed"),
        ("https://a.example.org;\nreturn 200;", "malformed"),
        ("x\nhttps://api.example.org", "malformed"),
    ],
)
def test_a_wrong_environment_ends_the_start(
    built: Path, tmp_path: Path, value: str | None, state: str
) -> None:
    """As with the services: one line that names the variable and never its value."""
    script = start_script(built, tmp_path, 1)
    environment = {"PATH": "/usr/sbin:/usr/bin:/bin"} | ({} if value is None else {"VITE_API_URL": value})
    done = subprocess.run([script], env=environment, capture_output=True, text=True)
    assert done.returncode == 78
    assert done.stderr == f"web: VITE_API_URL is {state}: expected an http(s):// URL\n"


@pytest.mark.parametrize(
    ("value", "origins"),
    [
        (API, f"{API} wss://api.example.org"),
        (f"{API}/path/", f"{API} wss://api.example.org"),
        ("http://localhost:3000", "http://localhost:3000 ws://localhost:3000"),
        ("HTTP://[::1]:3000?x", "http://[::1]:3000 ws://[::1]:3000"),
        (" https://api ", "https://api wss://api"),
    ],
)
def test_the_page_may_talk_to_its_api_alone(built: Path, tmp_path: Path, value: str, origins: str) -> None:
    with page_server(built, tmp_path, {"VITE_API_URL": value}) as url:
        policy = httpx.get(f"{url}/orders/17").headers["content-security-policy"]
    assert f"connect-src 'self' {origins};" in policy


def test_what_may_be_kept_by_browsers(built: Path, tmp_path: Path) -> None:
    asset = next((built / "assets").glob("*.js")).name
    with page_server(built, tmp_path, {"VITE_API_URL": API}) as url:
        kept = {path: httpx.get(url + path).headers for path in ("/", "/config.json", f"/assets/{asset}")}
    assert kept["/"]["cache-control"] == "no-cache"
    assert "no-store" in kept["/config.json"]["cache-control"]
    assert kept["/config.json"]["content-type"] == "application/json"
    assert "immutable" in kept[f"/assets/{asset}"]["cache-control"]


NOTE_REFUSALS = """
    window.refused = [];
    addEventListener("securitypolicyviolation", (event) => window.refused.push(event.blockedURI));
"""


def test_one_build_serves_two_environments(built: Path, tmp_path: Path, browser: Browser) -> None:
    with http_receiver() as staging, http_receiver() as production:
        for name, api, other in (("staging", staging, production), ("production", production, staging)):
            before = len(other.calls)
            with page_server(built, tmp_path / name, {"VITE_API_URL": api.url}) as url:
                page = browser.new_page()
                page.add_init_script(NOTE_REFUSALS)
                page.goto(url)
                asked(api)
                page.evaluate(f"fetch('{other.url}/elsewhere').catch(() => null)")
                page.wait_for_function("window.refused.length > 0")
                assert page.evaluate("window.refused") == [f"{other.url}/elsewhere"]
                page.close()
            assert len(other.calls) == before


def asked(api: HttpReceiver) -> None:
    """Waits until the page has asked this API who is signed in."""
    until(lambda: api.to("/api/v1/"), what="the page asks its API")


def test_the_next_start_counts_not_the_browsers_cache(built: Path, tmp_path: Path, browser: Browser) -> None:
    page, port = browser.new_page(), free_port()
    for number in range(2):
        with (
            http_receiver() as api,
            page_server(built, tmp_path / str(number), {"VITE_API_URL": api.url}, port) as url,
        ):
            page.goto(url)
            asked(api)
    page.close()


def test_a_page_without_its_configuration_says_so(built: Path, tmp_path: Path, browser: Browser) -> None:
    with page_server(built, tmp_path, {"VITE_API_URL": API}) as url:
        page = browser.new_page()
        for damage, said in (
            ("<!doctype html>", "/config.json cannot be read"),
            ("7", "is not the configuration"),
            ("{}", "VITE_API_URL is not set"),
            ('{"VITE_API_URL": "ftp://x"}', "is not an http(s) address: ftp://x"),
        ):
            (tmp_path / "tmp/config.json").write_text(damage)
            page.goto(url)
            expect(page.get_by_role("alert")).to_contain_text(said)
        (tmp_path / "tmp/config.json").unlink()
        page.goto(url)
        expect(page.get_by_role("alert")).to_contain_text("the server answers 404")
        page.close()
