#include "train/training_data.h"

#include <algorithm>
#include <string>
#include <utility>

#include "train/codec_poses.h"
#include "train/performers/contact_sheet.h"

namespace mirrorme {
namespace {

constexpr int kColumns = 8;
constexpr int kFps = 24;

enum Stream { sheet_stream, cast_stream, speech_stream };

RgbaImage character_sheet(const DataPreviewOptions& options, const std::function<void(double)>& progress) {
    std::vector<SheetCell> cells;
    for (int i = 0; i < options.characters; ++i) {
        TrainingRng rng(item_seed(options.data_seed, sheet_stream, i));
        const Performer performer(character_seed(rng, CharacterSet::training));
        const View view = any_view(rng, View{}.width, View{}.height);
        const Backdrop backdrop = chance(rng, 0.5f) ? Backdrop::own : Backdrop::transparent;
        cells.push_back({performer.draw(any_pose(rng), view, backdrop), performer.describe()});
        progress(0.3 * (i + 1) / options.characters);
    }
    return contact_sheet(cells, {.columns = kColumns});
}

/// Characters that say the same thing, each in its own view.
struct Cast {
    Performance performance;
    std::vector<std::pair<Performer, View>> members;
};

Cast draw_cast(const PerformanceMaker& performances, const DataPreviewOptions& options) {
    Cast cast;
    PerformanceOptions wanted;
    wanted.frames = options.seconds * kFps;
    wanted.gesture_share = 0.35f;
    cast.performance = performances(item_seed(options.data_seed, speech_stream, 0), wanted);
    for (int i = 0; i < options.clips; ++i) {
        TrainingRng rng(item_seed(options.data_seed, cast_stream, i));
        Performer performer(character_seed(rng, CharacterSet::training));
        cast.members.emplace_back(std::move(performer), any_view(rng, View{}.width, View{}.height));
    }
    return cast;
}

}  // namespace

std::vector<Preview> preview_training_data(const PerformanceMaker& performances, const DataPreviewOptions& options, const std::function<void(double)>& progress) {
    std::vector<Preview> previews;
    Preview sheet;
    sheet.name = "characters";
    sheet.frames.push_back(character_sheet(options, progress));
    previews.push_back(std::move(sheet));

    Cast cast = draw_cast(performances, options);
    Preview clip;
    clip.name = "speaking";
    const SheetLayout side_by_side{.columns = options.clips, .gap = 0, .label_height = 0};
    for (std::size_t f = 0; f < cast.performance.poses.size(); ++f) {
        std::vector<SheetCell> cells;
        for (std::size_t i = 0; i < cast.members.size(); ++i) {
            const auto& [performer, view] = cast.members[i];
            cells.push_back({performer.draw(cast.performance.poses[f], view, i % 2 == 0 ? Backdrop::own : Backdrop::transparent), {}});
        }
        clip.frames.push_back(contact_sheet(cells, side_by_side));
        progress(0.3 + 0.7 * static_cast<double>(f + 1) / static_cast<double>(cast.performance.poses.size()));
    }
    clip.audio = std::move(cast.performance.audio_16k);
    previews.push_back(std::move(clip));
    return previews;
}

}  // namespace mirrorme
