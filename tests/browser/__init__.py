"""A real browser looks at every page."""

import pytest

pytest.register_assert_rewrite("tests.browser.window")
