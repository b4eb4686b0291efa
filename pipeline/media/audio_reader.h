#pragma once
// Sound out of any file FFmpeg reads, or out of a pipe, block by block at its own rate.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "media/media_source.h"

namespace mirrorme {

/// Interleaved float samples in -1..1.
struct AudioBlock {
    int channels = 1;            // 1 or 2
    std::vector<float> samples;  // [frames * channels]

    std::size_t frames() const noexcept { return samples.size() / static_cast<std::size_t>(channels); }
};

/// The mean of the channels: one voice recorded on both keeps its level.
std::vector<float> mono_of(const AudioBlock& block);

/// What an open reader knows.
struct AudioFacts {
    int sample_rate = 0;             // Hz, fixed for the whole file, 8000 .. 192000: rarer rates are brought to 48000
    int channels = 1;                // of the blocks: mono stays mono, everything else is folded down to stereo
    int stored_channels = 1;
    std::string codec, container;    // FFmpeg's names
    std::optional<double> duration_s;  // as the file claims; a pipe does not say
};

/// One thread at a time. Reads as it goes: memory does not grow with the file, and no claim of its header sizes anything.
class AudioReader {
public:
    /// Throws Error naming the file: not_found, unreadable (empty, damaged, no sound in it), unsupported, cancelled.
    explicit AudioReader(const MediaSource& source);
    ~AudioReader();
    AudioReader(AudioReader&&) noexcept;

    const AudioFacts& facts() const noexcept { return facts_; }

    /// Replaces `block` with the next samples, at most `max_frames` of them; false at the end, with an empty block. Samples are clamped to
    /// -1..1, NaN becomes 0. Throws Error: cancelled, or unreadable when not one sample could be decoded.
    bool read(AudioBlock& block, std::size_t max_frames);

    /// Ends a wait in read() with Error cancelled, now and from then on. Any thread, as long as the reader lives.
    void interrupt() noexcept;

    /// Packets that could not be decoded so far.
    std::int64_t damaged_packets() const noexcept;

private:
    struct Decoder;
    void refill();

    std::unique_ptr<Decoder> decoder_;
    AudioFacts facts_;
    std::vector<float> waiting_;   // decoded and not handed out, interleaved
    std::size_t taken_ = 0;        // floats of waiting_ already handed out
    std::int64_t decoded_ = 0;     // frames
    bool ended_ = false;
};

/// A whole file as mono at its own rate; for short clips and tests. Throws as AudioReader, and too_large beyond `limit_s` seconds.
std::vector<float> read_audio_mono(const std::string& path, int& sample_rate, double limit_s = 3600);

}  // namespace mirrorme
