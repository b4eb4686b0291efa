#pragma once
// Where the face net looks: the face, turned level, at a fixed scale.

namespace mirrorme {

inline constexpr int kFaceCropSize = 128;      // pixels, square
inline constexpr float kFaceCropUnit = 28;     // pixels of the crop per face unit
inline constexpr float kFaceCropDown = 0.25f;  // face units: the crop's centre lies this far below the eyes

}  // namespace mirrorme
