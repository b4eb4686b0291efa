#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string>
#include <tuple>
#include <vector>

#include "cli/engine_choice.h"
#include "cli/subcommand.h"
#include "codec/motion/picture_reader.h"
#include "core/error.h"
#include "core/log.h"
#include "core/track_io.h"
#include "media/picture.h"

namespace mirrorme::cli {
namespace fs = std::filesystem;
namespace {

constexpr float kSeen = 0.5f;  // confidence from which a point is drawn and counts as found

/// Groups that are reported apart.
struct Group {
    const char* name;
    int first, end;
};
constexpr std::array kGroups{Group{"mouth", point::kOuterLips, point::kJaw}, Group{"eyes", point::kRightEye, point::kRightBrow},
                             Group{"head", point::kRightBrow, point::kNeck}, Group{"torso", point::kNeck, point::kLeftHand},
                             Group{"hands", point::kLeftHand, point::kCount}};

struct Middle {
    float x = 0, y = 0;
    int count = 0;
    void add(const KeyPoint& p) { x += p.x, y += p.y, ++count; }
    KeyPoint mean() const { return {x / static_cast<float>(std::max(count, 1)), y / static_cast<float>(std::max(count, 1)), 1}; }
};

float distance(const KeyPoint& a, const KeyPoint& b) { return std::hypot(a.x - b.x, a.y - b.y); }

/// Distance of the eyes' middles, or of the irises where the lids are not known; 0 when neither is.
float face_unit(const KeyPointFrame& frame) {
    const auto middle_of = [&](int first, int count) {
        Middle middle;
        for (int i = first; i < first + count; ++i)
            if (const KeyPoint& p = frame.points[static_cast<std::size_t>(i)]; p.confidence > 0) middle.add(p);
        return middle;
    };
    for (const auto& [right, left, count] :
         {std::tuple{point::kRightEye, point::kLeftEye, point::kEyeCount}, std::tuple{point::kRightIris, point::kLeftIris, 1}}) {
        const Middle r = middle_of(right, count), l = middle_of(left, count);
        if (r.count && l.count) return distance(r.mean(), l.mean());
    }
    return 0;
}

/// Mean distance of found points from those of sidecars, in face units, by group.
struct Comparison {
    std::array<double, kGroups.size()> sum{};
    std::array<int, kGroups.size()> count{};
    int pictures = 0, lost = 0;  // lost: no face was found

    void add(const KeyPointFrame& found, const KeyPointFrame& truth) {
        const float unit = face_unit(truth);
        if (unit <= 0) return;
        ++pictures;
        for (std::size_t g = 0; g < kGroups.size(); ++g)
            for (int i = kGroups[g].first; i < kGroups[g].end; ++i) {
                const KeyPoint& t = truth.points[static_cast<std::size_t>(i)];
                if (t.confidence < kSeen) continue;
                sum[g] += distance(found.points[static_cast<std::size_t>(i)], t) / unit;
                ++count[g];
            }
    }
    void print() const {
        std::printf("%d pictures with points beside them, %d of them without a face found. Mean error in distances of the eyes:\n",
                    pictures, lost);
        for (std::size_t g = 0; g < kGroups.size(); ++g)
            if (count[g]) std::printf("  %-6s %.3f\n", kGroups[g].name, sum[g] / count[g]);
    }
};

void draw(RgbaImage& picture, const KeyPointFrame& found) {
    const int radius = std::max(1, std::max(picture.width, picture.height) / 500);
    for (const KeyPoint& p : found.points) {
        if (p.confidence < kSeen) continue;
        const int x0 = static_cast<int>(std::lround(p.x)), y0 = static_cast<int>(std::lround(p.y));
        for (int y = std::max(0, y0 - radius); y <= std::min(picture.height - 1, y0 + radius); ++y)
            for (int x = std::max(0, x0 - radius); x <= std::min(picture.width - 1, x0 + radius); ++x) {
                constexpr std::array<std::uint8_t, 4> kMark{255, 40, 40, 255};
                std::copy(kMark.begin(), kMark.end(), picture.at(x, y));
            }
    }
}

class PointsCommand final : public Subcommand {
public:
    explicit PointsCommand(CLI::App& program)
        : Subcommand(program.add_subcommand(
              "points", "Find face and body in pictures: look at what was found, keep it beside the picture, measure it.")) {
        app_->footer(
            "Examples:\n  mirrorme points me.png --draw seen.png      look at what it sees\n  mirrorme points me.png --write              "
            "me.png.points.json, to be corrected by hand and used from then on");
        app_->add_option("pictures", pictures_, "PNG, JPEG or WebP.")->type_name("PATH")->required();
        app_->add_option("--bundle", bundle_, "Bundle whose key-point net looks (default: the embedded one).")->type_name("DIR");
        app_->add_option("--draw", drawing_, "Write the (one) picture with the points drawn in, as PNG.")->type_name("PATH");
        app_->add_flag("--write", write_, "Write PICTURE.points.json beside each picture; an existing one is left alone.");
        app_->add_flag("--compare", compare_, "Compare with the points in PICTURE.points.json, where there is one.");
    }

    int run() override {
        if (!drawing_.empty() && pictures_.size() != 1)
            throw Error(ErrorCode::usage, "--draw", "takes one picture", "Call it once a picture");
        Settings settings;
        settings.bundle = bundle_;
        PointsNet net = load_points_net(bundle_dir(settings));
        Comparison comparison;
        for (const std::string& path : pictures_) look_at(net, path, comparison);
        if (compare_) comparison.print();
        return exit_code(ErrorCode::none);
    }

private:
    void look_at(PointsNet& net, const std::string& path, Comparison& comparison) const {
        RgbaImage picture = mirrorme::read_picture(path);
        const PictureReading reading = mirrorme::read_picture(net, picture);
        const fs::path sidecar = points_sidecar_of(path);
        print(path, reading);
        if (compare_ && fs::exists(sidecar)) {
            comparison.add(reading.points, read_track(sidecar).frame(0));
            comparison.lost += reading.presence < kSeen;
        }
        if (write_ && fs::exists(sidecar)) {
            log_warning(sidecar.string() + " is there already and was left alone");
        } else if (write_) {
            KeyPointTrack track = make_track(TrackUnit::pixels, {24, 1});
            track.append(reading.points);
            write_track(sidecar, track);
        }
        if (drawing_.empty()) return;
        draw(picture, reading.points);
        write_png(drawing_, picture);
    }

    static void print(const std::string& path, const PictureReading& reading) {
        const auto mean = [&](int first, int count) {
            Middle middle;
            for (int i = first; i < first + count; ++i) middle.add(reading.points.points[static_cast<std::size_t>(i)]);
            return middle.mean();
        };
        const KeyPoint right = mean(point::kRightEye, point::kEyeCount), left = mean(point::kLeftEye, point::kEyeCount);
        const KeyPoint &corner = reading.points.points[point::kOuterLips],
                       &other = reading.points.points[point::kOuterLips + point::kOuterLipsCount / 2];
        std::printf("%s: face %.0f %%, --eyes %.0f,%.0f,%.0f,%.0f --mouth %.0f,%.0f,%.0f,%.0f\n", path.c_str(), 100.0 * reading.presence,
                    right.x, right.y, left.x, left.y, corner.x, corner.y, other.x, other.y);
    }

    std::vector<std::string> pictures_;
    std::string bundle_, drawing_;
    bool write_ = false, compare_ = false;
};

}  // namespace

std::unique_ptr<Subcommand> make_points_command(CLI::App& program) { return std::make_unique<PointsCommand>(program); }

}  // namespace mirrorme::cli
