"""Which files are read, from where, and with which variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from devkit.compose.finding_files import find_files
from devkit.compose.include import variables_of
from devkit.compose.model import fail
from devkit.compose.reading import Reader
from devkit.compose.variables import Variables
from devkit.findings.model import Place

__all__ = ["Start"]

_OFF = "COMPOSE_DISABLE_ENV_FILE"
_TRUE, _FALSE = ("1", "t", "T", "true", "TRUE", "True"), ("0", "f", "F", "false", "FALSE", "False")


@dataclass(frozen=True)
class Start:
    """Which files to read, from where, with which variables."""

    files: list[str]
    folder: str
    variables: Variables

    @classmethod
    def of(
        cls,
        reader: Reader,
        files: list[str],
        environment: dict[str, str],
        env_files: Sequence[str | Path],
        project_directory: str | Path | None,
    ) -> Start:
        here = reader.working_directory
        variables = Variables.of_environment({"PWD": str(here), **environment})
        directory = str(reader.absolute(str(project_directory))) if project_directory else None
        chosen = [reader.absolute(str(file)) for file in env_files or _listed(environment)]

        def folder() -> str:
            return directory or (str(reader.absolute(files[0]).parent) if files else str(here))

        def load(variables: Variables) -> Variables:
            used = chosen
            if not used:
                default = Path(folder(), ".env")
                used = [default] if not _is_off(environment) and default.is_file() else []
            for file in used:
                if not file.is_file():
                    fail(
                        "no-env-file",
                        f"the env file {reader.shown(file)} does not exist",
                        Place(reader.shown(file)),
                    )
            return variables.with_more(variables_of(reader, used, variables))

        variables = load(variables)
        if not files:
            files = find_files(reader, variables, Path(folder()))
        variables = load(variables)
        return cls([str(reader.absolute(file)) for file in files], folder(), variables)


def _listed(environment: Mapping[str, str]) -> list[str]:
    return [file for file in environment.get("COMPOSE_ENV_FILES", "").split(",") if file]


def _is_off(environment: Mapping[str, str]) -> bool:
    """Whether the shell says that `.env` is not read."""
    word = environment.get(_OFF, "0")
    if word not in _TRUE + _FALSE:
        fail("not-a-switch", f"`{word}` is neither true nor false", Place(_OFF), "write 1 or 0")
    return word in _TRUE
