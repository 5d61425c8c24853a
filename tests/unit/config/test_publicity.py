"""What the file says of the public page, and what it may not say."""

import pytest

from tests.unit.config.files import assert_refused, configured, faults, marked, only, watching
from tocsin.adapters.codec import pack, unpack, write_json
from tocsin.config.compile import compile_shards, diff
from tocsin.config.fault import Place, Severity
from tocsin.domain.publicity import Public
from tocsin.domain.shard import Shard

WEB = 'http: "https://a.example.com/"'


@pytest.mark.parametrize(
    ("written", "found"),
    [
        pytest.param("", None, id="nothing is public that does not say so"),
        pytest.param(", public: false", None, id="it says that it is not"),
        pytest.param(", public: true", Public(name="m"), id="its name is that of the file"),
        pytest.param(", public: {}", Public(name="m"), id="an empty mapping"),
        pytest.param(", public: {group: APIs}", Public(name="m", group="APIs"), id="a group"),
        pytest.param(
            ", public: {name: ' Customer API ', group: APIs}",
            Public(name="Customer API", group="APIs"),
            id="a name and a group",
        ),
        pytest.param(", public: {name: 2024}", Public(name="2024"), id="a number as it is written"),
    ],
)
def test_a_monitor_is_public_where_it_says_so(written: str, found: Public | None) -> None:
    assert only(f"{{{WEB}{written}}}").public == found


def test_a_job_may_be_public_too() -> None:
    assert only("{heartbeat: 1d, public: {name: Backup}}").public == Public(name="Backup")


@pytest.mark.parametrize(
    ("public", "code", "mend"),
    [
        pytest.param("»yes", "bad_flag", "true or false", id="a word that is none"),
        pytest.param("{name: »''}", "bad_public_name", "a few words", id="no name"),
        pytest.param('{name: »"a\\nb"}', "bad_public_name", "on one line", id="two lines"),
        pytest.param('{group: »"\\u202ea"}', "bad_public_name", "a few words", id="a mark"),
        pytest.param(f"{{name: »{'x' * 81}}}", "too_long", "at most 80", id="a long name"),
        pytest.param("{»title: x}", "unknown_key", "name", id="a key that there is not"),
        pytest.param("»[a]", "wrong_type", "Write one value", id="a list"),
    ],
)
def test_what_the_public_could_not_read_is_refused(public: str, code: str, mend: str) -> None:
    assert_refused(f"{{{WEB}, public: {public}}}", code, mend)


def test_nobody_makes_everything_public_with_one_line() -> None:
    file = marked(
        "locations: {eu: {}}\ndefaults: {»public: true}\nmonitors: {m: {heartbeat: 1d}}\n"
    )

    (fault,) = [f for f in faults(file.text) if f.severity is Severity.ERROR]

    assert (fault.code, Place(fault.line, fault.column)) == ("unknown_key", *file.places)
    assert "belongs to a monitor" in fault.message


@pytest.mark.parametrize("other", ["Shop", "shop!", "SHOP"])
def test_two_public_monitors_have_two_addresses(other: str) -> None:
    file = marked(
        watching(
            f"  a: {{{WEB}, public: {{name: Shop}}}}\n  b: {{{WEB}, public: »{{name: '{other}'}}}}"
        )
    )

    (fault,) = faults(file.text)

    assert (fault.code, Place(fault.line, fault.column)) == ("named_twice", *file.places)
    assert "`shop`" in fault.message


def test_what_is_not_public_takes_no_name() -> None:
    assert not faults(watching(f"  shop: {{{WEB}}}\n  b: {{{WEB}, public: {{name: Shop}}}}"))


def test_a_host_that_everybody_would_read_is_warned_of() -> None:
    text = watching(f"  db.example.com: {{{WEB}, public: true}}")

    (fault,) = faults(text)

    assert (fault.code, fault.severity) == ("host_made_public", Severity.WARNING)
    assert "`db.example.com`" in fault.message
    assert not faults(text.replace("public: true", "public: {name: Database}"))
    assert not faults(text.replace("public: true", "public: false"))


def test_it_comes_back_from_the_store_as_it_was() -> None:
    file = watching(f"  m: {{{WEB}, public: {{name: Shop, group: Web}}}}")

    (shard,) = compile_shards(configured(file), (), 1)

    assert unpack(Shard, pack(Shard, shard)) == shard


def test_a_store_from_before_has_nothing_public_and_is_not_larger_for_it() -> None:
    (shard,) = compile_shards(configured(watching(f"  m: {{{WEB}}}")), (), 1)

    assert b"public" not in write_json(Shard, shard)
    assert unpack(Shard, pack(Shard, shard)).monitors[0].public is None


def test_to_become_public_is_a_change_that_keeps_every_vote() -> None:
    before = compile_shards(configured(watching(f"  m: {{{WEB}}}")), (), 1)

    after = compile_shards(configured(watching(f"  m: {{{WEB}, public: true}}")), before, 2)

    (change,) = diff(before, after).changed
    assert change.fields == ("public",)
    assert after[0].monitors[0].changed_in == 1
