#include "train/voices/flite_engine.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "core/error.h"

extern "C" {
#include <flite/flite.h>
// flite has no header for its voices.
cst_voice* register_cmu_us_slt(const char*);
cst_voice* register_cmu_us_rms(const char*);
cst_voice* register_cmu_us_awb(const char*);
cst_voice* register_cmu_us_kal16(const char*);
cst_voice* register_cmu_us_kal(const char*);
void unregister_cmu_us_slt(cst_voice*);
void unregister_cmu_us_rms(cst_voice*);
void unregister_cmu_us_awb(cst_voice*);
void unregister_cmu_us_kal16(cst_voice*);
void unregister_cmu_us_kal(cst_voice*);
}

namespace mirrorme {
namespace {

struct VoiceEntry {
    std::string_view name;
    cst_voice* (*load)(const char*);
    void (*unload)(cst_voice*);
    bool diphones;  // pitch through a target mean; the statistical voices take a factor
};
constexpr std::array<VoiceEntry, 5> kVoices{{
    {"slt", register_cmu_us_slt, unregister_cmu_us_slt, false},
    {"rms", register_cmu_us_rms, unregister_cmu_us_rms, false},
    {"awb", register_cmu_us_awb, unregister_cmu_us_awb, false},
    {"kal16", register_cmu_us_kal16, unregister_cmu_us_kal16, true},
    {"kal", register_cmu_us_kal, unregister_cmu_us_kal, true},
}};

struct UtteranceDeleter {
    void operator()(cst_utterance* utterance) const { delete_utterance(utterance); }
};
using Utterance = std::unique_ptr<cst_utterance, UtteranceDeleter>;

}  // namespace

struct FliteEngine::Voices {
    struct Loaded {
        cst_voice* voice = nullptr;
        float mean_hz = 0, spread_hz = 0;  // as the voice came
    };
    std::array<Loaded, kVoices.size()> loaded{};

    ~Voices() {
        for (std::size_t i = 0; i < kVoices.size(); ++i) {
            if (loaded[i].voice != nullptr) kVoices[i].unload(loaded[i].voice);
        }
    }

    Loaded& load(std::size_t index) {
        Loaded& entry = loaded[index];
        if (entry.voice == nullptr) {
            entry.voice = kVoices[index].load(nullptr);
            if (entry.voice == nullptr) {
                throw Error(ErrorCode::internal, "flite voice " + std::string(kVoices[index].name), "does not load");
            }
            entry.mean_hz = get_param_float(entry.voice->features, "int_f0_target_mean", 110.0f);
            entry.spread_hz = get_param_float(entry.voice->features, "int_f0_target_stddev", 15.0f);
        }
        return entry;
    }
};

FliteEngine::FliteEngine() : voices_(std::make_unique<Voices>()) { flite_init(); }
FliteEngine::~FliteEngine() = default;

EngineSpeech FliteEngine::speak(const SpeechRequest& request) {
    const std::string_view name = request.voice.empty() ? "slt" : std::string_view(request.voice);
    const auto found = std::find_if(kVoices.begin(), kVoices.end(), [&](const VoiceEntry& v) { return v.name == name; });
    if (found == kVoices.end()) {
        throw Error(ErrorCode::not_found, "flite voice " + std::string(name), "no such voice", "One of slt, rms, awb, kal16, kal");
    }
    auto& entry = voices_->load(static_cast<std::size_t>(found - kVoices.begin()));
    cst_features* features = entry.voice->features;
    feat_set_float(features, "duration_stretch", 1.0f / std::clamp(request.rate, 0.5f, 2.0f));
    if (found->diphones) {
        feat_set_float(features, "int_f0_target_mean", entry.mean_hz * request.pitch);
        feat_set_float(features, "int_f0_target_stddev", entry.spread_hz * request.pitch * request.pitch_range);
    } else {
        feat_set_float(features, "f0_shift", request.pitch);
    }

    const Utterance utterance(flite_synth_text(request.text.c_str(), entry.voice));
    const cst_wave* wave = utterance ? utt_wave(utterance.get()) : nullptr;
    if (wave == nullptr || wave->num_channels != 1) {
        throw Error(ErrorCode::internal, "flite voice " + std::string(name), "synthesis failed for \"" + request.text + "\"");
    }
    EngineSpeech speech;
    speech.rate = wave->sample_rate;
    speech.samples.assign(wave->samples, wave->samples + wave->num_samples);
    std::int64_t previous = 0;
    for (const cst_item* item = relation_head(utt_relation(utterance.get(), "Segment")); item != nullptr; item = item_next(item)) {
        const auto end = static_cast<std::int64_t>(std::llround(static_cast<double>(item_feat_float(item, "end")) * speech.rate));
        const auto inside = std::clamp<std::int64_t>(end, previous, wave->num_samples);
        if (inside > previous) speech.labels.push_back({item_feat_string(item, "name"), previous, inside});
        previous = inside;
    }
    if (!speech.labels.empty()) speech.labels.back().end_sample = wave->num_samples;
    return speech;
}

}  // namespace mirrorme
