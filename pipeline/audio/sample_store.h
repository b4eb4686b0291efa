#pragma once
// The most recent samples of an endless signal, addressed by absolute index.

#include <cstddef>
#include <span>
#include <vector>

#include "core/time.h"

namespace mirrorme {

/// Fixed memory, allocated once. Reading outside what is kept gives zeros. One thread.
/// Full: append() overwrites the oldest samples. Reset: restart_at() forgets everything and moves the write position.
class SampleStore {
public:
    explicit SampleStore(std::size_t capacity);

    void append(std::span<const float> samples) noexcept;
    void append_silence(std::int64_t count) noexcept;
    void restart_at(SampleIndex index) noexcept { first_ = end_ = index; }

    /// Copies [from, from + out.size()) into `out`.
    void read(SampleIndex from, std::span<float> out) const noexcept;

    SampleIndex first() const noexcept { return first_; }  // oldest sample kept
    SampleIndex end() const noexcept { return end_; }      // one past the newest
    std::size_t capacity() const noexcept { return samples_.size(); }

private:
    std::size_t slot(SampleIndex index) const noexcept { return static_cast<std::size_t>(index) & (samples_.size() - 1); }

    std::vector<float> samples_;  // power of two; slot = index modulo size, for negative indices too
    SampleIndex first_ = 0, end_ = 0;
};

}  // namespace mirrorme
