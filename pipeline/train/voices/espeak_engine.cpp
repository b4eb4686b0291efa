#include "train/voices/espeak_engine.h"

#include <dlfcn.h>
#include <espeak-ng/speak_lib.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <mutex>
#include <string>

#include "core/error.h"

namespace mirrorme {
namespace {

// Note [A fresh espeak-ng for every request]
// espeak-ng keeps the place in its table of natural pitch flutter, phases and echo in variables that no call resets, so
// what it says depends on all it said before, and training data could not be made again from a seed. It cannot be
// started twice in one process either. Loading the library, speaking and unloading it costs 5 ms and has no past.
// That holds only while nothing else in the process keeps it loaded: never link it.
constexpr const char* kLibrary = "libespeak-ng.so.1";
constexpr const char* kInstall = "Install the packages libespeak-ng1 and espeak-ng-data";

constexpr int kWordsPerMinute = 175;  // espeak-ng's normal
constexpr int kBufferMs = 100;

/// Fills the EngineSpeech that the synthesis in progress points to.
int receive(short* samples, int count, espeak_EVENT* events) {
    auto* speech = events != nullptr ? static_cast<EngineSpeech*>(events->user_data) : nullptr;
    if (speech == nullptr) return 0;
    if (samples != nullptr && count > 0) speech->samples.insert(speech->samples.end(), samples, samples + count);
    for (; events->type != espeakEVENT_LIST_TERMINATED; ++events) {
        if (events->type != espeakEVENT_PHONEME) continue;
        // The name fills its eight bytes without an end mark when it is long.
        const char* name = events->id.string;
        const auto length = static_cast<std::size_t>(std::find(name, name + sizeof(events->id.string), '\0') - name);
        speech->labels.push_back({std::string(name, length), events->sample, events->sample});
    }
    return 0;
}

int clamped(double value, int low, int high) { return std::clamp(static_cast<int>(std::lround(value)), low, high); }

/// Ends labels where the next begins; the last one, and whatever an echo runs past it, at the end of the sound.
void close_labels(EngineSpeech& speech) {
    const auto size = static_cast<std::int64_t>(speech.samples.size());
    std::int64_t next = size;
    for (auto label = speech.labels.rbegin(); label != speech.labels.rend(); ++label) {
        label->start_sample = std::clamp<std::int64_t>(label->start_sample, 0, next);
        label->end_sample = next;
        next = label->start_sample;
    }
    std::erase_if(speech.labels, [](const EngineLabel& label) { return label.end_sample <= label.start_sample; });
}

std::mutex& process_mutex() {
    static std::mutex mutex;
    return mutex;
}

/// The library, started; ended and unloaded with the object. Hold process_mutex().
class LoadedEspeak {
public:
    LoadedEspeak() : handle_(dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL)) {
        if (handle_ == nullptr) throw Error(ErrorCode::unsupported, kLibrary, "does not load", kInstall);
        try {
            bind();
            rate_ = initialize_(AUDIO_OUTPUT_SYNCHRONOUS, kBufferMs, nullptr,
                                espeakINITIALIZE_PHONEME_EVENTS | espeakINITIALIZE_DONT_EXIT);
            if (rate_ <= 0) throw Error(ErrorCode::unsupported, kLibrary, "finds no voice data", kInstall);
        } catch (...) {
            dlclose(handle_);
            throw;
        }
        set_callback_(receive);
    }
    ~LoadedEspeak() {
        terminate_();
        // The library keeps this table for its next listing, which never comes: it would be lost with every unloading.
        std::free(voice_table_);
        dlclose(handle_);
    }
    LoadedEspeak(const LoadedEspeak&) = delete;
    LoadedEspeak& operator=(const LoadedEspeak&) = delete;

    EngineSpeech speak(const SpeechRequest& request, const std::string& voice) {
        voice_table_ = list_voices_(nullptr);  // what choosing by name would do; done here so that the table can be freed
        if (set_voice_(voice.c_str()) != EE_OK) {
            throw Error(ErrorCode::not_found, "espeak-ng voice " + voice, "no such voice", "See espeak-ng --voices");
        }
        set_parameter_(espeakRATE, clamped(kWordsPerMinute * request.rate, 80, 450), 0);
        // Its pitch runs from half (0) to double (99).
        set_parameter_(espeakPITCH, clamped(50 + 50 * std::log2(std::max(request.pitch, 0.1f)), 0, 99), 0);
        set_parameter_(espeakRANGE, clamped(50 * request.pitch_range, 0, 100), 0);
        set_parameter_(espeakVOLUME, 80, 0);  // below clipping for every variant; loudness is set afterwards
        std::srand(1);                        // breath noise comes from rand()

        EngineSpeech speech;
        speech.rate = rate_;
        const auto result = synth_(request.text.c_str(), request.text.size() + 1, 0, POS_CHARACTER, 0, espeakCHARS_UTF8,
                                   nullptr, &speech);
        if (result != EE_OK || synchronize_() != EE_OK) {
            throw Error(ErrorCode::internal, "espeak-ng voice " + voice, "synthesis failed for \"" + request.text + "\"");
        }
        return speech;
    }

private:
    template <class Function>
    void find(Function*& function, const char* name) {
        function = reinterpret_cast<Function*>(dlsym(handle_, name));
        if (function == nullptr) throw Error(ErrorCode::unsupported, kLibrary, std::string("has no ") + name, kInstall);
    }
    void bind() {
        find(initialize_, "espeak_Initialize");
        find(set_callback_, "espeak_SetSynthCallback");
        find(list_voices_, "espeak_ListVoices");
        find(set_voice_, "espeak_SetVoiceByName");
        find(set_parameter_, "espeak_SetParameter");
        find(synth_, "espeak_Synth");
        find(synchronize_, "espeak_Synchronize");
        find(terminate_, "espeak_Terminate");
    }

    void* handle_ = nullptr;
    int rate_ = 0;
    const espeak_VOICE** voice_table_ = nullptr;
    decltype(espeak_Initialize)* initialize_ = nullptr;
    decltype(espeak_SetSynthCallback)* set_callback_ = nullptr;
    decltype(espeak_ListVoices)* list_voices_ = nullptr;
    decltype(espeak_SetVoiceByName)* set_voice_ = nullptr;
    decltype(espeak_SetParameter)* set_parameter_ = nullptr;
    decltype(espeak_Synth)* synth_ = nullptr;
    decltype(espeak_Synchronize)* synchronize_ = nullptr;
    decltype(espeak_Terminate)* terminate_ = nullptr;
};

}  // namespace

EspeakEngine::EspeakEngine() {
    const std::lock_guard lock(process_mutex());
    LoadedEspeak probe;
}

EngineSpeech EspeakEngine::speak(const SpeechRequest& request) const {
    const std::string voice = request.voice.empty() ? request.language : request.language + "+" + request.voice;
    EngineSpeech speech;
    {
        const std::lock_guard lock(process_mutex());
        speech = LoadedEspeak().speak(request, voice);
    }
    close_labels(speech);
    return speech;
}

}  // namespace mirrorme
