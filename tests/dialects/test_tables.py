"""Every method's table against the libraries' own signatures."""

from __future__ import annotations

import os

import pytest
from tests.parity.cases import defaults_of, is_numeric, telling

from fallline.core.dialect import Dialect
from fallline.core.node import fields
from fallline.dialects.libraries import LIBRARIES
from fallline.dialects.translation import translations
from fallline.dialects.words import in_their_words, theirs
from fallline.methods import METHODS

os.environ["KERAS_BACKEND"] = "jax"

TABLES = [(name, lib) for name, cls in METHODS.items() for lib, entry in cls.LIKE.items() if isinstance(entry, Dialect)]


@pytest.mark.parametrize(("name", "library"), TABLES)
def test_it_makes_a_method_and_settings_are_fields(name: str, library: str) -> None:
    cls = METHODS[name]
    assert type(cls.like(library)) is cls
    assert cls.LIKE[library].settings.keys() <= {f.name for f in fields(cls)}


@pytest.mark.parametrize(("name", "library"), [pair for pair in TABLES if pair[1] != "paper"])
def test_its_words_are_the_librarys(name: str, library: str) -> None:
    pytest.importorskip(library)
    cls = METHODS[name]
    defaults = defaults_of(cls.LIKE[library])
    assert in_their_words(cls.like(library), library).keys() <= defaults.keys()
    assert cls.LIKE[library].given.keys() <= defaults.keys()


@pytest.mark.parametrize(("name", "library"), [pair for pair in TABLES if pair[1] != "paper"])
def test_it_has_the_librarys_defaults(name: str, library: str) -> None:
    pytest.importorskip(library)
    cls, dialect = METHODS[name], METHODS[name].LIKE[library]
    said, method = theirs(cls, library, dialect), cls.like(library)
    for option, default in defaults_of(dialect).items():
        if option in said and is_numeric(default) and option not in telling(library, dialect):
            assert cls.like(library, **{option: default}) == method, f"{option}={default}"


@pytest.mark.parametrize(("name", "library"), [pair for pair in TABLES if pair[1] != "paper"])
def test_every_option_of_the_library_is_known(name: str, library: str) -> None:
    """One that is not known is one that the table should list, or the library's words."""
    pytest.importorskip(library)
    cls, words = METHODS[name], LIBRARIES[library]
    dialect = cls.LIKE[library]
    known = {*theirs(cls, library, dialect), *dialect.given, *words.around, *words.only, *words.silent}
    assert defaults_of(dialect).keys() <= known


def test_translations_are_complete() -> None:
    for cls in METHODS.values():
        for library, told in translations(cls).items():
            assert told.library == library
            assert bool(told.reason) != bool(told.our_call)
