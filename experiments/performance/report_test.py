import json
import pathlib
import tempfile
import unittest

import report


def spread(median):
    return {"median": median, "low": median * 0.9, "high": median * 1.1, "smallest": median * 0.8}


MACHINE = {
    "processor": "P",
    "cores": 2,
    "threads": 2,
    "instructionSets": ["fma"],
    "memoryBytes": 2**34,
    "oneDNN": "2.6.3",
    "waitPolicy": "default",
}


def measurement(work, **other):
    return {
        "name": "row",
        "title": "Row",
        "precision": "float32",
        "count": 4,
        "multiplyAdds": work,
        "seconds": spread(0.5),
        "share": spread(0.8),
        "compileSeconds": 1.0,
        "weightBytes": 10**6,
        "arenaBytes": 2 * 10**6,
        "parts": [],
    } | other


BENCH = {
    "machine": MACHINE,
    "date": "today",
    "rounds": 3,
    "peaks": {"float32": spread(2e11)},
    "rows": [
        measurement(1e9, target=0.94),
        measurement(
            1e9,
            timeOverParts=spread(1.01),
            parts=[{"name": "decoder", "count": 2, "seconds": spread(0.1)}],
        ),
    ],
}


class ReportTest(unittest.TestCase):
    def test_bench_rows(self):
        text = report.bench_text(BENCH)
        self.assertIn("| Row | 4 | 500.0 | 8 | 1 | 80 % | 72-88 | 94 % | 1.00 | 1 | 2 |  |", text)
        self.assertIn("1.010 × the sum of its parts (2 × decoder 100.0 ms)", text)
        self.assertNotIn("bfloat16", text)

    def test_peers(self):
        row = {
            "row": "inception",
            "precision": "bfloat16",
            "oursIn": "float32",
            "peer": "torch",
            "ratio": spread(1.5),
        } | {key: spread(0.5) for key in ("seconds", "peerSeconds", "share", "peerShare")}
        text = report.peers_text(
            {"versions": {"torch": "2"}, "threads": 2, "rounds": 3, "rows": [row]}
        )
        self.assertIn("bfloat16 (ours in float32) | torch | 500.0 | 500.0 | 1.50 | 1.35-1.65", text)

    def test_profiles_sum_up_what_they_leave_out(self):
        def entry(name, seconds, work):
            return {
                "operation": name,
                "shapes": "[2, 3]",
                "calls": 2,
                "seconds": seconds,
                "multiplyAdds": work,
            }

        entries = [entry("linear", 0.6, 6e10), entry("add", 0.3, 0), entry("slice", 0.1, 0)]
        text = report.profile_text(
            [{"name": "row", "precision": "float32", "peak": 4e11, "entries": entries}], limit=1
        )
        self.assertIn("| linear | [2, 3] | 2 | 600.0 | 60.0 % | 50 % |", text)
        self.assertIn("| others |  | 4 | 400.0 | 40.0 % |  |", text)
        self.assertIn("| all |  | 6 | 1000.0 | 100.0 % | 30 % |", text)

    def test_files(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            (folder / "bench.json").write_text(json.dumps(BENCH))
            report.main(folder)
            text = (folder / "results.md").read_text()
            self.assertIn("## Beside the machine's peak", text)
            self.assertNotIn("## Growth", text)


if __name__ == "__main__":
    unittest.main()
