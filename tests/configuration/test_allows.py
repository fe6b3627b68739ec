"""Comments that allow what is right as it is: with a reason, for one rule, and only for as long as they are needed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.configuration.repository import FILES, TABLE, write
from tests.configuration.test_audit import GATEWAY, findings

URL = "u = 'https://api.stripe.com'"


def found(tmp_path: Path, code: str, path: str = GATEWAY) -> list[str]:
    return [
        f"{each.id.removeprefix('config.')}:{each.place.line} {each.message}"
        for each in findings(write(tmp_path, {**FILES, path: code}))
        if each.place
    ]


@pytest.mark.parametrize(
    "code",
    [
        f"{URL}  # config: allow url: the one that there is\n",
        f"# config: allow url: the one that there is\n{URL}\n",
        f"# config: allow url: the one that there is\n# and more about it\n\n{URL}\n",
        f"#config:allow url:reason\n{URL}\n",
        "# config: allow url, port: both\nu = f('https://api.stripe.com', port=443)\n",
        "f(\n    'a',\n    # config: allow url: a part of a call\n    'https://api.stripe.com',\n)\n",
        "password = 'hunter2'  # noqa: S105  config: no\n# config: allow credential: x\npassword = 'hunter2'\n",
    ],
)
def test_a_reason_allows(tmp_path: Path, code: str) -> None:
    assert [line for line in found(tmp_path, code) if not line.startswith("credential:1")] == []


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("apps/page/src/a.ts", "// config: allow url: so it is\nconst u = 'https://api.stripe.com';\n"),
        ("apps/page/src/a.ts", "const u = 'https://api.stripe.com'; // config: allow url: so it is\n"),
        ("apps/page/src/a.ts", "/* config: allow url: so it is */\nconst u = 'https://api.stripe.com';\n"),
        ("apps/page/src/a.ts", "const u = 'https://api.stripe.com'; /* config: allow url: so it is */\n"),
        (
            "apps/page/src/a.tsx",
            "const a = <p>\n  {/* config: allow url: so it is */}\n  <img src='https://cdn.stripe.com/a.png' /></p>;\n",
        ),
        ("Dockerfile", "FROM a\n# config: allow port: a proxy's own\nEXPOSE 8080\n"),
        (
            "Dockerfile",
            "FROM a\nENV A=1 \\\n    # config: allow url: a proxy's own\n    B_URL=https://b.be\n",
        ),
    ],
)
def test_in_every_language(tmp_path: Path, path: str, code: str) -> None:
    assert found(tmp_path, code, path) == []


@pytest.mark.parametrize("where", ["above", "behind"])
def test_in_the_table(tmp_path: Path, where: str) -> None:
    line = "MAP_TOKEN: {default: pk.1, about: Public by nature.}"
    comment = "# config: allow secret-in-configmap: browsers get it"
    new = f"      {comment}\n      {line}\n" if where == "above" else f"      {line} {comment}\n"
    table = TABLE.replace("    env:\n      PAGE_SIZE", f"    env:\n{new}      PAGE_SIZE")
    code = "import os\nos.environ['MAP_TOKEN']\n"
    assert findings(write(tmp_path, {"dev/services.yaml": table, GATEWAY: code})) == ()


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (f"{URL}  # config: allow url\n", ["allow:1 this comment gives no reason, so it allows nothing", "url:1"]),
        (f"{URL}  # config: allow url:\n", ["allow:1 this comment gives no reason, so it allows nothing", "url:1"]),
        (f"{URL}  # config: allow url:  \n", ["allow:1 this comment gives no reason, so it allows nothing", "url:1"]),
        (f"{URL}  # config: allow\n", ["allow:1 this comment allows no rule", "allow:1 this comment gives no reason", "url:1"]),
        (f"{URL}  # config: allow port: x\n", ["allow:1 nothing here violates `port`", "url:1"]),
        (f"{URL}  # config: allow urls: x\n", ["allow:1 there is no rule `urls` to allow", "url:1"]),
        (f"{URL}  # config: allow url port: x\n", ["allow:1 nothing here violates `port`"]),
        ("x = 1  # config: allow url: x\n", ["allow:1 nothing here violates `url`"]),
        (f"# config: allow url: x\ny = 1\n{URL}\n", ["allow:1 nothing here violates `url`", "url:3"]),
        (f"{URL}\n# config: allow url: x\n", ["allow:2 nothing here violates `url`", "url:1"]),
        (f"x = '# config: allow url: x'\n{URL}\n", ["url:2"]),
        (f"x = 1  # config: allow url: x\n{URL}\n", ["allow:1 nothing here violates `url`", "url:2"]),
        (f"{URL}  # config: allow allow: x\n", ["allow:1 there is no rule `allow` to allow", "url:1"]),
    ],
)  # fmt: skip
def test_one_that_allows_nothing_is_wrong_itself(tmp_path: Path, code: str, said: list[str]) -> None:
    got = found(tmp_path, code)
    assert len(got) == len(said), got
    for line, begin in zip(sorted(got), sorted(said), strict=True):
        assert line.startswith(begin)
