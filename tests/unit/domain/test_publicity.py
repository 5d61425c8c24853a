"""Names for the public, and their addresses."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.publicity import LONGEST, Public, slug


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("Customer API", "customer-api"),
        ("  Web -- shop! ", "web-shop"),
        ("Büro Süd", "buro-sud"),
        ("db.example.com", "db-example-com"),
        ("x" * 80, "x" * LONGEST),
        (f"{'x' * (LONGEST - 1)} y", "x" * (LONGEST - 1)),
    ],
)
def test_an_address_is_made_of_the_name(name: str, found: str) -> None:
    assert slug(name) == found
    assert Public(name=name).slug == found


def test_who_is_under_no_heading_has_none() -> None:
    assert Public(name="Customer API").group == ""


def test_a_name_without_a_latin_letter_has_an_address_of_its_own() -> None:
    one, other = slug("店舗"), slug("支払い")

    assert re.fullmatch("[0-9a-f]{8}", one)
    assert one != other


@given(st.text())
def test_whatever_the_name_the_address_needs_no_escaping(name: str) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug(name))
