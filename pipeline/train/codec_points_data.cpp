// Note [Pictures as users have them]
// Performers are drawn at the frame's size and then degraded as users' pictures are. The locator sees them anywhere in its
// square, larger or smaller than the letterbox would make them, and now and then a piece without a face or a picture of nobody; the face net sees
// a crop that is off by what the locator may be off; the body net sees the frame. A cut-out picture keeps its alpha, an
// opaque one has the character's own background or a plain or graded colour, and only it teaches the matte.

#include "train/codec_points_data.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "codec/motion/points_net.h"

namespace mirrorme {
namespace {

constexpr float kDegrees = 1.0f / 30;
constexpr float kNobody = 0.1f;  // of what the locator is shown: pictures without anybody

void set_planes(torch::Tensor planes, const FloatPicture& picture) {  // planes [4, H, W]
    float* out = planes.data_ptr<float>();
    const std::size_t pixels = picture.rgba.size() / 4;
    for (std::size_t c = 0; c < 4; ++c)
        for (std::size_t i = 0; i < pixels; ++i) *out++ = picture.rgba[4 * i + c];
}

void set_points(torch::Tensor points, torch::Tensor seen, const KeyPointFrame& frame, int first, kernels::Size size) {
    auto to = points.accessor<float, 2>();
    auto visible = seen.accessor<float, 1>();
    for (int64_t i = 0; i < to.size(0); ++i) {
        const KeyPoint& p = frame.points[static_cast<std::size_t>(first + i)];
        to[i][0] = p.x;
        to[i][1] = p.y;
        const bool outside = p.x < 0 || p.y < 0 || p.x > static_cast<float>(size.width - 1) || p.y > static_cast<float>(size.height - 1);
        visible[i] = outside ? 0.0f : p.confidence;
    }
}

Point middle_of(const KeyPointFrame& frame, int first, int count) {
    Point m;
    for (int i = first; i < first + count; ++i) m = {m.x + position(frame, i).x / static_cast<float>(count), m.y + position(frame, i).y / static_cast<float>(count)};
    return m;
}

std::array<Point, kLandmarkCount> landmarks_of(const KeyPointFrame& frame) {
    return {middle_of(frame, point::kRightEye, point::kEyeCount), middle_of(frame, point::kLeftEye, point::kEyeCount),
            middle_of(frame, point::kOuterLips, point::kOuterLipsCount), position(frame, point::kJaw + 2), position(frame, point::kShoulders), position(frame, point::kShoulders + 1)};
}

Affine similarity(Point centre, float scale, float roll, kernels::Size size) {  // pixels of the crop -> pixels of the picture
    const float c = scale * std::cos(roll), s = scale * std::sin(roll);
    const float mx = 0.5f * static_cast<float>(size.width - 1), my = 0.5f * static_cast<float>(size.height - 1);
    return {c, -s, centre.x - c * mx + s * my, s, c, centre.y - s * mx - c * my};
}

void lay_over(FloatPicture& picture, TrainingRng& rng) {
    std::array<float, 3> top, bottom;
    for (std::size_t c = 0; c < 3; ++c) {
        top[c] = uniform(rng, 0, 1);
        bottom[c] = chance(rng, 0.5f) ? top[c] : uniform(rng, 0, 1);
    }
    for (int y = 0; y < picture.size.height; ++y) {
        const float t = static_cast<float>(y) / static_cast<float>(picture.size.height);
        for (int x = 0; x < picture.size.width; ++x) {
            float* p = picture.rgba.data() + 4 * (y * picture.size.width + x);
            for (std::size_t c = 0; c < 3; ++c) p[c] += (1 - p[3]) * (top[c] + t * (bottom[c] - top[c]));
            p[3] = 1;
        }
    }
}

/// A picture of nobody: graded walls, tiles, boards and discs in any colours.
FloatPicture draw_nobody(int width, int height, TrainingRng& rng) {
    FloatPicture picture{{width, height}, std::vector<float>(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 4, 0.0f)};
    const bool tiled = chance(rng, 0.4f);
    const float tile_x = uniform(rng, 4, 60), tile_y = uniform(rng, 4, 60), contrast = uniform(rng, 0.05f, 0.5f);
    for (std::size_t i = 0; i < picture.rgba.size(); i += 4) {
        const float x = static_cast<float>(i / 4 % static_cast<std::size_t>(width)), y = static_cast<float>(i / 4 / static_cast<std::size_t>(width));
        const int parity = static_cast<int>(x / tile_x) + static_cast<int>(y / tile_y);
        picture.rgba[i] = picture.rgba[i + 1] = picture.rgba[i + 2] = tiled && parity % 2 ? contrast : 0.0f;
    }
    const int shapes = static_cast<int>(rng() % 14);
    for (int s = 0; s < shapes; ++s) {
        const float cx = uniform(rng, 0, static_cast<float>(width)), cy = uniform(rng, 0, static_cast<float>(height));
        const float rx = uniform(rng, 4, 110), ry = uniform(rng, 4, 110);
        const bool round = chance(rng, 0.5f);
        const std::array<float, 4> colour{uniform(rng, 0, 1), uniform(rng, 0, 1), uniform(rng, 0, 1), 1};
        for (int y = std::max(0, static_cast<int>(cy - ry)); y < std::min(height, static_cast<int>(cy + ry)); ++y)
            for (int x = std::max(0, static_cast<int>(cx - rx)); x < std::min(width, static_cast<int>(cx + rx)); ++x) {
                const float u = (static_cast<float>(x) - cx) / rx, v = (static_cast<float>(y) - cy) / ry;
                if (!round || u * u + v * v <= 1) std::copy(colour.begin(), colour.end(), picture.rgba.data() + 4 * (y * width + x));
            }
    }
    if (chance(rng, 0.8f)) lay_over(picture, rng);
    return picture;
}

}  // namespace

PointsSource::Scene PointsSource::draw_scene(TrainingRng& rng) const {
    const Performer performer(character_seed(rng, sampling_.characters));
    const View view = any_view(rng, sampling_.width, sampling_.height);
    const PerformerPose pose = chance(rng, 0.5f) ? reference_pose(rng) : any_pose(rng);
    Scene scene;
    scene.points = performer.key_points(pose, view);
    scene.picture = to_float_picture(performer.draw(pose, view, Backdrop::transparent));
    scene.alpha.resize(scene.picture.rgba.size() / 4);
    for (std::size_t i = 0; i < scene.alpha.size(); ++i) scene.alpha[i] = scene.picture.rgba[4 * i + 3];
    const float kind = uniform(rng, 0, 1);
    scene.opaque = kind < 0.75f;
    if (kind < 0.55f) scene.picture = to_float_picture(performer.draw(pose, view, Backdrop::own));
    else if (scene.opaque) lay_over(scene.picture, rng);
    degrade(scene.picture, rng);
    return scene;
}

void PointsSource::fill_locator(PointsBatch& batch, int index, TrainingRng& rng, const Scene& scene) const {
    constexpr kernels::Size kSize{kLocatorSize, kLocatorSize};
    const FaceFrame face = face_frame_of(scene.points);
    const float letterbox = static_cast<float>(std::max(sampling_.width, sampling_.height)) / kLocatorSize;
    const Point centre{0.5f * static_cast<float>(sampling_.width - 1), 0.5f * static_cast<float>(sampling_.height - 1)};
    Affine map = similarity(centre, letterbox, 0, kSize);
    if (chance(rng, 0.12f)) {  // somewhere below the face
        const Point low{uniform(rng, 0, static_cast<float>(sampling_.width)), face.origin_y + uniform(rng, 4.0f, 7.0f) * face.unit};
        map = similarity(low, std::min(letterbox, face.unit / 20) * uniform(rng, 0.3f, 0.8f), uniform(rng, -0.5f, 0.5f), kSize);
    } else if (chance(rng, 0.7f)) {
        const float zoom = std::exp(uniform(rng, -0.8f, 0.6f)), share = uniform(rng, 0, 1);
        const float room = 0.3f * kLocatorSize * letterbox * zoom;
        const Point at{face.origin_x + share * (centre.x - face.origin_x) + uniform(rng, -room, room) * 0.7f, face.origin_y + share * (centre.y - face.origin_y) + uniform(rng, -room, room) * 0.7f};
        map = similarity(at, letterbox * zoom, chance(rng, 0.4f) ? uniform(rng, -0.5f, 0.5f) : 0, kSize);
    }
    const Outside outside = scene.opaque && chance(rng, 0.3f) ? Outside::edge : Outside::transparent;
    const bool nobody = chance(rng, kNobody);
    set_planes(batch.whole[index], resample(nobody ? draw_nobody(sampling_.width, sampling_.height, rng) : scene.picture, map, kSize, outside));
    const Affine back = inverse(map);
    const std::array<Point, kLandmarkCount> truth = landmarks_of(scene.points);
    bool present = !nobody;
    for (int i = 0; i < kLandmarkCount; ++i) {
        const Point at = apply(back, truth[static_cast<std::size_t>(i)]);
        const bool inside = at.x >= 0 && at.y >= 0 && at.x <= kLocatorSize - 1 && at.y <= kLocatorSize - 1;
        if (i <= static_cast<int>(Landmark::mouth)) present = present && inside;
        batch.landmarks[index][i][0] = at.x;
        batch.landmarks[index][i][1] = at.y;
        batch.landmark_seen[index][i] = inside && !nobody ? 1.0f : 0.0f;
    }
    batch.presence[index] = present ? 1.0f : 0.0f;
    batch.landmark_unit[index] = face.unit * std::sqrt(std::abs(back.a * back.d - back.b * back.c));
}

void PointsSource::fill_face(PointsBatch& batch, int index, TrainingRng& rng, const Scene& scene) const {
    constexpr kernels::Size kSize{kFaceCropSize, kFaceCropSize};
    FaceFrame face = face_frame_of(scene.points);
    const float off = chance(rng, 0.5f) ? 0.06f : 0.22f;  // as after one pass, or as the locator leaves it
    face.origin_x += face.unit * uniform(rng, -off, off);
    face.origin_y += face.unit * uniform(rng, -off, off);
    face.unit *= std::exp(uniform(rng, -off, off));
    face.roll += uniform(rng, -off, off);
    const Affine map = face_crop_map(face);
    set_planes(batch.face[index], resample(scene.picture, map, kSize, Outside::edge));
    set_points(batch.face_points[index], batch.face_seen[index], transformed(scene.points, inverse(map)), 0, kSize);
    for (int s = 0; s < kScalarCount; ++s)
        batch.scalars[index][s] = scene.points.scalars[static_cast<std::size_t>(s)] * (s >= static_cast<int>(Scalar::yaw) ? kDegrees : 1.0f);
}

void PointsSource::fill_body(PointsBatch& batch, int index, TrainingRng& rng, const Scene& scene) const {
    set_planes(batch.frame[index], scene.picture);
    set_points(batch.body_points[index], batch.body_seen[index], scene.points, point::kNeck, scene.picture.size);
    batch.body_unit[index] = torso_frame_of(scene.points).unit;
    std::copy(scene.alpha.begin(), scene.alpha.end(), batch.matte[index].data_ptr<float>());
    batch.opaque[index] = scene.opaque ? 1.0f : 0.0f;
    FaceFrame face = face_frame_of(scene.points);
    face.origin_x += face.unit * uniform(rng, -0.15f, 0.15f);
    face.origin_y += face.unit * uniform(rng, -0.15f, 0.15f);
    const std::vector<float> guide = face_guide(face, scene.picture.size);
    std::copy(guide.begin(), guide.end(), batch.guide[index].data_ptr<float>());
}

std::unique_ptr<TrainingBatch> PointsSource::draw(std::uint64_t data_seed, std::int64_t step) {
    const int64_t n = sampling_.batch, bodies = sampling_.bodies, h = sampling_.height, w = sampling_.width;
    auto batch = std::make_unique<PointsBatch>();
    batch->whole = torch::empty({n, 4, kLocatorSize, kLocatorSize});
    batch->landmarks = torch::empty({n, kLandmarkCount, 2});
    batch->landmark_seen = torch::empty({n, kLandmarkCount});
    batch->presence = torch::empty({n});
    batch->landmark_unit = torch::empty({n});
    batch->face = torch::empty({n, 4, kFaceCropSize, kFaceCropSize});
    batch->face_points = torch::empty({n, kFacePoints, 2});
    batch->face_seen = torch::empty({n, kFacePoints});
    batch->scalars = torch::empty({n, kScalarCount});
    batch->frame = torch::empty({bodies, 4, h, w});
    batch->guide = torch::empty({bodies, 1, h, w});
    batch->body_points = torch::empty({bodies, kBodyPoints, 2});
    batch->body_seen = torch::empty({bodies, kBodyPoints});
    batch->body_unit = torch::empty({bodies});
    batch->matte = torch::empty({bodies, 1, h, w});
    batch->opaque = torch::empty({bodies});
    for (int i = 0; i < sampling_.batch; ++i) {
        TrainingRng rng(item_seed(data_seed, step, i));
        const Scene scene = draw_scene(rng);
        fill_locator(*batch, i, rng, scene);
        fill_face(*batch, i, rng, scene);
        if (i < sampling_.bodies) fill_body(*batch, i, rng, scene);
    }
    return batch;
}

void PointsBatch::to(const torch::Device& device) {
    for (torch::Tensor* t : {&whole, &landmarks, &landmark_seen, &presence, &landmark_unit, &face, &face_points, &face_seen, &scalars, &frame, &guide,
                             &body_points, &body_seen, &body_unit, &matte, &opaque})
        *t = t->to(device, /*non_blocking=*/true);
}

}  // namespace mirrorme
