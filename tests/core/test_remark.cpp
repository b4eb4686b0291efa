#include <catch2/catch_test_macros.hpp>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/remark.h"
#include "core/remark_json.h"

using namespace mirrorme;

TEST_CASE("places are filled, once each, and what has no argument is left out", "[remark]") {
    CHECK(filled("%1 and %2, %1", {"a", "%1"}) == "a and %1, a");
    CHECK(filled("100 % of %3%", {"a"}) == "100 % of %");
    const Remark one = remark("no_face", "%1: no face", {"a.png"});
    CHECK(one == Remark{"no_face", {"a.png"}, "a.png: no face"});
}

TEST_CASE("an Error is a remark by its code, anything else by its text alone", "[remark]") {
    const Remark ours = remark_of(Error(ErrorCode::unreadable, "a.png", "is cut short", "Copy it again"));
    CHECK(ours == Remark{"error_unreadable", {"a.png", "is cut short. Copy it again"}, "a.png: is cut short. Copy it again"});
    CHECK(remark_of(Error(ErrorCode::internal, "x", "y")).code == "error_internal");
    CHECK(remark_of(std::runtime_error("z")) == Remark{{}, {}, "z"});
}

TEST_CASE("remarks survive JSON; of what is none, the rest is read", "[remark]") {
    const std::vector<Remark> remarks{remark("a", "%1!", {"x"}), {{}, {}, "only a sentence"}};
    CHECK(remarks_from(remarks_json(remarks)) == remarks);
    const auto list = nlohmann::json::parse(R"(["old", 7, null, {"code": "a"}, {"code": 1, "args": ["x", 2], "text": "t"}])");
    CHECK(remarks_from(list) == std::vector<Remark>{{{}, {}, "old"}, {{}, {"x", ""}, "t"}});
    CHECK(remarks_from(nlohmann::json("no list")).empty());
}
