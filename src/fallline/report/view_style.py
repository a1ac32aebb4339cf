"""How the page of a scene looks, beyond what all pages share; the app's pages have the rules of its parts too."""

from __future__ import annotations

from fallline.figures.style import variables
from fallline.report.style import SHEET

PARTS = """
.view{position:relative;line-height:0}
.view canvas{position:relative}
.view>svg{position:absolute;max-width:none!important}
.view .turned{cursor:grab}
.view .turned:active{cursor:grabbing}
.view canvas.turned[tabindex]{touch-action:pan-y}
.controls{display:flex;flex-wrap:wrap;align-items:center;gap:4px;font-size:.85rem;font-variant-numeric:tabular-nums}
.controls button{width:34px;height:34px;display:grid;place-items:center;border-radius:8px}
.controls button:hover{background:var(--raised)}
.controls button svg{width:16px;height:16px;fill:currentColor}
.controls input{flex:1 1 140px;min-width:100px;margin:0 10px;accent-color:var(--accent)}
.controls .count{text-align:right;color:var(--muted)}
.controls label{color:var(--muted);margin-left:12px;white-space:nowrap}
.readout{overflow-x:auto}
.readout table{width:100%;font-size:.85rem}
.readout th,.readout td{padding:3px 0 3px 8px}
.readout td{min-width:4.7rem}
.readout th:first-child{text-align:left;padding-left:0}
.readout tbody th{color:inherit}
.readout button{display:flex;align-items:center;gap:8px;text-align:left;line-height:1.25;min-height:36px}
.readout b{display:block;font-weight:500;max-width:14rem;overflow:hidden;text-overflow:ellipsis}
.readout small,.readout i{display:block;color:var(--muted);font-size:.75rem;font-style:normal}
.readout i[hidden]{display:none}
.readout i.bad{color:var(--bad)}
.readout canvas{flex:none}
.gone{opacity:.45}
.gone b{text-decoration:line-through}
.gone canvas{opacity:.3}
"""
"""Rules of the picture, the controls and the read-out."""

_RULES = """
:root{--accent:var(--training)}
main{max-width:1120px}
[hidden]{display:none!important}
button,select{font:inherit;color:inherit}
button{background:none;border:0;padding:0;cursor:pointer}
select{background:var(--paper);border:1px solid var(--line);border-radius:6px;padding:4px}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:3px}
.player{display:none;margin-top:18px;gap:14px 28px;
grid-template:"choices" auto "picture" auto "arrows" auto "controls" auto "readout" auto/minmax(0,1fr)}
.playing .player{display:grid}
#picture{grid-area:picture;min-width:0}#controls{grid-area:controls}#arrows{grid-area:arrows;font-size:.85rem}#readout{grid-area:readout;min-width:0}
.choices{grid-area:choices;display:flex;flex-wrap:wrap;gap:8px 20px;align-items:center;font-size:.85rem}
fieldset{border:0;margin:0;padding:0;display:flex;gap:12px;align-items:center;min-width:0}
legend{float:left;padding:0;color:var(--muted);margin-right:2px}
.choices label{display:flex;align-items:center;gap:5px;min-height:32px;cursor:pointer}
.choices input[type=checkbox]{margin:0;accent-color:var(--accent)}
.switch{gap:0}.switch legend{position:absolute;opacity:0;pointer-events:none}
.switch input{position:absolute;opacity:0;pointer-events:none}
.switch span{border:1px solid var(--line);padding:4px 14px;color:var(--muted)}
.switch label:first-of-type span{border-radius:8px 0 0 8px}
.switch label:last-of-type span{border-radius:0 8px 8px 0;border-left:0}
.switch :checked+span{background:var(--raised);color:var(--ink);font-weight:500}
.switch :focus-visible+span{outline:2px solid var(--accent);outline-offset:2px}
#save{margin-left:auto;color:var(--muted);border:1px solid var(--line);border-radius:8px;padding:4px 12px}
#save:hover{color:var(--ink);border-color:var(--muted)}
.notes{background:var(--raised);border-radius:8px;margin:24px 0 0;padding:10px 16px;list-style:none;font-size:.9rem}
.notes li{margin:4px 0;overflow-wrap:anywhere}
.methods th,.methods td{vertical-align:top}
.methods th:first-child,.methods td:last-child,.methods th:last-child{text-align:left;white-space:normal}
.methods tbody th{color:inherit;min-width:10rem;overflow-wrap:anywhere}.methods td:last-child{min-width:14rem}
@media(min-width:900px){.player{grid-template:"choices choices" auto "picture readout" auto "arrows arrows" auto
"controls controls" auto/minmax(0,1.02fr) minmax(0,1fr)}#readout{align-self:center}}
@media(max-width:500px){main{padding:20px 14px 48px}legend{display:none}.controls label{order:1;margin-left:auto}
.controls input{order:2;margin-left:4px}.controls .count{order:3}}
@media print{.choices,.controls{display:none}.player{break-inside:avoid}}
"""


def sheet() -> str:
    """Return the rules of the page."""
    return f"{SHEET}{variables()}{PARTS}{_RULES}"
