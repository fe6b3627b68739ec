"""Projects written by hand, against what Compose printed of them; in the tier `compose` against what it prints now."""

from __future__ import annotations

import pytest
from devkit.compose import read_project

from tests.compose import real
from tests.compose.known import ENVIRONMENT, KNOWN, PROJECTS, expected, in_place


@pytest.mark.parametrize("project", PROJECTS)
def test_read_as_compose_reads_it(project: str) -> None:
    read = read_project(environment=ENVIRONMENT, working_directory=KNOWN / project)
    assert in_place(read.json(), project) == expected(project), f"tests/compose/known/{project}"


@pytest.mark.compose
@pytest.mark.skipif(not real.is_there(), reason=real.MISSING)
@pytest.mark.parametrize("project", PROJECTS)
def test_the_expectation_is_what_compose_prints(project: str) -> None:
    answer = real.config(KNOWN / project, [], ENVIRONMENT)
    assert answer.json is not None, answer.said
    assert in_place(answer.json, project) == expected(project), f"tests/compose/known/{project}.json"
