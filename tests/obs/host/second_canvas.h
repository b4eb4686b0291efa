#pragma once
// Another canvas of the same OBS, with a size and a recording of its own: to a source it is one more view that draws it.

#include <obs.h>

#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "obs/host/recorder.h"

namespace mirrorme::testing {

class SecondCanvas {
public:
    /// Shows `source` alone; `view` is where a test card is read.
    SecondCanvas(obs_source_t* source, int width, int height, CardView view);
    ~SecondCanvas();
    SecondCanvas(const SecondCanvas&) = delete;
    SecondCanvas& operator=(const SecondCanvas&) = delete;

    /// Media time of the card at each composed frame's time.
    std::map<std::uint64_t, std::optional<SampleIndex>> cards() const;

private:
    struct OutputRelease {
        void operator()(obs_output_t* output) const { obs_output_release(output); }
    };
    static void register_output();
    void take(const video_data& frame);

    const int width_, height_;
    const CardView card_;
    mutable std::mutex mutex_;
    std::map<std::uint64_t, std::optional<SampleIndex>> cards_;
    obs_view_t* view_;
    std::unique_ptr<obs_output_t, OutputRelease> output_;
};

}  // namespace mirrorme::testing
