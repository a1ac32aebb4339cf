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
}
DARK = {
    "paper": "#15181c",
    "ink": "#e6e8eb",
    "muted": "#a3adb8",
    "grid": "#2c3238",
    "training": "#56b4e9",
    "validation": "#e69f00",
}


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


def page(width: int, height: int, title: str, description: str, *drawing: str) -> str:
    """Return a whole SVG.

    The light colours are attributes, which every reader of SVG knows; the dark ones are rules of a style sheet, which
    is limited to figures like this one, so that a page or notebook around it keeps its own.
    """
    return element(
        "svg",
        element("title", escape(title)),
        element("desc", escape(description)),
        f"<style>{_dark_rules()}</style>",
        element("rect", width=width, height=height, **fill("paper")),
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
