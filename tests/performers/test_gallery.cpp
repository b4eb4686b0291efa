// The ready pictures: listed, complete, neutral, and still what the code draws.

#include <catch2/catch_test_macros.hpp>

#include <cairo.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "core/track_io.h"
#include "train/performers/gallery.h"

using namespace mirrorme;

namespace {

const std::filesystem::path kFolder = std::filesystem::path(MIRRORME_SOURCE_DIR) / "data" / "avatars";

}  // namespace

TEST_CASE("the gallery on disk lists what the code draws, with a sidecar for each picture") {
    std::ifstream in(kFolder / "avatars.json");
    REQUIRE(in);
    const nlohmann::json list = nlohmann::json::parse(in);
    CHECK(list.at("schema") == "mirrorme.avatars");
    REQUIRE(list.at("avatars").size() == kGalleryCount);
    std::uintmax_t total = 0;
    for (int i = 0; i < kGalleryCount; ++i) {
        const nlohmann::json& entry = list["avatars"][static_cast<std::size_t>(i)];
        const GalleryAvatar avatar = draw_gallery_avatar(i);
        CHECK(entry.at("file") == avatar.file);
        CHECK(entry.at("title") == avatar.title);
        CHECK(entry.at("style") == avatar.style);
        const std::filesystem::path picture = kFolder / avatar.file;
        REQUIRE(std::filesystem::exists(picture));
        CHECK(std::filesystem::file_size(picture) < 600 * 1024);
        total += std::filesystem::file_size(picture);

        const KeyPointTrack track = read_track(points_sidecar_of(picture));
        REQUIRE(track.unit == TrackUnit::pixels);
        REQUIRE(track.frame_count() == 1);
        const KeyPointFrame stored = track.frame(0);
        for (int k = 0; k < point::kCount; ++k) {
            INFO(avatar.file << " " << point_name(k));
            CHECK(std::abs(stored.points[static_cast<std::size_t>(k)].x - avatar.points.points[static_cast<std::size_t>(k)].x) < 0.5f);
            CHECK(std::abs(stored.points[static_cast<std::size_t>(k)].y - avatar.points.points[static_cast<std::size_t>(k)].y) < 0.5f);
        }
        CHECK(stored[Scalar::opening] == 0);
        CHECK(stored[Scalar::lid_left] == 1);
        CHECK(stored[Scalar::yaw] == 0);

        // Compilers may round differently; a changed drawing differs by far more.
        cairo_surface_t* png = cairo_image_surface_create_from_png(picture.c_str());
        REQUIRE(cairo_surface_status(png) == CAIRO_STATUS_SUCCESS);
        REQUIRE(cairo_image_surface_get_width(png) == avatar.image.width);
        REQUIRE(cairo_image_surface_get_height(png) == avatar.image.height);
        const unsigned char* data = cairo_image_surface_get_data(png);
        const int stride = cairo_image_surface_get_stride(png);
        double apart = 0;
        for (int y = 0; y < avatar.image.height; y += 3)
            for (int x = 0; x < avatar.image.width; x += 3) {
                const unsigned char* p = data + y * stride + x * 4;  // blue first, premultiplied
                const std::uint8_t* q = avatar.image.at(x, y);
                apart += std::abs(p[2] - q[0] * q[3] / 255) + std::abs(p[1] - q[1] * q[3] / 255);
            }
        cairo_surface_destroy(png);
        CHECK(apart / (avatar.image.width * avatar.image.height / 9.0) < 2.0);
    }
    CHECK(total < 3 * 1024 * 1024);
    CHECK_THROWS_AS(draw_gallery_avatar(kGalleryCount), std::out_of_range);
}
