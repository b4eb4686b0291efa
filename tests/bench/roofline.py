#!/usr/bin/env python3
"""What the full-size model should take on an H100 or H200, from counts of operations and rates: predictions, beside which measurements are written.

    python3 tests/bench/roofline.py [--json]

Counts are of LTX-Video 2B with our audio adapter and of autoencoder 0.9.5 at 768 x 512. Rates are what libraries reach at these shapes, in terms of what an H200 was
measured to reach at large ones (bfloat16 790 TFLOP/s, copies 4.3 TB/s); every one of them can be changed in RATES. Nothing here was measured on our program.
"""
import argparse
import json

D, LAYERS, TOKENS, AUDIO_TOKENS = 2048, 28, 384, 5  # width, blocks, tokens of a latent frame, of a latent frame's sound
IDENTITY, ANCHOR, WINDOW, STEPS, FPS, TEMPORAL = 1, 1, 2, 4, 24, 8     # latent frames that a chunk sees; steps, then one look at the clean chunk

RATES = {
    "linears, bfloat16, TFLOP/s": 0.75 * 790,  # 2 x 2 to 3 x 3 waves of tiles on 132 processors leave a quarter idle
    "linears, e4m3, TFLOP/s": 0.70 * 1400,
    "attention of 1, 2, 3 latent frames, TFLOP/s": {1: 150, 2: 220, 3: 270},
    "attention of a clip, TFLOP/s": 400,
    "convolutions, TFLOP/s": 450,
    "memory, TB/s": 4.3,
    "between two kernels of a graph, us": 1.0,
    "to host memory, GB/s": 25,
}
# Without a prompt the text is one token, and attention to it a row that is added (Note [A text of one token] in pipeline/denoise/dit_model.h).
KERNELS_A_BLOCK = 26        # norms, projections, attention, the text's row, adapter with both of its views, feed-forward
PASSES_A_BLOCK = 30         # over the tokens, in and out
KERNELS_A_DECODE = 200
EAGER_A_CHUNK_MS = 0.5      # keys of the sound (all blocks at once), context loaded and remembered: 60 operations that are not recorded
LINEARS_A_BLOCK = 14        # D x D products a token: self 4, sound 2, feed-forward 8
FP8_LINEARS = 11 / LINEARS_A_BLOCK * (LAYERS - 2) / LAYERS  # Note [Which linears are e4m3]
DECODE_TFLOP = 3.938        # of one latent frame: 45 convolutions of 3 x 3 x 3
FIRST_LATENT_TFLOP = 1.1    # the first of a window, which gives one frame
DECODE_GB = 3.39 + 1.0      # activations with fused norms; what the causal decoder remembers, in and out
UNHIDDEN = 0.25             # of that memory's time: the rest passes under products


def call_ms(queries, keys, sounds, attention_rate, fp8):
    """One call of the transformer."""
    linear = LINEARS_A_BLOCK * 2 * D * D * LAYERS * queries / 1e12  # TFLOP
    attention = 4 * queries * (keys + 2 * sounds) * D * LAYERS / 1e12
    share = FP8_LINEARS if fp8 else 0
    products = linear * (1 - share) / RATES["linears, bfloat16, TFLOP/s"] + linear * share / RATES["linears, e4m3, TFLOP/s"]  # s
    rows = PASSES_A_BLOCK * queries * D * 2 * LAYERS / 1e12 / RATES["memory, TB/s"]
    return 1e3 * (products + attention / attention_rate + rows) + KERNELS_A_BLOCK * LAYERS * RATES["between two kernels of a graph, us"] / 1e3


def decode_ms(tflop, latents):
    return 1e3 * (tflop / RATES["convolutions, TFLOP/s"]) + 1e3 * DECODE_GB * latents / 1e3 / RATES["memory, TB/s"] * UNHIDDEN + KERNELS_A_DECODE * RATES["between two kernels of a graph, us"] / 1e3


def read_back_ms(frames):
    return 1e3 * frames * 768 * 512 * 4 / 1e9 / RATES["to host memory, GB/s"]


def chunk(latents, decoder, fp8):
    keys = (IDENTITY + ANCHOR + WINDOW + latents) * TOKENS
    call = call_ms(latents * TOKENS, keys, (WINDOW + latents) * AUDIO_TOKENS, RATES["attention of 1, 2, 3 latent frames, TFLOP/s"][latents], fp8)
    # The causal decoder takes each latent once; a window of three old ones and the new begins with a single frame.
    decode = latents * (decode_ms(DECODE_TFLOP, 1) if decoder == "causal" else decode_ms(FIRST_LATENT_TFLOP + 3 * DECODE_TFLOP, 4))
    frames = latents * TEMPORAL
    total = EAGER_A_CHUNK_MS + (STEPS + 1) * call + decode + read_back_ms(frames)
    return {"configuration": f"c={latents} {decoder} {'fp8' if fp8 else 'bf16'}", "call_ms": call, "decode_ms": decode, "chunk_ms": total, "frames_per_s": 1e3 * frames / total,
            "busy_share": total / (1e3 * frames / FPS)}


def one_shot(latents=16):
    queries = (IDENTITY + latents) * TOKENS
    call = call_ms(queries, queries, latents * AUDIO_TOKENS, RATES["attention of a clip, TFLOP/s"], False)
    decode, frames = decode_ms(FIRST_LATENT_TFLOP + (latents - 1) * DECODE_TFLOP, latents), 1 + TEMPORAL * (latents - 1)
    total = STEPS * call + decode + read_back_ms(frames)
    return {"configuration": f"one shot of {frames} frames", "call_ms": call, "decode_ms": decode, "chunk_ms": total, "frames_per_s": 1e3 * frames / total, "busy_share": total / (1e3 * frames / FPS)}


def memory_gb(fp8):
    """What stays on the device: transformer with adapters and without attention to text, decoder, ears, keys and values, what the decoder remembers, workspaces of
    libraries and graphs, the driver's context. The encoder (1.2 GB) is there while a picture is read."""
    text = (4 * D * D * LAYERS + 4096 * D + D * D) / 1e9
    transformer = (1.923 + 4 * D * D * LAYERS / 1e9 - text) * 2 - (FP8_LINEARS * LINEARS_A_BLOCK * D * D * LAYERS / 1e9 if fp8 else 0)
    context = 2 * 2 * (IDENTITY + ANCHOR + WINDOW + 3) * TOKENS * D * LAYERS * 2 / 1e9  # remembered, and where attention reads them
    return transformer + 1.06 + 0.38 + context + 0.26 + 1.0 + 0.5


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    rows = [chunk(c, decoder, fp8) for decoder in ("causal", "windowed") for c in (1, 2, 3) for fp8 in (False, True)] + [one_shot()]
    memory = {"bf16": memory_gb(False), "fp8": memory_gb(True)}
    if parser.parse_args().json:
        print(json.dumps({"predictions": rows, "memory_gb": memory}, indent=2))
        return
    print(f"{'prediction':28} {'call ms':>8} {'decode ms':>10} {'chunk ms':>9} {'frames/s':>9} {'busy at 24 fps':>15}")
    for r in rows:
        print(f"{r['configuration']:28} {r['call_ms']:8.2f} {r['decode_ms']:10.1f} {r['chunk_ms']:9.1f} {r['frames_per_s']:9.0f} {100 * r['busy_share']:14.1f}%")
    print(f"\nmemory: {memory['bf16']:.1f} GB in bfloat16, {memory['fp8']:.1f} GB with e4m3 linears")


if __name__ == "__main__":
    main()
