"""A source by its authors and year: "Kingma and Ba 2014"."""

from __future__ import annotations

import re

_NAME = r"(?:[A-Z]\.[ -]?)+(?:[a-z]+ )*([A-Z][\w'’-]+(?: [A-Z][\w'’-]+)*)"
_AUTHORS = re.compile(rf"{_NAME}(?:, {_NAME})*(?: and {_NAME}| et al\.)?")


def citation(source: str) -> str:
    """Return the short form of a source as the docstrings write it; "" where no author is found.

    >>> citation("J. Duchi, E. Hazan and Y. Singer, Adaptive Subgradient Methods, JMLR 12, 2011, eq. (1)")
    'Duchi et al. 2011'
    """
    authors, year = _AUTHORS.match(source), re.search(r"\b(?:18|19|20)\d\d\b", source)
    if authors is None:
        return ""
    names = re.findall(_NAME, authors[0])
    several = len(names) > 2 or authors[0].endswith("et al.")
    who = f"{names[0]} et al." if several else " and ".join(names)
    return f"{who} {year[0]}" if year else who
