"""`Method.like`: a library's words and defaults turned into one of our methods."""

from __future__ import annotations

from dataclasses import MISSING
from typing import Any

from fallline.core.dialect import Dialect, Settings
from fallline.core.errors import InvalidValue, did_you_mean
from fallline.core.method import Method
from fallline.core.node import fields
from fallline.dialects.libraries import LIBRARIES
from fallline.dialects.vocabulary import Options
from fallline.dialects.which import method_for
from fallline.dialects.words import known
from fallline.methods import METHODS


def translate(cls: type[Method], library: str, hyper: Options) -> Method:
    """Return the method as the library has it, its defaults changed by `hyper`, under our names or its own."""
    dialect = dialect_of(cls, library)
    given, around = _sorted_out(cls, library, dialect, hyper)
    settings: Settings = {**_defaults(cls), **dialect.settings, **given}
    if dialect.adapt is not None:
        settings = dialect.adapt(settings)
    return LIBRARIES[library].wrap(cls(**settings), {**LIBRARIES[library].around, **around}, dialect)


def dialect_of(cls: type[Method], library: str) -> Dialect:
    """Return the library's table of the method, or say why there is none."""
    having = [name for name in LIBRARIES if isinstance(cls.LIKE.get(name), Dialect)]
    here = f"{cls.__name__}.like({library!r})"
    if library not in LIBRARIES:
        raise InvalidValue(
            f"{here}: unknown library.{did_you_mean(str(library), having)} "
            f"{cls.__name__} is told as in {_listed(having) or 'no library'}."
        )
    match cls.LIKE.get(library):
        case Dialect() as dialect:
            return dialect
        case str() as reason:
            raise InvalidValue(f"{here}: it cannot be reproduced: {reason}")
    kin = [near for near in _kin(cls) if isinstance(near.LIKE.get(library), Dialect)]
    instead = f" It has {_listed([near.__name__ for near in kin])}." if kin else ""
    raise InvalidValue(
        f"{here}: {library} has no {cls.__name__}.{instead} "
        f"{cls.__name__} is told as in {_listed(having) or 'no library'}; fl.{cls.__name__}() is our own."
    )


def _sorted_out(cls: type[Method], library: str, dialect: Dialect, hyper: Options) -> tuple[Settings, Options]:
    """Return what was given as fields of ours, and as options around the rule; check all the rest."""
    names, words = known(cls, library, dialect), LIBRARIES[library]
    settings: Settings = {}
    around: Options = {}
    said: dict[str, str] = {}
    for name, value in hyper.items():
        if name in names:
            for field, number in _pairs(name, value, names[name]):
                if field in said:
                    raise InvalidValue(f"{_call(cls, library, hyper)}: {said[field]} and {name} are one. Give one.")
                said[field], settings[field] = name, words.none_is.get(field) if number is None else number
        elif name in dialect.given:
            _check_given(cls, library, dialect, name, hyper)
        elif name in words.around:
            around[name] = value
        else:
            _check_idle(cls, library, dialect, name, hyper)
    return settings, around


def _check_idle(cls: type[Method], library: str, dialect: Dialect, name: str, hyper: Options) -> None:
    """Refuse an option that is unknown, or that would change what is computed here."""
    names, words = known(cls, library, dialect), LIBRARIES[library]
    if name in words.silent:
        return
    if name not in words.only:
        every = [*names, *dialect.given, *words.around, *words.only, *words.silent]
        raise InvalidValue(f"{_call(cls, library, hyper)}: unknown {name!r}.{did_you_mean(name, every)}")
    if hyper[name] not in words.only[name].values:
        reason = words.only[name].reason
        raise InvalidValue(f"{_call(cls, library, hyper)}: {name}={hyper[name]!r} cannot be reproduced: {reason}.")


def _check_given(cls: type[Method], library: str, dialect: Dialect, name: str, hyper: Options) -> None:
    """Refuse an option with which the library's class is another method than this."""
    value = hyper[name]
    if value == dialect.given[name]:
        return
    asked = f"{dialect.target}({name}={value!r})"
    other = method_for(library, dialect.target, hyper)
    if other not in (None, cls):
        raise InvalidValue(f"{asked} is {other.__name__} here: {other.__name__}.like({library!r}, ...).")
    rescue = f" fl.from_optax({dialect.target}, {name}={value!r}, ...) runs optax's own." if library == "optax" else ""
    ours = f"{cls.__name__} is {dialect.target}({name}={dialect.given[name]!r})"
    raise InvalidValue(f"{asked} is none of the methods here; {ours}.{rescue}")


def _pairs(name: str, value: Any, ours: tuple[str, ...]) -> list[tuple[str, Any]]:
    """Return the fields that a name stands for, with their values."""
    if len(ours) == 1:
        return [(ours[0], value)]
    if name in ours and not isinstance(value, tuple | list):  # our own field, whose name the library gives to several
        return [(name, value)]
    if not isinstance(value, tuple | list) or len(value) != len(ours):
        raise InvalidValue(f"{name}={value!r}: {name} takes {len(ours)} numbers, for {_listed(list(ours))}.")
    return list(zip(ours, value, strict=True))


def _defaults(cls: type[Method]) -> Settings:
    """Return our own defaults."""
    return {f.name: f.default for f in fields(cls) if f.default is not MISSING}


def _kin(cls: type[Method]) -> list[type[Method]]:
    """Return the methods next to this one in the family: its parents, and what descends from it."""
    return [*cls.PARENTS, *(other for other in METHODS.values() if cls in other.PARENTS)]


def _call(cls: type[Method], library: str, hyper: Options) -> str:
    told = ", ".join([repr(library), *(f"{name}={value!r}" for name, value in hyper.items())])
    return f"{cls.__name__}.like({told})"


def _listed(names: list[str]) -> str:
    return ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else "".join(names)
