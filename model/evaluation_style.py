"""How the report of an evaluation looks; light and dark, one column on a phone."""

STYLE = """
:root{color-scheme:light dark;--paper:#faf7f2;--card:#fff;--ink:#211f2b;--soft:#6c6779;--rule:#e6e0d6;
--accent:#c8402f;--wash:#f3ddd6;--t0:#c8402f;--t1:#3b8c88;--t2:#e39a3b;--t3:#4f6bb3;--t4:#8b5aa8;--t5:#7d838c;--good:#1f7a5c;
--shade:0 1px 2px #2a1f1a14,0 6px 20px #2a1f1a0d}
@media (prefers-color-scheme:dark){:root{--paper:#15131b;--card:#1f1c27;--ink:#ece8f1;--soft:#a29cb0;--rule:#332e3e;
--accent:#ff8069;--wash:#40272a;--t0:#ff8069;--t1:#5fbab3;--t2:#f0b35f;--t3:#85a0ee;--t4:#bd8ddb;--t5:#9aa0a8;--good:#6fcfa8;
--shade:0 1px 2px #0006}}
*{box-sizing:border-box}
body{margin:0 auto;padding:0 1.25rem 4rem;max-width:76rem;background:var(--paper);color:var(--ink);
font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif;
-webkit-text-size-adjust:100%}
.eyebrow{margin:3rem 0 0;color:var(--accent);font-weight:600;letter-spacing:.08em;text-transform:uppercase;
font-size:.78rem}
h1{margin:.15em 0 .3em;font-size:clamp(1.8rem,5vw,2.9rem);line-height:1.1;letter-spacing:-.02em;overflow-wrap:anywhere}
h2{font-size:1.5rem;letter-spacing:-.015em;margin:3rem 0 .3rem}
h3{font-size:1rem;margin:0 0 .5rem}
small,.lead{color:var(--soft)}
.lead{margin:.1rem 0 1.1rem;max-width:48rem}
.tiles{list-style:none;display:grid;grid-template-columns:repeat(auto-fill,minmax(9rem,1fr));gap:.75rem;
padding:0;margin:1.5rem 0}
.tiles li,.card{background:var(--card);border-radius:14px;box-shadow:var(--shade);padding:.8rem 1rem}
.tiles li{color:var(--soft);font-size:.85rem}
.tiles b{display:block;color:var(--ink);font-size:1.35rem;line-height:1.3;font-variant-numeric:tabular-nums;
overflow-wrap:anywhere}
.notice{border-left:4px solid var(--accent);background:var(--wash);border-radius:6px;padding:.6rem 1rem;margin:.6rem 0}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,18rem),1fr));gap:1rem}
.chart{display:block;width:100%;height:auto;font-size:11px}
.chart text{fill:var(--soft)}
.chart .rule{stroke:var(--rule)}
.chart g{fill:var(--tone);stroke:var(--tone);stroke-width:1.6}
.chart polyline{fill:none;stroke-width:2}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;padding:0;margin:.2rem 0 1rem;font-size:.9rem}
.legend svg{width:1.8rem;height:.55rem;margin-right:.4rem;stroke:var(--tone);stroke-width:2.6}
.dash1 polyline,.dash1 line{stroke-dasharray:6 3}.dash2 polyline,.dash2 line{stroke-dasharray:2 3}
.dash3 polyline,.dash3 line{stroke-dasharray:8 2 2 2}
.tone0{--tone:var(--t0)}.tone1{--tone:var(--t1)}.tone2{--tone:var(--t2)}
.tone3{--tone:var(--t3)}.tone4{--tone:var(--t4)}.tone5{--tone:var(--t5)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:.45rem .7rem;text-align:right;border-bottom:1px solid var(--rule);white-space:nowrap}
th:first-child,td:first-child{text-align:left}
tr:last-child td{border-bottom:0}
.scroll th:first-child,.scroll td:first-child{position:sticky;left:-1rem;background:var(--card)}
th{font-weight:600;font-size:.85rem;vertical-align:bottom}
th small{display:block;font-weight:400}
td small{display:block;font-size:.78rem}
td b{font-size:.78rem;font-weight:600;color:var(--soft)}
tr.own td{font-weight:650}tr.own small{font-weight:400}
td.better b{color:var(--good)}td.worse b{color:var(--accent)}
h3+.card{margin-bottom:1.4rem}
img{display:block;max-width:100%;height:auto;border-radius:10px;margin-top:1rem;box-shadow:var(--shade)}
dl{display:grid;grid-template-columns:minmax(7rem,auto) minmax(0,1fr);gap:.6rem 1.2rem;margin:0}
dt{color:var(--soft)}
dd{margin:0;overflow-wrap:anywhere}
code{font-family:ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.9em;overflow-wrap:anywhere}
"""
