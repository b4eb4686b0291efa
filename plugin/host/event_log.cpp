#include "plugin/host/event_log.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>
#include <vector>

#include "core/track_io.h"
#include "engine/api/event_log_format.h"

namespace mirrorme {
namespace {

using nlohmann::json;

constexpr std::int64_t kSampleBytes = 4;
constexpr std::int64_t kLongestTakeSamples = (std::int64_t{1} << 30) - 1024;  // what a WAV's 32-bit length can say: six hours at 48 kHz
constexpr std::size_t kWaveHeader = 44;

void put(std::string& out, std::int64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i));
}

std::string wave_header(std::int64_t samples, Rational rate) {
    const auto data = static_cast<std::uint32_t>(samples * kSampleBytes), hz = static_cast<std::uint32_t>(rate.num / rate.den);
    std::string out = "RIFF";
    put(out, data + kWaveHeader - 8, 4);
    out += "WAVEfmt ";
    put(out, 16, 4);
    put(out, 3, 2);  // IEEE float
    put(out, 1, 2);  // mono
    put(out, hz, 4);
    put(out, hz * kSampleBytes, 4);
    put(out, kSampleBytes, 2);
    put(out, 8 * kSampleBytes, 2);
    out += "data";
    put(out, data, 4);
    return out;
}

std::string date_and_time() {
    const std::time_t now = std::time(nullptr);
    std::tm local{};
    localtime_r(&now, &local);
    std::array<char, 32> text{};
    std::strftime(text.data(), text.size(), "%Y-%m-%d_%H-%M-%S", &local);
    return text.data();
}

}  // namespace

void EventLog::start(const std::filesystem::path& parent, Rational rate, const Settings& settings, SampleIndex base) {
    stop();
    error_ = {};
    rate_ = rate;
    base_ = base;
    written_ = header_at_ = 0;
    tracks_written_.clear();
    std::error_code failed;
    const std::string name = date_and_time();
    for (int i = 1; i < 1000; ++i) {  // two takes may begin within a second
        folder_ = parent / (i == 1 ? name : name + "_" + std::to_string(i));
        std::filesystem::create_directories(parent, failed);
        if (failed || std::filesystem::create_directory(folder_, failed) || failed) break;
    }
    if (failed) return fail("cannot be made (" + failed.message() + ")");
    lines_.open(folder_ / "events.jsonl", std::ios::binary);
    wave_.open(folder_ / "sound.wav", std::ios::binary);
    if (!lines_ || !wave_) return fail("cannot be written");
    line(json{{"schema", kEventLogSchema},
              {"version", kEventLogVersion},
              {"sample_rate", {rate.num, rate.den}},
              {"sound", "sound.wav"},
              {"settings", json::parse(settings_to_json(settings))}}
             .dump());
    const std::string header = wave_header(0, rate);
    wave_.write(header.data(), static_cast<std::streamsize>(header.size()));
}

void EventLog::stop() {
    if (wave_.is_open()) update_header();
    lines_.close();
    wave_.close();
}

void EventLog::fail(const std::string& what) {
    error_ = remark("take_not_kept", "%1: %2", {folder_.string(), what});
    lines_.close();
    wave_.close();
}

void EventLog::line(const std::string& text) {
    if (!lines_.is_open()) return;
    lines_ << text << '\n' << std::flush;
    if (!lines_) fail("cannot be written: is the disk full?");
}

void EventLog::update_header() {
    const std::string header = wave_header(written_, rate_);
    const auto end = wave_.tellp();
    wave_.seekp(0);
    wave_.write(header.data(), static_cast<std::streamsize>(header.size()));
    wave_.seekp(end);
    wave_.flush();
    header_at_ = written_;
    if (!wave_) fail("cannot be written: is the disk full?");
}

void EventLog::sound(SampleIndex first, std::span<const float> samples) {
    if (!wave_.is_open()) return;
    const SampleIndex at = first - base_;
    if (at + static_cast<SampleIndex>(samples.size()) <= written_) return;
    if (at < written_) samples = samples.subspan(static_cast<std::size_t>(written_ - at));
    const std::int64_t gap = std::max<std::int64_t>(0, at - written_);
    if (written_ + gap + static_cast<std::int64_t>(samples.size()) > kLongestTakeSamples) return fail("the take has reached the longest length of a WAV file");
    std::vector<char> bytes(static_cast<std::size_t>((gap + static_cast<std::int64_t>(samples.size())) * kSampleBytes), 0);
    std::memcpy(bytes.data() + gap * kSampleBytes, samples.data(), samples.size_bytes());
    wave_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    written_ += gap + static_cast<std::int64_t>(samples.size());
    if (written_ - header_at_ >= rate_.num / rate_.den) update_header();
}

void EventLog::command(CommandKind kind, const std::string& gesture, SampleIndex at, const KeyPointTrack* track) {
    if (!lines_.is_open()) return;
    json event{{"at", at - base_}, {"kind", name_of(kind)}, {"gesture", gesture}};
    if (track && tracks_written_.insert(gesture).second) event["track"] = json::parse(track_to_json(*track));
    line(event.dump());
}

void EventLog::settings(SampleIndex at, const Settings& settings) {
    if (!lines_.is_open()) return;
    line(json{{"at", at - base_}, {"kind", "settings"}, {"settings", json::parse(settings_to_json(settings))}}.dump());
}

}  // namespace mirrorme
