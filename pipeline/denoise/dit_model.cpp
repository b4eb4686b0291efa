#include "denoise/dit_model.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "denoise/joined_parameters.h"

namespace mirrorme {

using torch::Tensor;

DitModelImpl::DitModelImpl(const DitConfig& config) : config_(config) {
    const int64_t width = config.width();
    proj_in = register_module("proj_in", torch::nn::Linear(config.in_channels, width));
    time_embed = register_module("time_embed", TimeEmbedding(width));
    if (config.caption_channels > 0) {
        caption_projection =
            register_module("caption_projection", TwoLinear(config.caption_channels, width, TwoLinearImpl::Activation::gelu_tanh));
        null_text = register_parameter("null_text", torch::zeros({1, config.caption_channels}));
    }
    scale_shift_table = register_parameter("scale_shift_table", torch::randn({2, width}) / std::sqrt(static_cast<double>(width)));
    transformer_blocks = register_module("transformer_blocks", torch::nn::ModuleList());
    for (int i = 0; i < config.num_layers; ++i) {
        blocks_.emplace_back(config, i);
        transformer_blocks->push_back(blocks_.back());
    }
    proj_out = register_module("proj_out", torch::nn::Linear(width, config.out_channels));

    if (config.adapter.enabled)
        silence_token = register_parameter("silence_token", torch::randn({config.adapter.tokens + 1, config.adapter.audio_dim}) * 0.02);
    if (config.part_tokens > 0) {
        part_in = register_module("part_in", PartProjection(config.part_tokens, config.in_channels, width));
        part_out = register_module("part_out", PartProjection(config.part_tokens, width, config.out_channels));
        identity_in = register_module("identity_in", PartProjection(config.part_tokens, config.in_channels, width));
    }
    if (config.style.dim > 0) style_gate = register_module("style_gate", StyleGate(config));
    pose_embed = PoseEncoder::make(config);
    if (pose_embed != nullptr) register_module("pose_embed", pose_embed);
}

void DitModelImpl::prepare_for_inference() {
    for (DitBlock& block : blocks_) block->self_attention()->fuse();
    if (config_.adapter.enabled) join_sound_projections();
}

/// Of every block, keys first, then values.
static std::vector<Tensor> sound_weights(const std::vector<DitBlock>& blocks) {
    std::vector<Tensor> weights;
    for (DitBlock block : blocks) weights.push_back(block->adapter()->to_keys()->weight);
    for (DitBlock block : blocks) weights.push_back(block->adapter()->to_values()->weight);
    return weights;
}

bool DitModelImpl::sound_projections_joined() const { return sound_weight_.defined() && are_joined(sound_weight_, sound_weights(blocks_)); }

void DitModelImpl::join_sound_projections() {
    if (sound_projections_joined()) return;
    const c10::InferenceMode normal_tensors(false);  // parameters cannot hold inference tensors
    const torch::NoGradGuard no_grad;
    std::vector<Tensor> biases, norms;
    for (DitBlock& block : blocks_) biases.push_back(block->adapter()->to_keys()->bias), norms.push_back(block->adapter()->k_weight());
    for (DitBlock& block : blocks_) biases.push_back(block->adapter()->to_values()->bias);
    sound_weight_ = join_parameters(sound_weights(blocks_));
    sound_bias_ = join_parameters(biases).unsqueeze(1);
    sound_norm_ = join_parameters(norms).unsqueeze(1).unsqueeze(1);
}

void DitModelImpl::quantise_linears() {
    for (std::size_t i = 1; i + 1 < blocks_.size(); ++i) blocks_[i]->quantise();
}

void DitModelImpl::give_up_text() {
    if (!caption_projection) return;
    const c10::InferenceMode normal_tensors(false);
    const torch::NoGradGuard no_grad;
    only_text_ = text_context({}, {});
    for (DitBlock& block : blocks_) block->give_up_text();
    unregister_module("caption_projection");
    caption_projection = nullptr;
}

void DitModelImpl::initialise() {
    torch::NoGradGuard no_grad;
    torch::nn::init::zeros_(proj_out->weight);
    torch::nn::init::zeros_(proj_out->bias);
    torch::nn::init::normal_(time_embed->linear->weight, 0, 0.01);
    torch::nn::init::zeros_(time_embed->linear->bias);
    for (DitBlock& block : blocks_) {
        Tensor table = block->table();
        table.zero_();
        table[2].fill_(0.5);  // half open gates: a shallow network learns sooner than from closed ones
        table[5].fill_(0.5);
    }
}

Tensor DitModelImpl::embed_frames(const Tensor& latents, const Tensor& pose) {
    const Tensor tokens = latents_to_tokens(latents).to(type());
    Tensor x = proj_in->forward(tokens);
    if (part_in) x = x + part_in->forward(tokens);
    return pose.defined() ? x + pose : x;
}

Tensor DitModelImpl::embed_identity(const Tensor& latent) {
    const Tensor tokens = latents_to_tokens(latent).to(type());
    const Tensor x = proj_in->forward(tokens);
    return identity_in ? x + identity_in->forward(tokens) : x;
}

TimeRows DitModelImpl::time_rows(const Tensor& timestep) {
    const Tensor flat = timestep.flatten();
    constexpr int64_t kFew = 64;  // below it finding equal times costs more than computing them again
    if (flat.numel() <= kFew) return time_embed->forward(flat);
    const auto [values, index, counts] = torch::unique_dim(flat, 0, /*sorted=*/true, /*return_inverse=*/true);
    const TimeRows rows = time_embed->forward(values);
    return {rows.embedded.index_select(0, index), rows.modulation.index_select(0, index)};
}

DitTimes DitModelImpl::times(const Tensor& timestep, const Tensor& style, int64_t tokens) {
    const int64_t batch = timestep.size(0), groups = timestep.size(1), width = config_.width();
    const TimeRows rows = time_rows(timestep);
    return times_from({rows.embedded.view({batch, groups, width}), rows.modulation.view({batch, groups, 6 * width})}, style, tokens);
}

DitTimes DitModelImpl::times_from(const TimeRows& rows, const Tensor& style, int64_t tokens) {
    const int64_t width = config_.width();
    int64_t groups = rows.modulation.size(1);
    Tensor modulation = rows.modulation;
    if (style.defined()) {
        modulation = (groups == 1 ? modulation : modulation.repeat_interleave(tokens / groups, 1)) + style;
        groups = tokens;
    }
    DitTimes times;
    times.embedded = rows.embedded;
    const Tensor a = modulation.view({modulation.size(0), groups, 6, width});
    for (DitBlock& block : blocks_) times.blocks.push_back(block->table() + a);
    return times;
}

TextContext DitModelImpl::text_context(const Tensor& text, const Tensor& mask) {
    if (!caption_projection) {
        TORCH_CHECK(only_text_.rows.empty() || !text.defined(), "this transformer has given up all text but the null text");
        return only_text_;
    }
    TextContext context;
    const Tensor states = caption_projection->forward(text.defined() ? text.to(type()) : null_text.unsqueeze(0));
    if (states.size(1) == 1) {
        for (DitBlock& block : blocks_) context.rows.push_back(block->text_attention()->value_of_one(states));
        return context;
    }
    for (DitBlock& block : blocks_) context.blocks.push_back(block->text_attention()->keys_values(states));
    if (text.defined() && mask.defined()) context.mask = ((1 - mask.to(type())) * -10000.0).unsqueeze(1).unsqueeze(1);
    return context;
}

Tensor DitModelImpl::pose_tokens(const Conditioning& conditioning, int64_t frames, const LatentGrid& grid) {
    if (pose_embed == nullptr) return {};
    return pose_embed->forward(conditioning.pose, conditioning.pose_given, frames, grid);
}

Tensor DitModelImpl::style_rows(const Conditioning& conditioning, int64_t frames, const LatentGrid& grid) {
    if (!style_gate || !conditioning.style.defined()) return {};
    return style_gate->forward(conditioning.style.to(type()), conditioning.style_mask, frames, grid.tokens());
}

KeysValues DitModelImpl::audio_keys_values(const Tensor& audio, const Tensor& silent) {
    Tensor tokens = audio.to(type());
    if (silent.defined()) tokens = torch::where(silent.unsqueeze(-1).unsqueeze(-1), silence_token, tokens);
    tokens = tokens.flatten(1, 2);
    const int64_t batch = tokens.size(0), count = tokens.size(1), blocks = config_.num_layers;
    if (sound_projections_joined() && !torch::GradMode::is_enabled()) {
        const Tensor rows = tokens.flatten(0, 1).unsqueeze(0).expand({2 * blocks, -1, -1});
        const Tensor made = torch::baddbmm(sound_bias_, rows, sound_weight_.transpose(1, 2)).view({2 * blocks, batch, count, config_.width()});
        const Tensor keys = made.narrow(0, 0, blocks);
        return {rms_norm(keys.flatten(0, 1), kQkNormEps).view(keys.sizes()) * sound_norm_, made.narrow(0, blocks, blocks)};
    }
    std::vector<Tensor> keys, values;
    for (DitBlock& block : blocks_) {
        const KeysValues own = block->adapter()->keys_values(tokens);
        keys.push_back(own.k), values.push_back(own.v);
    }
    return {torch::stack(keys), torch::stack(values)};
}

Tensor DitModelImpl::run(Tensor x, const DitRun& run) {
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
        BlockPass pass;
        pass.modulation = run.times.blocks[i];
        pass.rope = &run.rope;
        pass.mask = run.mask;
        if (run.workspace != nullptr) pass.workspace = &(*run.workspace)[i];
        if (run.record != nullptr) pass.record = &(*run.record)[i];
        if (run.keep_k.defined()) pass.keep_k = run.keep_k.select(0, static_cast<int64_t>(i));
        if (run.text != nullptr && !run.text->rows.empty()) {
            pass.text_row = run.text->rows[i];
        } else if (run.text != nullptr && !run.text->blocks.empty()) {
            pass.text = &run.text->blocks[i];
            pass.text_mask = run.text->mask;
        }
        if (run.audio != nullptr && run.audio->defined()) {
            pass.audio_tokens = &run.audio->blocks[i];
            pass.audio = run.audio;
        }
        if (run.perturbed != nullptr && std::count(run.perturbed->blocks.begin(), run.perturbed->blocks.end(), static_cast<int>(i)) > 0)
            pass.perturbation = run.perturbed->kind;
        x = blocks_[i]->forward(x, pass);
    }
    return x;
}

Tensor DitModelImpl::head(const Tensor& x, const Tensor& embedded) {
    const int64_t groups = embedded.size(1), width = config_.width();
    const Tensor normed = torch::layer_norm(x, {width}, {}, {}, kBlockNormEps).view({x.size(0), groups, x.size(1) / groups, width});
    const Tensor e = embedded.unsqueeze(2);
    const Tensor y = (normed * (1 + scale_shift_table[1] + e) + (scale_shift_table[0] + e)).view(x.sizes());
    const Tensor out = proj_out->forward(y);
    return part_out ? out + part_out->forward(y) : out;
}

Tensor DitModelImpl::forward_tokens(const LtxPass& pass) {
    const TextContext text = text_context(pass.text, pass.text_mask);
    const Tensor timestep = pass.timestep.dim() == 1 ? pass.timestep.unsqueeze(1) : pass.timestep;
    DitRun blocks;
    blocks.times = times(timestep, {}, pass.tokens.size(1));
    blocks.rope = rope_table(pass.coordinates, config_).on(device());
    blocks.text = &text;
    return head(run(proj_in->forward(pass.tokens.to(type())), blocks), blocks.times.embedded);
}

Tensor DitModelImpl::forward(const DitPass& pass) {
    const int64_t batch = pass.noisy.size(0), latents = pass.noisy.size(2);
    const LatentGrid grid{.h = pass.noisy.size(3), .w = pass.noisy.size(4)};
    const int64_t per_frame = grid.tokens(), noisy_tokens = latents * per_frame;
    const Conditioning& told = pass.conditioning;
    const Tensor pose = pose_tokens(told, latents, grid);
    const Tensor style = style_rows(told, latents, grid);
    const Tensor time = (pass.time.dim() == 1 ? pass.time.unsqueeze(1).expand({batch, latents}) : pass.time).to(torch::kFloat) * 1000;

    SequencePlan plan;
    plan.context = pass.context.value_or(config_.context);
    std::vector<double> numbers;
    std::vector<Tensor> x, times_of, styles;
    const auto add = [&](FrameRole role, const Tensor& tokens, const Tensor& timestep, const Tensor& style_of) {
        for (int64_t i = 0; i < timestep.size(1); ++i) {
            const LatentIndex latent = pass.first_latent + i;
            plan.frames.push_back({role, latent});
            numbers.push_back(role == FrameRole::identity ? config_.grid.identity_time * config_.grid.temporal
                                                          : frame_number(static_cast<double>(latent), pass.start, config_.grid.temporal));
        }
        x.push_back(tokens);
        times_of.push_back(timestep);
        if (style.defined()) styles.push_back(style_of.expand({batch, tokens.size(1), -1}));
    };
    if (told.identity.defined())
        add(FrameRole::identity, embed_identity(told.identity), time.new_zeros({batch, 1}),
            style.defined() ? style.new_zeros({1, 1, style.size(2)}) : style);
    if (pass.history.defined()) add(FrameRole::clean, embed_frames(pass.history, pose), torch::zeros_like(time), style);
    add(FrameRole::noisy, embed_frames(pass.noisy, pose), time, style);

    const Tensor tokens = torch::cat(x, 1);
    const TextContext text = text_context(told.text, told.text_mask);
    const AudioContext audio = hear(pass, plan, grid);
    DitRun blocks;
    blocks.times = times(torch::cat(times_of, 1), style.defined() ? torch::cat(styles, 1) : style, tokens.size(1));
    blocks.rope = rope_table(token_coordinates(numbers, grid, config_), config_).on(device());
    blocks.mask = spread_mask(frame_visibility(plan), per_frame, per_frame);
    if (blocks.mask.defined()) blocks.mask = blocks.mask.to(device());
    blocks.text = &text;
    blocks.audio = &audio;
    blocks.perturbed = &pass.perturbed;
    const Tensor made = run(tokens, blocks).narrow(1, tokens.size(1) - noisy_tokens, noisy_tokens);
    return tokens_to_latents(head(made.contiguous(), blocks.times.embedded.narrow(1, plan.size() - latents, latents)), grid);
}

AudioContext DitModelImpl::hear(const DitPass& pass, const SequencePlan& plan, const LatentGrid& grid) {
    AudioContext context;
    const Conditioning& told = pass.conditioning;
    if (!config_.adapter.enabled || !told.audio.defined()) return context;
    const int64_t latents = told.audio.size(1), per_latent = told.audio.size(2), per_frame = grid.tokens();
    const int64_t skipped = plan.listening_from();
    const auto number = [&](LatentIndex latent) {
        return frame_number(static_cast<double>(latent), pass.start, config_.grid.temporal);
    };
    std::vector<double> sounds, listeners;
    for (int64_t i = 0; i < latents; ++i) sounds.push_back(number(pass.first_latent + i));
    for (int64_t i = skipped; i < plan.size(); ++i) listeners.push_back(number(plan.frames[static_cast<std::size_t>(i)].latent));

    context.first_token = skipped * per_frame;
    context.rope = time_rope_table(listeners, per_frame, config_).on(device());
    const RopeTable of_sounds = time_rope_table(sounds, per_latent, config_).on(device());
    const KeysValues all = audio_keys_values(told.audio, told.silent);
    const std::vector<Tensor> keys = apply_rope(all.k, of_sounds).unbind(0), values = all.v.unbind(0);
    for (std::size_t i = 0; i < keys.size(); ++i) context.blocks.push_back({keys[i], values[i]});
    context.window_mask = additive_mask(spread_mask(window_hearing(plan, pass.first_latent, latents), per_frame, per_latent)).to(device());
    const Tensor full = spread_mask(full_hearing(plan, pass.first_latent, latents), per_frame, per_latent);
    if (full.defined()) context.full_mask = additive_mask(full).to(device());
    if (told.face_mask.defined()) {
        const int64_t repeats = (plan.size() - skipped) / latents;  // history and noisy frames hear alike
        context.gate = told.face_mask.flatten(1).repeat({1, repeats}).unsqueeze(-1).to(type());
    }
    return context;
}

Tensor latents_to_tokens(const Tensor& latents) { return latents.flatten(2).transpose(1, 2); }

Tensor tokens_to_latents(const Tensor& tokens, const LatentGrid& grid) {
    return tokens.transpose(1, 2).reshape({tokens.size(0), tokens.size(2), tokens.size(1) / grid.tokens(), grid.h, grid.w});
}

bool is_ltx_tensor(const std::string& name) {
    constexpr std::array<std::string_view, 8> kOurs = {"audio_adapter.", "silence_token", "null_text", "part_in.",
                                                       "part_out.",      "identity_in.",  "style_gate.", "pose_embed."};
    return std::none_of(kOurs.begin(), kOurs.end(), [&](std::string_view ours) { return name.find(ours) != std::string::npos; });
}

}  // namespace mirrorme
