"""The little language of names with arguments: `adam(lr=1e-3)`, `mlp(128, 64, activation=tanh)`.

It is read by Python's own parser and a whitelist of its nodes, never evaluated.
"""

from __future__ import annotations

import ast
import keyword
import warnings
from dataclasses import dataclass, field
from typing import Any

from fallline.core.errors import InvalidValue

LONGEST = 2000
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "none": None}


@dataclass(frozen=True)
class Call:
    """A name with arguments; values are numbers, text, booleans, None, calls, tuples of those, or a dict by text."""

    name: str
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        inside = [_show(a) for a in self.args] + [f"{k}={_show(v)}" for k, v in self.kwargs.items()]
        return f"{self.name}({', '.join(inside)})" if inside else self.name


def parse(text: str) -> Call:
    """Read one call.

    >>> parse("adam(lr=1e-3)")
    Call(name='adam', args=(), kwargs={'lr': 0.001})
    """
    return _call(_tree(text), text)


def parse_all(text: str) -> tuple[Call, ...]:
    """Read calls with commas between them.

    >>> parse_all("accuracy, top_k(3)")
    (Call(name='accuracy', args=(), kwargs={}), Call(name='top_k', args=(3,), kwargs={}))
    """
    tree = _tree(text)
    return tuple(_call(node, text) for node in (tree.elts if isinstance(tree, ast.Tuple) else [tree]))


def _tree(text: str) -> ast.expr:
    if len(text) > LONGEST:
        raise InvalidValue(f"{text[:40]!r}… is {len(text)} characters long; at most {LONGEST} are read.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the parser's advice on Python code ('\\d') is not for this language
            return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise _unreadable(text) from None


def _call(tree: ast.expr, text: str) -> Call:
    try:
        value = _read(tree)
    except InvalidValue:
        raise
    except (ValueError, RecursionError, MemoryError):
        raise _unreadable(text) from None
    if isinstance(value, str) and not isinstance(tree, ast.Constant):
        return Call(value)
    if not isinstance(value, Call):
        raise InvalidValue(f"cannot read {text!r}: it must begin with a name, as in adam(lr=0.001).")
    return value


def _unreadable(text: str) -> InvalidValue:
    return InvalidValue(f"cannot read {text!r}: write a name, or a name with arguments as in adam(lr=0.001).")


def _read(node: ast.expr) -> Any:
    match node:
        case ast.Constant(value=int() | float() | str() | bool() | None as value):
            return value
        case ast.UnaryOp(ast.USub(), ast.Constant(int() | float() as value)) if type(value) is not bool:
            return -value
        case ast.Name(id=word):
            return _WORDS.get(word.lower(), word)
        case ast.Attribute():
            return _dotted(node)
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            return tuple(_read(e) for e in elements)
        case ast.Dict(keys=keys, values=values) if all(isinstance(_text(k), str) for k in keys):
            return {_text(k): _read(v) for k, v in zip(keys, values, strict=True)}
        case ast.Call(func=func, args=args, keywords=keywords) if all(k.arg for k in keywords):
            names = [str(k.arg) for k in keywords]
            for name in names:
                if names.count(name) > 1:
                    raise InvalidValue(f"{_dotted(func)}(...): {name} is given twice.")
            kwargs = {str(k.arg): _read(k.value) for k in keywords}
            return Call(_dotted(func), tuple(_read(a) for a in args), kwargs)
    raise ValueError(ast.dump(node))


def _text(node: ast.expr | None) -> Any:
    return node.value if isinstance(node, ast.Constant) else None


def _dotted(node: ast.expr) -> str:
    match node:
        case ast.Name(id=word):
            return word
        case ast.Attribute(value=value, attr=attr):
            return f"{_dotted(value)}.{attr}"
    raise ValueError(ast.dump(node))


def _show(value: Any) -> str:
    if isinstance(value, str):
        plain = value.isidentifier() and value.isascii() and value.lower() not in _WORDS
        return value if plain and not keyword.iskeyword(value) else repr(value)
    if isinstance(value, Call):
        return str(value) if value.args or value.kwargs else f"{value.name}()"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_show, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {_show(inner)}" for key, inner in value.items()) + "}"
    return str(value).lower() if isinstance(value, bool) or value is None else str(value)
