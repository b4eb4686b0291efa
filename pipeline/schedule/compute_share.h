#pragma once
// Keeps computing to a share of the time, so that others (a game, an encoder) get theirs of the device.

#include <algorithm>
#include <cstdint>

namespace mirrorme {

/// Work of t earns a pause of t (1 - share) / share, from the work's end on. What was not used in idle times is not saved up: a stream that was quiet does not
/// burst. Pure function of the times it is told; one thread.
class ComputeShare {
public:
    /// 0 < share <= 1; 1: no pauses.
    explicit ComputeShare(double share = 1) : share_(share) {}
    double share() const noexcept { return share_; }

    /// Work was done from `start_ns` to `end_ns`.
    void worked(std::int64_t start_ns, std::int64_t end_ns) noexcept {
        free_at_ns_ = std::max(end_ns, start_ns + static_cast<std::int64_t>(static_cast<double>(end_ns - start_ns) / share_));
    }
    /// Nothing is begun before; in the past where all is well.
    std::int64_t free_at_ns() const noexcept { return free_at_ns_; }

private:
    double share_;
    std::int64_t free_at_ns_ = 0;
};

}  // namespace mirrorme
