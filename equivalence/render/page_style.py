"""The style of the page of a check: light and dark, and on paper."""

STYLE = """
:root { color-scheme: light dark; --ink: #1c2024; --soft: #646b73; --page: #fff; --rule: #d9dde1; --box: #f5f6f8;
  --d0: #2f9e5b; --d1: #9aa62b; --d2: #d0a21a; --d3: #e08a1e; --d4: #dc5a2c; --d5: #c9252d; --none: #a9b0b7; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8ea; --soft: #9aa2aa; --page: #16191c; --rule: #353b41;
  --box: #1f2428; --d0: #43b873; --d1: #b3bf45; --d2: #e0b535; --d3: #ee9d3c; --d4: #f0743f; --d5: #f0545b;
  --none: #5d656d; } }
* { box-sizing: border-box; }
body { margin: 2rem auto; padding: 0 1rem; max-width: 76rem; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
h3 { font-size: 1rem; margin: 1rem 0 0; }
.verdict { font-size: 1.15rem; font-weight: 600; border-left: .4rem solid var(--none); padding: .3rem .8rem;
  background: var(--box); }
.verdict.equal { border-color: var(--d0); } .verdict.different { border-color: var(--d5); }
.verdict.unknown { border-color: var(--d2); }
code, pre, .keras, .torch, ul, summary b { font-family: ui-monospace, monospace; font-size: .92em; }
pre { margin: 0; white-space: pre-wrap; }
details { border: 1px solid var(--rule); border-left: .4rem solid var(--d5); border-radius: .3rem;
  background: var(--box); padding: .5rem .8rem; margin: .6rem 0; break-inside: avoid; }
summary { cursor: pointer; } summary b { margin-right: .6rem; }
dl { display: grid; grid-template-columns: 6.5rem 1fr; gap: .15rem .6rem; margin: .5rem 0 0; }
dt { color: var(--soft); } dd { margin: 0; }
.legend { color: var(--soft); font-size: .85rem; } .legend span { margin-left: .9rem; white-space: nowrap; }
.legend i { display: inline-block; width: .8rem; height: .8rem; margin-right: .3rem; border-radius: .2rem;
  background: var(--off); vertical-align: -.05rem; }
.graphs { border-collapse: collapse; width: 100%; } .graphs th { text-align: left; padding: 0 .4rem;
  font-weight: 600; color: var(--soft); }
.graphs tr { height: 30px; break-inside: avoid; } .graphs td { padding: 0 .4rem; }
.graphs .tracks { padding: 0; width: 1px; position: relative; }
svg { position: absolute; inset: 0; height: 100%; } svg path { fill: none; stroke: var(--soft); stroke-width: 1.5;
  vector-effect: non-scaling-stroke; } svg .dot { stroke: var(--off); stroke-width: 9; stroke-linecap: round; }
.graphs .keras { width: 42%; } .graphs .torch { width: 40%; } small { color: var(--soft); font-size: .85em; }
.graphs .off { text-align: center; white-space: nowrap; font-variant-numeric: tabular-nums; font-size: .85rem;
  background: linear-gradient(var(--off), var(--off)) center bottom 3px / 100% 4px no-repeat; }
.graphs :is(.d1, .d2, .d3, .d4, .d5) { background: color-mix(in srgb, var(--off) 12%, transparent); }
.d0 { --off: var(--d0); } .d1 { --off: var(--d1); } .d2 { --off: var(--d2); } .d3 { --off: var(--d3); }
.d4 { --off: var(--d4); } .d5 { --off: var(--d5); }
.within, .unreached, .alone { --off: var(--none); color: var(--soft); }
.unreached .off, .alone .off { background-image: none; }
a { color: inherit; font-weight: 600; }
ul { margin: .3rem 0; padding-left: 1.2rem; columns: 30rem; }
footer { margin-top: 2rem; color: var(--soft); font-size: .85rem; }
@media print { body { margin: 0; max-width: none; font-size: 10pt; } * { print-color-adjust: exact;
  -webkit-print-color-adjust: exact; } details::details-content { content-visibility: visible; } }
"""
