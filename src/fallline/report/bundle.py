"""ES modules as one script, for pages that stand alone."""

from __future__ import annotations

import re
from pathlib import Path

SCRIPTS = Path(__file__).parent / "scripts"
"""The modules of pictures that play; the app serves the same files one by one."""

_IMPORT = re.compile(r'^import \{([\w, ]+)\} from "\./([\w-]+)\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:async )?(?:const|let|function|class) (\w+))", re.MULTILINE)


def bundle(name: str) -> str:
    """Return the module of that name and all that it imports as one script, each module in a scope of its own.

    A module imports by lines `import {a, b} from "./other.js";` and exports by declarations at the start of a line;
    what is exported has a name of its own among all of them.
    """
    return '"use strict";\n' + "".join(_scoped((SCRIPTS / f"{module}.js").read_text("utf-8")) for module in order(name))


def order(name: str, before: tuple[str, ...] = ()) -> list[str]:
    """Return the modules that one needs, itself the last, each after those that it imports.

    >>> order("map")[-1], order("clock")
    ('map', ['clock'])
    """
    needed = [module for _, module in _IMPORT.findall((SCRIPTS / f"{name}.js").read_text("utf-8"))]
    every = [module for need in needed if need not in before for module in order(need, (*before, name))]
    return list(dict.fromkeys([*every, name]))


def _scoped(source: str) -> str:
    names = ", ".join(name for _, name in _EXPORT.findall(source))
    body = _EXPORT.sub(lambda found: found[1], _IMPORT.sub("", source))
    opening, closing = (f"const {{{names}}} = ", f"return {{{names}}};\n") if names else ("", "")
    return f"{opening}(() => {{\n{body}{closing}}})();\n"
