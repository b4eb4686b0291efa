#include "schedule/latency_budget.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace mirrorme {

DurationWindow::DurationWindow(std::size_t keep) : values_(std::max<std::size_t>(keep, 1)) {}

void DurationWindow::add(std::int64_t ns) noexcept {
    values_[static_cast<std::size_t>(count_) % values_.size()] = ns;
    ++count_;
}

std::size_t DurationWindow::kept() const noexcept { return std::min(static_cast<std::size_t>(count_), values_.size()); }

std::int64_t DurationWindow::percentile(double percent) const {
    const std::size_t n = kept();
    if (n == 0) return 0;
    std::vector<std::int64_t> sorted(values_.begin(), values_.begin() + static_cast<std::ptrdiff_t>(n));
    const auto rank = static_cast<std::size_t>(std::clamp(std::ceil(percent / 100 * static_cast<double>(n)), 1.0, static_cast<double>(n)));
    std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(rank - 1), sorted.end());
    return sorted[rank - 1];
}

std::int64_t DurationWindow::mean() const noexcept {
    const auto n = static_cast<std::int64_t>(kept());
    return n == 0 ? 0 : std::accumulate(values_.begin(), values_.begin() + n, std::int64_t{0}) / n;
}

StageTiming DurationWindow::summary(std::string stage) const {
    return {std::move(stage), count_, percentile(50), percentile(95), percentile(99), percentile(100)};
}

LatencyParts latency_budget(const ChunkLayout& layout, std::int64_t compute_ns) {
    return {layout.period_ns(), nanoseconds_of(layout.look_ahead, layout.model_rate), compute_ns, nanoseconds_of(1, layout.media.fps)};
}

}  // namespace mirrorme
