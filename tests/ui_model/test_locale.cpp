// The panel's texts: every key that the code names is there, none is left over, and all languages say the same with the same parts.
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>

namespace {

namespace fs = std::filesystem;
const fs::path kUi = MIRRORME_SOURCE_DIR "/ui";

std::string content_of(const fs::path& file) {
    std::stringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

/// Key -> text of a locale file; a line that is none fails the test.
std::map<std::string, std::string> texts_of(const fs::path& file) {
    std::map<std::string, std::string> texts;
    std::istringstream lines(content_of(file));
    for (std::string line; std::getline(lines, line);) {
        if (line.empty()) continue;
        INFO(file.filename() << ": " << line);
        std::smatch match;
        REQUIRE(std::regex_match(line, match, std::regex(R"re((Panel\.[A-Za-z_.]+)="([^"]*)")re")));
        CHECK(texts.emplace(match[1], match[2]).second);  // twice
    }
    REQUIRE_FALSE(texts.empty());
    return texts;
}

std::multiset<std::string> placeholders_of(const std::string& text) {
    std::multiset<std::string> found;
    for (std::size_t i = 0; i + 1 < text.size(); ++i)
        if (text[i] == '%' && text[i + 1] >= '1' && text[i + 1] <= '9') found.insert(text.substr(i, 2));
    return found;
}

std::set<std::string> keys_in_code() {
    std::set<std::string> keys;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(kUi)) {
        if (entry.path().extension() != ".cpp" && entry.path().extension() != ".h") continue;
        const std::string code = content_of(entry.path());
        const std::regex key(R"re("(Panel\.[A-Za-z_.]+)")re");
        for (std::sregex_iterator at(code.begin(), code.end(), key), end; at != end; ++at) keys.insert((*at)[1]);
    }
    return keys;
}

}  // namespace

TEST_CASE("every text the panel names is there, and no other") {
    const std::map<std::string, std::string> english = texts_of(kUi / "locale" / "en-US.ini");
    const std::set<std::string> used = keys_in_code();
    REQUIRE(used.size() > 100);
    for (const std::string& key : used) {
        INFO(key);
        if (key.back() != '.') CHECK(english.count(key) == 1);
    }
    for (const auto& [key, text] : english) {
        INFO(key);
        const bool built = std::any_of(used.begin(), used.end(), [&](const std::string& start) { return start.back() == '.' && key.starts_with(start); });
        CHECK((built || used.count(key) == 1));
        CHECK_FALSE(text.empty());
    }
}

TEST_CASE("all languages have the same texts with the same parts") {
    const std::map<std::string, std::string> english = texts_of(kUi / "locale" / "en-US.ini");
    for (const fs::directory_entry& entry : fs::directory_iterator(kUi / "locale")) {
        const std::map<std::string, std::string> texts = texts_of(entry.path());
        for (const auto& [key, text] : english) {
            INFO(entry.path().filename() << ": " << key);
            const auto found = texts.find(key);
            REQUIRE(found != texts.end());
            CHECK(placeholders_of(found->second) == placeholders_of(text));
            // A key to press with Alt stays one: exactly as many "&" as in English.
            CHECK(std::count(found->second.begin(), found->second.end(), '&') == std::count(text.begin(), text.end(), '&'));
        }
        CHECK(texts.size() == english.size());
    }
}
