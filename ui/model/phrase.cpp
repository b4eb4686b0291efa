#include "ui/model/phrase.h"

#include <array>
#include <charconv>
#include <cmath>

#include "core/remark.h"

namespace mirrorme::ui {

std::string say(const Words& words, const Phrase& phrase) {
    if (phrase.key.empty()) return phrase.args.empty() ? std::string() : phrase.args.front();
    return filled(words(phrase.key), phrase.args);
}

std::string number_text(double value, int decimals) {
    if (!std::isfinite(value)) return "?";
    const double step = std::pow(10.0, decimals);
    value = std::round(value * step) / step;
    if (value == 0) value = 0;  // drops the sign
    std::array<char, 64> buffer;
    const auto [end, failed] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed, decimals);
    return failed == std::errc() ? std::string(buffer.data(), end) : "?";
}

std::string_view name_of(Tone tone) noexcept {
    constexpr std::array<std::string_view, 5> kNames{"neutral", "good", "busy", "warning", "error"};
    return kNames[static_cast<std::size_t>(tone)];
}

}  // namespace mirrorme::ui
