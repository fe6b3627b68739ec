"""Resolves and connects names in a Node.js container, as the service itself would."""

from __future__ import annotations

import json

__all__ = ["look_up"]

_SCRIPT = """
const { lookup } = require("node:dns/promises");
const { connect } = require("node:net");

async function ask([name, address, port]) {  // no port: it is not connected to
  let found;
  try {
    found = [...new Set((await lookup(name, { all: true })).map((each) => each.address))].sort();
  } catch (problem) {
    return `${name} does not resolve (${problem.code ?? problem.message})`;
  }
  if (found.join() !== address) return `${name} is ${found.join(", ")}, not ${address}`;
  if (!port) return null;
  return new Promise((answer) => {
    const socket = connect({ host: name, port, timeout: 5000 });
    const wrong = (why) => { socket.destroy(); answer(`${name}:${port} cannot be reached (${why})`); };
    socket.once("connect", () => { socket.destroy(); answer(null); });
    socket.once("timeout", () => wrong("timed out"));
    socket.once("error", (problem) => wrong(problem.code ?? problem.message));
  });
}

Promise.all(JSON.parse(process.argv[1]).map(ask)).then((all) => console.log(JSON.stringify(all.filter(Boolean))));
"""


def look_up(asked: list[tuple[str, str, int | None]]) -> tuple[str, ...]:
    """The command, for (name, address, port or None: not connected to) each; it prints a JSON list of what is wrong."""
    return ("node", "-e", _SCRIPT, json.dumps(asked))
