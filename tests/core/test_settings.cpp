#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <nlohmann/json.hpp>

#include <set>

#include "core/error.h"
#include "core/settings.h"

using namespace mirrorme;
using Catch::Matchers::ContainsSubstring;

namespace {

/// A value of every setting that differs from its default.
Settings unlike_defaults() {
    Settings s;
    s.image = "me.png";
    s.crop = {1, 2, 300.5, 400};
    s.eyes = {10, 20, 30, 20};
    s.mouth = {12, 40, 28, 40};
    s.framing = Framing::half_body;
    s.bundle = "/models/large";
    s.device = "cuda:1";
    s.device_share = 0.75;
    s.device_memory = 12.5;
    s.background = {BackgroundChoice::Mode::colour, 0x00b140};
    s.liveliness = 0.3;
    s.gate_threshold_db = -33.25;
    s.gate_hold_ms = 400;
    s.steps = 2;
    s.seed = 9007199254740991;
    s.scale = 2;
    s.mirror = true;
    s.style_clip = "me.mp4";
    return s;
}

}  // namespace

TEST_CASE("every setting survives JSON", "[settings]") {
    const Settings before = unlike_defaults();
    visit_settings([&](const SettingInfo& info, auto member) {
        INFO(info.name);
        CHECK(before.*member != Settings{}.*member);  // keeps unlike_defaults() complete
    });
    CHECK(settings_from_json(settings_to_json(before), "test", UnknownFields::refuse) == before);
}

TEST_CASE("every setting survives its text", "[settings]") {
    const Settings before = unlike_defaults();
    Settings after;
    for (const std::string_view name : setting_names()) set_setting(after, name, setting_text(before, name));
    CHECK(after == before);
}

TEST_CASE("names are unique, described, and defaults are valid", "[settings]") {
    std::set<std::string_view> seen;
    visit_settings([&](const SettingInfo& info, auto) {
        CHECK(seen.insert(info.name).second);
        CHECK(!info.title.empty());
        CHECK(!info.help.empty());
    });
    CHECK_NOTHROW(validate(Settings{}));
    const std::string table = settings_reference();
    for (const std::string_view name : seen) CHECK_THAT(table, ContainsSubstring(std::string(name) + '`'));
}

TEST_CASE("a change costs what its setting declares, the largest wins", "[settings]") {
    const Settings before;
    Settings after = before;
    CHECK(rebuild_needed(before, after) == Rebuild::live);
    after.liveliness = 0.5;
    CHECK(rebuild_needed(before, after) == Rebuild::live);
    after.image = "x.png";
    CHECK(rebuild_needed(before, after) == Rebuild::new_session);
    after.bundle = "y";
    CHECK(rebuild_needed(before, after) == Rebuild::reload_weights);
}

TEST_CASE("what makes another engine is said as its command line says it", "[settings]") {
    CHECK(engine_options({}).empty());
    Settings settings;
    settings.image = "me.png";
    settings.liveliness = 0.5;
    CHECK(engine_options(settings).empty());
    settings.bundle = "/models/a b";
    settings.device = "cuda:1";
    settings.device_memory = 7.5;
    CHECK(engine_options(settings) == std::vector<std::string>{"--bundle", "/models/a b", "--device", "cuda:1", "--device-memory", "7.5"});
    CHECK(rebuild_needed({}, settings) == Rebuild::reload_weights);
}

TEST_CASE("wrong text is refused with the setting's name and a remedy", "[settings]") {
    struct Row { const char *name, *text, *says; };
    const Row row = GENERATE(Row{"liveliness", "2", "0 to 1.5"}, Row{"liveliness", "much", "not a number"}, Row{"steps", "1.5", "whole number"},
                             Row{"mirror", "yes", "true or false"}, Row{"framing", "feet", "half_body"}, Row{"crop", "1,2,3", "Give 4"},
                             Row{"crop", "1,2,3,x", "not a number"}, Row{"crop", "1,2,3,4,5", "Give 4"}, Row{"background", "#12345", "#00b140"},
                             Row{"background", "#12345g", "matte"}, Row{"livelines", "1", "Did you mean 'liveliness'"}, Row{"liveliness", "nan", "0 to 1.5"});
    Settings s;
    try {
        set_setting(s, row.name, row.text);
        FAIL("accepted " << row.name << "=" << row.text);
    } catch (const Error& e) {
        CHECK(e.code() == ErrorCode::usage);
        CHECK_THAT(e.what(), ContainsSubstring(row.name));
        CHECK_THAT(e.what(), ContainsSubstring(row.says));
    }
    CHECK(s == Settings{});
}

TEST_CASE("JSON from people is checked, JSON from a newer version is read as far as known", "[settings]") {
    CHECK_THROWS_AS(settings_from_json(R"({"livelines": 1})", "my.json", UnknownFields::refuse), Error);
    CHECK(settings_from_json(R"({"version": 99, "aura": 3, "liveliness": 0.5})", "obs", UnknownFields::ignore).liveliness == 0.5);
    CHECK_THROWS_AS(settings_from_json(R"({"liveliness": 7})", "my.json", UnknownFields::ignore), Error);
    CHECK_THROWS_AS(settings_from_json(R"({"seed": 18446744073709551615})", "my.json", UnknownFields::ignore), Error);
    CHECK_THROWS_AS(settings_from_json(R"([1])", "my.json", UnknownFields::ignore), Error);
    CHECK_THROWS_AS(settings_from_json("{", "my.json", UnknownFields::ignore), Error);
    CHECK(settings_from_json("{}", "my.json", UnknownFields::refuse) == Settings{});
}

TEST_CASE("migrations run in order, from the document's version on", "[settings]") {
    const SettingsMigration steps[] = {
        {1, [](nlohmann::json& d) { d["trace"] = d.value("trace", "") + "1"; }},
        {2, [](nlohmann::json& d) { d["trace"] = d.value("trace", "") + "2"; }},
    };
    nlohmann::json first = nlohmann::json::object(), second = first, third = first;
    migrate_settings(first, 1, steps);
    migrate_settings(second, 2, steps);
    migrate_settings(third, 3, steps);
    CHECK(first["trace"] == "12");
    CHECK(second["trace"] == "2");
    CHECK(!third.contains("trace"));
    // The shipped list leads from each older version to the current one without a hole.
    CHECK(settings_migrations().size() == static_cast<std::size_t>(Settings::kVersion - 1));
}
