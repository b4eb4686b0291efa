#include "plugin/host/host_timeline.h"

#include <algorithm>
#include <cstdlib>

namespace mirrorme {

BlockPlace HostTimeline::place(std::int64_t host_ns, std::int64_t count) noexcept {
    const SampleIndex stamped = sample_at(host_ns);
    const std::int64_t glue = ticks_in(kGlueNs, rate_);
    BlockPlace place{stamped, 0};
    if (glued_ && std::llabs(stamped - end_) <= glue) {
        place.first = end_;
    } else {
        if (glued_) ++counters_.jumps;
        place.skip = std::clamp<std::int64_t>(end_ - stamped, 0, count);
        place.first = stamped + place.skip;
        counters_.late_samples += place.skip;
    }
    if (place.skip < count) {
        end_ = place.first + count - place.skip;
        glued_ = true;
    }
    return place;
}

std::int64_t HostTimeline::fill(std::int64_t now_ns, std::int64_t patience_ns) noexcept {
    const std::int64_t count = sample_at(now_ns - patience_ns) - end_;
    if (count <= 0) return 0;
    end_ += count;
    glued_ = false;
    counters_.filled_samples += count;
    return count;
}

}  // namespace mirrorme
