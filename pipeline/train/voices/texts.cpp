#include "train/voices/texts.h"

#include <fstream>

#include "core/error.h"
#include "core/files.h"
#include "train/voices/seeded_random.h"

namespace mirrorme {
namespace {

constexpr std::size_t kLongestLine = 400;  // bytes
constexpr int kTries = 200;                // one in ten is held out: far more than enough
constexpr double kMadeUpShare = 0.5;

std::vector<std::string> read_sentences(const std::filesystem::path& file) {
    std::ifstream in(file);
    if (!in) throw Error(ErrorCode::not_found, file.string(), "cannot be opened", "Reinstall the data folder");
    std::vector<std::string> sentences;
    for (std::string line; std::getline(in, line);) {
        if (line.size() > kLongestLine) {
            throw Error(ErrorCode::unreadable, file.string(), "a line is longer than " + std::to_string(kLongestLine) + " bytes",
                        "One sentence a line");
        }
        const std::size_t start = line.find_first_not_of(" \t\r");
        if (start == std::string::npos || line[start] == '#') continue;
        sentences.push_back(line.substr(start, line.find_last_not_of(" \t\r") - start + 1));
    }
    if (sentences.empty()) throw Error(ErrorCode::unreadable, file.string(), "holds no sentence", "One sentence a line");
    return sentences;
}

}  // namespace

Texts::Texts(const std::filesystem::path& folder) {
    for (const std::string& language : text_languages()) sentences_[language] = read_sentences(folder / (language + ".txt"));
}

Texts Texts::installed() { return Texts(find_data_dir() / "training" / "texts"); }

const std::vector<std::string>& Texts::collected(std::string_view language) const {
    const auto found = sentences_.find(language);
    if (found == sentences_.end()) {
        throw Error(ErrorCode::not_found, "language " + std::string(language), "no sentences in it", "See data/training/texts");
    }
    return found->second;
}

std::string Texts::sentence(std::string_view language, HeldOut held_out, std::uint64_t seed) const {
    const auto& list = collected(language);
    SeededRandom random(seed);
    const bool made_up = language == "en" && random.chance(kMadeUpShare);
    std::string sentence;
    for (int i = 0; i < kTries; ++i) {
        sentence = made_up ? made_up_sentence(random.bits()) : random.pick(list);
        if (is_held_out(sentence) == (held_out == HeldOut::yes)) return sentence;
    }
    // A collection too small to hold one of the wanted kind still speaks: with a made-up English one, in its accent.
    do sentence = made_up_sentence(random.bits());
    while (is_held_out(sentence) != (held_out == HeldOut::yes));
    return sentence;
}

}  // namespace mirrorme
