"""The environments of samconfig.toml inherit nothing from one another, so each must be whole."""

import re
import tomllib
from typing import Any

import pytest

from tests.architecture.cloudformation import PROJECT, load_template

PARAMETERS: dict[str, dict[str, Any]] = load_template()["Parameters"]
CONFIG = tomllib.loads((PROJECT / "samconfig.toml").read_text())
ENVIRONMENTS = [name for name in CONFIG if name != "version"]
AGENTS = ["office"]
PROBES = [name for name in ENVIRONMENTS if name not in {"home", *AGENTS}]

each_environment = pytest.mark.parametrize("environment", ENVIRONMENTS)
each_stack_with_a_probe = pytest.mark.parametrize("environment", ["home", *PROBES])
each_probe = pytest.mark.parametrize("environment", PROBES)


def settings(environment: str, command: str) -> dict[str, Any]:
    found: dict[str, Any] = CONFIG[environment][command]["parameters"]
    return found


def overrides(environment: str, command: str = "deploy") -> dict[str, str]:
    pairs = [each.partition("=") for each in settings(environment, command)["parameter_overrides"]]
    return {name: value for name, _, value in pairs}


def test_there_is_a_home_and_a_quorum_of_locations() -> None:
    assert "home" in ENVIRONMENTS
    assert len(PROBES) >= 2


@each_environment
def test_an_environment_is_whole(environment: str) -> None:
    for command in ("validate", "build", "deploy"):
        assert settings(environment, command).keys() == settings("home", command).keys()


@each_environment
def test_every_override_is_a_parameter_of_the_template_and_fits_it(environment: str) -> None:
    for name, value in overrides(environment).items():
        parameter = PARAMETERS[name]
        assert re.fullmatch(parameter.get("AllowedPattern", ".*"), value)
        assert value in parameter.get("AllowedValues", [value])


@each_environment
def test_every_parameter_without_a_default_is_given(environment: str) -> None:
    required = {name for name, each in PARAMETERS.items() if "Default" not in each}

    assert required <= overrides(environment).keys()


@each_stack_with_a_probe
def test_a_stack_is_at_the_location_of_its_region(environment: str) -> None:
    assert overrides(environment)["Location"] == settings(environment, "deploy")["region"]


@each_probe
def test_a_probe_environment_is_named_after_its_region(environment: str) -> None:
    assert settings(environment, "deploy")["region"] == environment
    assert overrides(environment)["Part"] == "probe"


def test_no_two_stacks_share_a_region() -> None:
    probes = ["home", *PROBES]
    regions = {settings(environment, "deploy")["region"] for environment in probes}

    assert len(regions) == len(probes)


@pytest.mark.parametrize("environment", AGENTS)
def test_an_agents_stack_is_named_after_its_location_and_stands_in_no_others_way(
    environment: str,
) -> None:
    assert overrides(environment)["Part"] == "agent"
    assert overrides(environment)["Location"] == environment
    others = {settings(name, "deploy")["stack_name"] for name in ENVIRONMENTS if name not in AGENTS}
    assert settings(environment, "deploy")["stack_name"] not in others


@pytest.mark.parametrize("name", ["HomeRegion", "ReportsTableName", "StateTableName"])
def test_environments_agree_on(name: str) -> None:
    assert len({overrides(environment)[name] for environment in ENVIRONMENTS}) == 1


def test_home_is_where_every_environment_believes_it_is() -> None:
    assert settings("home", "deploy")["region"] == overrides("home")["HomeRegion"]
    assert overrides("home")["Part"] == "home"


def test_home_is_not_the_region_whose_bad_days_are_everyones() -> None:
    assert overrides("home")["HomeRegion"] != "us-east-1"


@each_environment
def test_what_is_built_is_what_is_deployed(environment: str) -> None:
    assert overrides(environment, "build")["Architecture"] == overrides(environment)["Architecture"]


@each_environment
def test_a_deployment_asks_first_and_names_no_roles_itself(environment: str) -> None:
    deploy = settings(environment, "deploy")

    assert deploy["confirm_changeset"] is True
    assert deploy["capabilities"] == "CAPABILITY_IAM"


@each_environment
def test_no_environment_opens_what_is_for_the_local_stack(environment: str) -> None:
    assert overrides(environment).get("Egress", "public") != "loopback"


def test_the_environment_of_a_probe_in_a_network_is_whole_and_fits_the_template() -> None:
    page = (PROJECT / "deploy" / "README.md").read_text()
    written = tomllib.loads(page.partition("```toml\n")[2].partition("```")[0])
    deploy = written["private-eu"]["deploy"]["parameters"]
    given = dict(each.split("=", 1) for each in deploy["parameter_overrides"])

    assert deploy.keys() == settings("home", "deploy").keys()
    assert deploy["stack_name"] != settings("home", "deploy")["stack_name"]
    for name, value in given.items():
        assert re.fullmatch(PARAMETERS[name].get("AllowedPattern", ".*"), value)
        assert value in PARAMETERS[name].get("AllowedValues", [value])
    assert given["Egress"] == "private"
    assert given.keys() >= overrides("us-east-1").keys() | {"SubnetIds", "SecurityGroupIds"}
    assert {given[name] for name in ("HomeRegion", "ReportsTableName", "StateTableName")} == {
        overrides("home")[name] for name in ("HomeRegion", "ReportsTableName", "StateTableName")
    }
