#include "core/progress.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "core/platform/terminal.h"

namespace mirrorme {
namespace {

constexpr double kMinSecondsForEta = 1.0;  // the first frames carry the start-up and would mislead
constexpr double kRedrawSeconds = 0.1;
constexpr int kMinBarCells = 8, kMaxBarCells = 40;

double fraction_of(const ProgressOptions& options, const ProgressState& state) {
    return options.total > 0 ? std::clamp(state.done / options.total, 0.0, 1.0) : 0.0;
}

/// Seconds still to go; below 0 when there is nothing to say.
double remaining_s(const ProgressOptions& options, const ProgressState& state) {
    const double fraction = fraction_of(options, state);
    return fraction <= 0 || state.elapsed_s < kMinSecondsForEta ? -1 : state.elapsed_s * (1 - fraction) / fraction;
}

std::string count_text(double value) { return std::to_string(std::llround(value)); }

std::string counts(const ProgressOptions& options, const ProgressState& state) {
    return count_text(state.done) + (options.total > 0 ? '/' + count_text(options.total) : "") + ' ' + options.unit;
}

}  // namespace

std::string duration_text(double seconds) {
    const auto whole = static_cast<long long>(std::max(0.0, std::round(seconds)));
    char text[48];
    if (whole >= 86400) std::snprintf(text, sizeof text, "%lld d %lld h", whole / 86400, whole / 3600 % 24);
    else if (whole >= 3600) std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", whole / 3600, whole / 60 % 60, whole % 60);
    else std::snprintf(text, sizeof text, "%lld:%02lld", whole / 60, whole % 60);
    return text;
}

std::string progress_bar(const ProgressOptions& options, const ProgressState& state, std::string_view detail, int columns) {
    std::string tail;
    if (options.total > 0) {
        char percent[16];
        std::snprintf(percent, sizeof percent, "%3d%%  ", static_cast<int>(100 * fraction_of(options, state)));
        tail = percent;
    }
    tail += counts(options, state);
    if (!detail.empty()) tail += "  " + std::string(detail);
    if (const double left = remaining_s(options, state); left >= 0) tail += "  ETA " + duration_text(left);

    const int room = columns - 1 - static_cast<int>(options.label.size() + tail.size()) - 5;
    std::string line = options.label;
    if (options.total > 0 && room >= kMinBarCells) {
        const int cells = std::min(room, kMaxBarCells);
        const int full = static_cast<int>(fraction_of(options, state) * cells);
        std::string bar(static_cast<std::size_t>(cells), ' ');
        std::fill_n(bar.begin(), full, '=');
        if (full < cells) bar[static_cast<std::size_t>(full)] = '>';
        line += " [" + bar + ']';
    }
    line += "  " + tail;
    return line.substr(0, static_cast<std::size_t>(std::max(columns - 1, 1)));
}

std::string progress_text(const ProgressOptions& options, const ProgressState& state, std::string_view detail) {
    std::string line = options.label + ": " + counts(options, state);
    if (options.total > 0) line += " (" + count_text(std::floor(100 * fraction_of(options, state))) + "%)";
    if (!detail.empty()) line += ", " + std::string(detail);
    if (const double left = remaining_s(options, state); left >= 0) line += ", " + duration_text(left) + " left";
    return line;
}

Progress::Progress(ProgressOptions options) : options_(std::move(options)) {
    if (options_.style == ProgressStyle::automatic) options_.style = platform::stderr_is_terminal() ? ProgressStyle::bar : ProgressStyle::lines;
    if (options_.style == ProgressStyle::lines) drawn_ = start_;  // the first line comes after one interval
}

Progress::~Progress() {
    if (line_open_) std::fputc('\n', stderr);
}

void Progress::update(double done, std::string_view detail) {
    if (finished_ || options_.style == ProgressStyle::silent) return;
    const auto now = Clock::now();
    const double since = std::chrono::duration<double>(now - drawn_).count();
    if (since >= (options_.style == ProgressStyle::bar ? kRedrawSeconds : options_.line_interval_s)) draw(done, detail, now);
}

void Progress::finish(double done, std::string_view detail) {
    if (finished_ || options_.style == ProgressStyle::silent) return;
    if (options_.style == ProgressStyle::bar) {
        draw(done, detail, Clock::now());
        std::fputc('\n', stderr);
    }
    line_open_ = false;
    finished_ = true;
}

void Progress::draw(double done, std::string_view detail, Clock::time_point now) {
    const ProgressState state{done, std::chrono::duration<double>(now - start_).count()};
    if (options_.style == ProgressStyle::bar) {
        std::fprintf(stderr, "\r\x1b[K%s", progress_bar(options_, state, detail, platform::terminal_columns()).c_str());
        line_open_ = true;
    } else {
        std::fprintf(stderr, "%s\n", progress_text(options_, state, detail).c_str());
    }
    std::fflush(stderr);
    drawn_ = now;
}

}  // namespace mirrorme
