#pragma once
// Speech made beforehand in the place of voices: performances without end from a folder of shards.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "train/performance/performance_file.h"
#include "train/performance/performance_generator.h"

namespace mirrorme {

/// Cuts windows out of recorded performances and has somebody new perform them: the sound repeats, the motion does not.
class PerformanceLibrary {
public:
    /// Opens every shard of `folder`. Throws Error: what find_performance_shards and PerformanceShard throw.
    explicit PerformanceLibrary(const std::filesystem::path& folder);

    /// As PerformanceGenerator::make, with what is recorded: held-out voices when asked (Error not_found when there are
    /// none), `language` ignored, pauses as recorded. Any thread.
    Performance make(std::uint64_t seed, const PerformanceOptions& options) const;

    std::size_t size() const noexcept { return training_.size() + held_out_.size(); }

private:
    struct Place {
        std::size_t shard, record;
    };
    const std::vector<Place>& places(bool held_out) const;

    std::string folder_;
    std::vector<PerformanceShard> shards_;
    std::vector<Place> training_, held_out_;
};

struct RecordingPlan {
    std::uint64_t seed = 0;
    double minutes = 50;           // of performances; 18 kB a second with mu-law sound
    double held_out_share = 0.1;   // of them by held-out voices
    int frames = 24 * 20;          // of each: long ones leave more windows to cut
    SoundCoding coding = SoundCoding::mu_law8;
};

/// Fills `folder` (which must exist) with shards for a machine without voices. `progress` is told how much is done, 0 .. 1.
/// Returns the files. Throws what the generator and the writer throw.
std::vector<std::filesystem::path> record_performances(const PerformanceGenerator& generator, const std::filesystem::path& folder,
                                                       const RecordingPlan& plan, const std::function<void(double)>& progress);

}  // namespace mirrorme
