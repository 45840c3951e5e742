"""What SAM makes of template.yaml, for each value of the parameters that it cannot choose by itself."""

from __future__ import annotations

from typing import Any

import pytest

from tests.house.test_template import ROOT, TOKENS, authorizers, chosen, demanded
from tools.stack.template.declared import transformed

pytestmark = [
    pytest.mark.prove,
    pytest.mark.skipif(
        not (ROOT / ".venv-sam/bin/python").exists(), reason="SAM is not installed here: `make validate` does it"
    ),
]


@pytest.fixture(scope="module")
def resources() -> dict[str, Any]:
    made: dict[str, Any] = transformed(ROOT / "template.yaml")["Resources"]
    return made


@pytest.mark.parametrize("parameters", [{"Reads": "open"}, {"Reads": "iam"}, TOKENS], ids=lambda p: p["Reads"])
def test_each_route_asks_for_the_authorizer_that_the_template_names(
    resources: dict[str, Any], parameters: dict[str, str]
) -> None:
    """SAM merges the events into the definition of the API; a path that it spells otherwise it would replace."""
    paths = resources["Api"]["Properties"]["Body"]["paths"]
    made = {
        (method, path.removeprefix("/") if path == "/$default" else path): names
        for (method, path), names in demanded(paths, parameters).items()
    }
    assert made == authorizers(parameters)
    assert all("x-amazon-apigateway-integration" in way for ways in paths.values() for way in ways.values())


def test_the_definition_has_the_schemes_that_its_routes_name(resources: dict[str, Any]) -> None:
    schemes = resources["Api"]["Properties"]["Body"]["components"]["securitySchemes"]
    assert chosen(schemes, {}).keys() == chosen(schemes, {"Reads": "iam"}).keys() == {"AWS_IAM"}
    assert chosen(schemes, TOKENS).keys() == {"AWS_IAM", "Readers"}


def test_a_domain_waits_for_the_stage_that_it_leads_to(resources: dict[str, Any]) -> None:
    stage = resources["ApiDomainMapping"]["Properties"]["Stage"]["Ref"]
    assert resources[stage]["Type"] == "AWS::ApiGatewayV2::Stage"
