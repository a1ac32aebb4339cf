"""How the page of a race looks, beyond what all pages share."""

from __future__ import annotations

from fallline.figures.style import DARK, LIGHT
from fallline.report.style import SHEET

_RULES = """
main{max-width:860px}
h2{margin-top:52px}
h3{font-size:.95rem;margin:24px 0 6px}
.verdict{font-size:clamp(1.2rem,3.4vw,1.6rem);line-height:1.35;margin:18px 0 14px;font-weight:500;
border-left:5px solid var(--muted);padding-left:16px;text-wrap:pretty}
.verdict.good{border-color:var(--good)}
.notes{background:var(--raised);border-left:4px solid var(--bad);border-radius:0 8px 8px 0;margin:20px 0;
padding:10px 16px;list-style:none}
.notes li{margin:4px 0;overflow-wrap:anywhere}
.chart{position:relative;overflow:visible;margin:14px -16px 22px}
.chart .wide{border-radius:6px}
.chart svg{min-width:620px}
.chart .wide{padding:0}
.png{position:absolute;bottom:10px;right:16px}
button{font:inherit;color:inherit;background:none;border:0;padding:0;cursor:pointer}
.png{font-size:.75rem;color:var(--muted);border:1px solid var(--line);border-radius:6px;padding:2px 8px;
background:var(--paper)}
.png:hover{color:var(--ink);border-color:var(--muted)}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:3px}
th:first-child,td:first-child,.words{text-align:left}
thead th{vertical-align:bottom;white-space:normal}
tbody th,tbody td{vertical-align:top}
tbody th{color:var(--ink);font-weight:400}
tbody th b{font-weight:500}
.leader b{font-weight:650}
tbody small,tbody code,tbody i{display:block;color:var(--muted);font-size:.8rem;line-height:1.4}
tbody i{color:var(--bad);font-style:normal}
tbody code{max-width:22rem;overflow:hidden;text-overflow:ellipsis}
td .muted{opacity:.6}
.standings tbody+tbody tr:first-child>*{border-top:2px solid var(--line)}
.tied{background:var(--raised)}
.tied .tie{color:var(--muted);font-size:.8rem;border-bottom:0;padding:8px 0 0 8px}
.standings tr>:first-child{padding-left:8px}
.swatch{width:20px;height:10px;margin-right:8px;overflow:visible}
.badge{color:var(--good);border:1px solid;border-radius:99px;font-size:.72rem;padding:0 8px;margin-left:8px}
.covers{margin-top:12px}
.tall{max-height:min(70vh,620px);overflow:auto;border:1px solid var(--line);border-radius:8px}
.tall table{width:100%}
.tall thead th{position:sticky;top:0;background:var(--raised);padding-top:6px}
.tall td:first-child,.tall th:first-child{padding-left:14px}
th button{font-weight:inherit;white-space:nowrap}
th button:hover{color:var(--ink)}
th button::after{content:"↕";opacity:.35;margin-left:4px}
th[aria-sort=ascending] button::after{content:"↑";opacity:1}
th[aria-sort=descending] button::after{content:"↓";opacity:1}
.entrant{transition:opacity .12s}
@media(max-width:500px){main{padding:20px 14px 48px}.chart{margin:14px -14px 22px}}
@media print{.png{display:none}.tall{max-height:none}}
"""


def sheet(count: int) -> str:
    """Return the rules of a page with so many entrants: to point at one pales the others, in every figure."""
    pales = "".join(f"body:has(.entrant-{i}:hover) .entrant:not(.entrant-{i}){{opacity:.15}}" for i in range(count))
    accents = f":root{{--accent:{LIGHT['blue']}}}@media(prefers-color-scheme:dark){{:root{{--accent:{DARK['sky']}}}}}"
    return f"{SHEET}{accents}{_RULES}{pales}\n"
