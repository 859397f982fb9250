#!/usr/bin/env python3
"""JPEG decoding and ADM's crop: this toolkit and Pillow in turns, on the same files and threads.

    swift build --package-path Benchmarks --scratch-path .build-benchmarks --product decode
    python3 scripts/bench_decode.py [folder of class folders] [--size 256] [--turns 5]

Without a folder, photographs of the test fixtures are cut and joined to 300 files of ImageNet's
usual sizes and qualities. Needs Pillow and NumPy. Times are the shortest of all turns, by the clock
and in processor time; Pillow's workers are processes, as in PyTorch's DataLoader.
"""

import argparse
import glob
import multiprocessing
import os
import random
import resource
import subprocess
import tempfile
import time

import numpy
from PIL import Image

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PHOTOGRAPHS = f"{ROOT}/Tests/ImagingTests/Fixtures/images/train"
PROGRAM = f"{ROOT}/.build-benchmarks/debug/decode"


def make_set(folder):
    """300 JPEGs: two thirds 500x375, the rest upright, small, or joined of four to sixteen."""
    random.seed(0)
    photographs = []
    for path in sorted(glob.glob(f"{PHOTOGRAPHS}/*/*")):
        image = Image.open(path)
        if min(image.size) >= 250 and image.mode == "RGB":
            photographs.append(image.convert("RGB"))

    def cut(width, height):
        image = random.choice(photographs)
        scale = max(width / image.width, height / image.height, 1)
        image = image.resize(
            (max(width, round(image.width * scale)), max(height, round(image.height * scale))),
            Image.LANCZOS)
        left = random.randint(0, image.width - width)
        top = random.randint(0, image.height - height)
        return image.crop((left, top, left + width, top + height))

    os.makedirs(f"{folder}/photographs")
    for i in range(300):
        kind = i % 30
        if kind < 28:
            image = cut(*((500, 375) if kind < 20 else (375, 500) if kind < 25 else (400, 300)))
        else:
            n = 4 if i % 60 == 29 else 2
            image = Image.new("RGB", (n * 400, n * 300))
            for k in range(n * n):
                image.paste(cut(400, 300), (k % n * 400, k // n * 300))
        image.save(
            f"{folder}/photographs/{i:03d}.JPEG", quality=random.choice([90, 92, 94, 95, 96]),
            subsampling=random.choice([2, 2, 2, 2, 0]))


def crop(image, size):
    """ADM's center_crop_arr."""
    while min(*image.size) >= 2 * size:
        image = image.resize(tuple(x // 2 for x in image.size), resample=Image.BOX)
    scale = size / min(*image.size)
    image = image.resize(tuple(round(x * scale) for x in image.size), resample=Image.BICUBIC)
    pixels = numpy.array(image)
    top, left = (pixels.shape[0] - size) // 2, (pixels.shape[1] - size) // 2
    return pixels[top:top + size, left:left + size]


def load(path, size):
    crop(Image.open(path).convert("RGB"), size)


def pillow(paths, workers, size):
    """Seconds by the clock and of processor time, the workers' start left out."""
    if workers == 1:
        start, processor = time.perf_counter(), time.process_time()
        for path in paths:
            load(path, size)
        return time.perf_counter() - start, time.process_time() - processor

    def children():
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    before = children()
    with multiprocessing.Pool(workers) as pool:
        pool.starmap(load, [(paths[0], size)] * workers)
        start = time.perf_counter()
        pool.starmap(load, [(path, size) for path in paths], chunksize=8)
        seconds = time.perf_counter() - start
        pool.close()
        pool.join()
    return seconds, children() - before


def ours(folder, workers, size):
    line = subprocess.run(
        [PROGRAM, folder, str(workers), str(size)], check=True, capture_output=True, text=True
    ).stdout.split()
    return float(line[1]), float(line[2])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--turns", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        if not options.folder:
            make_set(temporary)
        folder = options.folder or temporary
        paths = [
            path for path in sorted(glob.glob(f"{folder}/*/*"))
            if path.lower().endswith((".jpeg", ".jpg"))
        ]
        print("workers      what   ms/image  images/s   processor ms/image")
        for workers in (1, 2):
            turns = [
                (pillow(paths, workers, options.size), ours(folder, workers, options.size))
                for _ in range(options.turns)
            ]
            best = [[min(turn[who][what] for turn in turns) for what in (0, 1)] for who in (0, 1)]
            for name, (seconds, processor) in zip(("Pillow", "ours"), best):
                print(
                    f"{workers:7d} {name:>9} {1e3 * seconds / len(paths):10.3f}"
                    f" {len(paths) / seconds:9.1f} {1e3 * processor / len(paths):20.3f}")
            print(
                f"{workers:7d}     ratio {best[0][0] / best[1][0]:10.2f} {'':9}"
                f" {best[0][1] / best[1][1]:20.2f}")


if __name__ == "__main__":
    main()
