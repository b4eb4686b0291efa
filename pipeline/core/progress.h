#pragma once
// Progress for a person: one line redrawn in place on a terminal, a plain line every few seconds elsewhere. On stderr.

#include <chrono>
#include <string>
#include <string_view>

namespace mirrorme {

enum class ProgressStyle {
    automatic,  // bar when stderr is a terminal, lines otherwise
    bar,
    lines,
    silent,
};

struct ProgressOptions {
    std::string label;       // "rendering"
    std::string unit;        // "frames"
    double total = 0;        // of the units; 0 = unknown: no bar, no ETA
    ProgressStyle style = ProgressStyle::automatic;
    double line_interval_s = 5;
};

/// Where a job stands.
struct ProgressState {
    double done = 0;       // units
    double elapsed_s = 0;  // since the start
};

/// "rendering [=====>    ]  52%  125/240 frames  0.31x  ETA 0:07", at most `columns` wide; `detail` stands before the ETA.
std::string progress_bar(const ProgressOptions& options, const ProgressState& state, std::string_view detail, int columns);
/// "rendering: 125/240 frames (52%), 0.31x, 0:07 left".
std::string progress_text(const ProgressOptions& options, const ProgressState& state, std::string_view detail);
/// "0:07", "12:34", "1:02:03", "3 d 4 h".
std::string duration_text(double seconds);

/// One thread. Draws at most ten times a second, so update() may be called for every frame.
class Progress {
public:
    explicit Progress(ProgressOptions options);
    /// Leaves the line as it last was.
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    void update(double done, std::string_view detail = {});
    /// Draws the last state and ends the line. Later updates are ignored.
    void finish(double done, std::string_view detail = {});

private:
    using Clock = std::chrono::steady_clock;
    void draw(double done, std::string_view detail, Clock::time_point now);

    ProgressOptions options_;
    Clock::time_point start_ = Clock::now(), drawn_{};
    bool line_open_ = false, finished_ = false;
};

}  // namespace mirrorme
