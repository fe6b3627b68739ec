"""The picture's colours: one set for light pages, one for dark, told apart by the reader's own setting."""

__all__ = ["STYLE"]

# Blue and green keep apart for eyes that cannot tell red from green; a limit is also told by its shape.
STYLE = """
:root{--page:#fff;--ink:#1f2328;--soft:#656d76;--rule:#d8dee4;--track:#eef1f4;--band:#f4f6f8;--load:#fff4d6;
--cpu:#0969da;--cpu-soft:#9ec9f5;--mem:#0f7b6c;--mem-soft:#92d3c6;--mark:#24292f;--limit:#cf222e}
@media (prefers-color-scheme:dark){:root{--page:#0d1117;--ink:#e6edf3;--soft:#8d96a0;--rule:#30363d;--track:#1c2128;
--band:#151b23;--load:#2f2712;--cpu:#58a6ff;--cpu-soft:#244b7a;--mem:#4cc9b0;--mem-soft:#1f5a50;--mark:#f0f6fc;--limit:#ff7b72}}
text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;fill:var(--ink)}
.h1{font-size:15px;font-weight:600}.h2{font-weight:600}.s{font-size:11px;fill:var(--soft)}.n{font-size:11px}
.page{fill:var(--page)}.rule{stroke:var(--rule);stroke-width:1}.track{fill:var(--track)}.band{fill:var(--band)}.load{fill:var(--load)}
.cpu{fill:var(--cpu)}.cpu-soft{fill:var(--cpu-soft)}.mem{fill:var(--mem)}.mem-soft{fill:var(--mem-soft)}
.mid{stroke:var(--page);stroke-width:1.5}.mark{fill:var(--mark)}.limit{stroke:var(--limit);stroke-width:2.5}
.wave{fill:var(--cpu-soft)}.crest{fill:none;stroke:var(--cpu);stroke-width:1.2;stroke-linejoin:round}
""".strip()
