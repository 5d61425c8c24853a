"""The page in docs/ is what the table and the checks say today."""

from tests.services.page import PAGE, page
from tocsin.config.catalogue import services


def test_the_page_of_services_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `python -m tests.services.page`"


def test_every_service_has_its_place_on_the_page_and_its_failures() -> None:
    sections = PAGE.read_text(encoding="utf-8").split("\n### ")[1:]

    assert [section.partition(":")[0] for section in sections] == list(services())
    assert all("refused " in section for section in sections)
