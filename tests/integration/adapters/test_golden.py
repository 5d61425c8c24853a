"""Each release reads what those before it have stored, and the one before reads what it stores.

Two versions of the aggregator work on the same documents while one is rolled out, and again where
it is rolled back. The rule is in docs/decisions/0020.
"""

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.golden.reading import complaints
from tests.golden.record import HERE, KINDS, schemas
from tocsin import __version__
from tocsin.adapters import configs, states
from tocsin.adapters.codec import pack, read_json, write_json
from tocsin.adapters.columns import FORM, pack_report, unpack_report
from tocsin.adapters.configs import DynamoConfigs
from tocsin.adapters.states import DynamoStates

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def number(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in release.split("."))


RELEASES = {
    path.stem: json.loads(path.read_text())
    for path in sorted(HERE.glob("*.json"), key=lambda path: number(path.stem))
}
LAST = RELEASES[[*RELEASES][-1]]
DOCUMENTS = [
    pytest.param(kind, document, id=f"{kind} {number} of {release}")
    for release, said in RELEASES.items()
    for number, (kind, document) in enumerate(said["documents"])
]
WRITES = {"state": states.SCHEMA, "shard": configs.SCHEMA, "report": FORM}
READS = {"state": states.READS, "shard": configs.READS, "report": FORM}

each_release = pytest.mark.parametrize("release", RELEASES)
each_kind = pytest.mark.parametrize("kind", KINDS)


@pytest.mark.parametrize(("kind", "document"), DOCUMENTS)
def test_what_a_release_stored_is_read_and_says_the_same(kind: str, document: Any) -> None:
    value = read_json(KINDS[kind], json.dumps(document).encode())

    assert json.loads(write_json(KINDS[kind], value)) == document


@each_release
def test_the_state_of_a_release_is_taken_up_from_the_table(
    release: str, dynamodb: "DynamoDBClient"
) -> None:
    (document,) = (each for kind, each in RELEASES[release]["documents"] if kind == "state")
    value = read_json(KINDS["state"], json.dumps(document).encode())
    dynamodb.put_item(
        TableName="state",
        Item={
            "pk": {"S": f"SHARD#{value.shard}"},
            "sk": {"S": "STATE"},
            "schema": {"N": str(RELEASES[release]["writes"]["state"])},
            "revision": {"N": "41"},
            "document": {"B": pack(KINDS["state"], value)},
        },
    )

    stored = DynamoStates(dynamodb, "state", lambda: "token").load(value.shard)

    assert (stored.state, stored.revision) == (value, 41)


@each_release
def test_the_configuration_of_a_release_is_in_force_still(
    release: str, dynamodb: "DynamoDBClient"
) -> None:
    (document,) = (each for kind, each in RELEASES[release]["documents"] if kind == "shard")
    value = read_json(KINDS["shard"], json.dumps(document).encode())
    current = {"pk": {"S": "CONFIG"}, "sk": {"S": "CURRENT"}}
    dynamodb.put_item(
        TableName="state", Item={**current, "version": {"N": "1"}, "set": {"S": "1-a"}}
    )
    dynamodb.put_item(
        TableName="state",
        Item={
            "pk": {"S": "CONFIG#1-a"},
            "sk": {"S": f"SHARD#{value.id}"},
            "schema": {"N": str(RELEASES[release]["writes"]["shard"])},
            "document": {"B": pack(KINDS["shard"], value)},
        },
    )

    assert DynamoConfigs(dynamodb, "state").shards() == (value,)


@each_release
def test_a_report_of_a_release_is_read(release: str) -> None:
    found = unpack_report(bytes.fromhex(RELEASES[release]["report"]))

    assert found.location == "lima"
    assert len(found.sightings) == 3
    assert found.spoilt == 0
    assert unpack_report(pack_report(found)) == found


@each_kind
def test_the_last_release_reads_what_is_stored_now(kind: str) -> None:
    assert complaints(LAST["schemas"][kind], schemas()[kind]) == []


@pytest.mark.parametrize("kind", WRITES)
def test_nothing_is_written_that_the_last_release_refuses(kind: str) -> None:
    assert WRITES[kind] <= LAST["reads"][kind]


@pytest.mark.parametrize("kind", WRITES)
def test_what_is_written_can_be_read_and_no_version_is_given_up(kind: str) -> None:
    assert WRITES[kind] <= READS[kind]
    assert READS[kind] >= max(said["writes"][kind] for said in RELEASES.values())


def test_no_release_is_written_down_before_it_is_made() -> None:
    assert number(LAST["release"]) <= number(__version__)


# The comparison itself


def state() -> dict[str, Any]:
    return copy.deepcopy(LAST["schemas"]["state"])


def test_a_word_that_was_not_known_is_found() -> None:
    now = state()
    now["$defs"]["Reason"]["enum"].append("on_fire")

    found = complaints(LAST["schemas"]["state"], now)

    assert found
    assert all("on_fire, which was not known" in each for each in found)


def test_a_field_that_may_be_left_out_is_no_matter() -> None:
    now = state()
    now["$defs"]["Standing"]["properties"]["mood"] = {"type": "string", "default": "calm"}

    assert complaints(LAST["schemas"]["state"], now) == []


def test_a_field_that_is_needed_and_no_longer_written_is_found() -> None:
    now = state()
    now["$defs"]["Standing"]["required"].remove("verdict")

    assert any(
        each.endswith("verdict: is no longer written always")
        for each in complaints(LAST["schemas"]["state"], now)
    )


def test_another_default_is_found() -> None:
    now = state()
    now["properties"]["rolled"]["default"] = 7

    assert complaints(LAST["schemas"]["state"], now) == [
        ".rolled: what is left out meant something else"
    ]


def test_another_type_is_found() -> None:
    now = state()
    now["$defs"]["Standing"]["properties"]["since"] = {"type": "integer"}

    assert any("type was string and is integer" in e for e in complaints(state(), now))


def test_another_kind_in_a_choice_is_found() -> None:
    now = copy.deepcopy(LAST["schemas"]["shard"])
    now["$defs"]["SmokeTarget"] = {
        "type": "object",
        "properties": {"room": {"type": "string"}},
        "required": ["room"],
    }
    now["$defs"]["Target"]["anyOf"].append({"$ref": "#/$defs/SmokeTarget"})

    assert complaints(LAST["schemas"]["shard"], now) == [
        ".monitors[].target: may be a SmokeTarget, which was not known"
    ]
