#pragma once
// Is anybody speaking? Decided every 10 ms from level alone, so that it costs nothing and explains itself.

#include <cstdint>
#include <span>

#include "core/time.h"

namespace mirrorme {

struct SpeechGateSettings {
    float threshold_db = -50;       // dBFS: below it the gate never opens
    std::int64_t hold_ms = 250;     // stays open this long after the last loud hop (hang-over)
    float margin_db = 8;            // above the noise floor
    int onset_hops = 2;             // consecutive loud hops that open it: a click does not
};

/// Causal and independent of block sizes: hop k covers model samples [160 k, 160 (k + 1)) and is judged once, in order.
/// The noise floor follows the quietest sound: down at once, up slowly, slower still while somebody speaks. One thread.
class SpeechGate {
public:
    static constexpr std::int64_t kHopSamples = 160;  // 10 ms at 16 kHz

    /// What one hop was found to be.
    struct Hop {
        bool open = false;
        float level_db = -120;
    };

    void update(const SpeechGateSettings& settings) noexcept { settings_ = settings; }
    /// The next hop's samples, exactly kHopSamples of them.
    Hop process(std::span<const float> samples) noexcept;
    /// Forgets the past; the next hop is the first.
    void reset() noexcept;

    float noise_floor_db() const noexcept { return floor_db_; }
    bool open() const noexcept { return open_; }

private:
    SpeechGateSettings settings_;
    float floor_db_ = -70;
    int loud_run_ = 0;
    std::int64_t quiet_run_ = 0;
    bool open_ = false;
};

}  // namespace mirrorme
