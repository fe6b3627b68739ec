"""Files as people have them, by a name that says what is special."""

from __future__ import annotations

__all__ = ["BROKEN", "SHAPES"]

_PYTHON = b"""{
    // Use IntelliSense to learn about possible attributes.
    // Hover to view descriptions of existing attributes.
    // For more information, visit: https://go.microsoft.com/fwlink/?linkid=830387
    "version": "0.2.0",
    "configurations": [
        {
            "name": "Python Debugger: Current File",
            "type": "debugpy",
            "request": "launch",
            "program": "${file}",
            "console": "integratedTerminal"
        }
    ]
}"""

_NODE = b"""{
  "version": "0.2.0",
  "configurations": [
    {
      "type": "node",
      "request": "launch",
      "name": "Launch Program",
      "skipFiles": ["<node_internals>/**"],
      "program": "${workspaceFolder}/index.js",
      "preLaunchTask": "npm: build"
    },
    { "type": "node", "request": "attach", "name": "Attach by Process ID", "processId": "${command:PickProcess}" }
  ]
}
"""

_COMPOUNDS = b"""{
  "version": "0.2.0",
  "configurations": [
    {"name": "Server", "type": "node", "request": "launch", "program": "s.js", "presentation": {"hidden": true}},
    {"name": "Client", "type": "chrome", "request": "launch", "url": "http://localhost:1"} // last
  ],
  "compounds": [
    {
      "name": "Server/Client",
      "configurations": ["Server", "Client"],
      "presentation": {"hidden": false, "group": "tasks", "order": 1},
      "stopAll": true
    }
  ],
  "inputs": [ {"id": "x", "type": "promptString", "description": "X"} ]
}
"""

_COMMENTS = b"""// What F5 starts. Ask Ada before you change it.
{
    /* a block
       of two lines */
    "version": "0.2.0",   // the one there is
    "configurations": [
        // before the first
        {"name": "A", /* inside */ "type": "node"}, // behind the first
        // between

        /* before */ {"name": "B"} /* behind */ // and a line
        // the end of the list
    ], // behind the list
    // the end of the file's mapping
}
// behind it all
"""

_TASKS = b"""{
\t// See https://go.microsoft.com/fwlink/?LinkId=733558
\t// for the documentation about the tasks.json format
\t"version": "2.0.0",
\t"tasks": [
\t\t{
\t\t\t"label": "echo",
\t\t\t"type": "shell",
\t\t\t"command": "echo Hello"
\t\t},
\t\t{"label": "devkit: up", "type": "shell", "command": "my own up"}
\t]
}"""

_EXTENSIONS = b"""{
\t// See https://go.microsoft.com/fwlink/?LinkId=827846 to learn about workspace recommendations.

\t// List of extensions which should be recommended for users of this workspace.
\t"recommendations": [
\t\t
\t],
\t// List of extensions that should not be recommended.
\t"unwantedRecommendations": [
\t\t"Redhat.vscode-yaml"
\t]
}"""

_SETTINGS = b"""{
    "editor.formatOnSave": true, // always
    "files.watcherExclude": {"**/big/**": true},
    "[python]": {"editor.defaultFormatter": "charliermarsh.ruff"},
    /* mine */
    "python.defaultInterpreterPath": "/usr/bin/python3",
}
"""

SHAPES: dict[str, bytes] = {
    "the Python extension's default": _PYTHON,
    "a Node project": _NODE,
    "compounds with presentation, and inputs": _COMPOUNDS,
    "one line": b'{"version": "0.2.0", "configurations": [{"name": "A", "type": "node"}], "tasks": [{"label": "x"}]}',
    "one line without a space": b'{"configurations":[{"name":"A"},{"name":"B"}],"recommendations":["a.b"]}',
    "tabs": b'{\n\t"configurations": [\n\t\t{\n\t\t\t"name": "A"\n\t\t}\n\t],\n\t"a": 1\n}\n',
    "CRLF": _PYTHON.replace(b"\n", b"\r\n") + b"\r\n",
    "CRLF, tabs and comments": _TASKS.replace(b"\n", b"\r\n"),
    "mixed line ends": b'{\r\n  "a": 1,\n  "configurations": [\n    {"name": "A"} // x\r\n  ]\r\n}\n',
    "a byte order mark": b"\xef\xbb\xbf" + _NODE,
    "a byte order mark and CRLF": b"\xef\xbb\xbf" + _COMMENTS.replace(b"\n", b"\r\n"),
    "trailing commas": b'{\n  "configurations": [\n    {"name": "A", "args": [1,],},\n  ],\n  "recommendations": ["x.y",],\n}\n',
    "comments between entries": _COMMENTS,
    "an empty file": b"",
    "blanks": b"  \n\n",
    "a byte order mark alone": b"\xef\xbb\xbf",
    "only comments": b"// one\n/* two */\n",
    "only a comment, no line end": b"// one",
    "only comments, CRLF": b"// one\r\n// two\r\n",
    "an empty mapping": b"{}",
    "an empty mapping in two lines": b"{\n}\n",
    "an empty mapping with a blank": b"{ }\n",
    "a mapping that holds a comment": b"{ // nothing yet\n}\n",
    "a mapping that holds comments": b"{\n  // nothing\n  /* yet */\n}\n",
    "nothing but the version": b'{\n  "version": "0.2.0"\n}\n',
    "nothing but the tasks' version": b'{\n  "version": "2.0.0"\n}\n',
    "empty lists": b'{\n  "configurations": [],\n  "compounds": [],\n  "tasks": [],\n  "inputs": [],\n  "recommendations": []\n}\n',
    "empty lists in two lines": b'{\n  "configurations": [\n  ],\n  "tasks": [\n  ],\n  "recommendations": [\n  ]\n}\n',
    "empty lists of comments": b'{\n  "configurations": [ // none\n  ],\n  "tasks": [\n    // none\n  ],\n  "recommendations": [ /* none */ ]\n}\n',
    "duplicate keys": b'{"configurations": [{"name": "A"}], "configurations": [{"name": "B"}], "tasks": [], "tasks": [{"label": "t"}]}',
    "version missing": b'{\n    "configurations": [\n        {"name": "A"}\n    ]\n}\n',
    "configurations missing": b'{\n   "version": "0.2.0",\n   "compounds": [ ]\n}',
    "an inner list is empty": b'{"configurations": [{"name": "A", "args": []}]}\n',
    "names that are not ASCII": '{\n  "configurations": [\n    {"name": "Übung – «größer» 🐍"}\n  ],\n  "ключ": "値"\n}\n'.encode(),
    "keys with escapes": b'{"configurat\\u0069ons": [{"name": "A"}], "a\\"b": 1}\n',
    "odd entries": b'{"configurations": [1, "x", null, [], {}, {"name": 7}], "tasks": [null, {"label": []}], "recommendations": [1, null]}',
    "commas before entries": b'{\n    "configurations": [\n        {"name": "A"}\n      , {"name": "B"}\n    ]\n  , "x": 1\n}\n',
    "keys at the line's start": b'{\n"configurations": [\n{"name": "A"}\n],\n"x": 1\n}\n',
    "slashes in strings": b'{"configurations": [{"name": "http://x /* no */ // no"}], "recommendations": ["// no"]}\n',
    "tasks.json as the editor makes it": _TASKS,
    "extensions.json as the editor makes it": _EXTENSIONS,
    "settings of a person's own": _SETTINGS,
    "a comment before the comma": b'{"configurations": [{"name": "A"} /* x */ , // y\n {"name": "B"} /* z */ , ]}',
    "a comment as the last thing": b'{"configurations": [{"name": "A"} // x\n]}// the end',
    "lines of blanks at the end": b'{\n  "x": 1\n\n\n}\n\n\n',
}

# A file → the line and the column (None: any) of what is wrong, and a word of the message.
BROKEN: dict[str, tuple[bytes, int, int | None, str]] = {
    "a brace is missing": (b'{"configurations": [\n  {"name": "Mine"\n]}', 2, None, "not valid JSON"),
    "a stray letter": ('{"configurations": [\n  {"é": 1} x\n]}'.encode(), 2, 12, "not valid JSON"),
    "a list": (b"[]", 1, 1, "not a mapping"),
    "a word": (b"\n  true", 2, 3, "not a mapping"),
    "a comment never ends": (b'{"a": 1 /* never closed', 1, None, "not valid JSON"),
    "two commas": (b'{"a": [1,,2]}', 1, None, "not valid JSON"),
    "two values": (b"{} {}", 1, 4, "second value"),
    "braces alone": (b"{" * 3000, 1, None, "not valid JSON"),
    "single quotes": (b"{\n  'a': 1\n}", 2, None, "not valid JSON"),
    "half a merge": (
        b'{\n<<<<<<< HEAD\n  "a": 1\n=======\n  "a": 2\n>>>>>>> x\n}\n',
        2,
        None,
        "not valid JSON",
    ),
    "binary": (bytes(range(256)), 1, None, "not valid JSON"),
}
