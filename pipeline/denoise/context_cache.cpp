#include "denoise/context_cache.h"

#include <algorithm>

#include "denoise/attention_plan.h"
#include "ops/tensor_table.h"

namespace mirrorme {
namespace {

using torch::Tensor;

constexpr LatentIndex kEmpty = -1;

int64_t anchor_slots(const ContextConfig& context) { return context.anchor ? 1 : 0; }

/// Slots whose latent `wanted` accepts, oldest first, so that a running stream always has the same positions in the same order.
template <typename Wanted>
std::vector<int64_t> slots_in_order(const std::vector<LatentIndex>& latents, Wanted wanted) {
    std::vector<int64_t> slots;
    for (std::size_t i = 0; i < latents.size(); ++i)
        if (latents[i] != kEmpty && wanted(latents[i])) slots.push_back(static_cast<int64_t>(i));
    std::sort(slots.begin(), slots.end(), [&](int64_t a, int64_t b) {
        return latents[static_cast<std::size_t>(a)] < latents[static_cast<std::size_t>(b)];
    });
    return slots;
}

}  // namespace

KeyValueStore::KeyValueStore(const DitModel& model, const StreamShape& shape, int64_t slots, int64_t tokens) : tokens_(tokens) {
    const DitConfig& config = model->config();
    const auto options = torch::TensorOptions().device(model->device()).dtype(model->type());
    k_ = torch::zeros({shape.levels, config.num_layers, shape.batch, slots * tokens, config.width()}, options);
    v_ = torch::zeros_like(k_);
}

void KeyValueStore::put(int64_t level, int64_t block, int64_t slot, const KeysValues& x) {
    k_.select(0, level).select(0, block).narrow(1, slot * tokens_, tokens_).copy_(x.k);
    v_.select(0, level).select(0, block).narrow(1, slot * tokens_, tokens_).copy_(x.v);
}

void KeyValueStore::put_all(int64_t level, int64_t slot, const KeysValues& x) {
    const KeysValues frame = this->frame(level, slot);
    Tensor(frame.k).copy_(x.k);
    Tensor(frame.v).copy_(x.v);
}

KeysValues KeyValueStore::frame(int64_t level, int64_t slot) const {
    return {k_.select(0, level).narrow(2, slot * tokens_, tokens_), v_.select(0, level).narrow(2, slot * tokens_, tokens_)};
}

KeysValues KeyValueStore::take(int64_t level, const std::vector<int64_t>& slots) const {
    std::vector<Tensor> k, v;
    const Tensor level_k = k_.select(0, level), level_v = v_.select(0, level);
    for (const int64_t slot : slots) {
        k.push_back(level_k.narrow(2, slot * tokens_, tokens_));
        v.push_back(level_v.narrow(2, slot * tokens_, tokens_));
    }
    return {torch::cat(k, 2), torch::cat(v, 2)};
}

ContextCache::ContextCache(const DitModel& model, const StreamShape& shape)
    : context_(model->config().context),
      grid_(model->config().grid),
      shape_(shape),
      frames_(model, shape, std::max<int64_t>(1, anchor_slots(context_) + context_.window), shape.grid.tokens()),
      sounds_(model, {.batch = shape.batch, .grid = shape.grid}, std::max(1, context_.window), model->config().adapter.tokens + 1),
      slot_latent_(static_cast<std::size_t>(anchor_slots(context_) + context_.window), kEmpty),
      sound_latent_(static_cast<std::size_t>(context_.window), kEmpty) {
    const DitConfig& config = model->config();
    const auto options = torch::TensorOptions().device(model->device()).dtype(model->type());
    const int64_t most_frames = 1 + anchor_slots(context_) + context_.window + context_.chunk;
    const int64_t most_sounds = (context_.window + context_.chunk) * (config.adapter.tokens + 1);
    work_k_ = torch::zeros({config.num_layers, shape.batch, most_frames * shape.grid.tokens(), config.width()}, options);
    work_v_ = torch::zeros_like(work_k_);
    if (config.adapter.enabled) {
        sound_k_ = torch::zeros({config.num_layers, shape.batch, most_sounds, config.width()}, options);
        sound_v_ = torch::zeros_like(sound_k_);
    }
    for (int64_t i = 0; i < config.num_layers; ++i) workspaces_.push_back({work_k_.select(0, i), work_v_.select(0, i), 0});
}

void ContextCache::restart(FirstLatent start) {
    shape_.start = start;
    next_ = 0;
    std::fill(slot_latent_.begin(), slot_latent_.end(), kEmpty);
    std::fill(sound_latent_.begin(), sound_latent_.end(), kEmpty);
}

void ContextCache::set_identity(const DitModel& model, const std::vector<KeysValues>& identity) {
    const int64_t tokens = shape_.grid.tokens();
    const RopeTable rope =
        rope_table(token_coordinates({grid_.identity_time * grid_.temporal}, shape_.grid, model->config()), model->config())
            .on(model->device());
    for (std::size_t i = 0; i < identity.size(); ++i) {
        apply_rope_into(workspaces_[i].k.narrow(1, 0, tokens), identity[i].k, rope);
        workspaces_[i].v.narrow(1, 0, tokens).copy_(identity[i].v);
        workspaces_[i].context = tokens;
    }
}

// Note [Positions in a stream]
// Attention feels differences of positions only. For chunk j with window k they are counted from latent j - k - 1: the window is
// then at 1 .. k, the chunk from k + 1, the anchor at 0 once it has left the window, the identity where it always is. The first
// k + 1 chunks of a stream have the very positions of a clip seen in one pass.
double ContextCache::number_of(LatentIndex latent) const {
    const double number = frame_number(static_cast<double>(latent), shape_.start, grid_.temporal);
    if (shape_.positions == StreamPositions::absolute) return number;
    const LatentIndex base = std::max<LatentIndex>(0, chunk_.first - context_.window - 1);
    return std::max(0.0, number - frame_number(static_cast<double>(base), shape_.start, grid_.temporal));
}

std::vector<int64_t> ContextCache::visible_slots() const {
    std::vector<int64_t> slots =
        slots_in_order(slot_latent_, [&](LatentIndex latent) { return remembers(context_, chunk_.first, latent); });
    // Latent 0 is both the anchor and, for a while, part of the window: it is seen once.
    if (slots.size() > 1 && slot_latent_[static_cast<std::size_t>(slots[0])] == slot_latent_[static_cast<std::size_t>(slots[1])])
        slots.erase(slots.begin() + 1);
    return slots;
}

std::vector<int64_t> ContextCache::visible_sounds() const {
    return slots_in_order(sound_latent_, [&](LatentIndex latent) { return latent < chunk_.first && latent >= chunk_.first - context_.window; });
}

void ContextCache::begin_chunk(const DitModel& model, IndexSpan latents, const KeysValues& audio) {
    chunk_ = latents;
    std::vector<double> numbers;
    for (LatentIndex latent = latents.first; latent < latents.end; ++latent) numbers.push_back(number_of(latent));
    rope_ = query_rope_.get(numbers, [&](const auto& at) {
        return rope_table(token_coordinates(at, shape_.grid, model->config()), model->config()).on(model->device());
    });
    audio_.blocks.clear();
    if (audio.k.defined()) hear(model, audio);
}

void ContextCache::hear(const DitModel& model, const KeysValues& audio) {
    const int64_t per_latent = model->config().adapter.tokens + 1, per_frame = shape_.grid.tokens();
    const std::vector<int64_t> slots = visible_sounds();
    const auto remembered = static_cast<int64_t>(slots.size());
    const int64_t old = remembered * per_latent, all = old + chunk_.size() * per_latent;

    std::vector<double> sounds, listeners;
    for (const int64_t slot : slots) sounds.push_back(number_of(sound_latent_[static_cast<std::size_t>(slot)]));
    for (LatentIndex latent = chunk_.first; latent < chunk_.end; ++latent) listeners.push_back(number_of(latent));
    sounds.insert(sounds.end(), listeners.begin(), listeners.end());
    const auto make = [&](int64_t tokens) {
        return [&model, tokens](const std::vector<double>& at) { return time_rope_table(at, tokens, model->config()).on(model->device()); };
    };
    audio_.rope = listener_rope_.get(listeners, make(per_frame));
    const RopeTable& rope = sound_rope_.get(sounds, make(per_latent));

    if (remembered > 0) {
        const KeysValues past = sounds_.take(0, slots);
        apply_rope_into(sound_k_.narrow(2, 0, old), past.k, rope.rows(0, old));
        sound_v_.narrow(2, 0, old).copy_(past.v);
    }
    const RopeTable own = rope.rows(old, all - old);
    apply_rope_into(sound_k_.narrow(2, old, all - old), audio.k, own);
    sound_v_.narrow(2, old, all - old).copy_(audio.v);
    for (int64_t i = 0; i < sound_k_.size(0); ++i) audio_.blocks.push_back({sound_k_[i].narrow(1, 0, all), sound_v_[i].narrow(1, 0, all)});
    Tensor& mask = window_masks_[{remembered, chunk_.size()}];
    if (mask.defined()) {
        audio_.window_mask = mask;
        return;
    }
    Tensor own_only = torch::zeros({chunk_.size(), remembered + chunk_.size()}, torch::kBool);
    for (int64_t i = 0; i < chunk_.size(); ++i) own_only[i][remembered + i] = true;
    audio_.window_mask = mask = additive_mask(spread_mask(own_only, per_frame, per_latent)).to(model->device());
}

void ContextCache::load_context(const DitModel& model, int64_t level) {
    const int64_t tokens = shape_.grid.tokens();
    const std::vector<int64_t> slots = visible_slots();
    const int64_t past_tokens = static_cast<int64_t>(slots.size()) * tokens;
    for (AttentionWorkspace& workspace : workspaces_) workspace.context = tokens + past_tokens;
    if (slots.empty()) return;
    std::vector<double> numbers;
    for (const int64_t slot : slots) numbers.push_back(number_of(slot_latent_[static_cast<std::size_t>(slot)]));
    const RopeTable& rope = context_rope_.get(numbers, [&](const auto& at) {
        return rope_table(token_coordinates(at, shape_.grid, model->config()), model->config()).on(model->device());
    });
    if (has_table(work_k_.device())) {  // turned on the way, without a copy between
        for (std::size_t i = 0; i < slots.size(); ++i) {
            const KeysValues frame = frames_.frame(level, slots[i]);
            const int64_t first = static_cast<int64_t>(i) * tokens;
            apply_rope_into(work_k_.narrow(2, tokens + first, tokens), frame.k, rope.rows(first, tokens));
            work_v_.narrow(2, tokens + first, tokens).copy_(frame.v);
        }
        return;
    }
    const KeysValues past = frames_.take(level, slots);
    apply_rope_into(work_k_.narrow(2, tokens, past_tokens), past.k, rope);
    work_v_.narrow(2, tokens, past_tokens).copy_(past.v);
}

void ContextCache::remember(int64_t level, const std::vector<KeysValues>& made) {
    const int64_t tokens = shape_.grid.tokens(), anchors = anchor_slots(context_);
    for (LatentIndex latent = chunk_.first; latent < chunk_.end; ++latent) {
        const int64_t first = (latent - chunk_.first) * tokens;
        for (std::size_t i = 0; i < made.size(); ++i) {
            const KeysValues frame{made[i].k.narrow(1, first, tokens), made[i].v.narrow(1, first, tokens)};
            const auto block = static_cast<int64_t>(i);
            if (anchors > 0 && latent == 0) frames_.put(level, block, 0, frame);
            if (latent >= chunk_.end - context_.window) frames_.put(level, block, anchors + latent % context_.window, frame);
        }
    }
}

void ContextCache::remember_in_place(int64_t level, const Tensor& keys) {
    const int64_t tokens = shape_.grid.tokens(), anchors = anchor_slots(context_), context = workspaces_.front().context;
    for (LatentIndex latent = chunk_.first; latent < chunk_.end; ++latent) {
        const int64_t first = (latent - chunk_.first) * tokens;
        const KeysValues frame{keys.narrow(2, first, tokens), work_v_.narrow(2, context + first, tokens)};
        if (anchors > 0 && latent == 0) frames_.put_all(level, 0, frame);
        if (latent >= chunk_.end - context_.window) frames_.put_all(level, anchors + latent % context_.window, frame);
    }
}

void ContextCache::end_chunk(const KeysValues& audio) {
    const bool heard = audio.k.defined();
    const int64_t anchors = anchor_slots(context_), per_latent = heard ? audio.k.size(2) / chunk_.size() : 0;
    for (LatentIndex latent = chunk_.first; latent < chunk_.end; ++latent) {
        if (anchors > 0 && latent == 0) slot_latent_[0] = 0;
        if (latent < chunk_.end - context_.window) continue;
        const int64_t slot = latent % context_.window;
        slot_latent_[static_cast<std::size_t>(anchors + slot)] = latent;
        sound_latent_[static_cast<std::size_t>(slot)] = heard ? latent : kEmpty;
        const int64_t first = (latent - chunk_.first) * per_latent;
        if (heard) sounds_.put_all(0, slot, {audio.k.narrow(2, first, per_latent), audio.v.narrow(2, first, per_latent)});
    }
    next_ = chunk_.end;
}

}  // namespace mirrorme
