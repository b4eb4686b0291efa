#pragma once
// Blocks of sound as they arrive become one gapless signal at the model's rate.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "audio/resampler.h"
#include "audio/sample_store.h"
#include "core/time.h"

namespace mirrorme {

struct TimelineConfig {
    Rational input_rate{48000, 1};
    Rational model_rate{16000, 1};
    std::int64_t history = 16000 * 8;       // model samples that stay readable behind the watermark
    std::int64_t fill_limit_ms = 10'000;    // a jump ahead up to this long becomes silence, a longer one re-anchors
};

struct TimelineCounters {
    std::int64_t accepted = 0, late = 0, gap = 0, reanchored = 0;  // input samples; times
};

/// Takes input blocks at absolute indices and serves model-rate samples at absolute indices (both count from session start).
/// A gap is filled in with silence; samples that come after their place was filled are dropped and counted; a jump beyond
/// fill_limit_ms re-anchors: what lay between never existed, reads there give silence, and media time goes on at the new index.
/// Reading outside what is kept gives silence. One thread; append() does not allocate.
class AudioTimeline {
public:
    explicit AudioTimeline(const TimelineConfig& config);

    void append(SampleIndex first_sample, std::span<const float> samples) noexcept;
    /// True when a block at `first_sample` would re-anchor. What has not been read by then is lost, so a caller that cares
    /// reads first, with append_silence() standing for the sound that never came.
    bool jumps(SampleIndex first_sample) const noexcept;
    void append_silence(std::int64_t count) noexcept;
    /// No sample will follow: everything after the last one is silence, and the watermark no longer holds anything back.
    void finish() noexcept;
    bool finished() const noexcept { return finished_; }

    /// Model samples [.., watermark) are final.
    SampleIndex watermark() const noexcept { return model_.end(); }
    /// First model sample since the last re-anchoring (0 without one).
    SampleIndex anchored_at() const noexcept { return anchored_at_; }
    /// One past the newest input sample.
    SampleIndex input_end() const noexcept { return input_.end(); }

    void read(SampleIndex first, std::span<float> out) const noexcept { model_.read(first, out); }

    const TimelineCounters& counters() const noexcept { return counters_; }
    const TimelineConfig& config() const noexcept { return config_; }

private:
    void take(std::span<const float> samples) noexcept;
    void take_silence(std::int64_t count) noexcept;
    void resample() noexcept;
    void reanchor(SampleIndex input_index) noexcept;

    TimelineConfig config_;
    Resampler resampler_;
    SampleStore input_, model_;
    std::vector<float> support_;  // scratch: resampler inputs of a run of outputs
    SampleIndex anchored_at_ = 0;
    bool finished_ = false;
    TimelineCounters counters_;
};

}  // namespace mirrorme
