#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <fstream>
#include <sstream>

#include "ui/model/diagnostics.h"
#include "ui/model/gallery.h"
#include "ui/model/phrase.h"

using namespace mirrorme::ui;

TEST_CASE("phrases are said in the words of a language") {
    const Words words = [](const std::string& key) { return key == "K" ? std::string("%2 of %1, %3 100% %") : key; };
    CHECK(say(words, {"K", {"a", "b"}}) == "b of a,  100% %");
    CHECK(say(words, {"K", {"%2", "b", "c"}}) == "b of %2, c 100% %");  // what is filled in is not looked at again
    CHECK(say(words, Phrase::verbatim("100%1")) == "100%1");
    CHECK(say(words, {}).empty());
    CHECK(Phrase::verbatim("").empty());
    CHECK_FALSE(Phrase{"K", {}}.empty());
}

TEST_CASE("numbers are written without surprises") {
    CHECK(number_text(12.4, 0) == "12");
    CHECK(number_text(-0.2, 0) == "0");
    CHECK(number_text(1234.56, 1) == "1234.6");
    CHECK(number_text(NAN, 0) == "?");
    CHECK(number_text(INFINITY, 0) == "?");
}

TEST_CASE("the shipped gallery is read, and nothing outside its folder") {
    std::stringstream shipped;
    shipped << std::ifstream(MIRRORME_SOURCE_DIR "/data/avatars/avatars.json").rdbuf();
    const std::vector<GalleryPicture> pictures = gallery_pictures(shipped.str());
    REQUIRE_FALSE(pictures.empty());
    for (const GalleryPicture& picture : pictures) {
        CHECK(std::ifstream(MIRRORME_SOURCE_DIR "/data/avatars/" + picture.file).good());
        CHECK_FALSE(picture.title.empty());
    }
    CHECK(gallery_pictures(R"({"schema": "mirrorme.avatars", "avatars": [{"file": "../x.png"}, {"file": "a/b.png"}, {"file": ".hidden"}, {"file": 3}, 7, {"file": "ok.png"}]})") ==
          std::vector<GalleryPicture>{{"ok.png", "ok.png"}});
    CHECK(gallery_pictures("").empty());
    CHECK(gallery_pictures(R"({"schema": "other", "avatars": [{"file": "ok.png"}]})").empty());
    CHECK(gallery_pictures(R"({"schema": "mirrorme.avatars", "avatars": {}})").empty());
}

TEST_CASE("an avatar is chosen, and new ones get names of their own") {
    CHECK(chosen_avatar({}, "a").empty());
    CHECK(chosen_avatar({"a", "b"}, "b") == "b");
    CHECK(chosen_avatar({"a", "b"}, "c") == "a");
    CHECK(free_name("Avatar", {}) == "Avatar");
    CHECK(free_name("Avatar", {"Avatar", "Avatar 2"}) == "Avatar 3");
}

TEST_CASE("diagnostics carry the facts and hide the home folder") {
    const std::string text = diagnostics_text({{"OBS", "29.0.2"}}, "image: /home/me/pictures/me.png\nother: /home/meier/x\n", "", "/home/me");
    CHECK(text.find("- OBS: 29.0.2\n") != std::string::npos);
    CHECK(text.find("~/pictures/me.png") != std::string::npos);
    CHECK(text.find("/home/meier/x") != std::string::npos);
    CHECK(diagnostics_text({}, "", R"({"engine": {"state": "off"}})", "/").find("\"state\": \"off\"") != std::string::npos);
    CHECK(diagnostics_text({}, "", "garbage", "").find("does not answer") != std::string::npos);
}
