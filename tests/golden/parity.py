#!/usr/bin/env python3
"""Compares `mirrorme import` and `mirrorme forward` with the published classes at random sizes; parity.sh is how it is called.

A kind is an entry of KINDS: a function from a seeded random generator to a Case, which holds the published files' writer and one Check a stage.
"""

import argparse
import copy
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
import diffusers
from diffusers import AutoencoderKLLTXVideo, LTXVideoTransformer3DModel
from safetensors.torch import load_file, save_file
from transformers import Wav2Vec2Config, Wav2Vec2FeatureExtractor, Wav2Vec2ForCTC, Wav2Vec2Model
from transformers.utils import logging as transformers_logging

diffusers.logging.set_verbosity_error()
transformers_logging.disable_progress_bar()

EXACT = 1e-5  # largest difference over largest value, float32
COSINE = 0.999  # bfloat16


@dataclass
class Check:
    """One stage of one case. `peer` runs the published class on `inputs` with its weights in the given type."""

    stage: str
    inputs: dict[str, torch.Tensor]
    peer: Callable[[torch.dtype], dict[str, torch.Tensor]]


@dataclass
class Case:
    what: str  # sizes, for the table
    write: Callable[[pathlib.Path], list[str]]  # writes the published files, returns the import's arguments
    checks: list[Check]


@dataclass
class Row:
    stage: str
    cases: int = 0
    worst: float = 0
    cosine: float = 1
    failures: list[str] = field(default_factory=list)


def fill(model: torch.nn.Module, generator: torch.Generator, half: bool) -> None:
    """Random weights that neither vanish nor explode: initial values hide errors (tables near zero, norms of one)."""
    with torch.no_grad():
        for name, weight in list(model.named_parameters()) + list(model.named_buffers()):
            u = torch.rand(weight.shape, generator=generator) * 2 - 1
            if name.endswith("timestep_scale_multiplier"):
                value = torch.tensor(1000.0)
            elif "per_channel_scale" in name:  # noise is another one in every implementation
                value = torch.zeros(weight.shape)
            elif name == "latents_std" or name.endswith(".original0") or (name.endswith(".weight") and weight.dim() == 1):
                value = 1 + 0.2 * u
            elif name.endswith(".bias") or name.endswith("scale_shift_table") or name == "latents_mean":
                value = 0.1 * u
            else:
                value = u * (3 / (weight.numel() / weight.shape[0])) ** 0.5
            weight.copy_(value.bfloat16().float() if half else value)
    model.eval()


def of_type(model: torch.nn.Module, dtype: torch.dtype) -> torch.nn.Module:
    return model if dtype == torch.float32 else copy.deepcopy(model).to(dtype)


# LTX-Video ----------------------------------------------------------------------------------------------------------------------------------


def transformer_config(r: random.Random, tiny: bool) -> dict:
    heads, head_dim = r.choice([1, 2, 3, 4]), r.choice([8, 10, 16, 24, 32, 64])
    if tiny:
        heads, head_dim = 2, 8
    return dict(
        in_channels=r.choice([4, 8, 12, 16]),
        out_channels=r.choice([4, 8, 12, 16]),
        num_attention_heads=heads,
        attention_head_dim=head_dim,
        cross_attention_dim=heads * head_dim,
        num_layers=1 if tiny else r.randint(1, 4),
        caption_channels=r.choice([6, 16, 32, 48]),
        **({} if tiny else dict(attention_bias=r.random() < 0.8, attention_out_bias=r.random() < 0.8, patch_size=r.choice([1, 1, 2]), patch_size_t=r.choice([1, 1, 2]), norm_elementwise_affine=r.random() < 0.4, norm_eps=r.choice([1e-6, 1e-6, 1e-4]))),
    )


def transformer_check(model: LTXVideoTransformer3DModel, r: random.Random, g: torch.Generator) -> Check:
    batch, frames, height, width, text = r.randint(1, 2), r.randint(1, 5), r.randint(1, 5), r.randint(1, 5), r.randint(1, 9)
    tokens = frames * height * width
    inputs = {
        "hidden_states": torch.randn(batch, tokens, model.config.in_channels, generator=g),
        "encoder_hidden_states": torch.randn(batch, text, model.config.caption_channels, generator=g),
        "timestep": torch.rand((batch, tokens) if r.random() < 0.5 else (batch,), generator=g) * 1000,
        "num_frames": torch.tensor(frames),
        "height": torch.tensor(height),
        "width": torch.tensor(width),
    }
    mask = (torch.rand(batch, text, generator=g) < 0.7).float()
    mask[:, 0] = 1
    if r.random() < 0.8:
        inputs["encoder_attention_mask"] = mask
    fps = r.choice([24, 25, 30])
    if r.random() < 0.5:
        inputs["rope_interpolation_scale"] = torch.tensor([8 / fps, 32.0, 32.0])
    else:  # later versions: seconds with the first frame alone, shared out by the pipeline
        f, y, x = torch.meshgrid(torch.arange(frames), torch.arange(height), torch.arange(width), indexing="ij")
        at = torch.stack([(f * 8 - 7).clamp(min=0) / fps, y * 32, x * 32]).float().flatten(1)
        inputs["video_coords"] = at.unsqueeze(0).repeat(batch, 1, 1)

    def peer(dtype: torch.dtype) -> dict[str, torch.Tensor]:
        scale, coords, masked = (inputs.get(n) for n in ("rope_interpolation_scale", "video_coords", "encoder_attention_mask"))
        with torch.no_grad():
            sample = of_type(model, dtype)(
                hidden_states=inputs["hidden_states"].to(dtype),
                encoder_hidden_states=inputs["encoder_hidden_states"].to(dtype),
                timestep=inputs["timestep"],
                encoder_attention_mask=masked,
                num_frames=frames,
                height=height,
                width=width,
                rope_interpolation_scale=None if scale is None else tuple(scale.tolist()),
                video_coords=coords,
            ).sample
        return {"sample": sample.float()}

    return Check("transformer", inputs, peer)


def vae_config(r: random.Random, tiny: bool) -> dict:
    """A random member of one of the three published families."""
    family = r.choice(["0.9.0", "0.9.1", "0.9.5"])
    depth = 1 if tiny else r.randint(1, 3)
    layers = lambda n: [1 if tiny else r.randint(1, 3) for _ in range(n)]
    common = dict(latent_channels=4 if tiny else r.choice([3, 8, 16]), patch_size=2 if tiny else r.choice([1, 2, 4]), decoder_causal=r.random() < 0.2, resnet_norm_eps=r.choice([1e-6, 1e-4]))
    last = r.random() < 0.5  # a block that does not reduce comes last, as published
    b = 4 if tiny else r.choice([4, 6, 8])
    widths = [b * r.choice([1, 2]) if i else b for i in range(depth + last)]
    scaling = [True] * depth + [False] * last
    if family == "0.9.5":
        ways = ["spatiotemporal"] * depth
        if r.random() < 0.7:  # one halving of everything in two steps
            at = r.randrange(depth)
            ways[at : at + 1] = r.choice([["spatial", "temporal"], ["temporal", "spatial"]])
        out = [8]
        for _ in ways:
            out.append(out[-1] * r.choice([1, 2]))
        encoder = dict(block_out_channels=out, down_block_types=["LTXVideo095DownBlock3D"] * len(ways), layers_per_block=layers(len(ways) + 1), spatio_temporal_scaling=[True] * len(ways), downsample_type=ways)
    else:
        encoder = dict(block_out_channels=widths, down_block_types=["LTXVideoDownBlock3D"] * len(widths), layers_per_block=layers(len(widths) + 1), spatio_temporal_scaling=scaling)
    if family == "0.9.0":
        decoder = dict(
            decoder_block_out_channels=widths,
            decoder_layers_per_block=layers(len(widths) + 1),
            decoder_spatio_temporal_scaling=scaling,
            decoder_inject_noise=[False] * (len(widths) + 1),
            upsample_residual=[False] * len(widths),
            upsample_factor=[1] * len(widths),
            timestep_conditioning=False,
        )
    else:
        factor = r.choice([1, 2, 4]) if depth == 1 else r.choice([1, 2])
        narrow = 4 if factor > 1 else 8  # the skip of an upsampler divides its channels by eight
        decoder = dict(
            decoder_block_out_channels=[narrow * factor ** (i + 1) for i in range(depth)],
            decoder_layers_per_block=layers(depth + 1),
            decoder_spatio_temporal_scaling=[True] * depth,
            decoder_inject_noise=[family == "0.9.1" and r.random() < 0.7 for _ in range(depth + 1)],
            upsample_residual=[r.random() < 0.8 for _ in range(depth)],
            upsample_factor=[factor] * depth,
            timestep_conditioning=True,
        )
    return encoder | decoder | common


def strides(config: dict) -> tuple[int, int]:
    """(time, space) of the encoder."""
    t, hw = 1, config["patch_size"]
    for i, scaled in enumerate(config["spatio_temporal_scaling"]):
        way = config["downsample_type"][i] if "095" in config["down_block_types"][-1] else "conv"
        t *= 2 if scaled and way != "spatial" else 1
        hw *= 2 if scaled and way != "temporal" else 1
    return t, hw


def vae_checks(model: AutoencoderKLLTXVideo, config: dict, r: random.Random, g: torch.Generator) -> list[Check]:
    t, hw = strides(config)
    batch = r.randint(1, 2)
    video = torch.rand(batch, 3, 1 + t * r.randint(0, 2), hw * r.randint(1, 3), hw * r.randint(1, 3), generator=g) * 2 - 1
    latents = torch.randn(batch, config["latent_channels"], r.randint(1, 3), r.randint(1, 3), r.randint(1, 3), generator=g)
    inputs = {"latents": latents}
    if config["timestep_conditioning"]:
        inputs["timestep"] = torch.rand(batch, generator=g)

    def encode(dtype: torch.dtype) -> dict[str, torch.Tensor]:
        with torch.no_grad():
            posterior = of_type(model, dtype).encode(video.to(dtype)).latent_dist
        return {"mean": posterior.mean.float(), "logvar": posterior.logvar.float()}

    def decode(dtype: torch.dtype) -> dict[str, torch.Tensor]:
        with torch.no_grad():
            return {"sample": of_type(model, dtype).decode(latents.to(dtype), inputs.get("timestep")).sample.float()}

    return [Check("vae-encode", {"sample": video}, encode), Check("vae-decode", inputs, decode)]


def published_blocks(config: dict) -> tuple[list, list]:
    """(published entry, this layout's name) of every block of encoder and decoder, in the order data passes them."""
    encoder, later = [], "095" in config["down_block_types"][-1]
    width = config["block_out_channels"][0]
    for i in range(len(config["block_out_channels"]) - later):
        name, wider = f"down_blocks.{i}", config["block_out_channels"][min(i + 1, len(config["block_out_channels"]) - 1)]
        encoder.append((["res_x", {"num_layers": config["layers_per_block"][i]}], name))
        if config["spatio_temporal_scaling"][i] and later:
            way = {"spatial": "compress_space_res", "temporal": "compress_time_res", "spatiotemporal": "compress_all_res"}[config["downsample_type"][i]]
            encoder.append(([way, {"multiplier": wider // width}], f"{name}.downsamplers.0"))
        elif config["spatio_temporal_scaling"][i]:
            encoder.append((["compress_all", 1], f"{name}.downsamplers.0"))
        if not later and wider != width:
            encoder.append((["res_x_y", {"multiplier": wider // width} if wider % width == 0 else {"out_channels": wider}], f"{name}.conv_out"))
        width = wider
    encoder.append((["res_x", config["layers_per_block"][-1]], "mid_block"))
    back = lambda key: list(reversed(config[key]))
    channels, layers, noise, factors = back("decoder_block_out_channels"), back("decoder_layers_per_block"), back("decoder_inject_noise"), back("upsample_factor")
    width = channels[0]
    decoder = [(["res_x", {"num_layers": layers[0], "inject_noise": noise[0]}], "mid_block")]
    for i, scaled in enumerate(back("decoder_spatio_temporal_scaling")):
        name, entering, leaving = f"up_blocks.{i}", width // factors[i], channels[i] // factors[i]
        if entering != leaving:
            decoder.append((["res_x_y", {"multiplier": entering // leaving} if entering % leaving == 0 else {"in_channels": entering}], f"{name}.conv_in"))
        if scaled:
            decoder.append((["compress_all", {"residual": back("upsample_residual")[i], "multiplier": factors[i]}], f"{name}.upsamplers.0"))
        decoder.append((["res_x", {"num_layers": layers[i + 1], "inject_noise": noise[i + 1]}], name))
        width = leaving
    return encoder, decoder


def single_file_vae(model: AutoencoderKLLTXVideo, config: dict) -> tuple[dict, dict[str, torch.Tensor]]:
    """Config and tensors as LTX-Video's own files have them."""
    encoder, decoder = published_blocks(config)
    tensors = {}
    names = [("encoder." + name, f"encoder.down_blocks.{i}") for i, (_, name) in enumerate(encoder)]
    names += [("decoder." + name, f"decoder.up_blocks.{i}") for i, (_, name) in enumerate(decoder)]
    for key, value in model.state_dict().items():
        if key in ("latents_mean", "latents_std"):
            tensors["per_channel_statistics." + {"latents_mean": "mean-of-means", "latents_std": "std-of-means"}[key]] = value
            continue
        found = max((n for n in names if key.startswith(n[0] + ".")), key=lambda n: len(n[0]), default=None)
        new = found[1] + key[len(found[0]) :] if found else key
        new = new.replace(".resnets.", ".res_blocks.").replace(".norm3.", ".norm3.norm.").replace(".conv_shortcut.conv.", ".conv_shortcut.")
        if not found:
            new = new.replace("decoder.time_embedder.", "decoder.last_time_embedder.").replace("decoder.scale_shift_table", "decoder.last_scale_shift_table")
        tensors[new] = value
    for unused in ("mean-of-stds", "mean-of-stds_over_std-of-means", "channel"):
        tensors["per_channel_statistics." + unused] = torch.zeros(config["latent_channels"])
    described = {
        "_class_name": "CausalVideoAutoencoder",
        "dims": 3,
        "latent_channels": config["latent_channels"],
        "patch_size": config["patch_size"],
        "norm_layer": "pixel_norm",
        "latent_log_var": "uniform",
        "use_quant_conv": False,
        "causal_decoder": config["decoder_causal"],
        "norm_eps": config["resnet_norm_eps"],
        "timestep_conditioning": config["timestep_conditioning"],
        "encoder_base_channels": config["block_out_channels"][0],
        "decoder_base_channels": config["decoder_block_out_channels"][0] // config["upsample_factor"][0],
        "encoder_blocks": [entry for entry, _ in encoder],
        "decoder_blocks": [entry for entry, _ in reversed(decoder)],
    }
    return described, tensors


def single_file_transformer(model: LTXVideoTransformer3DModel, config: dict) -> tuple[dict, dict[str, torch.Tensor]]:
    renamed = {"proj_in": "patchify_proj", "time_embed": "adaln_single", "norm_q": "q_norm", "norm_k": "k_norm"}
    tensors = {".".join(renamed.get(part, part) for part in key.split(".")): value for key, value in model.state_dict().items()}
    described = config | {"_class_name": "Transformer3DModel", "qk_norm": "rms_norm", "positional_embedding_theta": 10000.0, "positional_embedding_max_pos": [20, 2048, 2048]}
    return described, tensors


def ltx_case(seed: int, tiny: bool) -> Case:
    r, g = random.Random(seed), torch.Generator().manual_seed(seed)
    of_transformer, of_vae = transformer_config(r, tiny), vae_config(r, tiny)
    transformer, vae = LTXVideoTransformer3DModel(**of_transformer), AutoencoderKLLTXVideo(**of_vae)
    for model in (transformer, vae):
        fill(model, g, half=tiny)
    checks = [transformer_check(transformer, r, g)] + vae_checks(vae, of_vae, r, g)
    single, shards = seed % 2 == 0, not tiny and seed % 4 == 1
    hw = strides(of_vae)[1]

    def write(folder: pathlib.Path) -> list[str]:
        for model in (transformer, vae):
            model.to(torch.bfloat16 if tiny else torch.float32)
        if single:
            config_t, tensors_t = single_file_transformer(transformer, of_transformer)
            config_v, tensors_v = single_file_vae(vae, of_vae)
            tensors = {f"model.diffusion_model.{k}": v.contiguous() for k, v in tensors_t.items()} | {f"vae.{k}": v.contiguous() for k, v in tensors_v.items()}
            config = {"transformer": config_t, "vae": config_v, "scheduler": {"sampler": "LinearQuadratic"}}
            save_file(tensors, str(folder / "model.safetensors"), {"config": json.dumps(config)})
            path = folder / "model.safetensors"
        else:
            path = folder / "model"
            transformer.save_pretrained(path / "transformer", max_shard_size="60KB" if shards else "10GB")
            vae.save_pretrained(path / "vae", max_shard_size="60KB" if shards else "10GB")
        for model in (transformer, vae):
            model.to(torch.float32)
        return ["--ltx", str(path), "--width", str(hw * (64 // hw + 1)), "--height", str(hw * (64 // hw + 1))]

    layout = "single file" if single else "shards" if shards else "folder"
    what = f"{layout}; {of_transformer['num_layers']} x {of_transformer['num_attention_heads']} x {of_transformer['attention_head_dim']}; vae {of_vae['block_out_channels']} {of_vae['decoder_block_out_channels']} patch {of_vae['patch_size']}"
    return Case(what, write, checks)


# wav2vec2 -----------------------------------------------------------------------------------------------------------------------------------


def wav2vec2_config(r: random.Random, large: bool, tiny: bool) -> dict:
    """A random member of the base or of the large kind, and now and then of neither."""
    heads, convs = r.choice([1, 2, 3, 4]), r.choice([3, 5, 6, 7])
    width = heads * r.choice([4, 8, 12, 16])
    if tiny:
        heads, convs, width = 2, 3, 16
    return dict(
        hidden_size=width,
        num_attention_heads=heads,
        num_hidden_layers=2 if tiny else r.randint(1, 4),
        intermediate_size=r.choice([16, 40, 64]),
        conv_dim=[8] * convs if tiny else [r.choice([8, 12, 16]) for _ in range(convs)],
        conv_kernel=[r.choice([5, 10])] + [r.choice([2, 3]) for _ in range(convs - 1)],
        conv_stride=[r.choice([2, 5])] + [r.choice([1, 2]) for _ in range(convs - 1)],
        conv_bias=large or r.random() < 0.2,
        feat_extract_norm="layer" if large else "group",
        do_stable_layer_norm=large if tiny or r.random() < 0.8 else not large,
        num_conv_pos_embeddings=r.choice([4, 7, 8, 16, 17]),
        num_conv_pos_embedding_groups=r.choice([n for n in (1, 2, 4, width) if width % n == 0]),
        layer_norm_eps=r.choice([1e-5, 1e-6]),
    )


def wav2vec2_case(seed: int, tiny: bool) -> Case:
    r, g = random.Random(seed), torch.Generator().manual_seed(seed)
    config = wav2vec2_config(r, seed % 2 == 1, tiny)
    with_head, old_names = seed % 3 == 0, seed % 4 < 2
    published = (Wav2Vec2ForCTC if with_head else Wav2Vec2Model)(Wav2Vec2Config(**config))
    fill(published, g, half=tiny)
    model = published.wav2vec2 if with_head else published
    extractor = Wav2Vec2FeatureExtractor(do_normalize=r.random() < 0.8)
    sounds = [(torch.rand(1200 if tiny else r.randint(2000, 9000), generator=g) - 0.4).numpy()]
    if r.random() < 0.5:
        sounds.append((torch.rand(len(sounds[0]), generator=g) * 0.3).numpy())
    inputs = extractor(sounds, sampling_rate=16000, return_tensors="pt").input_values

    def peer(dtype: torch.dtype) -> dict[str, torch.Tensor]:
        with torch.no_grad():
            found = of_type(model, dtype)(inputs.to(dtype), output_hidden_states=True)
        return {"last_hidden_state": found.last_hidden_state.float()} | {f"hidden_states.{i}": h.float() for i, h in enumerate(found.hidden_states)}

    def write(folder: pathlib.Path) -> list[str]:
        published.to(torch.bfloat16 if tiny else torch.float32)
        published.save_pretrained(folder / "wav2vec2")
        extractor.save_pretrained(folder / "wav2vec2")
        if old_names:  # as files had it before torch 2.0's weight norm
            file = folder / "wav2vec2" / "model.safetensors"
            renamed = {"parametrizations.weight.original0": "weight_g", "parametrizations.weight.original1": "weight_v"}
            tensors = load_file(str(file))
            for new, old in renamed.items():
                for name in [n for n in tensors if n.endswith(new)]:
                    tensors[name.replace(new, old)] = tensors.pop(name)
            save_file(tensors, str(file), {"format": "pt"})
        published.to(torch.float32)
        return ["--wav2vec2", str(folder / "wav2vec2")]

    kind = f"{config['feat_extract_norm']} norm, {'norms before' if config['do_stable_layer_norm'] else 'norms after'}"
    what = f"{kind}; {config['num_hidden_layers']} x {config['num_attention_heads']} x {config['hidden_size'] // config['num_attention_heads']}; {'with a head' if with_head else 'no head'}, {'weight_g' if old_names else 'original0'}"
    return Case(what, write, [Check("wav2vec2", {"input_values": inputs}, peer)])


KINDS: dict[str, Callable[[int, bool], Case]] = {"ltx": ltx_case, "wav2vec2": wav2vec2_case}
GOLDEN_SEEDS = {"ltx": [5, 14, 40], "wav2vec2": []}  # a folder as of 0.9.0, single files as of 0.9.1 and 0.9.5; the rows of test_wav2vec2.cpp need none


# Running ------------------------------------------------------------------------------------------------------------------------------------


def mirrorme(*words: str) -> None:
    done = subprocess.run([os.environ["MIRRORME_BINARY"], *words], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"mirrorme {' '.join(words)}: {done.stderr.strip()}")


def contiguous(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: tensor.contiguous() for name, tensor in tensors.items()}


def largest_difference(ours: dict, theirs: dict) -> float:
    worst = 0.0
    for name, expected in theirs.items():
        if ours[name].shape != expected.shape:
            raise RuntimeError(f"{name} has the shape {list(ours[name].shape)}, the peer's {list(expected.shape)}")
        worst = max(worst, ((ours[name] - expected).abs().max() / expected.abs().max()).item())
    return worst


def smallest_cosine(ours: dict, theirs: dict) -> float:
    return min(torch.nn.functional.cosine_similarity(ours[n].double().flatten(), theirs[n].double().flatten(), dim=0).item() for n in theirs)


def run_case(case: Case, folder: pathlib.Path, label: str, rows: dict[str, Row]) -> None:
    mirrorme("import", *case.write(folder), "--out", str(folder / "bundle"))
    for check in case.checks:
        row = rows.setdefault(check.stage, Row(check.stage))
        row.cases += 1
        save_file(contiguous(check.inputs), str(folder / "in.safetensors"))
        results = {}
        for dtype in ("f32", "bf16"):
            mirrorme("forward", check.stage, "--bundle", str(folder / "bundle"), "--in", str(folder / "in.safetensors"), "--out", str(folder / "out.safetensors"), "--dtype", dtype)
            results[dtype] = load_file(str(folder / "out.safetensors"))
        exact = largest_difference(results["f32"], check.peer(torch.float32))
        cosine = smallest_cosine(results["bf16"], check.peer(torch.bfloat16))
        row.worst, row.cosine = max(row.worst, exact), min(row.cosine, cosine)
        if exact > EXACT or cosine < COSINE:
            row.failures.append(f"{label} ({case.what}): {exact:.1e}, cosine {cosine:.5f}")


def write_golden(kind: str, seed: int, folder: pathlib.Path) -> None:
    case = KINDS[kind](seed, True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    case.write(folder)
    for check in case.checks:
        save_file(contiguous(check.inputs), str(folder / f"{check.stage}.in.safetensors"))
        save_file(contiguous(check.peer(torch.float32)), str(folder / f"{check.stage}.out.safetensors"))


def main() -> int:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--cases", type=int, default=20)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--only", choices=sorted(KINDS))
    arguments.add_argument("--keep", type=pathlib.Path)
    arguments.add_argument("--golden", type=pathlib.Path)
    arguments.add_argument("--work", type=pathlib.Path, required=True)
    chosen = arguments.parse_args()
    torch.set_num_threads(1)
    kinds = [chosen.only] if chosen.only else sorted(KINDS)
    if chosen.golden:
        for kind in kinds:
            for seed in GOLDEN_SEEDS[kind]:
                write_golden(kind, seed, chosen.golden / f"{kind}-{seed}")
        return 0

    rows: dict[str, Row] = {}
    for kind in kinds:
        for seed in range(chosen.seed, chosen.seed + chosen.cases):
            folder = (chosen.keep or chosen.work) / f"{kind}-{seed}"
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            case = KINDS[kind](seed, False)
            print(f"{kind} {seed}: {case.what}", file=sys.stderr, flush=True)
            try:
                run_case(case, folder, f"{kind} {seed}", rows)
            except RuntimeError as error:
                rows.setdefault(kind, Row(kind)).failures.append(f"{kind} {seed}: {error}")
            if not chosen.keep:
                shutil.rmtree(folder)

    print("| stage | cases | float32, largest difference over largest value | bfloat16, smallest cosine | off |")
    print("|---|---|---|---|---|")
    for row in rows.values():
        print(f"| `{row.stage}` | {row.cases} | {row.worst:.1e} | {row.cosine:.6f} | {len(row.failures)} |")
    for row in rows.values():
        for failure in row.failures:
            print(f"off: {failure}")
    return 1 if any(row.failures for row in rows.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
