"""The page around a report: one file of HTML that stands alone and fetches nothing."""

from __future__ import annotations

import base64
import hashlib

from fallline.figures.svg import escape
from fallline.report.style import SHEET


def page(title: str, *body: str, sheet: str = SHEET, script: str = "") -> str:
    """Return the page, under a policy that lets it load nothing, and run nothing but `script`.

    Args:
        title: the window's title, plain text.
        body: its parts, HTML; empty ones are left out.
        sheet: its rules of style.
        script: the one script, which may also draw the page's own pictures; without it the page is complete.
    """
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    if script:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        policy += f"; script-src 'sha256-{digest}'; img-src data: blob:"
    running = f"<script>{script}</script>" if script else ""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{sheet}</style></head>\n"
        f"<body><main>\n{chr(10).join(part for part in body if part)}\n</main>{running}</body></html>\n"
    )


def section(heading: str, *content: str) -> str:
    """Return a part of a page under its heading, both HTML; nothing where there is no content."""
    return f"<section><h2>{heading}</h2>{''.join(content)}</section>" if any(content) else ""
