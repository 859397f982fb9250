#!/usr/bin/env python3
"""The toolkit's work beside the same work in PyTorch, diffusers, OpenVINO and SciPy.

    make bench-peers                        # sets up the peers, builds ours, runs everything
    scripts/bench_peers.py --only inception --rounds 3 --output peers.json

Every program runs in a process of its own that waits for its turn. A round is: the machine's
float32 or bfloat16 peak, ours, the peer. Shares and ratios are taken within rounds, so that a
machine whose speed drifts, or that others use, slows all of them alike. Weights are random:
only the arithmetic counts, and it is the same (diffusers' DiT-XL/2 is SiT-XL/2's network).
"""

import argparse
import datetime
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BENCH = ROOT / ".build-benchmarks/release/bench"
THREADS = 2
PRECISIONS = ["float32", "bfloat16"]
MOMENT = 0.2  # seconds that a turn fills at least, as in Clock.swift

# Row of `bench --list`: the peers that can do it, each with its precisions.
ROWS = {
    "sit-xl-2-batch-2": {"torch": ["float32", "bfloat16"], "openvino": ["float32", "bfloat16"]},
    "sit-xl-2-batch-16": {"torch": ["float32", "bfloat16"], "openvino": ["float32", "bfloat16"]},
    "vae-decode": {"torch": ["float32", "bfloat16"], "openvino": ["float32", "bfloat16"]},
    "inception": {"torch": ["float32", "bfloat16"], "openvino": ["float32", "bfloat16"]},
    "refiner-step-xl-2": {"torch": ["float32", "bfloat16"]},
    "predictor-step": {"torch": ["float32", "bfloat16"]},
    "frechet": {"scipy": ["float32"]},
}


# The peers' side: each function gives something to call again and again.


def transformer(size="XL", channels=4, layers=None, latent=32, classes=1000, out=None):
    from diffusers import DiTTransformer2DModel

    heads, width, depth = {"XL": (16, 72, 28), "quickstart": (4, 32, 12)}[size]
    return DiTTransformer2DModel(
        num_attention_heads=heads,
        attention_head_dim=width,
        in_channels=channels,
        out_channels=out or 8,
        num_layers=layers or depth,
        sample_size=latent,
        patch_size=2,
        num_embeds_ada_norm=classes,
    )


def torch_type(precision):
    import torch

    return {"float32": torch.float32, "bfloat16": torch.bfloat16}[precision]


def forward(batch):
    import torch

    model = transformer().eval()
    inputs = (
        torch.randn(batch, 4, 32, 32),
        torch.full((batch,), 500),
        torch.full((batch,), 207),
    )

    class Network(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, x, t, labels):
            return self.model(x, timestep=t, class_labels=labels, return_dict=False)[0]

    return Network().eval(), inputs


def decoder():
    import torch
    from diffusers import AutoencoderKL

    model = AutoencoderKL(
        block_out_channels=(128, 256, 512, 512),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        layers_per_block=2,
        latent_channels=4,
    )
    del model.encoder

    class Network(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.unquantise, self.decoder = model.post_quant_conv, model.decoder

        def forward(self, z):
            return self.decoder(self.unquantise(z))

    return Network().eval(), (torch.randn(1, 4, 32, 32),)


def inception():
    import torch
    import torchvision

    model = torchvision.models.inception_v3(init_weights=False, transform_input=False)
    model.AuxLogits = None
    return model.eval(), (torch.randn(16, 3, 299, 299),)


BATCHES = {"sit-xl-2-batch-2": 2, "sit-xl-2-batch-16": 16, "vae-decode": 1, "inception": 16}
NETWORKS = {
    "sit-xl-2-batch-2": lambda: forward(2),
    "sit-xl-2-batch-16": lambda: forward(16),
    "vae-decode": decoder,
    "inception": inception,
}


def torch_inference(row, precision):
    import torch

    model, inputs = NETWORKS[row]()
    kind = torch_type(precision)
    layout = torch.channels_last if row in ("vae-decode", "inception") else torch.contiguous_format
    model = model.to(kind).to(memory_format=layout)
    inputs = tuple(
        x.to(kind).to(memory_format=layout) if x.is_floating_point() else x for x in inputs
    )

    def run():
        with torch.inference_mode():
            model(*inputs)

    return run


def convert(row, path):
    """Writes a network for any batch in OpenVINO's own files, from which it takes less memory to
    compile; traced with the smallest batch."""
    import openvino
    import torch

    model, inputs = NETWORKS[row]()
    with torch.inference_mode():
        converted = openvino.convert_model(
            model, example_input=inputs, input=[[-1, *x.shape[1:]] for x in inputs]
        )
    openvino.save_model(converted, path, compress_to_fp16=False)


def converted_network(row):
    """OpenVINO's file of a row, made in a process of its own where it is not there yet."""
    import openvino

    row = "sit-xl-2-batch-2" if row.startswith("sit-xl-2") else row
    version = openvino.__version__.split("-")[0]
    path = pathlib.Path(sys.prefix) / "networks" / f"{row}-{version}.xml"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        part = path.with_name("part.xml")
        subprocess.run([sys.executable, __file__, "--convert", row, str(part)], check=True)
        part.with_suffix(".bin").rename(path.with_suffix(".bin"))
        part.rename(path)
    return path


def openvino_inference(row, precision):
    import numpy
    import openvino

    core = openvino.Core()
    network = core.read_model(converted_network(row))
    batch = BATCHES[row]
    network.reshape({x.any_name: [batch, *list(x.partial_shape)[1:]] for x in network.inputs})
    compiled = core.compile_model(
        network,
        "CPU",
        {
            "INFERENCE_PRECISION_HINT": {"float32": "f32", "bfloat16": "bf16"}[precision],
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": THREADS,
        },
    )
    request = compiled.create_infer_request()
    numbers = numpy.random.default_rng(0)
    arrays = [
        (numbers.normal(size=list(x.shape)) + 207 * (len(x.shape) == 1)).astype(
            x.element_type.to_dtype()
        )
        for x in compiled.inputs
    ]
    return lambda: request.infer(arrays)


def torch_training(row, precision):
    """Forward, backward, AdamW and moving average; the refiner's teacher goes forward twice."""
    import torch

    if row == "predictor-step":
        batch, latent, classes = 32, 16, 10
        model, teacher = transformer("quickstart", latent=latent, classes=classes, out=4), None
    else:
        batch, latent, classes = 4, 32, 1000
        teacher = transformer().eval().requires_grad_(False)
        model = transformer(channels=8, layers=1)
    model.train()
    parameters = [p for p in model.parameters() if p.requires_grad]
    averages = [p.detach().clone() for p in parameters]
    optimizer = torch.optim.AdamW(parameters, lr=1e-5, weight_decay=0, fused=True)
    data, noise = torch.randn(2, batch, 4, latent, latent).unbind()
    labels = torch.randint(classes, (batch,))
    t = torch.rand(batch)
    place = lambda values: values.view(-1, 1, 1, 1)

    def velocity(network, x, t, labels):
        out = network(x, timestep=t * 1000, class_labels=labels, return_dict=False)[0]
        return out.float()[:, :4]

    def run():
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
            x = place(1 - t) * noise + place(t) * data
            if teacher is None:
                target = data - noise
                found = velocity(model, x, t, labels)
            else:
                with torch.no_grad():
                    v = velocity(teacher, x, t, labels)
                    x, later = x + 0.02 * v, t + 0.02
                    target = velocity(teacher, x, later, labels) - v
                found = velocity(model, torch.cat([x, v], 1), later, labels)
            loss = (found - target).square().mean()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.get_total_norm([p.grad for p in parameters])
        optimizer.step()
        torch._foreach_lerp_(averages, [p.detach() for p in parameters], 1e-4)

    return run


def scipy_square_root(row, precision):
    """The matrix root in the way of pytorch-fid: of the product of two covariances."""
    import numpy
    import scipy.linalg

    numbers = numpy.random.default_rng(0)
    covariances = [numpy.cov(numbers.normal(size=(4096, 2048)), rowvar=False) for _ in range(2)]
    product = covariances[0] @ covariances[1]

    def run():
        numpy.trace(scipy.linalg.sqrtm(product).real)

    return run


def peer_work(peer, row, precision):
    if peer == "openvino":
        return openvino_inference(row, precision)
    if peer == "scipy":
        return scipy_square_root(row, precision)
    return (torch_inference if row in NETWORKS else torch_training)(row, precision)


def serve(peer, row, precision):
    """Answers every line on standard input with the seconds of one turn."""
    answers, sys.stdout = sys.stdout, sys.stderr  # libraries that greet do not disturb
    try:
        import torch

        torch.set_num_threads(THREADS)
        torch.manual_seed(0)
    except ImportError:
        pass
    run = peer_work(peer, row, precision)
    run()
    print("{}", file=answers, flush=True)
    for _ in sys.stdin:
        total, count = 0.0, 0
        while total < MOMENT:
            start = time.perf_counter()
            run()
            total += time.perf_counter() - start
            count += 1
        print(total / count, file=answers, flush=True)


# The side that lets them take turns.


class Program:
    """A process that waits for its turn."""

    def __init__(self, command, log):
        environment = os.environ | {"OMP_NUM_THREADS": str(THREADS)}
        self.process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=environment,
        )
        self.facts = json.loads(self.line())

    def line(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.process.args}: ended with {self.process.wait()}")
        return line

    def turn(self, what="row"):
        self.process.stdin.write(what + "\n")
        self.process.stdin.flush()
        return float(self.line())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()


def spread(values):
    low, median, high = (
        statistics.quantiles(values, n=4, method="inclusive")
        if len(values) > 1
        else [values[0]] * 3
    )
    return {"median": median, "low": low, "high": high, "smallest": min(values)}


def compare(row, precision, peer, rounds, bench, log):
    """One row in one precision: our times and shares, and those of a peer."""
    if peer == "openvino":
        converted_network(row)  # before our side takes memory
    ours_has = precision in our_precisions(bench)
    ours_in = precision if ours_has else "float32"
    worker = [sys.executable, __file__, "--worker", peer, "--row", row, "--precision", precision]
    turns = []
    with Program([bench, "--serve", "--only", row, "--precision", ours_in], log) as ours:
        work = 2 * ours.facts["multiplyAdds"]
        peak_work = 2 * ours.facts["peakMultiplyAdds"]
        with Program(worker, log) as other:
            for _ in range(rounds):
                turns.append((ours.turn("peak"), ours.turn(), other.turn(), ours.turn("peak")))
    peaks = [peak_work / ((first + last) / 2) for first, _, _, last in turns]
    shares = [(work / a / p, work / b / p) for (_, a, b, _), p in zip(turns, peaks)]
    return {
        "row": row,
        "precision": precision,
        "oursIn": ours_in,
        "peer": peer,
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "multiplyAdds": work / 2,
        "count": ours.facts["count"],
        "peak": spread(peaks),
        "seconds": spread([a for _, a, _, _ in turns]),
        "peerSeconds": spread([b for _, _, b, _ in turns]),
        "share": spread([a for a, _ in shares]),
        "peerShare": spread([b for _, b in shares]),
        "ratio": spread([b / a for _, a, b, _ in turns]),
    }


def alone(rounds, bench, log):
    """What no peer does, a picture by H1P5R3 beside its parts; and the machine."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "bench.json"
        command = [bench, "--only", "h1p5r3-xl-2", "--rounds", str(rounds), "--output", str(path)]
        environment = os.environ | {"OMP_NUM_THREADS": str(THREADS)}
        subprocess.run(command, check=True, stdout=log, stderr=log, env=environment)
        return json.loads(path.read_text())


HEADER = (
    f"{'work':20} {'precision':9} {'peer':9} {'ours ms':>9} {'peer ms':>9} {'peer/ours':>10}"
    f" {'quartiles':>12} {'ours of peak':>13} {'peer of peak':>13} {'GFLOP/s peak':>13}"
)


def line(entry):
    ratio = entry["ratio"]
    return (
        f"{entry['row']:20} {entry['precision']:9} {entry['peer']:9}"
        f" {entry['seconds']['median'] * 1e3:9.1f} {entry['peerSeconds']['median'] * 1e3:9.1f}"
        f" {ratio['median']:10.2f} {ratio['low']:6.2f}-{ratio['high']:.2f}"
        f" {entry['share']['median']:13.0%} {entry['peerShare']['median']:13.0%}"
        f" {entry['peak']['median'] / 1e9:13.0f}"
        + ("" if entry["oursIn"] == entry["precision"] else f"  (ours in {entry['oursIn']})")
    )


def our_precisions(bench):
    text = subprocess.run([bench, "--list-precisions"], capture_output=True, text=True)
    return text.stdout.split() if text.returncode == 0 else ["float32"]


def versions():
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for name in ("torch", "torchvision", "diffusers", "openvino", "scipy", "numpy"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            pass
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", help="rows, joined by commas: " + ", ".join(ROWS))
    parser.add_argument("--peers", help="of torch, openvino, scipy, joined by commas")
    parser.add_argument("--precision", help="float32 or bfloat16; both without it")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--bench", default=BENCH, help="our executable")
    parser.add_argument("--output", help="a file for the numbers as JSON")
    parser.add_argument(
        "--resume", action="store_true", help="keeps what the output file has already"
    )
    parser.add_argument("--log", default=os.devnull, help="a file for what the programs say")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    parser.add_argument("--row", help=argparse.SUPPRESS)
    parser.add_argument("--convert", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        return serve(options.worker, options.row, options.precision)
    if options.convert:
        return convert(*options.convert)

    rows = options.only.split(",") if options.only else list(ROWS)
    for row in rows:
        if row not in ROWS:
            parser.error(f"no row '{row}'; there are {', '.join(ROWS)}")
    chosen = options.peers.split(",") if options.peers else ["torch", "openvino", "scipy"]
    report = {"threads": THREADS, "rounds": options.rounds, "versions": versions(), "rows": []}
    output = pathlib.Path(options.output) if options.output else None
    if options.resume and output and output.exists():
        earlier = json.loads(output.read_text())
        for key in ("threads", "rounds", "versions"):
            if earlier[key] != report[key]:
                parser.error(f"{output}: measured with {key} {earlier[key]}, now {report[key]}")
        report = earlier
    done = {(entry["row"], entry["precision"], entry["peer"]) for entry in report["rows"]}

    def keep():
        if output:
            part = output.with_name(output.name + ".part")
            part.write_text(json.dumps(report, indent=1) + "\n")
            part.rename(output)

    print(HEADER, flush=True)
    with open(options.log, "a") as log:
        for row in rows:
            for precision in PRECISIONS:
                if options.precision not in (None, precision):
                    continue
                for peer in chosen:
                    if precision not in ROWS[row].get(peer, []) or (row, precision, peer) in done:
                        continue
                    entry = compare(row, precision, peer, options.rounds, options.bench, log)
                    report["rows"].append(entry)
                    print(line(entry), flush=True)
                    keep()
        if not options.only and "alone" not in report:
            report["alone"] = alone(options.rounds, options.bench, log)
            keep()
            for row in report["alone"]["rows"]:
                ratio = row["timeOverParts"]["median"]
                print(f"{row['title']}, {row['precision']}: {ratio:.3f} of its parts")


if __name__ == "__main__":
    main()
