#pragma once
// Cutting, turning and scaling pictures. Torch-free, pure.

#include <vector>

#include "codec/motion/body_geometry.h"
#include "core/image.h"
#include "core/keypoints.h"
#include "kernels/include/operations.h"

namespace mirrorme {

/// A picture in floats: premultiplied RGBA, 0..1, [height, width, 4].
struct FloatPicture {
    kernels::Size size;
    std::vector<float> rgba;
};

/// 8-bit straight RGBA to premultiplied float [H, W, 4].
std::vector<float> to_premultiplied(const RgbaImage& image);
FloatPicture to_float_picture(const RgbaImage& image);
/// And back; colour under alpha 0 is 0.
RgbaImage to_rgba_image(const FloatPicture& picture);

enum class Outside { transparent, edge };  // what lies beyond a picture's rim

/// out(p) = picture(to_source(p)), bilinear; reductions are averaged first, by halving while the map shrinks more than
/// 1.5 times. `to_source` maps pixels of the result to pixels of the picture.
FloatPicture resample(const FloatPicture& picture, const Affine& to_source, kernels::Size size, Outside outside);

/// Similarity from pixels of a face crop to pixels of the picture: see points_net.h for the crop's size and scale.
Affine face_crop_map(const FaceFrame& face);
/// How near a pixel is to the face, [H, W]: 1 at the eyes, 0.6 at 3.5 face units, fading out. Tells the body net whom to cut out.
std::vector<float> face_guide(const FaceFrame& face, kernels::Size size);
/// Points through `map`; confidences and scalars stay.
KeyPointFrame transformed(const KeyPointFrame& frame, const Affine& map);

}  // namespace mirrorme
