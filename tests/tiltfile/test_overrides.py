"""tilt_config.json and `tilt up`'s arguments: what each setting changes, and how a mistake is answered."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest

from tests.support.platform import ROOT
from tests.support.tilt import Tilt, TiltfileError
from tests.tiltfile.conftest import Evaluate, container, forwards, variables
from tests.tiltfile.test_tiltfile import SERVICES


def test_only_some_services_with_what_they_need_and_call(evaluate: Evaluate) -> None:
    tilt = evaluate({"services": ["print-service"]})
    assert "order-service" in tilt.resources  # provider-sim calls the gateway, which calls it
    assert not {"web", "kubeview"} & tilt.resources.keys()
    assert evaluate({"services": ["redis"]}).resources.keys() == {"redis"}


def test_a_group_by_its_name(evaluate: Evaluate) -> None:
    tilt = evaluate({"services": ["infra"]})
    assert tilt.resources.keys() == {"postgres", "redis"}
    assert tilt.local_resources.keys() == {"db-migrate", "db-seed", "mesh-install"}


def test_names_on_the_command_line_count_before_the_file(evaluate: Evaluate) -> None:
    tilt = evaluate({"services": ["infra"]}, {"services": ["redis"]})
    assert tilt.resources.keys() == {"redis"}
    assert len([call for call in tilt.local_calls if call[1] == "plan"]) == 2


def test_a_service_that_is_off_is_stood_in_for(evaluate: Evaluate) -> None:
    tilt = evaluate({"off": ["order-service", "kubeview"]})
    assert tilt.resources.keys() == SERVICES - {"order-service", "kubeview"} | {"switched-off"}
    assert forwards(tilt, "switched-off") == [(3001, 3001)]
    service = next(
        o for o in tilt.objects if o["kind"] == "Service" and o["metadata"]["name"] == "order-service"
    )
    assert service["spec"]["selector"] == {"app": "switched-off"}
    assert service["spec"]["ports"][0]["port"] == 3001
    assert not any(
        o["kind"] == "Deployment" and o["metadata"]["name"] == "order-service" for o in tilt.objects
    )
    assert "forma3d-connect-order-service" not in tilt.images


def test_kubeview_has_a_switch(evaluate: Evaluate) -> None:
    assert "kubeview" not in evaluate({"kubeview": False}).resources
    assert "switched-off" not in evaluate({"kubeview": False}).resources


def test_without_debugging(evaluate: Evaluate) -> None:
    tilt = evaluate({"debug": False})
    assert forwards(tilt, "gateway") == [(3000, 3000)]
    assert [port["name"] for port in container(tilt, "gateway")["ports"]] == ["http"]
    assert "DEBUG_PORT" not in variables(tilt, "gateway")


def test_port_offset_moves_this_machines_side(evaluate: Evaluate) -> None:
    tilt = evaluate({"port_offset": "100"})
    assert forwards(tilt, "gateway") == [(3100, 3000), (9329, 9229)]
    values = variables(tilt, "gateway")
    assert (values["WEB_URL"], values["APP_PORT"]) == ("http://localhost:4300", "3000")
    assert variables(tilt, "web")["VITE_API_URL"] == "http://localhost:3100"


def test_resource_scale(evaluate: Evaluate) -> None:
    def amounts(tilt: Tilt) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = container(tilt, "gateway")["resources"]
        return found

    small, large = amounts(evaluate({"resource_scale": "0.5"})), amounts(evaluate({"resource_scale": "2"}))
    assert small == {"requests": {"cpu": "38m", "memory": "128Mi"}, "limits": {"memory": "768Mi"}}
    assert large == {"requests": {"cpu": "150m", "memory": "512Mi"}, "limits": {"memory": "1536Mi"}}


def test_an_empty_file_and_none_change_nothing(evaluate: Evaluate, folder: Path) -> None:
    plain = evaluate()
    (folder / "tilt_config.json").unlink()
    assert evaluate().objects == plain.objects


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"debgu": True}, r"tilt_config.json:1:2: unknown key `debgu`.*did you mean `debug`\?.*allowed are `services`, `off`"),
        ({"debug": "no"}, r"`debug` is .*text.*true or false"),
        ({"port_offset": 100}, r"`port_offset` is .*number.*text in quotes"),
        ({"port_offset": "-1"}, r"not a whole number from 0 to 50000"),
        ({"resource_scale": "9"}, r"not a number from 0.1 to 4"),
        ({"services": ["gatway"]}, r"`services` names `gatway`, which is none.*did you mean `gateway`\?.*groups are"),
        ({"off": ["postgres"]}, r"`off` names `postgres`, which `gateway` needs.*switch `gateway` off too"),
        ({"mesh": "linkerd"}, r"no mesh `linkerd`.*allowed"),
        ("[1]", r"holds a list, not an object"),
        ('{"debug": true,}', r"tilt_config.json:1:\d+: is not JSON"),
        ('{"debug": true, "debug": false}', r"`debug` is given twice"),
    ],
)  # fmt: skip
def test_a_mistake_is_answered_with_what_is_allowed(evaluate: Evaluate, config: object, said: str) -> None:
    with pytest.raises(TiltfileError) as failure:
        evaluate(config)
    assert re.search(said, str(failure.value), re.DOTALL), failure.value


def test_every_mistake_at_once(evaluate: Evaluate) -> None:
    with pytest.raises(TiltfileError, match="has 2 errors"):
        evaluate({"debgu": True, "services": ["nobody"]})


def test_the_schema_accepts_what_the_plan_does(folder: Path) -> None:
    schema = json.loads((Path(ROOT) / "dev" / "tilt_config.schema.json").read_text())
    validate = jsonschema.Draft7Validator(schema).is_valid
    assert validate({"services": ["gateway", "infra"], "off": ["web"], "debug": False, "port_offset": "100"})
    assert validate({"resource_scale": "0.5", "kubeview": False, "mesh": "none"})
    for wrong in ({"debgu": True}, {"port_offset": 100}, {"services": ["gatway"]}, {"resource_scale": "x"}):
        assert not validate(wrong)
