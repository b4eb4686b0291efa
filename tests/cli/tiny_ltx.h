#pragma once
// A published LTX file small enough to be rendered with, made of the golden one: its autoencoder, and its transformer cut to the autoencoder's channels.

#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/temp_folder.h"

namespace mirrorme::testing {

/// Writes `file` from tests/golden/parity/ltx-14: 4 latent channels, cells of 4 pixels, 2 frames a latent, one block of width 16.
inline void write_tiny_ltx(const std::filesystem::path& file) {
    using nlohmann::ordered_json;
    constexpr std::int64_t kChannels = 4;
    const std::string golden = get(std::string(MIRRORME_SOURCE_DIR) + "/tests/golden/parity/ltx-14/model.safetensors");
    std::uint64_t header_bytes = 0;
    std::memcpy(&header_bytes, golden.data(), 8);
    const ordered_json header = ordered_json::parse(golden.substr(8, header_bytes));
    const std::string data = golden.substr(8 + header_bytes);

    ordered_json config = ordered_json::parse(header["__metadata__"]["config"].get<std::string>());
    config["transformer"]["in_channels"] = config["transformer"]["out_channels"] = kChannels;
    ordered_json cut = {{"__metadata__", {{"config", config.dump()}}}};
    std::string values;
    for (const auto& [name, info] : header.items()) {
        if (name == "__metadata__") continue;
        std::vector<std::int64_t> shape = info["shape"];
        if (name.ends_with("patchify_proj.weight")) shape[1] = kChannels;
        if (name.ends_with("diffusion_model.proj_out.weight") || name.ends_with("diffusion_model.proj_out.bias")) shape[0] = kChannels;
        const std::uint64_t first = info["data_offsets"][0], end = info["data_offsets"][1];
        std::uint64_t before = 1, after = 1;
        for (const std::int64_t n : info["shape"]) before *= static_cast<std::uint64_t>(n);
        for (const std::int64_t n : shape) after *= static_cast<std::uint64_t>(n);
        const std::uint64_t bytes = (end - first) / std::max<std::uint64_t>(before, 1) * after;
        cut[name] = {{"dtype", info["dtype"]}, {"shape", shape}, {"data_offsets", {values.size(), values.size() + bytes}}};
        values += data.substr(first, bytes);
    }
    std::string text = cut.dump();
    text.resize((text.size() + 7) / 8 * 8, ' ');
    const std::uint64_t size = text.size();
    put(file, std::string(reinterpret_cast<const char*>(&size), 8) + text + values);
}

}  // namespace mirrorme::testing
