/// How a report's page looks, light or dark as the reader's system is, on wide screens and narrow.
enum StyleSheet {
  static let css: StaticString = """
    :root {
      color-scheme: light dark;
      --paper: #ffffff; --ink: #1d2126; --soft: #5c6670; --rule: #d8dde2; --shade: #f4f6f8;
      --accent: #0b62a8; --other: #b4520c;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --paper: #15181c; --ink: #e4e7ea; --soft: #9aa4ae; --rule: #363d45; --shade: #1e2329;
        --accent: #6cb2f0; --other: #f0a15c;
      }
    }
    * { box-sizing: border-box; }
    body {
      margin: 0 auto; max-width: 84rem; padding: 1.5rem 1.25rem 4rem; background: var(--paper);
      color: var(--ink); font: 16px/1.5 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
    }
    h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 1rem; overflow-wrap: anywhere; }
    h2 { font-size: 1.3rem; line-height: 1.3; margin: 3rem 0 0.75rem; }
    h3 { font-size: 1rem; margin: 1.75rem 0 0.5rem; }
    h2 .name { color: var(--soft); font-weight: 400; }
    a { color: var(--accent); }
    p, li, dd { overflow-wrap: anywhere; }
    .note { color: var(--soft); font-size: 0.875rem; max-width: 60rem; }
    dl {
      display: grid; grid-template-columns: max-content 1fr; gap: 0.15rem 1rem; margin: 0 0 1rem;
      font-size: 0.9rem;
    }
    dt { color: var(--soft); }
    dd { margin: 0; }
    nav ul { columns: 18rem; padding-left: 1.2rem; margin: 0.5rem 0; }
    .scroll { overflow-x: auto; margin: 0.5rem 0; }
    table { border-collapse: separate; border-spacing: 0; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
    th, td { padding: 0.3rem 0.6rem; white-space: nowrap; text-align: left; }
    th { vertical-align: bottom; border-bottom: 2px solid var(--rule); font-weight: 600; }
    th small { display: block; color: var(--soft); font-weight: 400; }
    td { border-bottom: 1px solid var(--rule); }
    td:first-child, th:first-child { position: sticky; left: 0; background: var(--paper); padding-left: 0; }
    .number { text-align: right; }
    .interval { color: var(--soft); font-size: 0.8rem; margin-left: 0.4em; }
    strong { color: var(--accent); }
    ul.notes { color: var(--other); font-size: 0.9rem; padding-left: 1.2rem; }
    figure { margin: 1rem 0; }
    .drawing svg { display: block; width: 100%; min-width: 30rem; max-width: 50rem; height: auto; }
    .trainings { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(30rem, 100%), 1fr)); gap: 1rem 2rem; }
    .pictures { display: flex; flex-wrap: wrap; gap: 1rem; align-items: flex-start; }
    .pictures figure { margin: 0; max-width: 100%; }
    .pictures figcaption { max-width: 10rem; }
    figcaption { font-size: 0.85rem; overflow-wrap: anywhere; margin: 0.35rem 0; }
    figcaption strong { color: inherit; }
    img { max-width: 100%; height: auto; display: block; border-radius: 3px; }
    pre {
      overflow-x: auto; background: var(--shade); padding: 0.75rem 1rem; font-size: 0.8rem;
      line-height: 1.45; border-radius: 4px;
    }
    summary { cursor: pointer; }
    .key { display: inline-block; margin-right: 1.2rem; }
    .key svg { width: 1.8rem; height: 0.7rem; vertical-align: middle; margin-right: 0.4rem; }
    svg text { fill: var(--ink); font: 13px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; }
    svg .tick { fill: var(--soft); }
    svg .title { font: 600 13px system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
    svg .label { fill: var(--soft); }
    svg .label.best { fill: var(--ink); font-weight: 600; }
    svg .grid { stroke: var(--rule); stroke-width: 1; }
    svg .axis { stroke: var(--soft); stroke-width: 1; }
    svg .bar { stroke: var(--soft); stroke-width: 1; opacity: 0.6; }
    svg .leader { stroke: var(--soft); stroke-width: 0.7; opacity: 0.7; }
    svg .point { fill: var(--paper); stroke: var(--soft); stroke-width: 1.6; }
    svg .point.best { fill: var(--accent); stroke: var(--paper); stroke-width: 1; }
    svg .front { fill: none; stroke: var(--accent); stroke-width: 1.6; stroke-dasharray: 5 4; }
    svg .loss { fill: none; stroke: var(--soft); stroke-width: 1.1; opacity: 0.75; }
    svg .held { fill: none; stroke: var(--accent); stroke-width: 2; }
    svg .heldpoint { fill: var(--accent); }
    svg .held.second { stroke: var(--other); }
    svg .heldpoint.second { fill: var(--other); }
    svg .zero { stroke: var(--ink); stroke-width: 1.6; stroke-dasharray: 7 5; }
    @media print { body { max-width: none; } .scroll { overflow: visible; } }
    """
}
