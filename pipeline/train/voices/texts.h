#pragma once
// What voices say: collections of sentences (data/training/texts/<language>.txt, one a line, # starts a comment) and,
// for English, a small grammar, so that training never runs out of them.

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "train/voices/voice_list.h"

namespace mirrorme {

class Texts {
public:
    /// Reads every collection of text_languages(). Throws Error: not_found, unreadable (empty, or a line over 400 bytes).
    explicit Texts(const std::filesystem::path& folder);
    /// From the data folder (core/files.h).
    static Texts installed();

    /// A sentence, the same for the same seed; held out or not as asked. Throws Error (not_found) for an unknown language.
    std::string sentence(std::string_view language, HeldOut held_out, std::uint64_t seed) const;
    /// All collected sentences of a language, held-out ones too.
    const std::vector<std::string>& collected(std::string_view language) const;

private:
    std::map<std::string, std::vector<std::string>, std::less<>> sentences_;
};

/// A sentence of the English grammar: some ten million different ones.
std::string made_up_sentence(std::uint64_t seed);

}  // namespace mirrorme
