#pragma once
// Sounds and pictures made for tests, and the errors of calls that must fail.

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <numbers>
#include <string>
#include <vector>

#include "core/error.h"
#include "support/temp_folder.h"

namespace mirrorme::testing {

inline std::filesystem::path fixture(const std::string& name) { return std::filesystem::path(MIRRORME_SOURCE_DIR) / "tests/golden/media" / name; }

template <class F>
Error error_of(F&& call) {
    try {
        call();
    } catch (const Error& error) {
        return error;
    }
    FAIL("no error");
    return {ErrorCode::none, "", ""};
}

template <class T>
void append(std::string& bytes, T value) {
    bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

/// 16-bit WAV; samples[channel][i] in -1..1.
inline std::string wav(const std::vector<std::vector<float>>& samples, int rate) {
    const auto channels = static_cast<std::uint16_t>(samples.size());
    const auto bytes = static_cast<std::uint32_t>(samples[0].size() * channels * 2);
    std::string out = "RIFF";
    append<std::uint32_t>(out, 36 + bytes);
    out += "WAVEfmt ";
    append<std::uint32_t>(out, 16);
    append<std::uint16_t>(out, 1);
    append<std::uint16_t>(out, channels);
    append<std::uint32_t>(out, static_cast<std::uint32_t>(rate));
    append<std::uint32_t>(out, static_cast<std::uint32_t>(rate) * channels * 2);
    append<std::uint16_t>(out, static_cast<std::uint16_t>(channels * 2));
    append<std::uint16_t>(out, 16);
    out += "data";
    append<std::uint32_t>(out, bytes);
    for (std::size_t i = 0; i < samples[0].size(); ++i)
        for (const auto& channel : samples) append<std::int16_t>(out, static_cast<std::int16_t>(std::lround(channel[i] * 32767)));
    return out;
}

inline std::vector<float> tone(double hz, int rate, double seconds, double amplitude = 0.5) {
    std::vector<float> samples(static_cast<std::size_t>(std::lround(seconds * rate)));
    for (std::size_t i = 0; i < samples.size(); ++i)
        samples[i] = static_cast<float>(amplitude * std::sin(2 * std::numbers::pi * hz * static_cast<double>(i) / rate));
    return samples;
}

inline double rms(const std::vector<float>& samples, std::size_t from, std::size_t to) {
    double sum = 0;
    for (std::size_t i = from; i < to; ++i) sum += static_cast<double>(samples[i]) * samples[i];
    return std::sqrt(sum / static_cast<double>(to - from));
}

}  // namespace mirrorme::testing
