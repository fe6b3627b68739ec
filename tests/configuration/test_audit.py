"""The audit of a whole repository: which files, what they read against what the table gives, what comments allow."""

from __future__ import annotations

from pathlib import Path

import pytest
from devkit.checks.report import make_report
from devkit.checks.runner import run_checks
from devkit.configuration.audit import CHECKS, audit_repository
from devkit.findings.model import Finding
from devkit.scaffold.new import new_service, type_named
from devkit.table.load import read_table

from tests.configuration.repository import FILES, TABLE, write
from tests.support.platform import ROOT

GATEWAY = "apps/gateway/src/gateway/main.py"


def findings(root: Path) -> tuple[Finding, ...]:
    audit = audit_repository(root, read_table(root / "dev/services.yaml"))
    return make_report("config audit", run_checks(audit, CHECKS, command="config audit"), 0).findings


def found(tmp_path: Path, changes: dict[str, str]) -> list[str]:
    """Rule, file and line of what is found in the repository with these changes."""
    return [
        f"{each.id.removeprefix('config.')} {each.place.file}:{each.place.line}"
        for each in findings(write(tmp_path, changes))
        if each.place
    ]


def test_this_repository_is_clean() -> None:
    assert findings(ROOT) == (), "./devkit config audit shows what is wrong"


def test_a_repository_with_nothing_wrong(tmp_path: Path) -> None:
    assert found(tmp_path, {}) == []


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        (GATEWAY, True),
        ("libs/common/http.py", True),
        ("docker/start.py", True),
        ("apps/gateway/scripts/load.py", True),
        ("apps/gateway/tests/test_main.py", False),
        ("apps/gateway/src/gateway/test_main.py", False),
        ("apps/gateway/src/gateway/main_test.py", False),
        ("apps/gateway/conftest.py", False),
        ("apps/gateway/.venv/x.py", False),
        ("tests/test_x.py", False),
        ("scripts/deploy.py", False),
    ],
)
def test_which_python_files(tmp_path: Path, path: str, wanted: bool) -> None:
    assert found(tmp_path, {path: "u = 'https://api.stripe.com'\n"}) == [f"url {path}:1"] * wanted


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("apps/page/src/a.ts", True),
        ("apps/page/src/a.tsx", True),
        ("apps/page/vite.config.ts", True),
        ("apps/page/src/a.mjs", True),
        ("apps/page/src/a.test.ts", False),
        ("apps/page/src/a.spec.tsx", False),
        ("apps/page/src/__tests__/a.ts", False),
        ("apps/page/src/env.d.ts", False),
        ("apps/page/node_modules/x/a.js", False),
        ("apps/page/dist/a.js", False),
    ],
)
def test_which_scripts(tmp_path: Path, path: str, wanted: bool) -> None:
    assert found(tmp_path, {path: "const u = 'https://api.stripe.com';\n"}) == [f"url {path}:1"] * wanted


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("Dockerfile", True),
        ("apps/gateway/Dockerfile", True),
        ("apps/gateway/Dockerfile.dev", True),
        ("deployment/proxy.Dockerfile", True),
        ("build/Containerfile", False),
        ("deployment/Containerfile", True),
        ("tests/Dockerfile", False),
        ("apps/gateway/Dockerfile.dockerignore", False),
    ],
)
def test_which_dockerfiles(tmp_path: Path, path: str, wanted: bool) -> None:
    assert found(tmp_path, {path: "FROM a\nEXPOSE 8080\n"}) == [f"port {path}:2"] * wanted


@pytest.mark.parametrize(
    ("code", "fix"),
    [
        ('import os\nos.environ["BANK_URL"]\n', "in `env` of services.gateway in dev/services.yaml"),
        ('import os\nos.environ["BANK_TOKEN"]\n', "declare `BANK_TOKEN` below `secrets:`"),
        ('import os\nos.environ["PAGE_SIZ"]\n', "did you mean `PAGE_SIZE`?"),
        ('import os\nos.environ["DB_PASSWORD"]\n', "name it in the `secrets` of services.gateway"),
        ('import os\nos.environ["VITE_API_URL"]\n', "declare it in `env` of services.gateway"),
        ("from common.settings import PlatformSettings\nclass S(PlatformSettings):\n    bank_url: str\n", "`BANK_URL`"),
    ],
)  # fmt: skip
def test_a_variable_that_is_not_declared(tmp_path: Path, code: str, fix: str) -> None:
    (only,) = findings(write(tmp_path, {GATEWAY: code}))
    assert only.id == "config.undeclared"
    assert only.place
    assert only.place.file == GATEWAY
    assert only.place.line == code.count("\n")
    assert only.fix
    assert fix in only.fix


@pytest.mark.parametrize(
    ("code", "fix"),
    [
        (
            "u = 'https://api.stripe.com'",
            "declare `STRIPE_URL` in `env` of services.gateway in dev/services.yaml",
        ),
        ("BANK_URL = 'https://pay.kbc.be'", "declare `BANK_URL` in `env` of services.gateway"),
        (
            "u = 'http://sim:3001/x'",
            "name `sim` in `calls` of services.gateway in dev/services.yaml, and read SIM_URL",
        ),
        ("u = 'http://sim.shop-dev.svc.cluster.local:3001'", "name `sim` in `calls` of services.gateway"),
        ("u = 'postgresql://localhost/shop'", "read DATABASE_URL, which devkit makes"),
        ("connect(smtp_host='mail.shop.be')", "declare `SMTP_HOST` in `env` of services.gateway"),
        ("api_url = 'http://localhost:3000'", "declare `API_URL` in `env` of services.gateway"),
        ("x = '10.1.2.3'", "declare `X_URL` in `env` of services.gateway"),
    ],
)
def test_the_fix_names_the_variable(tmp_path: Path, code: str, fix: str) -> None:
    (only,) = findings(write(tmp_path, {GATEWAY: f"{code}\n"}))
    assert only.fix
    assert only.fix.startswith(fix)


@pytest.mark.parametrize(
    "code",
    [
        'import os\nos.environ["DATABASE_URL"]; os.environ["SIM_URL"]; os.environ["APP_PORT"]; os.environ["LOG_LEVEL"]\n',
        'import os\nos.environ["PATH"]; os.environ["HOME"]; os.environ["DEVKIT_CLONE"]; os.environ["SERVICE"]\n',
        'from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    size: int = Field(validation_alias="PAGE_SIZE")\n',
        'from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    size: Annotated[int, Field(alias=AliasChoices("PAGE_SIZE", "LOG_LEVEL"))]\n',
        'from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix="page_")\n    size: int\n',
        'from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    model_config = {"env_prefix": "PAGE_"}\n    size: int\n',
        'from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    class Config:\n        env_prefix = "PAGE_"\n    size: int\nclass T(S):\n    pass\n',
        "from pydantic import BaseModel\nclass Order(BaseModel):\n    bank_url: str\n",
        "from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    KINDS: ClassVar[int] = 1\n    _x: int = 0\n    def bank(self) -> str: ...\n",
    ],
)
def test_variables_that_the_service_gets(tmp_path: Path, code: str) -> None:
    assert found(tmp_path, {GATEWAY: code}) == []


def test_a_prefix_is_inherited(tmp_path: Path) -> None:
    code = (
        'from pydantic_settings import BaseSettings\nclass A(BaseSettings):\n    model_config = {"env_prefix": "PAGE_"}\n'
        "class B(A):\n    size: int\n    colour: str\n"
    )
    assert found(tmp_path, {GATEWAY: code}) == [f"undeclared {GATEWAY}:6"]


def test_what_is_shared_may_read_what_any_of_its_services_gets(tmp_path: Path) -> None:
    code = "import os\nos.environ['PAGE_SIZE']\nos.environ['NOBODYS']\n"
    assert found(tmp_path, {"libs/common/x.py": code}) == ["undeclared libs/common/x.py:3"]


@pytest.mark.parametrize(
    ("file", "removed", "said"),
    [
        ("apps/gateway/src/gateway/settings.py", "    page_size: int\n", "gateway does not read `PAGE_SIZE`"),
        ("apps/gateway/src/gateway/settings.py", 'KEY = os.environ["API_KEY"]\n', "gateway does not read the secret `API_KEY`"),
        ("libs/common/settings.py", "    log_level: str\n", "no service reads `LOG_LEVEL`"),
        ("apps/page/src/main.ts", "VITE_API_URL: string()", "page does not read `VITE_API_URL`"),
    ],
)  # fmt: skip
def test_a_variable_that_nobody_reads(tmp_path: Path, file: str, removed: str, said: str) -> None:
    (only,) = findings(write(tmp_path, {file: FILES[file].replace(removed, "")}))
    assert (only.id, only.message) == ("config.unread", said)
    assert only.place
    assert only.place.file.endswith("dev/services.yaml")
    assert only.place.line > 1


def test_a_variable_of_a_page_is_not_built_in(tmp_path: Path) -> None:
    code = "const url = import.meta.env.VITE_API_URL;\n"
    assert found(tmp_path, {"apps/page/src/main.ts": code}) == ["build-time apps/page/src/main.ts:1"]
    dockerfile = {"docker/web.Dockerfile": "FROM node:20\nARG VITE_API_URL\n"}
    assert found(tmp_path, {**FILES, **dockerfile}) == ["build-time docker/web.Dockerfile:2"]


def test_a_page_that_wants_what_the_table_does_not_have(tmp_path: Path) -> None:
    code = "const Config = object({ VITE_API_URL: string(), VITE_THEME: string() });\n"
    assert found(tmp_path, {"apps/page/src/main.ts": code}) == ["undeclared apps/page/src/main.ts:1"]


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ('BANK_PASSWORD: {default: "x", about: b}', "looks like a secret"),
        ('BANK_API_KEY: {default: "", about: b}', "looks like a secret"),
        ('BANK_URL: {default: "https://me:hunter2@bank.be", about: b}', "has a password or key in it"),
        ('BANK_URL: {default: "", staging: "https://me:hunter2@bank.be", about: b}', "`staging` of `BANK_URL` has a password"),
        ('BANK_URL: {default: "", staging: "https://bank.be/${API_KEY}", about: b}', "has the secret `API_KEY` in it"),
        ('BANK_ID: {default: "AKIAIOSFODNN7EXAMPLE", about: b}', "has a password or key in it"),
    ],
)  # fmt: skip
def test_a_secret_among_the_plain_variables(tmp_path: Path, line: str, part: str) -> None:
    table = TABLE.replace("    env:\n      PAGE_SIZE", f"    env:\n      {line}\n      PAGE_SIZE")
    code = f"import os\nos.environ['{line.partition(':')[0]}']\n"
    (only,) = findings(write(tmp_path, {"dev/services.yaml": table, GATEWAY: code}))
    assert only.id == "config.secret-in-configmap"
    assert part in only.message
    assert "hunter2" not in str(only)
    assert only.place
    assert table.splitlines()[only.place.line - 1].strip() == line


def test_this_machine_may_be_named_by_what_runs_in_development_alone(tmp_path: Path) -> None:
    code = "u = 'http://localhost:3000'\n"
    sim = "apps/sim/src/sim/url.py"
    assert found(tmp_path, {sim: code}) == [f"url {sim}:1"]
    table = TABLE.replace(
        "  sim:\n    type: python", "  sim:\n    type: python\n    development_only: true"
    ).replace("    calls: [sim]\n", "")
    settings = FILES["apps/gateway/src/gateway/settings.py"].replace("    sim_url: str\n", "")
    changed = {"dev/services.yaml": table, "apps/gateway/src/gateway/settings.py": settings}
    assert found(tmp_path, {**changed, sim: code}) == []
    assert found(tmp_path, {**changed, "libs/common/x.py": code}) == ["url libs/common/x.py:1"]


def test_what_configures_a_tool_of_development_may_name_this_machine(tmp_path: Path) -> None:
    code = "export default { server: { port: 4200, proxy: { '/api': 'http://localhost:3000' } } };\n"
    assert found(tmp_path, {"apps/page/vite.config.ts": code}) == []


def test_bundlers_put_node_env_in(tmp_path: Path) -> None:
    code = "if (process.env.NODE_ENV === 'production') {}\n"
    assert found(tmp_path, {"apps/page/src/a.ts": code}) == []


@pytest.mark.parametrize("kind", ["python", "node", "go"])
def test_a_new_service_has_nothing_wrong(tmp_path: Path, kind: str) -> None:
    root = write(tmp_path, {})
    new_service(root, "stock", type_named(kind)).change.run(root)
    assert findings(root) == ()
