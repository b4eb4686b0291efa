#pragma once
// Where on the time line somebody speaks.

#include <array>
#include <cstddef>

#include "audio/speech_gate.h"
#include "audio/timeline.h"

namespace mirrorme {

/// The speech gate's verdicts of the last seconds, by absolute model sample. Judged lazily, up to what a chunk needs, so that
/// a changed setting takes effect at the same place however the sound arrived. One thread.
class SpeechTrack {
public:
    /// Judges every whole hop before model sample `until`.
    void advance(const AudioTimeline& audio, SampleIndex until) noexcept;
    void update(const SpeechGateSettings& settings) noexcept { gate_.update(settings); }

    /// True when the gate was open at any hop that touches `span`, as far as judged.
    bool speech_in(SampleSpan span) const noexcept;
    float level_db() const noexcept { return level_db_; }  // of the newest hop

private:
    static constexpr std::int64_t kHops = 2048;  // 20 s

    SpeechGate gate_;
    std::array<bool, kHops> open_{};  // hop index modulo kHops
    std::int64_t next_hop_ = 0;
    float level_db_ = -120;
};

}  // namespace mirrorme
