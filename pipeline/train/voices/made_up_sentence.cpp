// A small grammar of English: patterns with slots, and words for the slots.

#include <array>
#include <string>
#include <string_view>

#include "train/voices/seeded_random.h"
#include "train/voices/texts.h"

namespace mirrorme {
namespace {

using Words = std::string_view;  // separated by '|'

struct Slot {
    char letter;
    Words words;
};
constexpr auto kSlots = std::to_array<Slot>({
    {'N', "bottle|map|piano|umbrella|mountain|button|pepper|window|blanket|pump|lemon|camera|ribbon|village|drum|ticket|"
          "puppet|feather|violin|pillow|engine|mushroom|garden|necklace|bicycle|sofa|vase|boat|book|thumb|shelf|fox|whale|"
          "cheese|judge|soup|apron|balloon|carpet|oven"},
    {'A', "blue|empty|brave|warm|purple|tiny|famous|wooden|bitter|smooth|broken|yellow|huge|quiet|simple|public|shiny|"
          "fresh|very old|rather odd|beautiful|foggy|pale|cheap|sharp|comfortable"},
    {'P', "my mother|the farmer|our teacher|Bob|Emma|Sophie|Philip|the whole team|everybody|a young woman|the postman|"
          "my best friend|Maya|Victor|the barber|nobody|somebody|the plumber"},
    {'V', "opened|found|painted|bought|moved|dropped|described|fixed|borrowed|packed|washed|kept|forgot|imagined|showed|"
          "wrapped|pushed|measured|chose|saved"},
    {'W', "open|find|paint|buy|move|drop|describe|fix|borrow|pack|wash|keep|imagine|show|wrap|push|measure|choose|save"},
    {'L', "on the table|behind the barn|near the river|in the basement|above the door|by the sea|at the museum|"
          "under the bed|in the middle of the road|between two poplars|inside the box|around the corner"},
    {'T', "yesterday|last week|on Monday|every morning|before breakfast|in February|at half past five|after the show|"
          "a moment ago|once more|this evening|in nineteen ninety four"},
    {'C', "two|three|four|five|seven|eight|eleven|twelve|fifteen|twenty|thirty five|forty six|sixty|a hundred"},
    {'O', "well|so|okay|now|listen|look|honestly|by the way|of course|oh|hmm|wow|right|anyway"},
    {'J', "because|but|and then|so|although|while|just before"},
});

constexpr auto kPatterns = std::to_array<std::string_view>({
    "^P V the A N L.",
    "^T, P V C A Ns L.",
    "Where did you W the A N?",
    "Why would P W a A N T?",
    "^O, P V the N J P V the N.",
    "The N is A, J the N is A too.",
    "First we W the N, then we W the A N, and finally the N.",
    "^O, I never saw such a A N!",
    "Please W the N and the N L.",
    "^C Ns and C Ns make a A N.",
    "^P said: the N L is A!",
    "Do you want the A N or the A N?",
    "You can W it T, it costs C dollars.",
    "One N, a N, and C A Ns.",
    "Don't W the N, W the N!",
    "It was A, A, and very A.",
    "^P and P V a N T.",
    "If you W the A N, P will W the N.",
    "Number C is the A N L.",
    "^O.",
    "The A N of P V me T, J I V it.",
});

std::string_view pick_word(Words words, SeededRandom& random) {
    std::size_t count = 1;
    for (const char c : words) count += c == '|';
    std::size_t skip = random.below(count), start = 0;
    while (skip-- > 0) start = words.find('|', start) + 1;
    return words.substr(start, words.find('|', start) - start);
}

Words words_of(char letter) {
    for (const Slot& slot : kSlots) {
        if (slot.letter == letter) return slot.words;
    }
    return {};
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '\''; }

}  // namespace

std::string made_up_sentence(std::uint64_t seed) {
    SeededRandom random(seed);
    const std::string_view pattern = random.pick(kPatterns);
    std::string sentence;
    bool upper = false;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        const char c = pattern[i];
        if (c == '^') {
            upper = true;
            continue;
        }
        // A slot is a capital of its own; "Ns" is a plural.
        const bool starts = i == 0 || !is_letter(pattern[i - 1]);
        const char next = i + 1 < pattern.size() ? pattern[i + 1] : ' ';
        const bool plural = next == 's' && (i + 2 >= pattern.size() || !is_letter(pattern[i + 2]));
        const Words words = starts && (!is_letter(next) || plural) ? words_of(c) : Words{};
        std::string piece = words.empty() ? std::string(1, c) : std::string(pick_word(words, random));
        if (upper && !piece.empty() && piece[0] >= 'a' && piece[0] <= 'z') piece[0] = static_cast<char>(piece[0] - 'a' + 'A');
        upper = false;
        const bool vowel = !words.empty() && std::string_view("aeiou").find(piece[0]) != std::string_view::npos;
        if (vowel && sentence.ends_with(" a ")) {
            sentence.back() = 'n';
            sentence += ' ';
        }
        sentence += piece;
    }
    return sentence;
}

}  // namespace mirrorme
