#pragma once
// What `info` says about a thing: lines for people, the same as JSON for programs.

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

namespace mirrorme::cli {

/// Facts about a bundle folder, a picture, a sound or a video, as an object with "kind" first. Throws Error.
nlohmann::ordered_json facts_of(const std::filesystem::path& path);

/// What is installed beside the program: the embedded bundle, the names of gestures, the pictures. Throws Error.
nlohmann::ordered_json installed_facts();

/// Nested objects as indented "name  value" lines.
std::string as_text(const nlohmann::ordered_json& facts);

}  // namespace mirrorme::cli
