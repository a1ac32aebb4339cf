"""What the reference says of each page's object is what the page renders."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from fallline.web.page import LINKS

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def described():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(DOCS))
        import pages.app

        yield pages.app


@pytest.mark.parametrize("name", LINKS)
def test_every_page_renders_the_object_that_is_described(app, described, name):
    served = app.get(f"/{name}.json").json
    assert list(served) == [field.name for field in dataclasses.fields(described.CONTEXTS[name])]


def test_every_field_has_its_meaning(described):
    text = described.page()
    for context in described.CONTEXTS.values():
        for part in described.classes(context):
            assert all(f"| `{field.name}` |" in text for field in dataclasses.fields(part))
    assert "| `seconds` | `float \\| None` | how long it took; null where that is not known. |" in text
