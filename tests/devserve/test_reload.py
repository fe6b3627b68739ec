"""What is saved or synced into a running service: answers with the new code, soon, once, and refuses nobody."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.demo import until
from tests.support.polling import PATIENCE
from tests.support.served import SERVICE, Served, served, tarball


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("served")) as running:
        until(lambda: running.get()["version"] == 1, what="the first start")
        yield running


@pytest.fixture(autouse=True)
def as_before(service: Served) -> None:
    """Every test finds version 1 answering and no save left to act on."""
    if service.main.read_text() != SERVICE:
        with service.at_once():
            service.main.write_text(SERVICE)
    service.answers(1)
    quiet(service)


def refuses(service: Served) -> bool:
    """No listener. A listener that closes while one connects resets; the next try then tells."""
    try:
        service.get()
    except OSError as problem:
        return "refused" in str(problem)
    return False


def quiet(service: Served) -> int:
    """How many reloads there were, once there are no more of them."""
    before = -1
    while before != service.reloads():
        before = service.reloads()
        time.sleep(0.5)
    return before


def test_a_save_answers_with_new_code(service: Served) -> None:
    before, reloads = service.get()["pid"], service.reloads()
    service.save(2)
    service.answers(2)
    assert service.get()["pid"] != before
    assert quiet(service) == reloads + 1
    assert "src/hello/main.py changed; reloading" in service.log()


def test_libraries_are_watched_too(service: Served) -> None:
    service.sync({"libs/shared/__init__.py": 'NAME = "moon"\n'})
    until(lambda: service.get()["says"] == "hello moon")
    service.sync({"libs/shared/__init__.py": 'NAME = "world"\n'})
    until(lambda: service.get()["says"] == "hello world")


def test_many_files_at_once_are_one_reload(service: Served) -> None:
    reloads = service.reloads()
    changed = {f"src/hello/part{number}.py": f"value = {number}\n" for number in range(20)}
    with service.at_once():
        service.sync(changed | {"src/hello/main.py": SERVICE.replace("version = 1", "version = 3")})
    service.answers(3)
    assert quiet(service) == reloads + 1, service.log()


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service whose syncs may take as long as a busy machine makes them."""
    with served(tmp_path_factory.mktemp("patient"), patience=PATIENCE) as running:
        running.answers(1)
        yield running


def test_a_file_that_comes_in_halves_is_never_run(patient: Served) -> None:
    service = patient
    reloads, tracebacks = service.reloads(), service.log().count("Traceback")
    text = SERVICE.replace("version = 1", "version = 4") + "\nREST = [\n" + '    "words",\n' * 2000 + "]\n"
    data = tarball({"src/hello/main.py": text})
    half = len(data) // 2 // 512 * 512
    with subprocess.Popen(
        ["tar", "-C", str(service.root), "-x", "-b", "1", "-f", "-"], stdin=subprocess.PIPE
    ) as tar:
        assert tar.stdin is not None
        tar.stdin.write(data[:half])
        tar.stdin.flush()
        time.sleep(0.15)
        tar.stdin.write(data[half:])
    service.answers(4)
    assert quiet(service) == reloads + 1
    assert service.log().count("Traceback") == tracebacks


def test_a_deleted_file_that_is_replaced_is_never_missed(patient: Served) -> None:
    service = patient
    reloads, tracebacks = service.reloads(), service.log().count("Traceback")
    (service.root / "src/hello/words.py").unlink()
    time.sleep(0.15)  # a sync deletes in one call and writes in another
    service.sync({"src/hello/words.py": 'GREETING = "good morning"\n'})
    until(lambda: service.get()["says"] == "good morning world")
    assert quiet(service) == reloads + 1
    assert service.log().count("Traceback") == tracebacks


def test_a_deleted_file_is_missed_if_nothing_replaces_it(service: Served) -> None:
    (service.root / "src/hello/words.py").unlink()
    until(lambda: "No module named 'hello.words'" in service.log(), what="the missing module's traceback")
    service.sync({"src/hello/words.py": 'GREETING = "hello"\n'})
    until(lambda: service.get()["says"] == "hello world")


def test_a_broken_save_is_told_and_fixed(service: Served) -> None:
    service.main.write_text(SERVICE + "def (\n")
    until(lambda: "SyntaxError" in service.log(), what="the traceback in the log")
    until(lambda: "hello crashed: ended with exit code 1; next try in" in service.log())
    until(lambda: refuses(service), what="callers to be refused")  # but for the moments of a next try
    assert service.process.poll() is None
    service.save(5)
    service.main.write_text(SERVICE.replace("version = 1", "version = 5"))
    service.answers(5)


def test_caches_and_swap_files_reload_nothing(service: Served) -> None:
    reloads = service.reloads()
    folder = service.main.parent
    for name in (".main.py.swp", "main.py~", "4913", "main.tmp"):
        (folder / name).write_text("x")
    with service.at_once():
        (folder / "passing").write_text("x")
        (folder / "passing").unlink()
    (folder / "__pycache__").mkdir(exist_ok=True)
    (folder / "__pycache__" / "main.cpython-311.pyc").write_bytes(b"x")
    assert quiet(service) == reloads
    (folder / "__pycache__" / "main.cpython-311.pyc").unlink()
    assert not list(service.root.rglob("*.pyc")), "byte code is matched to whole seconds: none may be written"


def test_no_request_is_refused_while_reloading(service: Served) -> None:
    stop, problems, answers = threading.Event(), list[str](), list[int]()

    def ask(*, kept_alive: bool) -> None:
        limits = httpx.Limits(max_keepalive_connections=5 if kept_alive else 0)
        with httpx.Client(timeout=PATIENCE, limits=limits) as client:
            while not stop.is_set():
                try:
                    answers.append(client.get(f"http://127.0.0.1:{service.port}/").json()["version"])
                except httpx.HTTPError as problem:
                    problems.append(f"{'kept' if kept_alive else 'own'} connection: {problem!r}")
                time.sleep(0.002)

    threads = [threading.Thread(target=ask, kwargs={"kept_alive": kept}) for kept in (True, False, False)]
    for thread in threads:
        thread.start()
    try:
        for version in range(10, 16):
            service.save(version)
            until(lambda version=version: answers.count(version) >= 10)  # type: ignore[misc]
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert problems == []


def test_what_was_asked_before_the_save_is_answered(service: Served) -> None:
    with service.held() as request:
        service.save(6)
        service.answers(6)
        assert request.answers == [], "the new code answers while the old one still works"
    assert request.answers == [1]


@pytest.mark.fork
def test_libraries_are_imported_once(service: Served) -> None:
    maps = Path(f"/proc/{service.fork_server().pid}/maps")
    until(lambda: "pydantic_core" in maps.read_text(), what="the preloading of what the first process loaded")


def test_a_first_start_that_fails_waits_for_the_fixing_save(tmp_path: Path) -> None:
    with served(tmp_path, main="import nothing_of_the_kind\n") as broken:
        until(lambda: "No module named 'nothing_of_the_kind'" in broken.log())
        assert broken.process.poll() is None
        broken.main.write_text(SERVICE)
        broken.answers(1)
