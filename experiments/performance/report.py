#!/usr/bin/env python3
"""Draws and writes what the benchmarks measured: tables in Markdown, growth as SVG.

    experiments/performance/report.py            # of the JSON files beside this script

Reads bench.json, peers.json, profile.json and growth.json where they are there; writes results.md and
growth.svg.
"""

import json
import math
import pathlib
import sys

PRECISIONS = ["float32", "bfloat16"]


def table(rows):
    """Markdown of rows of cells, header first."""
    head, *rest = rows
    lines = ["| " + " | ".join(map(str, row)) + " |" for row in [head, ["---"] * len(head), *rest]]
    return "\n".join(lines) + "\n"


def percent(share):
    return f"{100 * share:.0f} %"


def range_of(spread, scale=100):
    return f"{spread['low'] * scale:.0f}-{spread['high'] * scale:.0f}"


def megabytes(count):
    return f"{count / 1e6:.0f}" if count else ""


def machine_text(report):
    machine = report["machine"]
    return (
        f"{machine['processor']}; {machine['cores']} cores, {machine['threads']} threads; "
        f"{', '.join(machine['instructionSets'])}; {machine['memoryBytes'] / 2**30:.0f} GiB; "
        f"oneDNN {machine['oneDNN']}; OMP_WAIT_POLICY {machine['waitPolicy']}"
    )


def bench_text(report):
    """The table of `make bench`."""
    text = f"Machine: {machine_text(report)}. {report['date']}, {report['rounds']} rounds.\n\n"
    for precision in PRECISIONS:
        rows = [row for row in report["rows"] if row["precision"] == precision]
        if not rows:
            continue
        peak = report["peaks"][precision]
        text += (
            f"### {precision}\n\nPeak: median {peak['median'] / 1e9:.0f} GFLOP/s, quartiles "
            f"{peak['low'] / 1e9:.0f}-{peak['high'] / 1e9:.0f}.\n\n"
        )
        cells = [
            ["work", "batch", "ms", "items/s", "GMAC", "of peak", "quartiles, %", "target"]
            + ["compile, s", "weights, MB", "arena, MB", "high water, MB"]
        ]
        for row in rows:
            seconds = row["seconds"]["median"]
            cells.append(
                [row["title"], row["count"], f"{seconds * 1e3:.1f}", f"{row['count'] / seconds:.3g}"]
                + [f"{row['multiplyAdds'] / 1e9:.4g}", percent(row["share"]["median"])]
                + [range_of(row["share"]), percent(row["target"]) if "target" in row else ""]
                + [f"{row['compileSeconds']:.2f}", megabytes(row["weightBytes"])]
                + [megabytes(row["arenaBytes"]), megabytes(row.get("highWaterBytes"))]
            )
        text += table(cells) + "\n"
        for row in rows:
            if "timeOverParts" in row:
                parts = ", ".join(
                    f"{part['count']} × {part['name']} {part['seconds']['median'] * 1e3:.1f} ms"
                    for part in row["parts"]
                )
                text += (
                    f"{row['title']}: {row['timeOverParts']['median']:.3f} × the sum of its "
                    f"parts ({parts}).\n\n"
                )
    return text


def peers_text(report):
    """The table of `make bench-peers`."""
    versions = ", ".join(f"{name} {version}" for name, version in report["versions"].items())
    cells = [
        ["work", "precision", "peer", "ours, ms", "peer, ms", "peer / ours", "quartiles"]
        + ["ours of peak", "peer of peak"]
    ]
    for row in report["rows"]:
        note = "" if row["oursIn"] == row["precision"] else f" (ours in {row['oursIn']})"
        cells.append(
            [row["row"], row["precision"] + note, row["peer"]]
            + [f"{row[side]['median'] * 1e3:.1f}" for side in ("seconds", "peerSeconds")]
            + [f"{row['ratio']['median']:.2f}"]
            + [f"{row['ratio']['low']:.2f}-{row['ratio']['high']:.2f}"]
            + [percent(row["share"]["median"]), percent(row["peerShare"]["median"])]
        )
    return (
        f"{versions}; {report['threads']} threads each, {report['rounds']} rounds, both sides in "
        f"turns.\n\n{table(cells)}\n"
        + ("" if "alone" not in report else "In the same run:\n\n" + bench_text(report["alone"]))
    )


def profile_text(profiles, limit=12):
    """Where each row's time goes, by operations of one name and shape."""
    text = ""
    for profile in profiles:
        entries = profile["entries"]
        whole = sum(entry["seconds"] for entry in entries)
        cells = [["operation", "operands", "calls", "ms", "of all", "of peak"]]

        def row(name, shapes, part):
            seconds = sum(entry["seconds"] for entry in part)
            rate = 2 * sum(entry["multiplyAdds"] for entry in part) / seconds if seconds else 0
            calls = sum(entry["calls"] for entry in part)
            return [name, shapes, calls, f"{seconds * 1e3:.1f}", f"{100 * seconds / whole:.1f} %"] + [
                percent(rate / profile["peak"]) if rate else ""
            ]

        for entry in entries[:limit]:
            shapes = entry["shapes"]
            cells.append(
                row(entry["operation"], shapes if len(shapes) < 60 else shapes[:57] + "...", [entry])
            )
        if entries[limit:]:
            cells.append(row("others", "", entries[limit:]))
        cells.append(row("all", "", entries))
        text += f"### {profile['name']}, {profile['precision']}\n\n{table(cells)}\n"
    return text


def growth_text(report):
    """Exponents of `make bench-growth`."""
    cells = [["what grows", "from", "to", "multiply-adds grow", "time ~ work^p", "arena ~ work^p"]]
    for series in report["series"]:
        points = series["points"]
        first, last = (points[i]["measurement"]["multiplyAdds"] for i in (0, -1))
        cells.append(
            [series["axis"], points[0]["label"], points[-1]["label"], f"{last / first:.0f} ×"]
            + [exponent(series.get("timeExponent")), exponent(series.get("memoryExponent"))]
        )
    return table(cells) + "\n![Growth](growth.svg)\n"


def exponent(value):
    return "" if value is None else f"{value:.2f}"


def draw_growth(report, path):
    """One panel per series: time and arena over multiply-adds, beside proportional growth."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams.update({"svg.hashsalt": "growth", "font.size": 8})
    from matplotlib import pyplot

    series = report["series"]
    columns = min(4, len(series))
    figure, panels = pyplot.subplots(
        math.ceil(len(series) / columns),
        columns,
        figsize=(3.4 * columns, 3.1 * math.ceil(len(series) / columns)),
        squeeze=False,
        layout="constrained",
    )
    for panel in panels.flat[len(series) :]:
        panel.set_visible(False)
    for panel, one in zip(panels.flat, series):
        points = one["points"]
        work = [p["measurement"]["multiplyAdds"] / 1e9 for p in points]
        # At one speed of the machine, by the peak around each turn.
        rate = max(p["measurement"]["share"]["median"] for p in points)
        times = [w / p["measurement"]["share"]["median"] for w, p in zip(work, points)]
        memory = [p["predictedBytes"] / 1e6 for p in points]
        panel.loglog(work, [t / times[0] for t in times], "o-", label="time", color="#1b6ca8")
        if min(memory) > 0:
            panel.loglog(
                work, [m / memory[0] for m in memory], "s-", label="arena", color="#c2571a"
            )
        panel.loglog(work, [w / work[0] for w in work], ":", label="arithmetic", color="#777777")
        panel.set_xticks(work, [f"{p['label']}\n{w:.3g}" for w, p in zip(work, points)])
        panel.set_xticks([], minor=True)
        panel.set_title(f"{one['axis']}\n{rate:.0%} of peak at best", fontsize=8)
        panel.set_xlabel("above: what grows; below: 10⁹ multiply-adds")
        panel.grid(True, which="major", alpha=0.3)
    panels[0][0].set_ylabel("relative to the first point")
    panels[0][0].legend(loc="upper left")
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def main(folder):
    sections = [
        ("bench.json", "Beside the machine's peak", bench_text),
        ("peers.json", "Beside PyTorch, OpenVINO and SciPy", peers_text),
        ("profile.json", "Where the time goes", profile_text),
        ("growth.json", "Growth", growth_text),
    ]
    text = "# Results\n\nWritten by report.py from the JSON files beside it.\n"
    for name, title, render in sections:
        if (folder / name).exists():
            report = json.loads((folder / name).read_text())
            text += f"\n## {title}\n\n{render(report)}"
            if name == "growth.json":
                draw_growth(report, folder / "growth.svg")
    (folder / "results.md").write_text(text)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
