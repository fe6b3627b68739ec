"""The variables that a project is read with: the environment's and those of env files, each with its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from devkit.compose.model import Source, Variable

__all__ = ["Variables"]


class Variables:
    """Names → values. The first who gives a name its value wins."""

    def __init__(self, known: Mapping[str, Variable] | None = None) -> None:
        self._known = dict(known or {})

    @classmethod
    def of_environment(cls, environment: Mapping[str, str]) -> Variables:
        return cls({name: Variable(name, text, Source.ENVIRONMENT) for name, text in environment.items()})

    def __contains__(self, name: str) -> bool:
        return name in self._known

    def __iter__(self) -> Iterator[Variable]:
        return iter(self._known.values())

    def look(self, name: str) -> Variable:
        """The variable; its value is None where nobody gave one."""
        return self._known.get(name) or Variable(name)

    def value(self, name: str) -> str | None:
        return self.look(name).value

    def with_more(self, more: Mapping[str, Variable]) -> Variables:
        """Also those of `more` that have no value yet."""
        return Variables({**more, **self._known})

    def with_value(self, variable: Variable) -> Variables:
        """The same, but for one, whose value is this."""
        return Variables({**self._known, variable.name: variable})
