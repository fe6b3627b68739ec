"""What the audit finds in Python: every way in which people write it, and nothing of what only looks like it."""

from __future__ import annotations

import pytest
from devkit.configuration.python_source import scan_python
from devkit.configuration.values import Known

KNOWN = Known({"order-service", "gateway", "postgres"})


def rules(code: str, *, relaxed: bool = False) -> list[str]:
    """The rules that code violates, by line."""
    scan = scan_python("app.py", code, Known(KNOWN.services, relaxed=relaxed))
    return [each.rule for each in sorted(scan.suspects, key=lambda each: (each.place.line, each.rule))]


def reads(code: str) -> list[str]:
    return sorted(read.name for read in scan_python("app.py", code, KNOWN).reads)


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ('DB_URL = "postgresql://localhost:5432/shop"', ["url"]),
        ('x = f"https://api.stripe.com/v1/{path}"', ["url"]),
        ('x = "https://api.stripe.com" + path', ["url"]),
        ('x = "https://" + "api.stripe.com"', ["url"]),
        ('x = f"http://order-service:3001{path}"', ["url"]),
        ('x = f"http://{name}-service{rest}"', []),
        ('x = "https://{}.myshopify.com".format(shop)', ["url"]),
        ('x = "https://%s.myshopify.com/admin" % shop', ["url"]),
        ('x = ("https://api."\n     "stripe.com")', ["url"]),
        ('x = f"redis://redis:6379/{n}"', ["url"]),
        ('x = "amqps://mq.internal/vhost"', ["url"]),
        ('call("http://order-service:3001/x")', ["url"]),
        ('call("http://order-service.shop.svc.cluster.local:3001")', ["url"]),
        ('sh(["curl", "-s", "http://gateway:3000/health"])', ["url"]),
        ('sh("curl http://gateway:3000/health")', ["url"]),
        ('x = os.environ.get("API_URL", "http://localhost:3000")', ["url"]),
        ('x = os.getenv("API_URL") or "http://localhost:3000"', ["url"]),
        ("class S(BaseSettings):\n    api_url: str = 'http://localhost:3000'", ["url"]),
        ("class S(BaseSettings):\n    api_url: str = Field(default='http://10.0.0.9', description='x')", ["url"]),
        ("def f(url: str = 'https://api.stripe.com'): ...", ["url"]),
        ("lambda *, url='https://api.stripe.com': url", ["url"]),
        ("x = b'https://api.stripe.com'", ["url"]),
        ('BASE = {"eu": "https://eu.stripe.com"}', ["url"]),
        ('x: Final = "wss://live.stripe.com"', ["url"]),
        # Hosts, addresses
        ('connect(host="db.internal")', ["host"]),
        ('connect(host="postgres")', ["host"]),
        ('HOST = "api.stripe.com"', ["host"]),
        ('h = os.environ.get("DB_HOST", "localhost")', ["host"]),
        ('h = os.environ.get("DB_HOST") or "localhost"', ["host"]),
        ('CORSMiddleware(allow_origins=["http://localhost:4200"])', ["url"]),
        ('self.smtp_host = "mail.shop.be"', ["host"]),
        ('x = {"host": "db.internal"}', ["host"]),
        ('config["host"] = "localhost"', ["host"]),
        ('socket.create_connection(("db.internal", 5432))', ["host", "port"]),
        ('Redis("postgres", 6379)', ["host", "port"]),
        ('Redis("localhost")', ["host"]),
        ('SMTP_SERVER = "smtp.gmail.com"', ["host"]),
        ('KAFKA = "broker-1:9092,broker-2:9092"', ["host"]),
        ('Kafka(bootstrap_servers=["broker-1:9092"])', ["host"]),
        ('SERVER = "10.1.2.3"', ["host"]),
        ('trusted = ["10.0.0.0/8"]', ["host"]),
        ('x = "192.168.1.7:8080"', ["host"]),
        ('x = "fd00:1:2::3:4"', ["host"]),
        ('x = "order-service:3001"', ["host"]),
        ('x = "db.internal:5432"', ["host"]),
        # Ports
        ("connect(port=5432)", ["port"]),
        ("PORT = 3000", ["port"]),
        ('port = int(os.environ.get("APP_PORT", "3000"))', ["port"]),
        ('port = int(os.getenv("APP_PORT") or 3000)', ["port"]),
        ("def f(port=8080): ...", ["port"]),
        ("self.redis_port = 6379", ["port"]),
        ('x = f"http://{host}:3001/x"', ["port"]),
        ('x = f"http://{host}:3001{path}"', ["port"]),
        ('x = "http://" + host + ":3001"', ["port"]),
        ('uvicorn.run(app, host="0.0.0.0", port=8000)', ["port"]),
        ("class S(BaseSettings):\n    port: int = 8080", ["port"]),
        # Credentials
        ('password = "hunter2"', ["credential"]),
        ('PASSWORD = os.environ.get("DB_PASSWORD", "hunter2")', ["credential"]),
        ('SESSION_SECRET = "local-dev-session-secret"', ["credential"]),
        ('client(api_key="local-dev-internal-api-key")', ["credential"]),
        ('x = {"password": "s3cret!"}', ["credential"]),
        ("class S(BaseSettings):\n    api_key: SecretStr = SecretStr('abc123')", ["credential"]),
        ("class S(BaseSettings):\n    api_key: SecretStr = Field(SecretStr('abc123'))", ["credential"]),
        ('dsn = "postgresql://app:hunter2@db/shop"', ["credential"]),
        ('f"postgresql://app:hunter2@{host}/shop"', ["credential"]),
        ('x = "https://0123456789abcdef0123456789abcdef@o1.ingest.sentry.io/1"', ["credential"]),
        ('x = "AKIAIOSFODNN7EXAMPLE"', ["credential"]),
        ('KEY = """-----BEGIN RSA PRIVATE KEY-----\nMIIE\n"""', ["credential"]),
        ('KEY = "-----BEGIN PRIVATE KEY-----"', ["credential"]),
        ('x = "ghp_0123456789abcdefghijklmnopqrstuvwxyz"', ["credential"]),
        ('x = "sk_live_0123456789abcdefghij"', ["credential"]),
        ('"""See AKIAIOSFODNN7EXAMPLE."""', ["credential"]),
        ('if password == "letmein1": ok()', ["credential"]),
        ('token = "a1b2c3d4e5f6"', ["credential"]),
        ('DB_PASS = "hunter2"', ["credential"]),
        ('c = "host=db.internal user=app password=hunter2"', ["credential"]),
        ('c = "Server=db;Uid=app;Pwd=hunter2;"', ["credential"]),
        ('requests.get(url, auth=("shop", "hunter2"))', ["credential"]),
        ('httpx.BasicAuth("shop", "hunter2")', ["credential"]),
        ('headers = {"Authorization": "Bearer a1b2c3d4e5f6"}', ["credential"]),
        ('x = os.environ.get("SECRET_KEY", "django-insecure-1")', ["credential"]),
        # Time limits
        ("httpx.get(url, timeout=10)", ["timeout"]),
        ("httpx.get(url, timeout=10 + more)", ["timeout"]),
        ("requests.get(url, timeout=(3, 10))", ["timeout", "timeout"]),
        ("async def f():\n    async with asyncio.timeout(5): ...", ["timeout"]),
        ("asyncio.wait_for(x, 5)", ["timeout"]),
        ("asyncio.wait_for(x, timeout=5)", ["timeout"]),
        ("httpx.Timeout(10, connect=3)", ["timeout", "timeout"]),
        ("aiohttp.ClientTimeout(total=5)", ["timeout"]),
        ("sock.settimeout(2.5)", ["timeout"]),
        ("anyio.fail_after(3)", ["timeout"]),
        ('args = {"connect_timeout": 5}', ["timeout"]),
        ("f(timeout=timedelta(seconds=5))", ["timeout"]),
        ("f(timeout=5 * 60)", ["timeout"]),
        ("f(timeout=5 if quick else 10)", ["timeout", "timeout"]),
        ("timeout = 30", ["timeout"]),
        ("def f(timeout: float = 5.0): ...", ["timeout"]),
    ],
)  # fmt: skip
def test_what_is_written_into_code(code: str, found: list[str]) -> None:
    assert rules(code) == found


@pytest.mark.parametrize(
    "code",
    [
        '"""Talks to http://localhost:3000, see https://docs.stripe.com."""',
        "# http://localhost:3000\nx = 1",
        'def f():\n    """http://localhost:3000"""',
        'class A:\n    x: int\n    """Where http://localhost:3000 is."""',
        'NS = "http://www.w3.org/2000/svg"',
        'SCHEMA = {"$schema": "https://json-schema.org/draft/2020-12/schema"}',
        'SCHEMA = {"$id": "https://shop.be/schemas/order.json"}',
        'raise ValueError("not a URL: expected https://HOST/PATH")',
        'raise ValueError("read https://docs.stripe.com/errors first")',
        'Field(description="a postgresql:// URL")',
        'x = "https://example.com/callback"',
        'x = url.startswith("https://")',
        'x = f"{base}/path"',
        'x = f"http://{host}:{port}/"',
        'x = scheme + "://" + host',
        'PATTERN = re.compile(r"https?://[^/]+")',
        'if host == "127.0.0.1": ...',
        'match host:\n    case "127.0.0.1": ...',
        'if url.startswith("https://api.stripe.com"): ...',
        "every = timedelta(seconds=5)",
        'log.info("listening on http://localhost:3000")',
        'headers = {"User-Agent": "shop/1.0 (+https://shop.be)"}',
        'if host in ("localhost", "127.0.0.1", "::1"): ...',
        'if url == "https://api.stripe.com": ...',
        'bind("0.0.0.0")',
        'serve(host="::")',
        'x = "1.2.3"',
        'version = "1.2.3.4"',
        'x = "12:30:45"',
        'x = "python:3.11"',
        "for n in range(3000): ...",
        "LIMIT = 5432",
        'x = "orders.created"',
        'c = f"host={host} password={password}"',
        'c = "host=%s password=%s" % (host, password)',
        'label = "password="',
        'address = "Kerkstraat 1, Gent"',
        'if env != "production":\n    url = "http://localhost:3000"',
        'SERVER_ADDRESS = "server.address"',
        'port = url.port or (443 if url.scheme == "https" else 80)',
        'LOOPBACK = {"localhost", "127.0.0.1", "::1"}',
        'signal.connect("order.created")',
        'headers = {"WWW-Authenticate": "Bearer authentication"}',
        'headers = {"Authorization": f"Bearer {token}"}',
        "httpx.get(url, auth=(settings.user, settings.password))",
        'NAME = "order-service"',
        'x = "redis:latest"',
        'x = {"service.name": "gateway"}',
        "connect(port=0)",
        "connect(port=settings.port)",
        "importance = 3000",
        "x = Field(ge=0, le=65535)",
        'password = ""',
        'secret = "SHOPIFY_CLIENT_SECRET"',
        'secret = settings.secret or ""',
        'SECRET = "a secret, not blank"',
        'api_key = "X-Api-Key"',
        'x = {"token": "access_token"}',
        'token = "string"',
        'password = "password"',
        'api_key_header = "x-internal"',
        'token_url = f"{base}/token"',
        'if token == "EOF": ...',
        'x = "postgresql://{user}:{password}@{host}/db".format(**parts)',
        'x = f"postgresql://{user}:{password}@{host}/db"',
        'CERT = "-----BEGIN CERTIFICATE-----"',
        "_STORE_SECONDS = 4\nasyncio.timeout(_STORE_SECONDS)",
        "REQUEST_TIMEOUT = 30",
        "class S(BaseSettings):\n    request_timeout: int = 30",
        "httpx.get(url, timeout=None)",
        "httpx.get(url, timeout=settings.timeout)",
        "time.sleep(5)",
        "if took > 5: ...",
        'if __name__ == "__main__":\n    uvicorn.run(app, host="127.0.0.1", port=8000)',
        'if settings.development:\n    url = "http://localhost:3000"',
        'url = "http://localhost:3000" if settings.is_dev else settings.url',
    ],
)
def test_what_only_looks_like_it(code: str) -> None:
    assert rules(code) == []


def test_a_branch_that_development_does_not_take_is_no_excuse() -> None:
    assert rules('if not settings.development:\n    url = "http://localhost:3000"') == ["url"]
    assert rules('if settings.development:\n    pass\nelse:\n    url = "http://localhost:3000"') == ["url"]


def test_code_of_development_alone_may_name_this_machine_and_no_other() -> None:
    code = 'a = "http://localhost:3000"\nb = "http://127.0.0.1:1/x"\nHOST = "localhost"\nc = "https://api.stripe.com"'
    assert rules(code, relaxed=True) == ["url"]


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ('import os\nos.environ["A"]; os.environ.get("B"); os.getenv("C", "x"); os.environ.pop("D")', "ABCD"),
        ('import os as o\no.environ["A"]', "A"),
        ('from os import environ\nenviron["A"]', "A"),
        ('from os import environ as e, getenv as g\ne.get("A"); g("B")', "AB"),
        ('import os\nenv = os.environ\nenv["A"]', "A"),
        ('import os\nget = os.environ.get\nget("A")', "A"),
        ('import os\nif "A" in os.environ: ...', "A"),
        ('import os\ndict(os.environ)["A"]; os.environ.copy()["B"]', "AB"),
        ('import os\nos.environ.setdefault("A", "1")', "A"),
        ('import os\nNAME = "A"\nos.environ[NAME]', "A"),
        ('import os\nfor n in ("A", "B"):\n    os.environ[n]', "AB"),
        ('import os\n{n: os.environ[n] for n in ["A", "B"]}', "AB"),
        ('import os\nos.environ["A"] = "x"\ndel os.environ["B"]', ""),
        ('import os\nrun(env=os.environ | {"A": "1"})', ""),
        ('other["A"]; settings.get("B")', ""),
    ],
)
def test_reads(code: str, names: str) -> None:
    assert reads(code) == list(names)
    assert "dynamic" not in rules(code)


@pytest.mark.parametrize(
    "code",
    [
        "import os\nos.environ[name]",
        'import os\nos.environ[f"{prefix}_URL"]',
        "import os\nos.getenv(name)",
        "import os\nfor k, v in os.environ.items(): ...",
        "import os\n[k for k in os.environ]",
        'import os\nNAME = "A" if x else find()\nos.environ[NAME]',
        'create_model("X", __base__=PlatformSettings, **fields)',
    ],
)
def test_a_name_that_is_only_known_at_run_time(code: str) -> None:
    assert rules(code) == ["dynamic"]


def test_what_is_no_python_is_said() -> None:
    assert rules("def f(:\n") == ["unreadable"]
    assert rules("x = '\0'") == ["unreadable"]
    many = "+".join(["'a'"] * 5000)
    assert rules(f"x = {many}") == ["unreadable"]


def test_no_credential_is_repeated() -> None:
    code = 'password = "hunter2"\ndsn = "postgresql://app:hunter2@db/x"\nk = "AKIAIOSFODNN7EXAMPLE"'
    for each in scan_python("app.py", code, KNOWN).suspects:
        assert "hunter2" not in f"{each.message}{each.fix}"
        assert "AKIA" not in f"{each.message}{each.fix}"
