#pragma once
// Which latents, frames and samples belong to chunk k: arithmetic, no state.

#include <cstdint>

#include "core/time.h"

namespace mirrorme {

/// How a stream's first latent frame is meant. still: it stands for one frame (the clip starts from a still picture).
/// moving: for r frames like every other (the clip starts in mid-motion).
enum class StreamStart { still, moving };

struct ChunkSpans {
    IndexSpan latents, frames;
    SampleSpan audio;          // model samples that must have come before the chunk can be made
    SampleIndex first_pts = 0;  // input samples: media time of the first frame
};

struct ChunkLayout {
    MediaClock media;                   // input rate and fps
    Rational model_rate{16000, 1};
    int temporal = 4;                   // r: video frames per latent frame
    int chunk_latents = 1;              // c
    StreamStart start = StreamStart::still;
    std::int64_t look_ahead = 1600;     // model samples wanted beyond a chunk's last frame

    /// Video frames of the latents [first, end).
    constexpr IndexSpan frames_of(IndexSpan latents) const noexcept { return {first_frame(latents.first), first_frame(latents.end)}; }
    constexpr FrameIndex first_frame(LatentIndex latent) const noexcept {
        if (start == StreamStart::moving || latent <= 0) return latent * temporal;
        return 1 + (latent - 1) * temporal;
    }
    /// Latent frame that holds video frame `frame`, >= 0.
    constexpr LatentIndex latent_of(FrameIndex frame) const noexcept {
        return start == StreamStart::moving ? frame / temporal : (frame + temporal - 1) / temporal;
    }
    constexpr std::int64_t chunk_of(FrameIndex frame) const noexcept { return latent_of(frame) / chunk_latents; }

    /// First model sample of frame `frame`.
    constexpr SampleIndex model_sample(FrameIndex frame) const noexcept { return rescale_ceil(frame, media.fps, model_rate); }

    constexpr ChunkSpans spans(std::int64_t chunk) const noexcept {
        ChunkSpans s;
        s.latents = {chunk * chunk_latents, (chunk + 1) * chunk_latents};
        s.frames = frames_of(s.latents);
        s.audio = {model_sample(s.frames.first), model_sample(s.frames.end) + look_ahead};
        s.first_pts = media.first_sample(s.frames.first);
        return s;
    }
    /// Duration of every chunk but the first.
    constexpr std::int64_t period_ns() const noexcept { return nanoseconds_of(std::int64_t{chunk_latents} * temporal, media.fps); }
};

}  // namespace mirrorme
