#include "train/voices/voice_list.h"

#include <algorithm>
#include <array>

#include "core/error.h"
#include "train/voices/seeded_random.h"

namespace mirrorme {
namespace {

struct Accent {
    std::string_view texts, language;
};
constexpr auto kAccents = std::to_array<Accent>({
    {"en", "en-us"}, {"en", "en"}, {"en", "en-gb-x-rp"}, {"en", "en-gb-scotland"}, {"en", "en-029"}, {"en", "en-us-nyc"},
    {"de", "de"}, {"es", "es"}, {"es", "es-419"}, {"fr", "fr"}, {"fr", "fr-be"}, {"fr", "fr-ch"}, {"it", "it"},
    {"ja", "ja"}, {"nl", "nl"}, {"pl", "pl"}, {"pt", "pt"}, {"pt", "pt-br"}, {"ru", "ru"},
});

// Variants that sound like people; the robots, whispers and klatt synthesisers of espeak-ng are left out but for a few.
constexpr auto kVariants = std::to_array<std::string_view>({
    "", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "f1", "f2", "f3", "f4", "f5", "klatt", "klatt2", "klatt3",
    "Alex", "Alicia", "Andrea", "Andy", "Annie", "Denis", "Diogo", "Gene", "Hugo", "Jacky", "Lee", "Marco", "Mario",
    "Michael", "Mike", "Storm", "adam", "anika", "aunty", "belinda", "benjamin", "boris", "caleb", "david", "ed", "edward",
    "grandma", "gustave", "iven", "john", "linda", "max", "michel", "miguel", "norbert", "pablo", "paul", "pedro",
    "quincy", "rob", "robert", "sandro", "steph", "travis", "victor", "zac", "whisper",
});

constexpr auto kFliteVoices = std::to_array<std::string_view>({"slt", "rms", "awb", "kal16", "kal"});

std::vector<VoiceChoice> every_voice() {
    std::vector<VoiceChoice> all;
    for (const Accent& accent : kAccents) {
        for (const std::string_view variant : kVariants) {
            all.push_back({SpeechEngine::espeak, std::string(accent.language), std::string(variant), std::string(accent.texts)});
        }
    }
    for (const std::string_view voice : kFliteVoices) {
        all.push_back({SpeechEngine::flite, "en-us", std::string(voice), "en"});
    }
    return all;
}

}  // namespace

std::string name_of(const VoiceChoice& voice) {
    return (voice.engine == SpeechEngine::flite ? "flite/" : "espeak/") + voice.language + "+" + voice.voice;
}

bool is_held_out(std::string_view name_or_sentence) noexcept { return stable_hash(name_or_sentence) % 10 == 9; }

const std::vector<std::string>& text_languages() {
    static const std::vector<std::string> languages = [] {
        std::vector<std::string> list;
        for (const Accent& accent : kAccents) {
            if (list.empty() || list.back() != accent.texts) list.emplace_back(accent.texts);
        }
        return list;
    }();
    return languages;
}

std::vector<VoiceChoice> voices_for(std::string_view texts, HeldOut held_out) {
    std::vector<VoiceChoice> chosen = every_voice();
    std::erase_if(chosen, [&](const VoiceChoice& voice) {
        return (!texts.empty() && voice.texts != texts) || is_held_out(name_of(voice)) != (held_out == HeldOut::yes);
    });
    if (chosen.empty()) {
        throw Error(ErrorCode::not_found, "language " + std::string(texts), "no voice speaks it", "See data/training/texts");
    }
    return chosen;
}

}  // namespace mirrorme
