"""How the page looks: by light and by dark, on a phone and on paper."""

STYLE = """
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --line: #dfe3e8; --grid: #e9ecf0;
  --ink: #16191d; --ink-2: #57606a; --on: #fff;
  --a: #2f6fd0; --b: #8250c4; --good: #1a7f5a; --waits: #a8690a; --bad: #c4372f; --person: #6b7684;
  --good-back: #e3f4ec; --waits-back: #fbf0d9; --bad-back: #fbe6e4; --none-back: #eceff2;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0f1216; --card: #181c22; --line: #2c333c; --grid: #262c34;
    --ink: #e8ebef; --ink-2: #9aa5b1; --on: #0f1216;
    --a: #6aa5f8; --b: #b594ee; --good: #45b88a; --waits: #dda03a; --bad: #f0766d; --person: #8f9baa;
    --good-back: #16332a; --waits-back: #372b14; --bad-back: #3c211f; --none-back: #252b33;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  font-variant-numeric: tabular-nums;
}
main { max-width: 1120px; margin: 0 auto; padding: 40px 20px 56px; }
h1 { font-size: 27px; line-height: 1.2; letter-spacing: -.015em; margin: 0 0 6px; }
h2 { font-size: 18px; margin: 40px 0 4px; letter-spacing: -.01em; }
h3 { font-size: 15px; margin: 0; }
p { margin: 0 0 8px; }
code { font: .92em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
.quiet, figcaption p { color: var(--ink-2); }
.lead { max-width: 76ch; margin-bottom: 14px; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 18px 20px; }
.tiles { display: grid; grid-template-columns: repeat(4, 1fr); gap: 14px; margin: 26px 0 0; padding: 0; }
.tile { display: flex; flex-direction: column; gap: 2px; }
.tile dt { font-weight: 600; }
.tile dd { margin: 0; color: var(--ink-2); font-size: 13.5px; }
.tile .value { font-size: 33px; line-height: 1.25; font-weight: 600; letter-spacing: -.02em; color: var(--ink); }
.tile .state { margin-top: auto; padding-top: 8px; }
.mark { font-size: 12px; font-weight: 600; border-radius: 99px; padding: 1px 9px; white-space: nowrap; }
.good { color: var(--good); background: var(--good-back); }
.waits { color: var(--waits); background: var(--waits-back); }
.bad { color: var(--bad); background: var(--bad-back); }
.none { color: var(--ink-2); background: var(--none-back); }
.plots { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 14px; margin-top: 14px; }
figure { margin: 0; min-width: 0; }
#faults { grid-row: span 2; }
header p::first-letter, figcaption p::first-letter { text-transform: uppercase; }
figcaption p { font-size: 13.5px; margin: 2px 0 6px; }
.scroll { overflow-x: auto; }
svg { display: block; width: 100%; min-width: 420px; height: auto; }
svg text { font-size: 11.5px; fill: var(--ink-2); }
svg .strong { fill: var(--ink); font-size: 12.5px; }
svg .inside { fill: var(--on); font-size: 11.5px; font-weight: 600; }
svg .grid { stroke: var(--grid); } svg .axis { stroke: var(--ink-2); stroke-opacity: .55; }
.fill-a { fill: var(--a); } .fill-b { fill: var(--b); } .fill-good { fill: var(--good); }
.fill-waits { fill: var(--waits); } .fill-bad { fill: var(--bad); } .fill-person { fill: var(--person); }
.bound { fill-opacity: .2; } .cap { stroke-width: 2; }
.cap.a { stroke: var(--a); } .cap.b { stroke: var(--b); }
.legend { display: flex; flex-wrap: wrap; gap: 2px 16px; list-style: none; margin: 6px 0 0; padding: 0; font-size: 13px;
  color: var(--ink-2); }
.legend svg { display: inline-block; width: 12px; min-width: 0; height: 12px; margin-right: 6px; vertical-align: -1px; }
.nothing { border: 1px dashed var(--line); border-radius: 8px; color: var(--ink-2); padding: 34px 16px; margin: 6px 0;
  text-align: center; }
details { margin-top: 10px; font-size: 13.5px; }
summary { cursor: pointer; color: var(--ink-2); width: fit-content; }
summary:focus-visible, .scroll:focus-visible { outline: 2px solid var(--a); outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; font-size: 13.5px; margin-top: 6px; }
caption { text-align: left; color: var(--ink-2); padding-bottom: 4px; }
th, td { text-align: right; padding: 5px 8px; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 600; } thead th { color: var(--ink-2); font-weight: 500; vertical-align: bottom; }
th:first-child, td:first-child, td.words { text-align: left; padding-left: 0; }
tbody th { font-weight: 400; } tfoot th, tfoot td { font-weight: 600; border-bottom: 0; }
ul.said { margin: 14px 0 0; padding-left: 18px; } ul.said li { margin-bottom: 4px; overflow-wrap: anywhere; }
footer { margin-top: 40px; border-top: 1px solid var(--line); padding-top: 16px; font-size: 13.5px;
  color: var(--ink-2); }
footer p { max-width: 88ch; }
@media (max-width: 900px) { .tiles { grid-template-columns: 1fr 1fr; } .plots { grid-template-columns: 1fr; } }
@media (max-width: 480px) { .tiles { grid-template-columns: 1fr; } main { padding-top: 24px; } }
@media print {
  :root {
    color-scheme: light;
    --page: #fff; --card: #fff; --line: #cfd4da; --grid: #e4e7eb; --ink: #000; --ink-2: #444c55; --on: #fff;
    --a: #2f6fd0; --b: #8250c4; --good: #1a7f5a; --waits: #a8690a; --bad: #c4372f; --person: #6b7684;
    --good-back: #fff; --waits-back: #fff; --bad-back: #fff; --none-back: #fff;
  }
  @page { margin: 14mm; }
  body { font-size: 10.5pt; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  main { max-width: none; padding: 0; }
  .tiles { grid-template-columns: repeat(4, 1fr); gap: 8px; } .tile .value { font-size: 20pt; }
  .mark { padding: 0; }
  .plots { grid-template-columns: 1fr; }
  .card, tr, h2, figcaption { break-inside: avoid; } h2, figcaption { break-after: avoid; }
  figure.card { padding: 12px; break-inside: auto; } tfoot { display: table-row-group; }
  table, details { font-size: 8.5pt; } th, td { padding: 1px 8px; } summary { display: none; }
  svg { min-width: 0; max-height: 62mm; } #faults svg { max-height: none; } .legend svg { max-height: none; }
  details::details-content { content-visibility: visible; block-size: auto; overflow: visible; }
  .scroll { overflow: visible; }
}
"""
