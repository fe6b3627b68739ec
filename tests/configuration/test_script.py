"""What the audit finds in TypeScript and JavaScript, and what only looks like it."""

from __future__ import annotations

import pytest
from devkit.configuration.model import Scan
from devkit.configuration.script_source import scan_script
from devkit.configuration.values import Known

KNOWN = Known({"order-service", "gateway", "postgres"})


def scan(code: str, *, file: str = "app.ts", relaxed: bool = False) -> Scan:
    return scan_script(file, code, Known(KNOWN.services, relaxed=relaxed))


def rules(code: str, *, file: str = "app.ts", relaxed: bool = False) -> list[str]:
    """The rules that code violates, by line."""
    suspects = scan(code, file=file, relaxed=relaxed).suspects
    return [each.rule for each in sorted(suspects, key=lambda each: (each.place.line, each.rule))]


@pytest.mark.parametrize("file", ["app.ts", "app.tsx", "app.js", "app.mjs"])
@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("const DB_URL = 'postgresql://localhost:5432/shop';", ["url"]),
        ("const u = `https://api.stripe.com/v1/${path}`;", ["url"]),
        ("const u = 'https://api.stripe.com' + path;", ["url"]),
        ("const u = `https://${shop}.myshopify.com/admin`;", ["url"]),
        ("const u = process.env.API_URL ?? 'http://localhost:3000';", ["url"]),
        ("const u = process.env['API_URL'] || 'http://localhost:3000';", ["url"]),
        ("const { API_URL = 'http://localhost:3000' } = process.env;", ["url"]),
        ("axios.create({ baseURL: 'http://order-service:3001' });", ["url"]),
        ("io('wss://live.stripe.com');", ["url"]),
        ("function f(url = 'https://api.stripe.com') {}", ["url"]),
        ("class A { url = 'https://api.stripe.com'; }", ["url"]),
        ("fetch('https://api.stripe.com')", ["url"]),
        ("new Pool({ host: 'db.internal', port: 5432 })", ["host", "port"]),
        ("const HOST = 'api.stripe.com';", ["host"]),
        ("address.hostname = 'localhost';", ["host"]),
        ("const ip = '10.1.2.3';", ["host"]),
        ("const brokers = ['kafka.internal:9092'];", ["host"]),
        ("new Kafka({ brokers: ['kafka-1:9092'] });", ["host"]),
        ("const c = 'Server=db;Uid=app;Password=hunter2;';", ["credential"]),
        ("const port = Number(process.env.PORT ?? 3000);", ["port"]),
        ("const port = Number(process.env.PORT || '3000');", ["port"]),
        ("const { PORT = 3000 } = process.env;", ["port"]),
        ("app.listen(3000);", ["port"]),
        ("await app.listen(3000, '0.0.0.0');", ["port"]),
        ("const u = `http://${host}:3001/x`;", ["port"]),
        ("const u = 'http://' + host + ':3001';", ["port"]),
        ("class A { readonly port = 8080; }", ["port"]),
        ("const password = 'hunter2';", ["credential"]),
        ("const { DB_PASSWORD = 'hunter2' } = process.env;", ["credential"]),
        ("const s = process.env.SESSION_SECRET ?? 'local-dev-session-secret';", ["credential"]),
        ("connect({ apiKey: 'abc-123' });", ["credential"]),
        ("const u = 'postgresql://app:hunter2@db/x';", ["credential"]),
        ("const k = 'AKIAIOSFODNN7EXAMPLE';", ["credential"]),
        ("const k = `-----BEGIN EC PRIVATE KEY-----\nx`;", ["credential"]),
        ("if (password === 'letmein1') {}", ["credential"]),
        ("const h = { Authorization: 'Bearer a1b2c3d4e5f6' };", ["credential"]),
        ("axios.create({ timeout: 5000 });", ["timeout"]),
        ("fetch(u, { signal: AbortSignal.timeout(5_000) });", ["timeout"]),
        ("setTimeout(f, 250);", ["timeout"]),
        ("window.setTimeout(() => { f(); }, 1000 * n);", ["timeout"]),
        ("setInterval(f, 0x10);", ["timeout"]),
        ("setTimeout(f, 2 * 60 * 1000);", ["timeout"]),
        ("const requestTimeoutMs = 500;", ["timeout"]),
        ("function f(timeout = 500) {}", ["timeout"]),
    ],
)  # fmt: skip
def test_what_is_written_into_code(code: str, found: list[str], file: str) -> None:
    assert rules(code, file=file) == found


@pytest.mark.parametrize(
    "code",
    [
        "// http://localhost:3000\nconst x = 1;",
        "/** Talks to http://localhost:3000. */",
        "import x from 'https://esm.sh/react';",
        "export * from 'https://esm.sh/react';",
        "const NS = 'http://www.w3.org/2000/svg';",
        "const s = { $schema: 'https://json-schema.org/draft/2020-12/schema' };",
        "throw new Error('not a URL: expected https://HOST/PATH');",
        "const u = 'https://example.com';",
        "if (host === '127.0.0.1' || host !== 'localhost') {}",
        "switch (host) { case '127.0.0.1': break; }",
        "const u = `${base}/path`;",
        "const u = `http://${host}:${port}`;",
        "const ok = /^https?:$/.test(protocol);",
        "type Url = 'https://api.stripe.com';",
        "const version = '1.2.3.4';",
        "const LIMIT = 3000;",
        "if (['localhost', '127.0.0.1'].includes(host)) {}",
        "const LOOPBACK = new Set(['localhost', '127.0.0.1', '::1']);",
        "const h = { Authorization: `Bearer ${token}` };",
        "new Array(3000);",
        "f({ credentials: 'include' });",
        "const labels = { password: 'Password', email: 'E-mail address' };",
        "const headers = { apiKey: 'X-Api-Key' };",
        "const secret = '';",
        "if (token === 'EOF') {}",
        "setTimeout(f, 0);",
        "setTimeout(f, DELAY_MS);",
        "const TIMEOUT_MS = 5000;\nAbortSignal.timeout(TIMEOUT_MS);",
        "if (import.meta.env.DEV) { u = 'http://localhost:3000'; }",
        "const u = process.env.NODE_ENV === 'development' ? 'http://localhost:3000' : given;",
        "if (process.env.NODE_ENV !== 'production') { u = 'http://localhost:3000'; }",
        "const port = secure ? 443 : 80;",
        "app.listen(0);",
        "app.listen(port);",
    ],
)
def test_what_only_looks_like_it(code: str) -> None:
    assert rules(code) == []


def test_elements() -> None:
    code = """
const a = <svg xmlns="http://www.w3.org/2000/svg"><a href="https://docs.stripe.com">docs</a></svg>;
const b = <input type="password" autoComplete="current-password" name="password" />;
const c = <img src="https://cdn.stripe.com/i.png" />;
const d = <Api baseUrl={`http://localhost:3000`} timeout={500} />;
"""
    found = [(each.place.line, each.rule) for each in scan(code, file="a.tsx").suspects]
    assert sorted(found) == [(4, "url"), (5, "timeout"), (5, "url")]


def test_a_branch_that_development_does_not_take_is_no_excuse() -> None:
    assert rules("if (!import.meta.env.DEV) { u = 'http://localhost:3000'; }") == ["url"]
    assert rules("if (import.meta.env.DEV) {} else { u = 'http://localhost:3000'; }") == ["url"]


def test_code_of_development_alone_may_name_this_machine_and_no_other() -> None:
    assert rules("const a = 'http://localhost:3000'; const b = 'https://api.stripe.com';", relaxed=True) == [
        "url"
    ]


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("process.env.A; process.env['B']; process.env[`C`]; process.env?.D; process.env.E!", "ABCDE"),
        ("const { A, B: b, C = 'c', 'D': d } = process.env;", "ABCD"),
        ("const env = process.env; env.A; env['B']", "AB"),
        ("import { env } from 'node:process'; env.A", "A"),
        ("import { env as e } from 'process'; e.A", "A"),
        ("import process from 'node:process'; process.env.A", "A"),
        ("import * as p from 'node:process'; p.env.A", "A"),
        ("const { env } = process; env.A", "A"),
        ("const { env: { A, B = 'b' } } = process;", "AB"),
        ("function f({ A, B } = process.env) {}", "AB"),
        ("({ A } = process.env);", "A"),
        ("globalThis.process.env.A; Bun.env.B; Deno.env.get('C')", "ABC"),
        ("const N = 'A'; process.env[N]", "A"),
        ("(process.env as Record<string, string>).A", "A"),
        ("other.env.A; settings['B']; const { C } = settings", ""),
    ],
)
def test_reads(code: str, names: str) -> None:
    found = scan(code)
    assert sorted(read.name for read in found.reads) == list(names)
    assert [each.rule for each in found.suspects] == []


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("import.meta.env.VITE_A; import.meta.env['VITE_B']", ["VITE_A", "VITE_B"]),
        ("const { VITE_A, MODE } = import.meta.env", ["VITE_A"]),
        ("import.meta.env.DEV; import.meta.env.BASE_URL; import.meta.env.SSR", []),
    ],
)
def test_what_is_read_when_a_page_is_built(code: str, names: list[str]) -> None:
    found = scan(code).reads
    assert sorted(read.name for read in found) == names
    assert all(read.at_build for read in found)


@pytest.mark.parametrize(
    "code",
    [
        "process.env[name]",
        "process.env[`${prefix}_URL`]",
        "const { A, ...rest } = process.env",
        "const { [name]: x } = process.env",
        "Object.entries(process.env)",
        "for (const k in process.env) {}",
        "Deno.env.get(name)",
    ],
)
def test_a_name_that_is_only_known_at_run_time(code: str) -> None:
    assert rules(code) == ["dynamic"]


def test_what_cannot_be_parsed_is_said_and_the_rest_is_checked() -> None:
    many = "+".join(["'a'"] * 5000)
    assert rules(f"const x = {many};") == ["unreadable"]
    assert rules("const = ;\nconst u = 'http://localhost:3000';") == ["unreadable", "url"]
