#!/usr/bin/env python3
"""Times `mirrorme forward` against diffusers' eager classes; peers.sh is how it is called."""

import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import diffusers
import torch
from diffusers import AutoencoderKLLTXVideo, LTXVideoTransformer3DModel
from safetensors.torch import load_file, save_file

diffusers.logging.set_verbosity_error()

SLOWEST = 0.95  # of the peer's speed
AGREE = {"f32": 1e-4, "bf16": 5e-2}  # largest difference over largest value: the two must do the same work
TEXT = 128  # tokens of a prompt
BLOCKS = 2


@dataclass
class Case:
    what: str
    stage: str
    bundle: pathlib.Path
    inputs: dict[str, torch.Tensor]
    peer: Callable[[], torch.Tensor]


def mirrorme(*words: str) -> str:
    done = subprocess.run([os.environ["MIRRORME_BINARY"], *words], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"mirrorme {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


def bundle_of(model: torch.nn.Module, folder: pathlib.Path, cell: int) -> pathlib.Path:
    """Written as published, in bfloat16, and imported; the model keeps the same values."""
    model.to(torch.bfloat16).save_pretrained(folder / "model")
    mirrorme("import", "--ltx", str(folder / "model"), "--out", str(folder / "bundle"), "--width", str(8 * cell), "--height", str(8 * cell))
    return folder / "bundle"


def transformers(folder: pathlib.Path, tokens: list[int], dtype: torch.dtype) -> list[Case]:
    model = LTXVideoTransformer3DModel(num_layers=BLOCKS).eval()  # every other size as published with 2B
    bundle = bundle_of(model, folder, 32)
    model.to(dtype)
    cases = []
    for count in tokens:
        frames, height, width = count // 64, 8, 8
        inputs = {
            "hidden_states": torch.randn(1, frames * 64, 128),
            "encoder_hidden_states": torch.randn(1, TEXT, 4096),
            "timestep": torch.tensor([700.0]),
            "num_frames": torch.tensor(frames),
            "height": torch.tensor(height),
            "width": torch.tensor(width),
            "rope_interpolation_scale": torch.tensor([8 / 24, 32.0, 32.0]),
        }

        def peer(inputs=inputs, frames=frames) -> torch.Tensor:
            return model(
                hidden_states=inputs["hidden_states"].to(dtype),
                encoder_hidden_states=inputs["encoder_hidden_states"].to(dtype),
                timestep=inputs["timestep"],
                encoder_attention_mask=None,
                num_frames=frames,
                height=height,
                width=width,
                rope_interpolation_scale=(8 / 24, 32.0, 32.0),
            ).sample

        cases.append(Case(f"transformer, {BLOCKS} blocks, {frames * 64} tokens", "transformer", bundle, inputs, peer))
    return cases


def decoders(folder: pathlib.Path, dtype: torch.dtype) -> list[Case]:
    """The decoder of 0.9.5 at its published size; its encoder is small, because nothing here runs it."""
    model = AutoencoderKLLTXVideo(
        block_out_channels=(8, 16, 32, 64, 128),
        down_block_types=("LTXVideo095DownBlock3D",) * 4,
        layers_per_block=(1, 1, 1, 1, 1),
        spatio_temporal_scaling=(True,) * 4,
        downsample_type=("spatial", "temporal", "spatiotemporal", "spatiotemporal"),
        decoder_block_out_channels=(256, 512, 1024),
        decoder_layers_per_block=(5, 5, 5, 5),
        decoder_spatio_temporal_scaling=(True,) * 3,
        decoder_inject_noise=(False,) * 4,
        upsample_residual=(True,) * 3,
        upsample_factor=(2,) * 3,
        timestep_conditioning=True,
    ).eval()
    bundle = bundle_of(model, folder, 32)
    model.to(dtype)
    inputs = {"latents": torch.randn(1, 128, 2, 4, 4), "timestep": torch.tensor([0.05])}

    def peer() -> torch.Tensor:
        return model.decode(inputs["latents"].to(dtype), inputs["timestep"]).sample

    return [Case("autoencoder 0.9.5, decode of 9 frames of 128x128", "vae-decode", bundle, inputs, peer)]


def compare(case: Case, dtype: str, rounds: int, runs: int, folder: pathlib.Path) -> tuple[list[float], list[float]]:
    save_file({n: t.contiguous() for n, t in case.inputs.items()}, str(folder / "in.safetensors"))
    ours, theirs = [], []
    with torch.no_grad():
        for turn in range(rounds):
            out = mirrorme("forward", case.stage, "--bundle", str(case.bundle), "--in", str(folder / "in.safetensors"), "--out", str(folder / "out.safetensors"), "--dtype", dtype, "--repeat", str(runs))
            ours += [float(line) for line in out.split()]
            result = case.peer()
            for _ in range(runs):
                before = time.process_time()
                result = case.peer()
                theirs.append(time.process_time() - before)
            if turn == 0:
                made = load_file(str(folder / "out.safetensors"))["sample"]
                off = ((made - result.float()).abs().max() / result.float().abs().max()).item()
                if off > AGREE[dtype]:
                    raise SystemExit(f"{case.what}, {dtype}: results differ by {off:.1e} of the largest value")
            print(f"{case.what}, {dtype}: {ours[-1]:.3f} s against {theirs[-1]:.3f} s", file=sys.stderr, flush=True)
    return ours, theirs


def main() -> int:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--runs", type=int, default=2)
    arguments.add_argument("--only", choices=["transformer", "vae-decode"])
    arguments.add_argument("--tokens", default="512,2048")
    arguments.add_argument("--bf16", action="store_true")
    arguments.add_argument("--work", type=pathlib.Path, required=True)
    chosen = arguments.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(1)
    chosen.work.mkdir(parents=True, exist_ok=True)
    rows, slow = [], False
    for dtype in ["f32", "bf16"] if chosen.bf16 else ["f32"]:
        kind = torch.bfloat16 if dtype == "bf16" else torch.float32
        makers = {"transformer": lambda f, k=kind: transformers(f, [int(n) for n in chosen.tokens.split(",")], k), "vae-decode": lambda f, k=kind: decoders(f, k)}
        for name, maker in makers.items():
            if chosen.only in (None, name):
                for case in maker(chosen.work / f"{name}-{dtype}"):
                    ours, theirs = compare(case, dtype, chosen.rounds, chosen.runs, chosen.work)
                    ratios = sorted(t / o for o, t in zip(ours, theirs))
                    middle = statistics.median(theirs) / statistics.median(ours)
                    slow = slow or middle < SLOWEST
                    rows.append(f"| {case.what} | {dtype} | {statistics.median(ours):.3f} | {statistics.median(theirs):.3f} | {middle:.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}) |")
    print("| what, one thread | type | ours, s | diffusers, s | theirs over ours: of the medians (of single pairs) |")
    print("|---|---|---|---|---|")
    print("\n".join(rows))
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
