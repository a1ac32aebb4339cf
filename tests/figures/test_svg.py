from __future__ import annotations

import xml.etree.ElementTree as ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st

from fallline.figures.svg import element, escape


@settings(deadline=None)
@given(st.text())
def test_escaped_text_and_attributes_are_read_back_by_xml(text):
    node = ElementTree.fromstring(element("text", escape(text), title=text))
    readable = "".join(c if c >= " " or c in "\t\n" else "\ufffd" for c in text)
    readable = "".join("?" if "\ud800" <= c <= "\udfff" else c for c in readable)
    if not set(readable) & {"\ufffe", "\uffff"}:
        assert (node.text or "") == readable


def test_nothing_in_an_attribute_ends_it():
    node = ElementTree.fromstring(element("rect", class_='x" onload="y', stroke_width=1.25, fill=None))
    assert dict(node.attrib) == {"class": 'x" onload="y', "stroke-width": "1.2"}
