#include "cli/bench_run.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <numbers>

#include "core/error.h"
#include "core/platform/process.h"

namespace mirrorme::cli {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }
double milliseconds(std::int64_t ns) { return static_cast<double>(ns) * 1e-6; }
double mib(std::uint64_t bytes) { return static_cast<double>(bytes) / (1024.0 * 1024.0); }
double chunk_period_ms(const BenchReport& r) { return 1000.0 * r.session.chunk_frames / r.session.fps.value(); }

template <class... Values>
std::string formatted(const char* format, Values... values) {
    char text[256];
    std::snprintf(text, sizeof text, format, values...);
    return text;
}

}  // namespace

std::vector<float> speech_like_sound(int sample_rate, double seconds) {
    constexpr double kPitchHz = 130, kSyllablesHz = 4, kPhraseSeconds = 3, kPauseSeconds = 0.6, kLevel = 0.25;
    constexpr int kHarmonics = 12;
    std::vector<float> samples(static_cast<std::size_t>(std::llround(seconds * sample_rate)));
    for (std::size_t i = 0; i < samples.size(); ++i) {
        const double t = static_cast<double>(i) / sample_rate;
        if (std::fmod(t, kPhraseSeconds) > kPhraseSeconds - kPauseSeconds) continue;
        const double syllable = 0.5 - 0.5 * std::cos(2 * std::numbers::pi * kSyllablesHz * t);
        double voice = 0;
        for (int h = 1; h <= kHarmonics; ++h) voice += std::sin(2 * std::numbers::pi * kPitchHz * h * t) / h;
        samples[i] = static_cast<float>(std::clamp(kLevel * syllable * voice, -1.0, 1.0));
    }
    return samples;
}

void run_bench(Engine& engine, const SessionConfig& config, const std::vector<float>& sound, BenchReport& report) {
    const auto opened = Clock::now();
    const std::unique_ptr<Session> session = engine.open_session(config);
    report.open_s = seconds_since(opened);
    report.session = session->info();

    const auto started = Clock::now();
    const double cpu_before = platform::process_cpu_seconds();
    std::size_t pushed = 0;
    bool ended = false;
    std::int64_t frames = 0;
    for (VideoFrame frame;;) {
        pushed += static_cast<std::size_t>(session->push_audio(static_cast<SampleIndex>(pushed), std::span(sound).subspan(pushed)).accepted);
        if (pushed == sound.size() && !ended) session->end_of_audio(), ended = true;
        const PollResult result = session->poll_frame(frame, 20ms);
        if (result == PollResult::failed) throw Error(ErrorCode::internal, "engine", session->status().last_error);
        if (result == PollResult::finished) break;
        if (result == PollResult::frame && frames++ == 0) report.first_frame_s = platform::seconds_since_start();
    }
    report.work_s = seconds_since(started);
    report.cpu_s = platform::process_cpu_seconds() - cpu_before;
    report.media_s = static_cast<double>(frames) / report.session.fps.value();
    report.stages = session->status().stages;
    report.peak_memory_bytes = platform::peak_memory_bytes();
}

nlohmann::ordered_json to_json(const BenchReport& r) {
    nlohmann::ordered_json stages = nlohmann::ordered_json::array();
    for (const StageTiming& s : r.stages)
        stages.push_back({{"stage", s.stage},
                          {"count", s.count},
                          {"p50_ms", milliseconds(s.p50_ns)},
                          {"p95_ms", milliseconds(s.p95_ns)},
                          {"p99_ms", milliseconds(s.p99_ns)},
                          {"max_ms", milliseconds(s.max_ns)}});
    return {{"bundle", r.engine.bundle},
            {"bundle_version", r.engine.bundle_version},
            {"backend", r.engine.backend},
            {"device", r.engine.device},
            {"processor", r.processor},
            {"width", r.session.width},
            {"height", r.session.height},
            {"fps", r.session.fps.value()},
            {"chunk_period_ms", chunk_period_ms(r)},
            {"media_s", r.media_s},
            {"work_s", r.work_s},
            {"real_time_factor", r.real_time_factor()},
            {"cpu_s_per_media_s", r.cpu_s / r.media_s},
            {"load_s", r.load_s},
            {"open_s", r.open_s},
            {"first_frame_s", r.first_frame_s},
            {"peak_memory_mib", mib(r.peak_memory_bytes)},
            {"stages", stages}};
}

std::string as_table(const BenchReport& r) {
    std::string text = formatted("%s %s on %s, %s\n", r.engine.bundle.c_str(), r.engine.bundle_version.c_str(), r.engine.device.c_str(), r.processor.c_str());
    text += formatted("%d x %d at %.3g fps, %.1f s of video\n\n", r.session.width, r.session.height, r.session.fps.value(), r.media_s);
    text += formatted("%-14s %8s %9s %9s %9s %9s\n", "stage", "count", "p50 ms", "p95 ms", "p99 ms", "max ms");
    for (const StageTiming& s : r.stages)
        text += formatted("%-14s %8lld %9.2f %9.2f %9.2f %9.2f\n", s.stage.c_str(), static_cast<long long>(s.count), milliseconds(s.p50_ns), milliseconds(s.p95_ns),
                          milliseconds(s.p99_ns), milliseconds(s.max_ns));
    text += formatted("\n%-28s %9.1f ms\n", "a chunk must be made in", chunk_period_ms(r));
    text += formatted("%-28s %9.3f   (seconds of work a second of video; below 1 keeps up)\n", "real-time factor", r.real_time_factor());
    text += formatted("%-28s %9.3f\n", "processor time per second", r.cpu_s / r.media_s);
    text += formatted("%-28s %9.2f s  (model %.2f s, picture %.2f s)\n", "first frame after start", r.first_frame_s, r.load_s, r.open_s);
    text += formatted("%-28s %9.0f MiB\n", "peak memory", mib(r.peak_memory_bytes));
    return text;
}

}  // namespace mirrorme::cli
