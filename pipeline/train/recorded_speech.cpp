#include "train/recorded_speech.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>

#include "audio/resampler.h"
#include "core/error.h"
#include "media/audio_reader.h"

namespace mirrorme {
namespace {

namespace fs = std::filesystem;

constexpr double kLimitSeconds = 3600;
constexpr std::array<std::string_view, 6> kEndings{".wav", ".flac", ".ogg", ".opus", ".mp3", ".m4a"};
constexpr std::size_t kPause = kSpeechRate * 3 / 10;
constexpr std::size_t kShortest = kSpeechRate * 3 / 4;  // shorter prompts are single words
constexpr int kMostTries = 200;

bool is_sound(const fs::path& file) { return std::find(kEndings.begin(), kEndings.end(), file.extension().string()) != kEndings.end(); }

}  // namespace

std::vector<float> read_speech(const fs::path& file) {
    int rate = 0;
    const std::vector<float> sound = read_audio_mono(file.string(), rate, kLimitSeconds);
    const Resampler resampler({rate, 1}, {kSpeechRate, 1});
    const auto length = static_cast<SampleIndex>(static_cast<double>(sound.size()) * kSpeechRate / rate);
    std::vector<float> out(static_cast<std::size_t>(length)), input;
    for (SampleIndex n = 0; n < length; ++n) {
        const SampleSpan span = resampler.support(n);
        input.clear();
        for (SampleIndex i = span.first; i < span.end; ++i) input.push_back(i >= 0 && i < static_cast<SampleIndex>(sound.size()) ? sound[static_cast<std::size_t>(i)] : 0.0f);
        out[static_cast<std::size_t>(n)] = std::clamp(resampler.at(n, input.data()), -1.0f, 1.0f);
    }
    return out;
}

std::vector<RecordedSpeech> find_recorded_speech(const fs::path& folder) {
    if (!fs::is_directory(folder)) throw Error(ErrorCode::not_found, folder.string(), "is no folder", "Give a folder of recorded speech, one subfolder a language");
    std::map<std::string, RecordedSpeech> sets;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder, fs::directory_options::skip_permission_denied)) {
        if (!entry.is_regular_file() || !is_sound(entry.path())) continue;
        const fs::path inside = entry.path().lexically_relative(folder);
        const std::string name = std::next(inside.begin()) == inside.end() ? fs::absolute(folder).lexically_normal().filename().string() : inside.begin()->string();
        RecordedSpeech& set = sets[name];
        set.name = name;
        set.files.push_back(entry.path());
    }
    if (sets.empty()) throw Error(ErrorCode::unreadable, folder.string(), "holds no sound", "Put wav, flac, ogg, opus, mp3 or m4a files into it or into subfolders");
    std::vector<RecordedSpeech> found;
    for (auto& [name, set] : sets) {
        std::sort(set.files.begin(), set.files.end());
        found.push_back(std::move(set));
    }
    return found;
}

PerformanceMaker performances_of(const RecordedSpeech& speech) {
    return [speech](std::uint64_t seed, const PerformanceOptions& options) {
        TrainingRng rng(seed);
        Performance performance;
        performance.seed = seed;
        performance.voice = speech.name;
        performance.poses.resize(static_cast<std::size_t>(options.frames));
        performance.speaking.assign(performance.poses.size(), 1);
        const auto wanted = static_cast<std::size_t>(kPerformanceClock.first_sample(options.frames));
        std::vector<float>& sound = performance.audio_16k;
        bool any = false;
        for (int tries = 0; sound.size() < wanted && tries < kMostTries; ++tries) {
            const fs::path& file = speech.files[std::uniform_int_distribution<std::size_t>(0, speech.files.size() - 1)(rng)];
            std::vector<float> spoken;
            try {
                spoken = read_speech(file);
            } catch (const Error&) {
                continue;
            }
            any = any || !spoken.empty();
            if (spoken.size() < kShortest) continue;
            sound.insert(sound.end(), spoken.begin(), spoken.end());
            sound.insert(sound.end(), kPause, 0.0f);
        }
        if (!any) throw Error(ErrorCode::unreadable, speech.name, "none of its " + std::to_string(speech.files.size()) + " files can be read", "Check them with ffmpeg");
        sound.resize(wanted, 0.0f);
        return performance;
    };
}

}  // namespace mirrorme
