#pragma once
// Training on own footage: a video of one speaker becomes a track of key points with its sound, and tracks become clips.
//
// One file a video, NAME.footage.safetensors: points [F, kCount, 3] float32 x, y, confidence in pixels of the video at 24 fps,
// scalars [F, kScalarCount] float32, seen [F] uint8 (a face was found), sound [N] int16 at 16 kHz; metadata "schema" and "version".

#include <torch/torch.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "codec/motion/part_map.h"
#include "core/keypoints.h"

namespace mirrorme {

struct MotionClip;

struct Footage {
    std::vector<KeyPointFrame> frames;  // pixels, 24 fps
    std::vector<std::uint8_t> seen;     // one a frame
    std::vector<std::int16_t> sound;    // 16 kHz mono; sample 0 is frame 0's time

    double seen_share() const;
};

/// Throws Error: what write_safetensors throws.
void write_footage(const std::filesystem::path& file, const Footage& footage);
/// Throws Error: not_found, unreadable, mismatch (not footage, another version, sizes that do not agree).
Footage read_footage(const std::filesystem::path& file);

/// All footage of a folder. Immutable; any thread.
class FootageLibrary {
public:
    /// Throws Error not_found when the folder holds no footage in which somebody is seen for `latents` groups on end.
    FootageLibrary(const std::filesystem::path& folder, int temporal, int latents);

    /// A clip of `latents` latent frames, as make_clip's: a pure function of the seed. Its reference is the frame of the video with
    /// the most closed mouth; nothing in it counts as a gesture that was asked for.
    MotionClip clip(const PartMapImpl& map, std::uint64_t seed) const;

    std::size_t starts() const noexcept { return starts_.size(); }

private:
    struct Start {
        std::size_t video;
        int frame;
    };
    struct Video {
        Footage footage;
        KeyPointFrame reference;
    };
    int temporal_, latents_;
    std::vector<Video> videos_;
    std::vector<Start> starts_;  // frames from which everybody is seen long enough
};

}  // namespace mirrorme
