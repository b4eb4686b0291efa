#pragma once
// What to say, apart from how: the model names a text of ui/locale/*.ini and what goes into it; the panel turns that into words.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace mirrorme::ui {

/// A text by its key, with what replaces %1 .. %9 in it. Without a key: `args[0]` as it is, a sentence that came from elsewhere.
struct Phrase {
    std::string key;
    std::vector<std::string> args;

    static Phrase verbatim(std::string text) { return {{}, {std::move(text)}}; }
    bool empty() const noexcept { return key.empty() && (args.empty() || args.front().empty()); }
    bool operator==(const Phrase&) const = default;
};

/// Looks a key up in the chosen language.
using Words = std::function<std::string(const std::string& key)>;

std::string say(const Words& words, const Phrase& phrase);

/// `value` with `decimals` digits after the point, whatever the locale; "-0" is "0", what is no number is "?".
std::string number_text(double value, int decimals);

/// How a text is coloured by OBS's theme; the words say the same without colour.
enum class Tone { neutral, good, busy, warning, error };
std::string_view name_of(Tone tone) noexcept;

/// A line of a table: both sides are shown as they are said.
struct Row {
    Phrase label, value;
    Tone tone = Tone::neutral;
    bool operator==(const Row&) const = default;
};

}  // namespace mirrorme::ui
