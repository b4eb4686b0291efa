#pragma once
// The sounds of speech as lips see them: one small inventory for every language and engine.
// Header only: rooms that read recorded speech need the words without the GPL libraries.

#include <array>
#include <cstdint>
#include <string_view>

namespace mirrorme {

enum class Phone : std::uint8_t {
    silence,
    // vowels, by jaw and lips; a diphthong is two of them
    a, ae, ah, ao, e, eh, er, ih, i, o, u, uh, y, oe, schwa,
    // consonants, by place
    m, p, b,          // lips together
    bilabial,         // lips nearly together (Spanish b between vowels, Japanese f)
    f, v,             // lower lip under upper teeth
    th,               // tongue at the teeth
    t, d, n, l,       // tongue behind the teeth
    s, z, ts,         // teeth close, lips apart
    sh, ch,           // teeth close, lips forward
    r, w, j,
    k, g, ng, x, h,   // behind the tongue's tip: the lips are free
};
inline constexpr int kPhoneCount = static_cast<int>(Phone::h) + 1;

constexpr std::string_view name_of(Phone phone) noexcept {
    constexpr std::array<std::string_view, kPhoneCount> names{
        "sil", "a", "ae", "ah", "ao", "e", "eh", "er", "ih", "i", "o", "u", "uh", "y", "oe", "@",
        "m", "p", "b", "bv", "f", "v", "th", "t", "d", "n", "l", "s", "z", "ts", "sh", "ch", "r", "w", "j",
        "k", "g", "ng", "x", "h"};
    return names[static_cast<std::size_t>(phone)];
}

constexpr bool is_vowel(Phone p) noexcept { return p >= Phone::a && p <= Phone::schwa; }
/// Lips fully closed until the release.
constexpr bool closes_lips(Phone p) noexcept { return p == Phone::m || p == Phone::p || p == Phone::b; }
/// The mouth is shut somewhere until a release: the span has a closure part.
constexpr bool is_stop(Phone p) noexcept {
    return p == Phone::p || p == Phone::b || p == Phone::t || p == Phone::d || p == Phone::k || p == Phone::g ||
           p == Phone::ts || p == Phone::ch;
}

}  // namespace mirrorme
