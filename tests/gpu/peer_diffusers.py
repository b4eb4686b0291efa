#!/usr/bin/env python3
"""diffusers' LTX-Video transformer and autoencoder on this machine's GPU, with random weights, at the shapes of pipeline_speed.

  python3 tests/gpu/peer_diffusers.py [--compiled] [--rounds N] [--json FILE]

One call of the transformer over the tokens that the published way must see (no context cache: reference, anchor, window and chunk together), a clip
of 121 frames in one go, and the decode of the windows that a stream decodes. Medians by CUDA events. --compiled: also by torch.compile, which takes
minutes. Exit code: 0 measured, 4 no GPU or no diffusers. State: never run on a GPU.
"""
import argparse
import json
import statistics
import sys


def skipped(why):
    print(f"skipped: {why}")
    sys.exit(4)


try:
    import torch
    from diffusers import AutoencoderKLLTXVideo, LTXVideoTransformer3DModel
except ImportError as missing:
    skipped(f"{missing} (pip install diffusers)")

ROWS, COLUMNS = 16, 24  # latent cells of 768 x 512
TEXT_TOKENS = 128
VAE_095 = {
    "in_channels": 3, "out_channels": 3, "latent_channels": 128, "block_out_channels": (128, 256, 512, 1024, 2048),
    "down_block_types": ("LTXVideo095DownBlock3D",) * 4, "decoder_block_out_channels": (256, 512, 1024), "layers_per_block": (4, 6, 6, 2, 2),
    "decoder_layers_per_block": (5, 5, 5, 5), "spatio_temporal_scaling": (True,) * 4, "decoder_spatio_temporal_scaling": (True,) * 3,
    "decoder_inject_noise": (False,) * 4, "downsample_type": ("spatial", "temporal", "spatiotemporal", "spatiotemporal"), "upsample_residual": (True,) * 3,
    "upsample_factor": (2,) * 3, "timestep_conditioning": True, "patch_size": 4, "patch_size_t": 1, "resnet_norm_eps": 1e-6, "scaling_factor": 1.0,
    "encoder_causal": True, "decoder_causal": False,
}


def median_ms(call, rounds):
    for _ in range(3):
        call()
    times = []
    for _ in range(rounds):
        begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        begin.record()
        call()
        end.record()
        end.synchronize()
        times.append(begin.elapsed_time(end))
    return statistics.median(times)


def transformer_calls(transformer):
    device, kind = "cuda", torch.bfloat16
    text = torch.randn(1, TEXT_TOKENS, transformer.config.caption_channels, device=device, dtype=kind)
    seen = torch.ones(1, TEXT_TOKENS, device=device, dtype=kind)
    # What a chunk of c sees with a window of 2: reference, anchor, window, itself; and a whole clip.
    for name, frames in (("step, c=1", 5), ("step, c=2", 6), ("step, c=3", 7), ("step, 121 frames", 16)):
        tokens = torch.randn(1, frames * ROWS * COLUMNS, 128, device=device, dtype=kind)
        time = torch.tensor([500.0], device=device)
        yield name, lambda tokens=tokens, time=time, frames=frames: transformer(
            hidden_states=tokens, encoder_hidden_states=text, timestep=time, encoder_attention_mask=seen, num_frames=frames, height=ROWS, width=COLUMNS,
            rope_interpolation_scale=(8 / 24, 32, 32), return_dict=False)


def decode_calls(autoencoder):
    time = torch.tensor([0.05], device="cuda", dtype=torch.bfloat16)
    for name, frames in (("decode, window of 3 + 1", 4), ("decode, 121 frames", 16)):
        latents = torch.randn(1, 128, frames, ROWS, COLUMNS, device="cuda", dtype=torch.bfloat16)
        yield name, lambda latents=latents: autoencoder.decode(latents, time, return_dict=False)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--compiled", action="store_true")
    options.add_argument("--rounds", type=int, default=20)
    options.add_argument("--json")
    given = options.parse_args()
    if not torch.cuda.is_available():
        skipped("torch finds no GPU")
    torch.manual_seed(1)
    report = {"device": torch.cuda.get_device_name(), "torch": torch.__version__, "rows": {}}
    print(f"{report['device']}, torch {torch.__version__}, bf16, medians of {given.rounds}")
    with torch.inference_mode():
        torch.set_default_dtype(torch.bfloat16)
        with torch.device("cuda"):
            transformer, autoencoder = LTXVideoTransformer3DModel().eval(), AutoencoderKLLTXVideo(**VAE_095).eval()
        torch.set_default_dtype(torch.float32)
        for way in ("eager", "compiled") if given.compiled else ("eager",):
            network, codec = transformer, autoencoder
            if way == "compiled":
                network = torch.compile(transformer)
                codec.decoder = torch.compile(autoencoder.decoder)
            for name, call in [*transformer_calls(network), *decode_calls(codec)]:
                report["rows"][f"{name}, {way}"] = ms = median_ms(call, given.rounds)
                print(f"{name + ', ' + way:40s} {ms:9.2f} ms", flush=True)
    if given.json:
        with open(given.json, "w", encoding="utf-8") as file:
            json.dump(report, file, indent=2)


if __name__ == "__main__":
    main()
