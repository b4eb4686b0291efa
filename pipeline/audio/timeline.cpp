#include "audio/timeline.h"

#include <algorithm>

namespace mirrorme {
namespace {

// Input is resampled in pieces of at most this many samples, so that scratch and input history stay small.
constexpr std::int64_t kPiece = 4096;

std::size_t input_capacity(const Resampler& resampler) { return static_cast<std::size_t>(2 * kPiece + 4 * resampler.half_width() + 64); }

}  // namespace

AudioTimeline::AudioTimeline(const TimelineConfig& config)
    : config_(config),
      resampler_(config.input_rate, config.model_rate),
      input_(input_capacity(resampler_)),
      model_(static_cast<std::size_t>(config.history)),
      support_(input_capacity(resampler_)) {}

void AudioTimeline::append(SampleIndex first_sample, std::span<const float> samples) noexcept {
    if (finished_ || samples.empty()) return;
    const std::int64_t gap = first_sample - input_.end();
    if (gap < 0) {
        const auto late = std::min<std::int64_t>(-gap, static_cast<std::int64_t>(samples.size()));
        counters_.late += late;
        samples = samples.subspan(static_cast<std::size_t>(late));
    } else if (gap > 0) {
        if (jumps(first_sample)) reanchor(first_sample);
        else append_silence(gap);
    }
    counters_.accepted += static_cast<std::int64_t>(samples.size());
    take(samples);
}

bool AudioTimeline::jumps(SampleIndex first_sample) const noexcept {
    return first_sample - input_.end() > ticks_in(config_.fill_limit_ms * 1'000'000, config_.input_rate);
}

void AudioTimeline::append_silence(std::int64_t count) noexcept {
    if (finished_ || count <= 0) return;
    counters_.gap += count;
    take_silence(count);
}

void AudioTimeline::take(std::span<const float> samples) noexcept {
    while (!samples.empty()) {
        const std::size_t count = std::min(samples.size(), static_cast<std::size_t>(kPiece));
        input_.append(samples.first(count));
        samples = samples.subspan(count);
        resample();
    }
}

void AudioTimeline::take_silence(std::int64_t count) noexcept {
    for (; count > 0; count -= kPiece) {
        input_.append_silence(std::min(count, kPiece));
        resample();
    }
}

void AudioTimeline::resample() noexcept {
    const SampleIndex target = resampler_.complete_outputs(input_.end());
    if (target <= model_.end()) return;
    const SampleIndex base = resampler_.support(model_.end()).first;
    const SampleIndex end = resampler_.support(target - 1).end;
    const std::span<float> inputs(support_.data(), static_cast<std::size_t>(end - base));
    input_.read(base, inputs);
    float out[256];
    for (SampleIndex n = model_.end(); n < target; n = model_.end()) {
        const SampleIndex piece = std::min<SampleIndex>(target - n, 256);
        for (SampleIndex i = 0; i < piece; ++i) out[i] = resampler_.at(n + i, inputs.data() + (resampler_.support(n + i).first - base));
        model_.append(std::span<const float>(out, static_cast<std::size_t>(piece)));
    }
}

void AudioTimeline::reanchor(SampleIndex input_index) noexcept {
    ++counters_.reanchored;
    input_.restart_at(input_index);
    model_.restart_at(std::max(model_.end(), resampler_.complete_outputs(input_index)));
    anchored_at_ = model_.end();
}

void AudioTimeline::finish() noexcept {
    if (finished_) return;
    const SampleIndex last = input_.end();
    take_silence(2 * resampler_.half_width() + 64);  // brings the outputs that reach over the end
    input_.restart_at(last);
    finished_ = true;
}

}  // namespace mirrorme
