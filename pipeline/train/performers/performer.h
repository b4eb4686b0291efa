#pragma once
// One synthetic character: who it is (drawn once from a seed), how it looks in a pose, and where its key points are.
// Drawing is pure: the same performer, pose and view give the same bytes. Thread-safe on distinct objects.

#include <cstdint>
#include <memory>
#include <string>

#include "core/image.h"
#include "core/keypoints.h"
#include "train/performers/pose.h"

namespace mirrorme {

enum class DrawingStyle { flat, outlined, cel, painted, photo };
inline constexpr int kDrawingStyleCount = 5;
const char* name_of(DrawingStyle style);  // "flat", "outlined", ...

/// What of the body the frame shows: 0 = face close-up, 1 = half body to the hips.
struct View {
    int width = 256, height = 384;  // pixels of the frame
    float framing = 0.7f;           // 0 .. 1
    float shift_x = 0, shift_y = 0; // of the picture, fractions of width and height
    float roll = 0;                 // degrees, of the camera
};

enum class Backdrop { transparent, own };  // own: the performer's seeded background, opaque

class Performer {
public:
    /// Every seed is another character; style and all looks come from it. Seeds with (seed % 10 == 9) are held
    /// out by convention: training never uses them, evaluation only uses them.
    explicit Performer(std::uint64_t seed);
    Performer(std::uint64_t seed, DrawingStyle style);  // same character model, style forced
    ~Performer();
    Performer(Performer&&) noexcept;
    Performer& operator=(Performer&&) noexcept;

    DrawingStyle style() const noexcept;
    std::string describe() const;  // one line for contact sheets

    /// Straight-alpha RGBA of the frame. `transparent`: alpha is the exact matte. `own`: opaque, alpha 255.
    /// Sensor noise, grain and compression are not in here (they are augmentations), so truth is noise-free.
    RgbaImage draw(const PerformerPose& pose, const View& view, Backdrop backdrop) const;

    /// Exact key points in pixels of the view. Confidence 1 = visible, 0.5 = hidden behind something of the
    /// performer, 0 = outside the frame (the coordinates still hold).
    KeyPointFrame key_points(const PerformerPose& pose, const View& view) const;

private:
    struct Look;
    std::unique_ptr<Look> look_;
};

}  // namespace mirrorme
