#!/usr/bin/env python3
"""Writes stand-ins for the official weights, of full size, filled by a formula.

    pip install torch diffusers
    python3 scripts/formula_weights.py stand-ins

makes stand-ins/SiT-XL-2-256x256.pt (a bare state dict, 2.7 GB), stand-ins/SiT-XL-2-Refiner.pt
({model, ema, opt, args}) and stand-ins/sd-vae-ft-ema (a folder of diffusers). They load and cost
what the official files cost; their samples are noise. The formula is that of `flowturbo verify`'s
fixtures (docs/formats.md): FNV-1a of the tensor's name seeds SplitMix64.
"""
import argparse
import math
import os
import sys

import numpy as np
import torch
from diffusers import AutoencoderKL

SALT = "public-1"


def uniform(name, count, salt):
    """`count` numbers in [0, 1), the same for the same name everywhere."""
    seed = 0xCBF29CE484222325
    for byte in f"{salt}/{name}".encode():
        seed = ((seed ^ byte) * 0x100000001B3) % 2**64
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return (z >> np.uint64(40)).astype(np.float32) * np.float32(2**-24)


def weight(name, shape, salt):
    s = 2 * uniform(name, math.prod(shape), salt) - 1
    if name.endswith("embedding_table.weight"):
        values = np.float32(0.1) * s
    elif len(shape) >= 2:
        values = s * np.float32(math.sqrt(3 / math.prod(shape[1:])))
    elif name.endswith(".bias"):
        values = np.float32(0.05) * s
    else:
        values = 1 + np.float32(0.1) * s
    return torch.from_numpy(values.astype(np.float32).reshape(shape))


def positions(width, side):
    """The fixed table of sines and cosines, (1, side², width)."""
    rates = 10000.0 ** -(np.arange(width // 4) / (width / 4))
    rows, columns = np.divmod(np.arange(side * side), side)
    halves = []
    for place in (columns, rows):
        angles = np.outer(place, rates)
        halves += [np.sin(angles), np.cos(angles)]
    return torch.from_numpy(np.concatenate(halves, axis=1).astype(np.float32)[None])


def sit(channels, depth, salt, width=1152, patch=2, classes=1000, side=16):
    """The state dict of SiT-XL/2, or of a refiner where `channels` is 8 and `depth` 1."""
    shapes = {
        "x_embedder.proj": (width, channels, patch, patch),
        "t_embedder.mlp.0": (width, 256),
        "t_embedder.mlp.2": (width, width),
    }
    for i in range(depth):
        shapes |= {
            f"blocks.{i}.attn.qkv": (3 * width, width),
            f"blocks.{i}.attn.proj": (width, width),
            f"blocks.{i}.mlp.fc1": (4 * width, width),
            f"blocks.{i}.mlp.fc2": (width, 4 * width),
            f"blocks.{i}.adaLN_modulation.1": (6 * width, width),
        }
    shapes |= {
        "final_layer.linear": (8 * patch * patch, width),
        "final_layer.adaLN_modulation.1": (2 * width, width),
    }
    state = {"pos_embed": positions(width, side)}
    for name, shape in shapes.items():
        state[f"{name}.weight"] = weight(f"{name}.weight", shape, salt)
        state[f"{name}.bias"] = weight(f"{name}.bias", shape[:1], salt)
    table = "y_embedder.embedding_table.weight"
    state[table] = weight(table, (classes + 1, width), salt)
    return state


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: formula_weights.py FOLDER")
    folder = sys.argv[1]
    if os.path.exists(folder):
        sys.exit(f"{folder}: is there already; stand-ins carry official names and replace nothing")
    os.makedirs(folder)
    torch.save(sit(4, 28, SALT), os.path.join(folder, "SiT-XL-2-256x256.pt"))
    refiner = sit(8, 1, SALT + "/refiner")
    settings = argparse.Namespace(model="SiT-XL/2", lr=5e-5)
    torch.save(
        {"model": refiner, "ema": refiner, "opt": {}, "args": settings},
        os.path.join(folder, "SiT-XL-2-Refiner.pt"),
    )
    vae = AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(128, 256, 512, 512), layers_per_block=2,
    )
    vae.load_state_dict({k: weight(k, tuple(v.shape), SALT) for k, v in vae.state_dict().items()})
    vae.save_pretrained(os.path.join(folder, "sd-vae-ft-ema"))


if __name__ == "__main__":
    main()
