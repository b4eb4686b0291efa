#include "ui/model/diagnostics.h"

#include "ui/model/lenient_json.h"

namespace mirrorme::ui {
namespace {

std::string without_home(std::string text, std::string_view home) {
    if (home.size() < 2) return text;  // "/" would hit everything
    for (std::size_t at = text.find(home); at != std::string::npos; at = text.find(home, at + 1)) {
        const std::size_t end = at + home.size();
        if (end == text.size() || text[end] == '/' || text[end] == '\\' || text[end] == '"' || text[end] == '\n') text.replace(at, home.size(), "~");
    }
    return text;
}

std::string fenced(std::string_view title, std::string text) {
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return "\n" + std::string(title) + "\n```\n" + text + "\n```\n";
}

}  // namespace

std::string diagnostics_text(const HostFacts& facts, std::string_view source_text, std::string_view status_json, std::string_view home) {
    std::string text = "### MirrorMe diagnostics\n";
    for (const auto& [name, value] : facts) text += "- " + name + ": " + value + "\n";
    if (!source_text.empty()) {
        text += fenced("Source", std::string(source_text));
    } else if (const nlohmann::json status = parse_object(status_json); !status.empty()) {
        text += fenced("Status", status.dump(1));
    } else {
        text += "\nThe source does not answer.\n";
    }
    return without_home(std::move(text), home);
}

}  // namespace mirrorme::ui
