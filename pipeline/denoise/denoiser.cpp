// Note [Channels that mean nothing]
// A codec may leave channels of a latent empty: they are 0 in every clip, training takes no loss from them, and what the network says there
// is noise. It must not come back: history is clean in training, so a model reads from those channels how far history is to be trusted, and
// with noise in them it takes its own past for a guess and jumps at every chunk. Their velocity is known without a network: the clean value
// is 0, so x = t noise and v = x / t, which keeps them at t noise while sampling and ends at 0.

#include "denoise/denoiser.h"

#include "core/error.h"
#include "denoise/philox.h"
#include "denoise/sampler_step.h"
#include "ops/tensor_table.h"

namespace mirrorme {

using torch::Tensor;

/// What stays the same over the steps of one chunk.
struct Denoiser::Chunk {
    ContextCache& cache;
    Tensor pose, style;
    KeysValues audio;
};

Denoiser::Denoiser(DitModel model, const SamplerConfig& sampler) : model_(std::move(model)) {
    if (model_->config().context.mode != AttentionMode::block_causal)
        throw Error(ErrorCode::mismatch, "denoiser config, field context.mode", "is not block_causal, so it cannot stream");
    torch::NoGradGuard no_grad;
    model_->eval();
    model_->prepare_for_inference();
    set_sampler(sampler);
}

void Denoiser::set_sampler(const SamplerConfig& sampler) {
    torch::NoGradGuard no_grad;
    sampler_ = sampler;
    times_ = schedule_times(sampler, tokens_);
    kept_times_.clear();
    table_is_current_ = false;
    for (std::size_t row = 0; row <= times_.size(); ++row) {
        const double t = row < times_.size() ? times_[row] : 0;
        kept_times_.push_back(model_->times(torch::full({1, 1}, 1000 * t, model_->device()), {}, 1));
    }
}

std::unique_ptr<ContextCache> Denoiser::start(const StreamSetup& setup) {
    torch::NoGradGuard no_grad;
    // SD3's shift goes by what is seen together: a clip as long as a chunk and the window before it.
    const ContextConfig& seen = model_->config().context;
    if (const int64_t tokens = (seen.window + seen.chunk) * setup.identity.size(3) * setup.identity.size(4); tokens != tokens_) {
        tokens_ = tokens;
        if (sampler_.schedule == Schedule::shifted) set_sampler(SamplerConfig(sampler_));
    }
    StreamShape shape;
    shape.batch = setup.identity.size(0);
    shape.grid = {.h = setup.identity.size(3), .w = setup.identity.size(4)};
    shape.levels = step_matched() ? static_cast<int>(times_.size()) : 1;
    if (setup.used.defined()) shape.used = setup.used.to(model_->device());
    shape.start = setup.start;
    shape.positions = setup.positions;
    auto cache = std::make_unique<ContextCache>(model_, shape);
    cache->set_text(model_->text_context(setup.text, setup.text_mask));

    const DitConfig& config = model_->config();
    std::vector<KeysValues> record(static_cast<std::size_t>(config.num_layers));
    DitRun run;
    run.times = kept_times_.back();
    run.rope = rope_table(token_coordinates({config.grid.identity_time * config.grid.temporal}, shape.grid, config), config).on(model_->device());
    run.text = &cache->text();
    run.record = &record;
    model_->run(model_->embed_identity(setup.identity.to(model_->device())), run);
    cache->set_identity(model_, record);
    return cache;
}

Denoiser::Chunk Denoiser::begin(IndexSpan latents, const Conditioning& conditioning, ContextCache& cache) {
    TORCH_CHECK(!latents.empty() && latents.size() <= model_->config().context.chunk && latents.first >= cache.next(),
                "latent frames [", latents.first, ", ", latents.end, ") do not follow ", cache.next());
    const StreamShape& shape = cache.shape();
    Chunk chunk{.cache = cache, .pose = {}, .style = {}, .audio = {}};
    chunk.pose = model_->pose_tokens(conditioning, latents.size(), shape.grid);
    chunk.style = model_->style_rows(conditioning, latents.size(), shape.grid);
    if (model_->config().adapter.enabled && conditioning.audio.defined())
        chunk.audio = model_->audio_keys_values(conditioning.audio, conditioning.silent);
    cache.begin_chunk(model_, latents, chunk.audio);
    const Tensor& mask = conditioning.face_mask;
    cache.audio().gate = mask.defined() ? mask.flatten(1).unsqueeze(-1).to(model_->type()) : Tensor();
    return chunk;
}

DitTimes Denoiser::times_of(std::size_t row, const Chunk& chunk) {
    if (!chunk.style.defined()) return kept_times_[row];
    const double t = row < times_.size() ? times_[row] : 0;
    return model_->times(torch::full({1, 1}, 1000 * t, model_->device()), chunk.style, chunk.style.size(1));
}

Tensor Denoiser::call(const Tensor& x, std::size_t row, Chunk& chunk, std::vector<KeysValues>* record) {
    DitRun run;
    run.times = times_of(row, chunk);
    run.rope = chunk.cache.rope();
    run.text = &chunk.cache.text();
    run.audio = &chunk.cache.audio();
    run.workspace = &chunk.cache.workspaces();
    run.record = record;
    const Tensor h = model_->run(model_->embed_frames(x, chunk.pose), run);
    return tokens_to_latents(model_->head(h, run.times.embedded), chunk.cache.shape().grid).to(torch::kFloat);
}

Tensor Denoiser::run(IndexSpan latents, const Conditioning& conditioning, ContextCache& cache, std::uint64_t seed, const KnownLatents* known) {
    torch::NoGradGuard no_grad;
    Chunk chunk = begin(latents, conditioning, cache);
    const StreamShape& shape = cache.shape();
    const std::vector<int64_t> size{shape.batch, model_->config().in_channels, latents.size(), shape.grid.h, shape.grid.w};
    const bool matched = step_matched();
    TORCH_CHECK(!matched || shape.levels == static_cast<int>(times_.size()), "the stream was started with another number of steps");
    if (CapturedWork::wanted(model_->device()) && known == nullptr) return run_captured(chunk, size, latents.first, seed);
    std::vector<KeysValues> record(static_cast<std::size_t>(model_->config().num_layers));

    const Tensor noise = latent_noise(size, latents.first, 0, seed, model_->device());
    const auto with_known = [&](const Tensor& sampled, double t) { return known ? torch::where(known->which, known->latents * (1 - t) + noise * t, sampled) : sampled; };
    Tensor x = noise;
    if (!matched) cache.load_context(model_, 0);
    for (std::size_t step = 0; step < times_.size(); ++step) {
        const auto level = static_cast<int64_t>(step);
        if (matched) cache.load_context(model_, level);
        const Tensor v = call(x, step, chunk, matched ? &record : nullptr);
        if (matched) cache.remember(level, record);
        x = sampler_step(sampler_.kind, x, v, times_[step], next_time(times_, times_[step]), shape.used,
                         [&] { return latent_noise(size, latents.first, static_cast<std::uint32_t>(step + 1), seed, x.device()); });
        x = with_known(x, next_time(times_, times_[step]));
    }
    if (!matched) {
        call(x, times_.size(), chunk, &record);
        cache.remember(0, record);
    }
    cache.end_chunk(chunk.audio);
    return x;
}

Tensor Denoiser::run_captured(Chunk& chunk, const std::vector<int64_t>& size, LatentIndex first, std::uint64_t seed) {
    ContextCache& cache = chunk.cache;
    if (!table_is_current_) table_.fill(*model_, times_);
    table_is_current_ = true;
    std::shared_ptr<StepProgram>& program = cache.programs()[size[2]];
    if (program == nullptr) program = std::make_shared<StepProgram>(model_, cache.shape(), size[2]);
    cache.load_context(model_, 0);
    program->begin({chunk.pose, chunk.style, cache.audio().gate}, cache, table_, sampler_.kind);
    program->set_latents(latent_noise(size, first, 0, seed, model_->device()));
    const auto steps = static_cast<int64_t>(times_.size());
    for (int64_t step = 0; step < steps; ++step) {
        if (step_matched() && step > 0) cache.load_context(model_, step);
        if (sampler_.kind == SamplerKind::stochastic && step + 1 < steps)
            program->set_fresh(latent_noise(size, first, static_cast<std::uint32_t>(step + 1), seed, model_->device()));
        program->step(step);
        if (step_matched()) cache.remember_in_place(step, program->keys());
    }
    if (!step_matched()) {
        program->look(steps);
        cache.remember_in_place(0, program->keys());
    }
    cache.end_chunk(chunk.audio);
    return program->latents().clone();
}

void Denoiser::append(const Tensor& latents, const Conditioning& conditioning, ContextCache& cache, std::uint64_t seed) {
    torch::NoGradGuard no_grad;
    const LatentIndex first = cache.next();
    Chunk chunk = begin({first, first + latents.size(2)}, conditioning, cache);
    std::vector<KeysValues> record(static_cast<std::size_t>(model_->config().num_layers));
    const Tensor x0 = latents.to(model_->device());
    if (!step_matched()) {
        cache.load_context(model_, 0);
        call(x0, times_.size(), chunk, &record);
        cache.remember(0, record);
    } else {
        const Tensor noise = latent_noise(x0.sizes(), first, 0, seed, x0.device());
        for (std::size_t step = 0; step < times_.size(); ++step) {
            cache.load_context(model_, static_cast<int64_t>(step));
            call(x0 * (1 - times_[step]) + noise * times_[step], step, chunk, &record);
            cache.remember(static_cast<int64_t>(step), record);
        }
    }
    cache.end_chunk(chunk.audio);
}

Tensor latent_noise(torch::IntArrayRef shape, LatentIndex first, std::uint32_t step, std::uint64_t seed, torch::Device device) {
    const std::vector<int64_t> frames{shape[0], shape[2], shape[1], shape[3], shape[4]};  // a latent frame in one piece
    if (has_table(device)) {
        const Tensor made = torch::empty(frames, torch::TensorOptions(torch::kFloat).device(device));
        bool all = true;
        for (int64_t b = 0; b < shape[0]; ++b)
            all = all && fused::normal_noise(made[b], {.seed = seed, .first_latent = first, .step = step, .stream = static_cast<std::uint32_t>(b)});
        if (all) return made.transpose(1, 2);
    }
    Tensor noise = torch::empty(frames, torch::kFloat);
    const auto elements = static_cast<std::size_t>(shape[1] * shape[3] * shape[4]);
    float* out = noise.mutable_data_ptr<float>();
    for (int64_t b = 0; b < shape[0]; ++b)
        for (int64_t i = 0; i < shape[2]; ++i, out += elements)
            fill_normal({out, elements}, {.seed = seed, .latent = first + i, .step = step, .stream = static_cast<std::uint32_t>(b)});
    return noise.transpose(1, 2).to(device);
}

}  // namespace mirrorme
