#include "obs/host/voice.h"

#include <util/platform.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <fstream>
#include <memory>
#include <numbers>
#include <stdexcept>
#include <thread>

#include "obs/host/real_time.h"

namespace mirrorme::testing {
namespace {

constexpr std::int64_t kSlot = kVoiceRate / 50;  // bursts begin and end at multiples of 20 ms

std::uint32_t mix(std::uint64_t x) {
    x += 0x9e3779b97f4a7c15ull;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
    return static_cast<std::uint32_t>(x >> 32);
}

/// Each 280 ms hold one burst: where it begins, how long and how loud it is.
struct Burst {
    std::int64_t begin, end;
    float loudness;
};

constexpr std::int64_t kCell = 14 * kSlot;

Burst burst_of(std::uint32_t seed, std::int64_t cell) {
    const std::uint32_t dice = mix((static_cast<std::uint64_t>(seed) << 40) ^ static_cast<std::uint64_t>(cell));
    const std::int64_t length = 3 + dice % 8, begin = (dice >> 8) % (14 - static_cast<std::uint32_t>(length));
    constexpr float kLoudness[] = {0.35f, 0.6f, 0.9f};
    return {cell * kCell + begin * kSlot, cell * kCell + (begin + length) * kSlot, kLoudness[(dice >> 16) % 3]};
}

class Voice {
public:
    Voice(obs_data_t* settings, obs_source_t* source) : source_(source), start_(os_gettime_ns()) {
        update(settings);
        obs_data_set_int(settings, "start_ns", static_cast<long long>(start_));
        thread_ = std::thread([this] { run(); });
    }
    ~Voice() {
        ending_ = true;
        thread_.join();
    }
    void update(obs_data_t* settings) {
        seed_ = static_cast<std::uint32_t>(obs_data_get_int(settings, "seed"));
        block_ = static_cast<int>(obs_data_get_int(settings, "block"));
        clock_ms_ = obs_data_get_int(settings, "clock_ms");
        silent_ = obs_data_get_bool(settings, "silent");
        stopped_ = obs_data_get_bool(settings, "stopped");
    }

private:
    void run() {
        run_before_others();
        std::int64_t next = 0;
        std::uint64_t returned = start_;
        std::vector<float> samples;
        while (!ending_) {
            const int block = block_;
            const std::uint64_t heard = start_ + static_cast<std::uint64_t>((next + block) * 1'000'000'000 / kVoiceRate);
            while (!ending_ && os_gettime_ns() < heard) std::this_thread::sleep_for(std::chrono::milliseconds(1));
            note_late(static_cast<std::int64_t>(os_gettime_ns() - std::max(heard, returned)));
            samples = silent_ ? std::vector<float>(static_cast<std::size_t>(block)) : voice_samples(seed_, next, block);
            obs_source_audio audio{};
            audio.data[0] = reinterpret_cast<const std::uint8_t*>(samples.data());
            audio.frames = static_cast<std::uint32_t>(block);
            audio.speakers = SPEAKERS_MONO;
            audio.format = AUDIO_FORMAT_FLOAT_PLANAR;
            audio.samples_per_sec = kVoiceRate;
            audio.timestamp = start_ + static_cast<std::uint64_t>(next * 1'000'000'000 / kVoiceRate + clock_ms_ * 1'000'000);
            if (!stopped_ && !ending_) obs_source_output_audio(source_, &audio);
            returned = os_gettime_ns();
            next += block;
        }
    }

    obs_source_t* const source_;
    const std::uint64_t start_;
    std::atomic<std::uint32_t> seed_{0};
    std::atomic<int> block_{480};
    std::atomic<std::int64_t> clock_ms_{0};
    std::atomic<bool> silent_{false}, stopped_{false}, ending_{false};
    std::thread thread_;
};

}  // namespace

float voice_sample(std::uint32_t seed, std::int64_t index) {
    if (index < 0) return 0;
    const Burst burst = burst_of(seed, index / kCell);
    if (index < burst.begin || index >= burst.end) return 0;
    const double tone = std::sin(2 * std::numbers::pi * 437.0 * static_cast<double>(index) / kVoiceRate);
    const double noise = static_cast<double>(mix(static_cast<std::uint64_t>(index) * 977 + seed)) / 4294967295.0 * 2 - 1;
    return burst.loudness * static_cast<float>(0.85 * tone + 0.15 * noise);
}

std::vector<float> voice_samples(std::uint32_t seed, std::int64_t first, std::int64_t count) {
    std::vector<float> samples(static_cast<std::size_t>(count));
    for (std::int64_t i = 0; i < count; ++i) samples[static_cast<std::size_t>(i)] = voice_sample(seed, first + i);
    return samples;
}

void write_voice_file(const std::filesystem::path& path, std::uint32_t seed, int seconds) {
    const auto bytes = static_cast<std::uint32_t>(seconds) * kVoiceRate * 2;
    std::ofstream file(path, std::ios::binary);
    const auto number = [&](std::uint32_t value, int size) { file.write(reinterpret_cast<const char*>(&value), size); };
    file << "RIFF";
    number(36 + bytes, 4);
    file << "WAVEfmt ";
    number(16, 4), number(1, 2), number(1, 2), number(kVoiceRate, 4), number(kVoiceRate * 2, 4), number(2, 2), number(16, 2);
    file << "data";
    number(bytes, 4);
    for (const float sample : voice_samples(seed, 0, std::int64_t{seconds} * kVoiceRate)) number(static_cast<std::uint16_t>(std::lround(sample * 32767)), 2);
    if (!file) throw std::runtime_error(path.string() + " cannot be written");
}

std::uint64_t voice_start_ns(obs_source_t* voice) {
    obs_data_t* settings = obs_source_get_settings(voice);
    const auto start = static_cast<std::uint64_t>(obs_data_get_int(settings, "start_ns"));
    obs_data_release(settings);
    return start;
}

void register_voice() {
    obs_source_info info{};
    info.id = kVoiceId;
    info.type = OBS_SOURCE_TYPE_INPUT;
    info.output_flags = OBS_SOURCE_AUDIO;
    info.get_name = [](void*) { return "Test voice"; };
    info.create = [](obs_data_t* settings, obs_source_t* source) -> void* { return new Voice(settings, source); };
    info.destroy = [](void* data) { delete static_cast<Voice*>(data); };
    info.update = [](void* data, obs_data_t* settings) { static_cast<Voice*>(data)->update(settings); };
    info.get_defaults = [](obs_data_t* settings) {
        obs_data_set_default_int(settings, "seed", 1);
        obs_data_set_default_int(settings, "block", kVoiceRate / 100);
    };
    obs_register_source(&info);
}

}  // namespace mirrorme::testing
