from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

# Widths of Helvetica's letters, in thousandths of the type's size, from Adobe's font metrics.
_HELVETICA = {
    222: "ijl",
    278: " ,.:;ft!/[]I",
    333: "r()-",
    500: "cksvxyzJ",
    556: "abdeghnopqu0123456789L_",
    584: "+<=>−×",
    667: "&ABEKPSVXY",
}
_HELVETICA |= {611: "FTZ", 722: "CDHNRUw", 778: "GOQ", 833: "Mm", 889: "%", 944: "W", 1000: "…"}
WIDTHS = {letter: size / 1000 for size, letters in _HELVETICA.items() for letter in letters}
WIDTHS |= dict.fromkeys("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", 0.35) | dict.fromkeys("↑↓", 0.84)

_SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


@dataclass(frozen=True)
class Words:
    """A text with the box it fills, in pixels."""

    text: str
    role: str
    anchor: str
    x: float
    y: float
    size: float

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom."""
        width = self.size * sum(WIDTHS[letter] for letter in self.text)
        left = self.x - {"start": 0.0, "middle": 0.5, "end": 1.0}[self.anchor] * width
        return left, self.y - 0.75 * self.size, left + width, self.y + 0.22 * self.size


class Drawing:
    """An SVG, read back."""

    def __init__(self, svg: str) -> None:
        self.root = ElementTree.fromstring(svg)

    def all(self, tag: str, role: str = "") -> list[ElementTree.Element]:
        found = self.root.iter(f"{{http://www.w3.org/2000/svg}}{tag}")
        return [e for e in found if role in e.get("class", "")]

    @property
    def words(self) -> list[Words]:
        def read(e: ElementTree.Element) -> Words:
            x, y, size = (float(e.get(name, "12")) for name in ("x", "y", "font-size"))
            return Words(e.text or "", e.get("class", ""), e.get("text-anchor", "start"), x, y, size)

        return [read(e) for e in self.all("text")]

    def lines(self, role: str) -> list[np.ndarray]:
        """The points of each polyline of a role, shape (n, 2), in pixels."""
        return [pairs(e) for e in self.all("polyline", role)]

    def x_ticks(self) -> dict[float, float]:
        """The labels under the axis of steps, as numbers, and their places."""
        row = max((w for w in self.words if w.text == "step"), key=lambda w: w.y).y
        return {number(w.text): w.x for w in self.words if w.y == row and w.text != "step"}

    def y_ticks(self) -> dict[float, float]:
        """The labels of the loss's axis, as numbers, and the places of their lines."""
        labels = [w for w in self.words if w.anchor == "end" and "ink" in w.role]
        return {number(w.text): w.y - 4 for w in labels}


def pairs(element: ElementTree.Element) -> np.ndarray:
    return np.array([[float(v) for v in pair.split(",")] for pair in element.attrib["points"].split()])


def number(label: str) -> float:
    """Read a tick's label as a person does."""
    match = re.fullmatch(r"(?:(?P<m>[−\d.,]+)(?:×|$))?(?:10(?P<e>[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))?", label)
    assert match, label
    mantissa = float((match["m"] or "1").replace("−", "-").replace(",", ""))
    return mantissa * 10.0 ** int((match["e"] or "⁰").translate(_SUPERSCRIPTS))


@pytest.fixture(scope="session")
def drawing() -> Callable[[str], Drawing]:
    return Drawing


@pytest.fixture(scope="session")
def read_label() -> Callable[[str], float]:
    return number
