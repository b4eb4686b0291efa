#pragma once
// From the user's picture to what the model knows about who speaks.

#include <memory>
#include <string>
#include <vector>

#include "core/remark.h"
#include "engine/api/engine_api.h"
#include "engine/model.h"
#include "engine/picture_crop.h"

namespace mirrorme {

struct PreparedIdentity {
    std::shared_ptr<const CodecIdentity> identity;
    CropBox crop;                       // of the given picture: echoed to the client
    std::vector<Remark> warnings;  // no face found, a very small one, ...
};

/// Points come from the track in `input` (the sidecar), else from the model's key-point net; settings.eyes, mouth and crop override.
/// Device worker's thread. Throws Error for a picture that cannot be used.
PreparedIdentity prepare_identity(const Model& model, const RgbaImage& picture, const PictureInput& input, const Settings& settings);

}  // namespace mirrorme
