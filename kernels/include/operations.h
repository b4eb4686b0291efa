#pragma once
// The fused picture operations of codec `motion`, behind one table, so that a device library can put its own in the place
// of the CPU's. Everything here works on raw views: no torch, no allocation, no exceptions, no state.
//
// Conventions. Pictures are float, interleaved [height, width, channels], rows top to bottom, no padding. RGBA is
// premultiplied, 0..1. Pixel centres are at whole numbers: (0, 0) is the middle of the first pixel. A *cell* is a square of
// kCell x kCell pixels; a grid has one value a cell, at the cell's middle. width and height are multiples of kCell, at most kMaxSide.
// Thread: any; calls on different outputs may run at once. Ownership: the caller's, views are read or written during the call only.

#include <cstddef>
#include <cstdint>
#include <span>

namespace mirrorme::kernels {

inline constexpr int kCell = 4;  // pixels per cell side: the renderer's net works at this resolution

inline constexpr int kMaxSide = 1024;  // pixels of a frame's side

struct Size {
    int width = 0, height = 0;  // pixels
};

struct Point {
    float x = 0, y = 0;  // pixels
};

/// Maps a target pixel to a source pixel: (a x + b y + tx, c x + d y + ty).
struct Affine {
    float a = 1, b = 0, tx = 0;
    float c = 0, d = 1, ty = 0;
};

/// A line with round ends whose radius runs from r0 to r1.
struct Capsule {
    Point p0, p1;
    float r0 = 0, r1 = 0;  // pixels
};

/// One point whose motion is known better than the rigid motions say. See Note [Flow from points] in cpu/flow.cpp.
struct FlowAnchor {
    Point at;           // in the target
    Point residual;     // source position minus what the blended rigid motions predict there
    float side = 1;     // reach to either side in pixels, > 0
    float up = 1, down = 1;  // reach towards smaller and larger y, > 0: an upper lid speaks for what is above it
    float weight = 1;   // >= 0; 0 switches the anchor off
};

/// What of a head stands out of the plane of its outline: 1 - u^2 - v^2 inside the unit circle of (u, v) = unit(p), 0 outside, times `shift`.
struct Dome {
    Affine unit;   // target pixels -> the dome's own coordinates
    Point shift;   // pixels, of its top: target -> source
};

/// Everything the flow of one frame is made of.
struct FlowPlan {
    Affine head, torso;                  // rigid motions, target -> source
    Dome face;                           // with the head's
    std::span<const Capsule> head_area;  // where which of them holds, in the target
    std::span<const Capsule> torso_area;
    float blend = 1;                     // pixels over which one passes into the other, > 0
    std::span<const FlowAnchor> anchors;
    float rest = 0.05f;                  // weight of "no residual", > 0
};

/// Inputs of pack_cells, all of the frame's size except `paint`.
struct CellInputs {
    const float* base = nullptr;    // [H, W, 4] warped RGBA with the limbs painted over it
    const float* labels = nullptr;  // [H, W, 4] warped maps of the reference
    const float* maps = nullptr;    // [kMapPlanes, H, W] maps of the target, 0..1
    const float* paint = nullptr;   // [H / 4, W / 4, 4] colour cues
};
inline constexpr int kMapPlanes = 8;
/// Channels of a packed cell: 16 pixels x 4, 16 pixels x 8 maps, 4 half-resolution pixels x 4 labels, 4 paint.
inline constexpr int kCellChannels = 16 * 4 + 16 * kMapPlanes + 4 * 4 + 4;

/// Inputs of finish_frame, at the frame's size.
struct FrameInputs {
    const float* base = nullptr;      // [H, W, 4] premultiplied
    const float* residual = nullptr;  // [H / 4, W / 4, 64]: of each cell 4 x 4 pixels x RGBA
    const float* plate = nullptr;     // [H, W, 3] opaque background behind the person, or null: keep alpha
};

struct Operations {
    const char* name;

    /// Backward flow in pixels at the cells' middles, [H / 4, W / 4, 2]: source = target + flow.
    void (*flow_from_points)(const FlowPlan& plan, Size size, float* flow);

    /// out(p) = source(p + flow(p)), flow and source bilinear, both held at their edges. source is [H, W, 8]; its first four
    /// channels go to `front`, the others to `back`, both [H, W, 4].
    void (*warp8)(const float* source, const float* flow, Size size, float* front, float* back);
    /// The same for [H, W, 4], with `delta` ([H / 4, W / 4, 2], or null) added to the flow.
    void (*warp4)(const float* source, const float* flow, const float* delta, Size size, float* out);

    /// plane = max(plane, value * coverage of the closed polygon), exact along x, 4 sub-rows along y; even-odd rule. [H, W].
    void (*cover_polygon)(std::span<const Point> outline, float value, Size size, float* plane);
    /// plane = max(plane, value * coverage of the capsule), edge ramp of one pixel. [H, W].
    void (*cover_capsule)(const Capsule& capsule, float value, Size size, float* plane);
    /// plane = max(plane, a half-round height over the capsule: 1 on its line, 0 at its rim). [H, W].
    void (*ridge_capsule)(const Capsule& capsule, Size size, float* plane);

    /// image = colour * coverage over image. coverage [H, W]; image [H, W, 4]; colour premultiplied RGBA.
    void (*paint_over)(const float* coverage, const float* colour, Size size, float* image);

    /// The renderer's input: [H / 4, W / 4, kCellChannels].
    void (*pack_cells)(const CellInputs& inputs, Size size, float* cells);

    /// clamp(base + residual), over the plate where there is one, as 8-bit BGRA with straight alpha; colour is
    /// continued under alpha 0 from the neighbours, so that filtering at the edge darkens nothing. [H, W, 4].
    void (*finish_frame)(const FrameInputs& inputs, Size size, std::uint8_t* bgra);
};

/// The CPU's table: scalar code the compiler widens, with the widest version this processor has chosen at load time.
const Operations& cpu_operations() noexcept;

}  // namespace mirrorme::kernels
