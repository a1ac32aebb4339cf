"""Pages: a skeleton around one object, which is also there as JSON."""

from __future__ import annotations

import json
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fallline.core.errors import InvalidType
from fallline.web.wire import to_json


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[dict[str, str | None]] = []

    def handle_starttag(self, tag, attrs):
        if tag in ("a", "script", "link"):
            self.found.append({"tag": tag, **dict(attrs)})


def test_a_page_and_its_json_hold_the_same_object(app):
    page = app.get("/runs").body.decode()
    held = page.partition('id="context">')[2].partition("</script>")[0]
    assert json.loads(held) == app.get("/runs.json").json


def test_every_page_has_the_four_links_and_says_where_one_is(app):
    parser = Links()
    parser.feed(app.get("/runs").body.decode())
    links = [link for link in parser.found if link["tag"] == "a" and link["href"] != "#main"]
    assert [link["href"] for link in links] == ["/playground", "/train", "/race", "/runs"]
    assert [link["href"] for link in links if link.get("aria-current") == "page"] == ["/runs"]
    assert {link.get("src") or link.get("href") for link in parser.found if link["tag"] != "a"} == {
        None,
        "data:,",
        "/static/colours.css",
        "/static/shell.css",
        "/static/runs.css",
        "/static/runs.js",
    }


def test_a_page_is_kept_nowhere(app):
    assert app.get("/runs").headers["cache-control"] == "no-store"


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@settings(max_examples=50)
@given(plain)
def test_json_can_stand_in_a_script_and_is_read_back(value):
    text = to_json(value)
    assert not set("<>&\u2028\u2029") & set(text)
    text.encode()
    expected = json.loads(json.dumps(value), parse_constant=lambda _: None)
    assert json.loads(text) == expected


def test_a_broken_name_on_a_disk_is_still_text():
    assert json.loads(to_json("caf\udce9")) == "caf?"


def test_what_is_no_data_is_refused():
    with pytest.raises(InvalidType, match="object"):
        to_json({"x": object()})
