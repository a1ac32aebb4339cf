"""How pages look: for light and dark, for screens of any width, with nothing fetched from anywhere."""

SHEET = """
:root{color-scheme:light dark;--paper:#fff;--ink:#1f2328;--muted:#59636e;--line:#e4e7ea;--raised:#f6f7f9;
--good:#00694c;--bad:#a33f00}
@media(prefers-color-scheme:dark){:root{--paper:#15181c;--ink:#e6e8eb;--muted:#a3adb8;--line:#2c3238;
--raised:#1d2126;--good:#4fc3a1;--bad:#ff9f5a}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);line-height:1.5;
font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{max-width:800px;margin:0 auto;padding:32px 20px 64px}
h1{font-size:1.6rem;line-height:1.25;margin:0 0 4px;overflow-wrap:anywhere}
h2{font-size:1.05rem;margin:36px 0 10px}
p{margin:0 0 8px;overflow-wrap:anywhere}
.muted{color:var(--muted)}
.outcome{border-left:4px solid var(--muted);padding:2px 0 2px 12px;margin:20px 0}
.outcome.good{border-color:var(--good)}.outcome.bad{border-color:var(--bad)}
.outcome strong{text-transform:capitalize}
.good strong{color:var(--good)}.bad strong{color:var(--bad)}
dl.metrics{display:flex;flex-wrap:wrap;gap:12px;margin:0}
dl.metrics div{background:var(--raised);border-radius:8px;padding:10px 16px;min-width:7rem}
dl.metrics dt{color:var(--muted);font-size:.85rem;overflow-wrap:anywhere}
dl.metrics dd{margin:0;font-size:1.5rem;font-variant-numeric:tabular-nums}
figure{margin:0}
figure svg{display:block;min-width:560px}
figure,.wide{overflow-x:auto}
table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}
th,td{padding:4px 14px 4px 0;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap}
th{color:var(--muted);font-weight:500}
.facts th,.facts td{text-align:left;white-space:normal;vertical-align:top;overflow-wrap:anywhere}
.facts th{white-space:nowrap}
.finding{border-left:4px solid var(--bad);padding:2px 0 2px 14px;margin:0 0 28px}
.finding h3{font-size:1rem;margin:0;font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
.finding figure{margin:10px 0}
.finding pre{margin-bottom:8px}
.diff .old{color:var(--bad)}.diff .new{color:var(--good)}
.judged dt{font-weight:600}
.judged dd{margin:0 0 8px}
summary{cursor:pointer;color:var(--muted);padding:4px 0}
pre{background:var(--raised);border-radius:8px;padding:12px 16px;margin:0;overflow-x:auto;font-size:.85rem;
white-space:pre-wrap;overflow-wrap:anywhere;font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
"""
