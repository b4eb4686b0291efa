#include "plugin/host/spoken_clip.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "audio/resampler.h"
#include "core/error.h"
#include "core/files.h"

namespace mirrorme {
namespace {

constexpr std::int64_t kLongestSeconds = 60;

/// Little-endian number of N bytes at `at`; the caller has checked the length.
std::uint32_t number(std::span<const std::byte> bytes, std::size_t at, std::size_t count) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < count; ++i) value |= std::to_integer<std::uint32_t>(bytes[at + i]) << (8 * i);
    return value;
}

bool is(std::span<const std::byte> bytes, std::size_t at, const char* tag) { return std::memcmp(bytes.data() + at, tag, 4) == 0; }

struct Wave {
    std::uint32_t channels = 0, rate = 0;
    std::span<const std::byte> data;
};

Wave parse_wave(std::span<const std::byte> file, const std::string& name) {
    const auto wrong = [&](const std::string& problem) { return Error(ErrorCode::unreadable, name, problem, "Give a WAV file of 16-bit PCM"); };
    if (file.size() < 12 || !is(file, 0, "RIFF") || !is(file, 8, "WAVE")) throw wrong("is not a WAV file");
    Wave wave;
    for (std::size_t at = 12; at + 8 <= file.size();) {
        const std::size_t size = number(file, at + 4, 4), body = at + 8;
        const std::size_t there = std::min(size, file.size() - body);
        if (is(file, at, "fmt ") && there >= 16) {
            if (number(file, body, 2) != 1 || number(file, body + 14, 2) != 16) throw wrong("is not 16-bit PCM");
            wave.channels = number(file, body + 2, 2);
            wave.rate = number(file, body + 4, 4);
        } else if (is(file, at, "data")) {
            wave.data = file.subspan(body, there);
        }
        at = body + there + (size & 1);
    }
    if (wave.channels < 1 || wave.channels > 16 || wave.rate < 8000 || wave.rate > 192000) throw wrong("has no usable format");
    if (wave.data.size() / 2 / wave.channels > static_cast<std::size_t>(wave.rate) * kLongestSeconds)
        throw Error(ErrorCode::too_large, name, "is longer than a minute", "Give a shorter one");
    return wave;
}

}  // namespace

std::vector<float> read_spoken_clip(const std::filesystem::path& path, Rational rate) {
    const MappedFile file(path);
    const Wave wave = parse_wave(file.bytes(), path.string());
    const std::size_t frames = wave.data.size() / 2 / wave.channels;
    const Resampler resampler(Rational{wave.rate, 1}, rate);
    const auto margin = static_cast<std::size_t>(resampler.half_width()) + 16;
    std::vector<float> mono(margin + frames + margin, 0.0f);
    for (std::size_t i = 0; i < frames; ++i) {
        float sum = 0;
        for (std::size_t c = 0; c < wave.channels; ++c)
            sum += static_cast<float>(static_cast<std::int16_t>(number(wave.data, (i * wave.channels + c) * 2, 2))) / 32768.0f;
        mono[margin + i] = sum / static_cast<float>(wave.channels);
    }
    std::vector<float> out(static_cast<std::size_t>(rescale_floor(static_cast<std::int64_t>(frames), Rational{wave.rate, 1}, rate)));
    for (std::size_t n = 0; n < out.size(); ++n) {
        const SampleSpan support = resampler.support(static_cast<SampleIndex>(n));
        out[n] = resampler.at(static_cast<SampleIndex>(n), mono.data() + static_cast<std::ptrdiff_t>(margin) + support.first);
    }
    return out;
}

std::optional<SampleSpan> ClipOverlay::apply(SampleIndex first, std::span<float> samples) noexcept {
    if (!playing_) return std::nullopt;
    const SampleIndex clip_end = at_ + static_cast<SampleIndex>(clip_.size()), end = first + static_cast<SampleIndex>(samples.size());
    const SampleSpan covered{std::max(first, at_), std::min(end, clip_end)};
    if (end >= clip_end) playing_ = false;
    if (covered.empty()) return std::nullopt;
    std::copy_n(clip_.begin() + (covered.first - at_), covered.size(), samples.begin() + (covered.first - first));
    return covered;
}

}  // namespace mirrorme
