#pragma once
// The one constant L between a sound and its frame, and what it is made of.

#include <cstdint>
#include <span>
#include <vector>

#include "core/status.h"
#include "schedule/chunk_layout.h"

namespace mirrorme {

/// Durations of recent work: the last kept values in a ring. One thread. add() does not allocate.
class DurationWindow {
public:
    explicit DurationWindow(std::size_t keep);
    void add(std::int64_t ns) noexcept;
    void clear() noexcept { count_ = 0; }
    /// Nearest-rank percentile of the kept values, 0 < percent <= 100; 0 when there are none.
    std::int64_t percentile(double percent) const;
    std::int64_t mean() const noexcept;
    std::int64_t count() const noexcept { return count_; }  // ever added
    StageTiming summary(std::string stage) const;

private:
    std::size_t kept() const noexcept;
    std::vector<std::int64_t> values_;
    std::int64_t count_ = 0;
};

/// The parts of L for a layout and a compute time of one chunk (p99.9 of warm-up).
LatencyParts latency_budget(const ChunkLayout& layout, std::int64_t compute_ns);

}  // namespace mirrorme
