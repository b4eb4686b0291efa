#pragma once
// From the engines' own phoneme names to ours.

#include <string_view>
#include <vector>

#include "train/voices/phone.h"

namespace mirrorme {

/// espeak-ng mnemonics ("tS", "aI", "O~", "@L", "dz;", "_:") of `language` ("en-us", "fr", ...): one phone, or two or
/// three for diphthongs and syllabic consonants. What is unknown gives nothing.
std::vector<Phone> phones_from_espeak(std::string_view mnemonic, std::string_view language);

/// CMU names as flite has them ("hh", "ay", "pau"); diphthongs give two.
std::vector<Phone> phones_from_cmu(std::string_view name);

}  // namespace mirrorme
