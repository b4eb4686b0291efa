#include "denoise/attention_plan.h"

namespace mirrorme {
namespace {

using torch::Tensor;

bool sees(const SequenceFrame& looking, const SequenceFrame& seen, const SequencePlan& plan, bool teacher_forced) {
    if (seen.role == FrameRole::identity) return true;
    if (looking.role == FrameRole::identity) return false;
    const int chunk = plan.context.chunk;
    if (chunk_of(looking.latent, chunk) == chunk_of(seen.latent, chunk)) return looking.role == seen.role;
    const FrameRole past = teacher_forced ? FrameRole::clean : FrameRole::noisy;
    return seen.role == past && remembers(plan.context, chunk_of(looking.latent, chunk) * chunk, seen.latent);
}

template <typename Rule>
Tensor frame_mask(int64_t rows, int64_t columns, Rule rule) {
    Tensor mask = torch::empty({rows, columns}, torch::kBool);
    auto at = mask.accessor<bool, 2>();
    for (int64_t i = 0; i < rows; ++i)
        for (int64_t j = 0; j < columns; ++j) at[i][j] = rule(i, j);
    return mask;
}

}  // namespace

int64_t SequencePlan::listening_from() const {
    int64_t first = 0;
    while (first < size() && frames[static_cast<std::size_t>(first)].role == FrameRole::identity) ++first;
    return first;
}

Tensor frame_visibility(const SequencePlan& plan) {
    if (plan.context.mode == AttentionMode::bidirectional) return {};
    bool teacher_forced = false;
    for (const SequenceFrame& frame : plan.frames) teacher_forced |= frame.role == FrameRole::clean;
    return frame_mask(plan.size(), plan.size(), [&](int64_t i, int64_t j) {
        return sees(plan.frames[static_cast<std::size_t>(i)], plan.frames[static_cast<std::size_t>(j)], plan, teacher_forced);
    });
}

Tensor full_hearing(const SequencePlan& plan, LatentIndex first_latent, int64_t sounds) {
    if (plan.context.mode == AttentionMode::bidirectional) return {};
    const int64_t skipped = plan.listening_from();
    const ContextConfig& context = plan.context;
    return frame_mask(plan.size() - skipped, sounds, [&](int64_t i, int64_t j) {
        const LatentIndex first = chunk_of(plan.frames[static_cast<std::size_t>(i + skipped)].latent, context.chunk) * context.chunk;
        const LatentIndex sound = first_latent + j;
        return sound >= first - context.window && sound < first + context.chunk;
    });
}

Tensor window_hearing(const SequencePlan& plan, LatentIndex first_latent, int64_t sounds) {
    const int64_t skipped = plan.listening_from();
    return frame_mask(plan.size() - skipped, sounds, [&](int64_t i, int64_t j) {
        return plan.frames[static_cast<std::size_t>(i + skipped)].latent == first_latent + j;
    });
}

Tensor spread_mask(const Tensor& frames, int64_t rows, int64_t columns) {
    if (!frames.defined()) return frames;
    return frames.repeat_interleave(rows, 0).repeat_interleave(columns, 1);
}

}  // namespace mirrorme
