#pragma once
// An animated picture for OBS's image source: it uploads a new one at every frame, as an avatar does.

#include <filesystem>

namespace mirrorme::testing {

/// `frames` pictures that all differ, 25 a second, over and over.
void write_gif(const std::filesystem::path& path, int width, int height, int frames);

}  // namespace mirrorme::testing
