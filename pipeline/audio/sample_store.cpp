#include "audio/sample_store.h"

#include <algorithm>
#include <bit>

namespace mirrorme {

SampleStore::SampleStore(std::size_t capacity) : samples_(std::bit_ceil(std::max<std::size_t>(capacity, 2))) {}

void SampleStore::append(std::span<const float> samples) noexcept {
    const auto capacity = static_cast<SampleIndex>(samples_.size());
    const SampleIndex end = end_ + static_cast<SampleIndex>(samples.size());
    if (samples.size() > samples_.size()) samples = samples.last(samples_.size());
    const std::size_t at = slot(end - static_cast<SampleIndex>(samples.size()));
    const std::size_t before_wrap = std::min(samples.size(), samples_.size() - at);
    std::copy_n(samples.data(), before_wrap, samples_.data() + at);
    std::copy_n(samples.data() + before_wrap, samples.size() - before_wrap, samples_.data());
    end_ = end;
    first_ = std::max(first_, end_ - capacity);
}

void SampleStore::append_silence(std::int64_t count) noexcept {
    const auto capacity = static_cast<SampleIndex>(samples_.size());
    const SampleIndex end = end_ + count;
    for (SampleIndex i = std::max(end_, end - capacity); i < end; ++i) samples_[slot(i)] = 0;
    end_ = end;
    first_ = std::max(first_, end_ - capacity);
}

void SampleStore::read(SampleIndex from, std::span<float> out) const noexcept {
    const SampleIndex to = from + static_cast<SampleIndex>(out.size());
    const SampleIndex low = std::clamp(first_, from, to), high = std::clamp(end_, low, to);
    std::fill(out.begin(), out.begin() + (low - from), 0.0f);
    std::fill(out.begin() + (high - from), out.end(), 0.0f);
    for (SampleIndex i = low; i < high;) {
        const std::size_t at = slot(i);
        const std::size_t count = std::min(static_cast<std::size_t>(high - i), samples_.size() - at);
        std::copy_n(samples_.data() + at, count, out.data() + (i - from));
        i += static_cast<SampleIndex>(count);
    }
}

}  // namespace mirrorme
