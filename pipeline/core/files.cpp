#include "core/files.h"

#include <array>
#include <cstdlib>
#include <string>

#include "core/error.h"
#include "core/platform/process.h"

namespace mirrorme {
namespace fs = std::filesystem;
namespace {

bool is_data_dir(const fs::path& path) {
    std::error_code ignored;
    return fs::is_directory(path / "models", ignored) || fs::is_directory(path / "gestures", ignored);
}

}  // namespace

void write_file(const fs::path& path, std::string_view text) {
    AtomicFile file(path);
    file.write(text);
    file.commit();
}

fs::path find_data_dir() {
    if (const char* named = std::getenv("MIRRORME_DATA"); named && *named) {
        if (!is_data_dir(named))
            throw Error(ErrorCode::not_found, "MIRRORME_DATA=" + std::string(named), "no such data folder (it holds models/ and gestures/)",
                        "Correct the variable or unset it.");
        return fs::path(named).lexically_normal();
    }
    const fs::path program = platform::executable_path().parent_path();
    const std::array candidates = {program / "../share/obs-mirrorme", program / "../../share/obs-mirrorme", program / "../../data",
                                   program / "../../../data", fs::path(MIRRORME_SOURCE_DATA_DIR)};
    std::string tried;
    for (const fs::path& candidate : candidates) {
        const fs::path path = candidate.lexically_normal();
        if (is_data_dir(path)) return path;
        tried += (tried.empty() ? "" : ", ") + path.string();
    }
    throw Error(ErrorCode::not_found, "data folder", "not found (tried " + tried + ")", "Set MIRRORME_DATA to the folder that holds models/.");
}

fs::path default_bundle_dir() { return find_data_dir() / "models" / "mini"; }

}  // namespace mirrorme
