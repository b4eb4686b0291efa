#include <catch2/catch_test_macros.hpp>
#include <limits>
#include <torch/torch.h>

#include "codec/motion/motion_codec.h"
#include "codec/motion/picture_reader.h"
#include "codec/motion/plate.h"
#include "codec/motion/resample.h"
#include "core/error.h"
#include "motion_body.h"

using namespace mirrorme;
using namespace mirrorme::test;

namespace {

/// A head and a body of plain colours, cut out or before a grey wall.
RgbaImage picture(std::uint8_t wall_alpha) {
    RgbaImage image(256, 384);
    for (int y = 0; y < 384; ++y)
        for (int x = 0; x < 256; ++x) {
            const float hx = (static_cast<float>(x) - 128) / 48, hy = (static_cast<float>(y) - 135) / 72;
            const bool head = hx * hx + hy * hy < 1, torso = y > 235 && x > 40 && x < 216;
            const std::uint8_t colour[4] = {static_cast<std::uint8_t>(head ? 220 : torso ? 40 : 128), static_cast<std::uint8_t>(head ? 170 : torso ? 60 : 128),
                                            static_cast<std::uint8_t>(head ? 150 : torso ? 140 : 128), head || torso ? std::uint8_t{255} : wall_alpha};
            std::copy_n(colour, 4, image.at(x, y));
        }
    return image;
}

/// A codec whose part map and renderer are not idle: what training would leave, at random.
std::shared_ptr<MotionCodec> some_codec() {
    torch::manual_seed(5);
    auto codec = std::make_shared<MotionCodec>(MotionCodecConfig{});
    std::vector<PartMapImpl::Clip> clips;
    for (unsigned c = 0; c < 30; ++c) {
        PartMapImpl::Clip clip{body(), {}};
        for (unsigned i = 0; i < 8; ++i) clip.frames.push_back(moved(clip.reference, 40 * c + i, 3));
        clips.push_back(clip);
    }
    codec->part_map->fit(clips);
    const torch::NoGradGuard no_grad;
    for (torch::Tensor& p : codec->renderer->parameters()) p.add_(0.01 * torch::randn_like(p));
    codec->eval();
    return codec;
}

torch::Tensor some_latents(const MotionCodec& codec, int frames) {
    torch::manual_seed(8);
    return 0.5 * torch::randn({1, kLatentChannels, frames, 1, kPartCount}) * codec.part_map->channel_mask().view({1, kLatentChannels, 1, 1, kPartCount});
}

}  // namespace

TEST_CASE("frames do not depend on how latents are cut into chunks") {
    const std::shared_ptr<MotionCodec> codec = some_codec();
    const auto identity = codec->make_identity({picture(0), body()});
    const torch::Tensor latents = some_latents(*codec, 4);
    const auto once = codec->make_decode_cache();
    const torch::Tensor whole = codec->decode(latents, *identity, *once, {});
    REQUIRE(whole.sizes() == torch::IntArrayRef({13, 384, 256, 4}));
    REQUIRE(whole.scalar_type() == torch::kUInt8);
    for (const std::vector<int64_t>& cuts : {std::vector<int64_t>{1, 1, 1, 1}, {2, 2}, {1, 3}}) {
        const auto cache = codec->make_decode_cache();
        std::vector<torch::Tensor> frames;
        for (const torch::Tensor& piece : latents.split_with_sizes(cuts, 2)) frames.push_back(codec->decode(piece, *identity, *cache, {}));
        CHECK(torch::equal(torch::cat(frames), whole));
    }
    CHECK_FALSE(torch::equal(whole[1], whole[2]));
}

TEST_CASE("a cut-out picture keeps its alpha, and colour continues beneath it") {
    const std::shared_ptr<MotionCodec> codec = some_codec();
    const auto identity = codec->make_identity({picture(0), body()});
    const torch::Tensor still = codec->still(*identity, {});
    CHECK(still[5][5][3].item<int>() == 0);
    CHECK(still[135][128][3].item<int>() == 255);
    CHECK(still[135][128][2].item<int>() == 220);  // BGRA
    CHECK(still[5][5].slice(0, 0, 3).to(torch::kInt).sum().item<int>() > 0);
}

TEST_CASE("an opaque picture is opaque under keep and has alpha under matte") {
    const std::shared_ptr<MotionCodec> codec = some_codec();
    const auto identity = codec->make_identity({picture(255), body()});
    const torch::Tensor latents = some_latents(*codec, 1);
    const auto first = codec->make_decode_cache(), second = codec->make_decode_cache();
    const torch::Tensor keep = codec->decode(latents, *identity, *first, {Background::keep, 1.0f});
    const torch::Tensor matte = codec->decode(latents, *identity, *second, {Background::matte, 1.0f});
    CHECK(keep.select(3, 3).min().item<int>() == 255);
    CHECK(matte.select(3, 3).min().item<int>() < 255);
}

TEST_CASE("an arm that is folded in the picture stays there, and the identity says so") {
    const std::shared_ptr<MotionCodec> codec = some_codec();
    CHECK(codec->make_identity({picture(0), body()})->remarks.empty());
    KeyPointFrame folded = body();
    set_position(folded, point::kRightHand + point::kWrist, {128, 330});
    const auto identity = codec->make_identity({picture(0), folded});
    CHECK(identity->remarks == std::vector<std::string>{"right_arm_busy"});
}

TEST_CASE("latents that are no numbers, or far too large, still give frames") {
    const std::shared_ptr<MotionCodec> codec = some_codec();
    const auto identity = codec->make_identity({picture(0), body()});
    torch::Tensor latents = some_latents(*codec, 2);
    latents[0][0][0][0][0] = std::numeric_limits<float>::quiet_NaN();
    latents[0][1][1][0][4] = std::numeric_limits<float>::infinity();
    latents[0][2][1][0][2] = 1e20f;
    const auto cache = codec->make_decode_cache();
    CHECK(codec->decode(latents, *identity, *cache, {}).size(0) == 5);
}

TEST_CASE("a codec configuration is checked") {
    CHECK(motion_codec_config_from_json(to_json(MotionCodecConfig{}), "bundle").renderer.fine == RendererConfig{}.fine);
    for (const char* bad : {R"({"width": 250})", R"({"height": 0})", R"({"width": 100000})", R"({"temporal": -1})", R"({"temporal": "four"})", R"({"renderer": 3})"})
        CHECK_THROWS_AS(motion_codec_config_from_json(nlohmann::json::parse(bad), "bundle"), Error);
}

TEST_CASE("a plate keeps what is far from the person and fills the rest from around") {
    constexpr kernels::Size kSize{64, 48};
    std::vector<float> rgba(64 * 48 * 4, 1.0f), matte(64 * 48, 0.0f);
    for (int y = 0; y < 48; ++y)
        for (int x = 0; x < 64; ++x) {
            const bool person = x >= 24 && x < 40 && y >= 20;
            float* p = rgba.data() + 4 * (y * 64 + x);
            p[0] = person ? 0.0f : 0.4f + 0.002f * static_cast<float>(x);
            p[1] = person ? 0.0f : 0.5f;
            p[2] = person ? 1.0f : 0.6f;
            matte[static_cast<std::size_t>(y * 64 + x)] = person ? 1.0f : 0.0f;
        }
    const std::vector<float> plate = fill_plate(rgba.data(), matte.data(), kSize);
    CHECK(plate[0] == rgba[0]);
    const float* inside = plate.data() + 3 * (35 * 64 + 32);
    CHECK(inside[0] > 0.38f);
    CHECK(inside[0] < 0.55f);
    CHECK(std::abs(inside[2] - 0.6f) < 0.01f);
    for (float& m : matte) m *= 0.5f;
    const std::vector<float> soft = cut_out_person(rgba.data(), matte.data(), kSize);
    CHECK(soft[4 * (35 * 64 + 32) + 3] == 0.5f);
    CHECK(soft[3] == 0);
    const std::vector<float> nobody = fill_plate(rgba.data(), std::vector<float>(64 * 48, 1.0f).data(), kSize);  // nothing known: no NaN
    for (const float v : nobody) REQUIRE(v == v);
}

TEST_CASE("resampling: identity is exact, reductions average, beyond the rim is as asked") {
    FloatPicture image{{8, 6}, std::vector<float>(8 * 6 * 4)};
    for (std::size_t i = 0; i < image.rgba.size(); ++i) image.rgba[i] = static_cast<float>(i % 7) / 7;
    CHECK(resample(image, {}, image.size, Outside::transparent).rgba == image.rgba);
    const FloatPicture half = resample(image, {2, 0, 0.5f, 0, 2, 0.5f}, {4, 3}, Outside::edge);
    CHECK(std::abs(half.rgba[0] - (image.rgba[0] + image.rgba[4] + image.rgba[32] + image.rgba[36]) / 4) < 1e-6f);
    CHECK(resample(image, {1, 0, -20, 0, 1, 0}, {4, 4}, Outside::transparent).rgba[3] == 0);
    CHECK(resample(image, {1, 0, -20, 0, 1, 0}, {4, 4}, Outside::edge).rgba[0] == image.rgba[0]);
}

TEST_CASE("the face crop shows level eyes at its fixed scale, and points come back") {
    KeyPointFrame tilted = moved(body(), 3, 0.5f);
    const FaceFrame face = face_frame_of(tilted);
    const KeyPointFrame crop = transformed(tilted, inverse(face_crop_map(face)));
    const FaceFrame seen = face_frame_of(crop);
    CHECK(std::abs(seen.unit - kFaceCropUnit) < 0.05f);
    CHECK(std::abs(seen.roll) < 1e-3f);
    CHECK(std::abs(seen.origin_x - 0.5f * (kFaceCropSize - 1)) < 0.05f);
    CHECK(std::abs(seen.origin_y - (0.5f * (kFaceCropSize - 1) - kFaceCropDown * kFaceCropUnit)) < 0.05f);
}

TEST_CASE("pictures of any size can be read, and unseen hands hang at rest") {
    PointsNet net;
    net->eval();
    for (const auto& [w, h] : {std::pair{1, 1}, std::pair{640, 20}, std::pair{300, 500}}) {
        RgbaImage image(w, h);
        std::fill(image.pixels.begin(), image.pixels.end(), std::uint8_t{200});
        const PictureReading reading = read_picture(net, image);
        CHECK(reading.presence >= 0);
        CHECK(reading.presence <= 1);
        for (const KeyPoint& p : reading.points.points) REQUIRE((std::isfinite(p.x) && std::isfinite(p.y)));
    }
}
