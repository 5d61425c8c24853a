"""What the local stack gives the template for parameters, held to the template."""

import re

import pytest

from tests.architecture.cloudformation import load_template
from tocsin.wiring.probe import canaries
from tocsin_cli.local.deploy import HOME, PLACES, Place, parameters

PARAMETERS = load_template()["Parameters"]
CANARY = "tcp://127.0.0.1:4566"

each_place = pytest.mark.parametrize("place", PLACES, ids=lambda place: place.location)


@each_place
def test_each_is_a_parameter_of_the_template_and_fits_it(place: Place) -> None:
    for name, value in parameters(place, CANARY).items():
        assert re.fullmatch(PARAMETERS[name].get("AllowedPattern", ".*"), value)
        assert value in map(str, PARAMETERS[name].get("AllowedValues", [value]))


@each_place
def test_what_has_no_default_is_given(place: Place) -> None:
    required = {name for name, each in PARAMETERS.items() if "Default" not in each}

    assert required <= parameters(place, CANARY).keys()


@each_place
def test_no_place_reaches_beyond_this_machine_for_its_checks_or_canaries(place: Place) -> None:
    given = parameters(place, CANARY)

    assert given["Egress"] == "loopback"
    assert given["SourceAddress"].startswith("127.")
    assert given["Canaries"] == CANARY
    assert len(canaries(given["Canaries"], place.location)) == 1


def test_one_place_is_home_and_all_agree_where_that_is() -> None:
    given = {place.location: parameters(place, CANARY) for place in PLACES}

    assert [name for name, each in given.items() if each["Part"] == "home"] == [HOME.location]
    assert {each["HomeRegion"] for each in given.values()} == {HOME.location}
    assert all(each["Location"] == name for name, each in given.items())


def test_no_two_places_connect_from_one_address() -> None:
    addresses = {parameters(place, CANARY)["SourceAddress"] for place in PLACES}

    assert len(addresses) == len(PLACES)
