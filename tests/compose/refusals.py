"""What Compose refuses: files, and the finding with its place and fix."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["REFUSALS", "Refusal"]


@dataclass(frozen=True)
class Refusal:
    """`finding` is what is said first: `file:line:column: message`, and behind ` → ` the fix."""

    name: str
    text: str
    finding: str
    files: dict[str, str] = field(default_factory=dict)


REFUSALS = [
    Refusal("syntax", "services:\n  web: [\n", "compose.yml:3:1: is not YAML: did not find expected node content while parsing a flow node"),
    Refusal("tab", "services:\n\tweb: {}\n", "compose.yml:2:1: a tab indents this line → indent with spaces; YAML allows no tabs"),
    Refusal("empty", "", "compose.yml: has nothing in it → begin with `services:`"),
    Refusal("list", "- a\n", "compose.yml:1:1: a Compose file is a mapping of keys → begin with `services:`"),
    Refusal("double", "services:\n  web: {image: a}\n  web: {image: b}\n", "compose.yml:3:3: `web` is given twice, here and in line 2 → keep one of the two"),
    Refusal("number-key", "services: {8: {image: a}}\n", "compose.yml:1:12: a key is text, not `8` → quote it"),
    Refusal("unknown-key", "services:\n  web:\n    imagee: x\n", "compose.yml:3:5: `imagee` is no key of services.web → did you mean `image`?"),
    Refusal("unknown-top", "service: {}\n", "compose.yml:1:1: `service` is no key of a Compose file → did you mean `services`?"),
    Refusal("type", "services:\n  web: {image: 5}\n", 'compose.yml:2:16: services.web.image is a number; it takes text → write "5" for the text'),
    Refusal("date", "services:\n  web: {image: a, labels: {on: 2024-01-01}}\n", 'compose.yml:2:32: services.web.labels.on is a date to YAML; it takes text, a number, true or false or nothing → write "2024-01-01" for the text'),
    Refusal("null", "services:\n  web:\n    image: a\n    ports:\n", "compose.yml:4:11: services.web.ports is empty; it takes a list → give it a value, or delete the line"),
    Refusal("services-null", "services:\n", "compose.yml:1:1: `services` takes a mapping of names → write the services below it"),
    Refusal("required", "services:\n  web:\n    image: a:${TAG:?which one}\n", "compose.yml:3:12: the variable TAG has no value, and services.web.image requires it: which one → set TAG in the environment or in .env"),
    Refusal("dollar", "services:\n  web: {image: 'a:${1}'}\n", "compose.yml:2:16: `a:${1}` has a `$` that begins no variable → write ${NAME} for a variable, $$ for a dollar sign"),
    Refusal("port", "services:\n  web:\n    image: a\n    ports:\n      - 80:http\n", 'compose.yml:5:9: the port `80:http` has `http` where a port belongs → write "HOST:CONTAINER", in quotes'),
    Refusal("size", "services:\n  web: {image: a, mem_limit: 12 parsecs}\n", "compose.yml:2:30: `12 parsecs` is no size → write it as 512m, 2g or in bytes"),
    Refusal("duration", "services:\n  web: {image: a, stop_grace_period: '30'}\n", "compose.yml:2:38: `30` is no duration → write it as 30s, 1m30s or 500ms"),
    Refusal("switch", "services:\n  web: {image: a, privileged: maybe}\n", "compose.yml:2:31: `maybe` is neither true nor false → write true or false"),
    Refusal("command", "services:\n  web: {image: a, command: \"run 'it\"}\n", "compose.yml:2:28: `run 'it` has a quote or a bracket that is not closed → close it, or write the command as a list"),
    Refusal("no-image", "services:\n  web: {user: a}\n", "compose.yml:2:3: the service web has neither `image` nor `build` → add `image: NAME:TAG`"),
    Refusal("network", "services:\n  web: {image: a, networks: [x]}\n", "compose.yml:2:30: the service web is in the network x, which is not declared → add `x:` to the top-level `networks`"),
    Refusal("volume", "services:\n  web: {image: a, volumes: ['xx:/y']}\n", "compose.yml:2:29: the service web mounts the volume xx, which is not declared → add `xx:` to the top-level `volumes`, or write ./xx for a folder"),
    Refusal("dependency", "services:\n  web:\n    image: a\n    depends_on:\n      - db\n", "compose.yml:5:9: the service web needs db, which is not there"),
    Refusal("profile", "services:\n  web: {image: a, depends_on: [db]}\n  db: {image: b, profiles: [data]}\n", "compose.yml:2:32: the service web needs db, which only the profile data enables → --profile data"),
    Refusal("loop", "services:\n  a: {image: a, depends_on: [b]}\n  b: {image: b, depends_on: [a]}\n", "compose.yml:2:30: services depend on each other in a circle: a → b → a → take one out"),
    Refusal("extends-loop", "services:\n  a: {extends: b}\n  b: {extends: a}\n", "compose.yml:2:16: services extend each other in a circle: a → b → a → take one out"),
    Refusal("extends-nobody", "services:\n  a: {extends: {service: b, file: x.yml}}\n", "compose.yml:2:35: the service a extends one of x.yml, which is not there → fix the path; it starts at the project's folder"),
    Refusal("include-conflict", "include: [x.yml]\nservices:\n  a: {image: a}\n", "compose.yml:3:3: services.a is here and in an included file, at x.yml:1:12 → rename one, or override it in a file given with -f", {"x.yml": "services: {a: {image: b}}\n"}),
    Refusal("include-loop", "include: [x.yml]\n", "x.yml:1:11: files include each other in a circle: compose.yml → x.yml → compose.yml → take one out", {"x.yml": "include: [compose.yml]\n"}),
    Refusal("included-file", "include: [x.yml]\n", "x.yml:2:14: services.a.image is a number; it takes text → write \"5\" for the text", {"x.yml": "services:\n  a: {image: 5}\n"}),
    Refusal("env-file", "services:\n  a: {image: a, env_file: x.env}\n", "compose.yml:2:27: the env file x.env does not exist → create it, or write `required: false`"),
    Refusal("env-line", "services:\n  a: {image: a, env_file: x.env}\n", "x.env:2:3: this quote is never closed → close it with \"", {"x.env": "A=1\nB=\"open\n"}),
    Refusal("alias-loop", "services:\n  a: &a\n    image: a\n    x-self: *a\n", "compose.yml:2:6: this anchor is used both at services.a.x-self and below it, which Compose takes for a loop → write the value out at one of the two"),
    Refusal("two-values", "services:\n  a: {image: a, cpus: 1, deploy: {resources: {limits: {cpus: '2'}}}}\n", "compose.yml:2:17: the service a has `cpus` and another value in deploy.resources.limits.cpus → keep one of the two, or make them equal"),
    Refusal("two-mounts", "services:\n  a: {image: a, volumes: ['./b:/x'], tmpfs: /x}\n", "compose.yml:2:27: the service a has two mounts at /x; the other is at compose.yml:2:45 → keep one of the two"),
]  # fmt: skip
