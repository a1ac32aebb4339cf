"""Colours and type of every figure: Okabe and Ito's palette, told apart by the colour-blind, on light and on dark."""

from __future__ import annotations

from fallline.figures.svg import element, escape

CLASS = "fallline-figure"

LIGHT = {
    "paper": "#ffffff",
    "ink": "#1f2328",
    "muted": "#59636e",
    "grid": "#e4e7ea",
    "training": "#0072b2",
    "validation": "#d55e00",
    "blue": "#0072b2",
    "vermilion": "#d55e00",
    "green": "#009e73",
    "purple": "#cc79a7",
    "orange": "#e69f00",
    "sky": "#56b4e9",
    "contrast": "#1f2328",
    "indigo": "#332288",
}
DARK = {
    "paper": "#15181c",
    "ink": "#e6e8eb",
    "muted": "#a3adb8",
    "grid": "#2c3238",
    "training": "#56b4e9",
    "validation": "#e69f00",
    "blue": "#4a90d9",
    "vermilion": "#e0662a",
    "green": "#00a37a",
    "purple": "#d68fb8",
    "orange": "#e69f00",
    "sky": "#86cdf2",
    "contrast": "#ffffff",
    "indigo": "#f0e442",
}

NAMED = ("blue", "vermilion", "green", "purple", "orange", "sky", "contrast", "indigo")
"""The roles that tell things with names apart; each is called as it looks on light."""


def variables() -> str:
    """Return the colours as CSS variables for pages, `--ROLE` for every role, on light and on dark."""
    light, dark = ("".join(f"--{role}:{colour};" for role, colour in roles.items()) for roles in (LIGHT, DARK))
    return f":root{{color-scheme:light dark;{light}}}\n@media(prefers-color-scheme:dark){{:root{{{dark}}}}}\n"


def fill(role: str) -> dict[str, str]:
    """Return the attributes of a filled shape or a text in the colour of `role`."""
    return {"fill": LIGHT[role], "class_": f"fill-{role}"}


def stroke(role: str, width: float = 1.0) -> dict[str, str]:
    """Return the attributes of a line in the colour of `role`."""
    return {
        "fill": "none",
        "stroke": LIGHT[role],
        "stroke_width": f"{width:g}",
        "stroke_linejoin": "round",
        "stroke_linecap": "round",
        "class_": f"stroke-{role}",
    }


def outlined(inside: str, edge: str, width: float) -> dict[str, str]:
    """Return the attributes of a shape filled in the colour of one role, with an edge in that of another."""
    line, area = stroke(edge, width), fill(inside)
    return {**line, "fill": area["fill"], "class_": f"{area['class_']} {line['class_']}"}


def text(words: str, x: float, y: float, anchor: str, role: str) -> str:
    """Return a line of text whose `anchor` (start, middle, end) is at (x, y)."""
    return element("text", escape(words), x=x, y=y, text_anchor=None if anchor == "start" else anchor, **fill(role))


def page(width: int, height: int, title: str, description: str, *drawing: str) -> str:
    """Return a whole SVG.

    The light colours are attributes, which every reader of SVG knows; the dark ones are rules of a style sheet, which
    is limited to figures like this one, so that a page or notebook around it keeps its own.
    """
    return sheet(
        width,
        height,
        element("title", escape(title)),
        element("desc", escape(description)),
        f"<style>{_dark_rules()}</style>",
        element("rect", width=width, height=height, **fill("paper")),
        *drawing,
    )


def sheet(width: int, height: int, *drawing: str) -> str:
    """Return an SVG of nothing but a drawing: in our type, clear where nothing is drawn."""
    return element(
        "svg",
        *drawing,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width} {height}",
        width=width,
        height=height,
        role="img",
        class_=CLASS,
        font_family="system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif",
        font_size=12,
        style="max-width:100%;height:auto",
    )


def _dark_rules() -> str:
    rules = [f".{CLASS} .{kind}-{role}{{{kind}:{DARK[role]}}}" for kind in ("fill", "stroke") for role in DARK]
    return f"@media (prefers-color-scheme:dark){{{''.join(rules)}}}"
