"""Good inputs, changed: bytes blindly, texts by their words, plain data by their values."""

from __future__ import annotations

import copy
import json
import math
import re
from collections.abc import Sequence
from random import Random
from typing import Any

MARKUP = "</script></title></style></svg><pwn onload=pwn()>\" pwn='1' ' pwn=\"1\"&lt;"
"""What a page must never hold as it is written here."""

DEEP = "a list in a list in a list"
"""What `written` writes a very deep one for: deeper than what walks through values can go."""

AWKWARD_WORDS = (
    *("0", "-1", "1", "1e999", "-1e-999", "9" * 400, "0x" + "f" * 300, "9**9**9", "1j", "1_0", "٣", "nan", "inf"),
    *("(", ")", "[", "]", "{", "}", ",", ":", ";", "=", "'", '"', "\\", "#", "@", "\n", "\t", "\x00", "\x1b", "\r\n"),
    *("ｘ", "e\u0301", "\u202e", "\ud800", "\U0001f4a9", "²", "−", "\u2028", "ﬁ", "\ufeff"),
    *("True", "None", "...", "lambda: 0", "__import__('os').system('touch pwned')", "().__class__", "f'{1}'", "x:=1"),
    *(
        "*",
        "**",
        "%",
        "//",
        "@",
        "if",
        "for",
        "yield",
        "await",
        "b''",
        "~",
        "not",
        "<",
        "..",
        "../",
        "/dev/zero",
        MARKUP,
    ),
)
AWKWARD_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2**31, 2**32, 2**63, -(2**63), 10**40, 0.5, -0.0, 1e308, math.nan, math.inf),
    *("", " ", "full", "nan", "\x00", "\ud800", "a" * 5000, "../../pwned", "/etc/passwd", "/dev/zero", MARKUP),
    *("adam(lr=1e-3)", "adam(", "loss", "best", "file.py:problem", "2030-01-02T03:04:05+00:00"),
    *(DEEP, [], {}, [[]], [1, "a", None], {"a": 1}, {"$float": "nan"}, {"$float": {}}, [0] * 300),
)
_EDGES = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 2**62, 2**63 - 1, 2**63, 2**64 - 1)
_TOKEN = re.compile(r"[^\W\d]\w*|[\d.]+|\s+|.", re.DOTALL)


def words(random: Random, good: Sequence[str], vocabulary: Sequence[str], longest: int = 4000) -> str:
    """Return a good text in which a few words are left out, doubled, swapped, or others."""
    tokens = _TOKEN.findall(random.choice(good))
    for _ in range(random.choice((0, 1, 1, 1, 2, 2, 3, 5, 9))):
        at, end = sorted((random.randint(0, len(tokens)), random.randint(0, len(tokens))))
        end = min(end, at + random.choice((1, 1, 1, 3, 20)))
        word = random.choice(vocabulary) if random.random() < 0.7 else random.choice(AWKWARD_WORDS)
        match random.randrange(7):
            case 0:
                tokens[at:end] = []
            case 1:
                tokens[at:at] = tokens[at:end]
            case 2:
                tokens[at:at] = [word]
            case 3:
                tokens[at:end] = [word]
            case 4:
                tokens[at:end] = random.sample(tokens[at:end], end - at)
            case 5:
                tokens[at:] = _TOKEN.findall(random.choice(good))[at:]
            case 6:
                tokens[at:end] = (tokens[at:end] or [word]) * random.choice((2, 3, 50, 700))
    return "".join(tokens)[:longest]


def data(random: Random, good: Sequence[bytes], vocabulary: Sequence[bytes] = ()) -> bytes:
    """Return good bytes of which a few are others, left out, doubled, or numbers at the edges of their range."""
    found = bytearray(random.choice(good))
    for _ in range(random.choice((0, 1, 1, 1, 2, 3, 6))):
        near_start = random.random() < 0.6  # where headers are
        at = random.randint(0, min(len(found), 160) if near_start else len(found))
        span = random.choice((1, 1, 2, 4, 8, 40, 300))
        match random.randrange(8):
            case 0 if at < len(found):
                found[at] ^= 1 << random.randrange(8)
            case 1 if at < len(found):
                found[at] = random.choice((0, 1, 9, 10, 32, 34, 39, 127, 128, 255))
            case 2:
                del found[at : at + span]
            case 3:
                found[at:at] = found[at : at + span] * random.choice((1, 2, 200))
            case 4:
                del found[at:]
            case 5:
                size = random.choice((1, 2, 4, 8))
                number = random.choice(_EDGES) % 256**size
                found[at : at + size] = number.to_bytes(size, random.choice(("little", "big")))
            case 6:
                found[at:] = random.choice(good)[at:]
            case _ if vocabulary:
                found[at : at + random.choice((0, span))] = random.choice(vocabulary)
    return bytes(found[:200_000])


def values(random: Random, good: Any, strange: Sequence[Any] = AWKWARD_VALUES) -> Any:
    """Return plain data (lists, tables, texts, numbers) in which a few values or names are others."""
    whole = [copy.deepcopy(good)]
    for _ in range(random.choice((0, 1, 1, 1, 2, 3))):
        holder, key = random.choice(places(whole))
        match random.randrange(8):
            case 0 if holder is not whole:
                del holder[key]
            case 1 if isinstance(holder, dict):
                holder[random.choice(("a", "$float", "lr", "../x", "", MARKUP))] = holder.pop(key)
            case 2:
                other, there = random.choice(places(whole))
                holder[key] = copy.deepcopy(other[there])
            case 3:
                holder[key] = nested(random, random.choice((2, 30, 90, 250)))
            case _:
                holder[key] = copy.deepcopy(random.choice(strange))
    return whole[0]


def written(value: Any) -> bytes:
    """Return plain data as JSON, which may hold what no strict writer would: lone surrogates, infinities, depths."""
    text = json.dumps(value).encode("utf-8", "surrogatepass")
    return text.replace(f'"{DEEP}"'.encode(), b"[" * 9000 + b"]" * 9000)


def nested(random: Random, depth: int) -> Any:
    """Return a list or a table in a list or a table, and so on."""
    inner: Any = 1
    for _ in range(depth):
        inner = [inner] if random.random() < 0.5 else {"a": inner}
    return inner


def places(holder: Any) -> list[tuple[Any, Any]]:
    """Return every (holder, key) in plain data; where it is nested deeply, only the outer ones."""
    found, waiting = [], [(holder, 0)]
    while waiting:
        held, depth = waiting.pop()
        inner = list(held.items()) if isinstance(held, dict) else list(enumerate(held))
        found += [(held, key) for key, _ in inner]
        waiting += [(each, depth + 1) for _, each in inner if isinstance(each, dict | list) and depth < 12]
    return found
