#pragma once
// What "Copy diagnostics" puts on the clipboard.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mirrorme::ui {

/// What the panel knows of its own surroundings, in the order to be shown.
using HostFacts = std::vector<std::pair<std::string, std::string>>;

/// Markdown, ready for a bug report: the facts, then what the source says of itself (`source_text`), or its bare status when it
/// says nothing. Folders under `home` are written as "~".
std::string diagnostics_text(const HostFacts& facts, std::string_view source_text, std::string_view status_json, std::string_view home);

}  // namespace mirrorme::ui
