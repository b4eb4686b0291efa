#include "train/voices/phone_labels.h"

#include <array>
#include <utility>

namespace mirrorme {
namespace {

using Entry = std::pair<std::string_view, Phone>;

// Longest names first: the first that fits wins. A character that is in no entry is a modifier (length, nasality,
// palatalisation, variant number) and is skipped.
constexpr auto kEspeak = std::to_array<Entry>({
    {"t_s", Phone::ch}, {"d_z", Phone::ch}, {"tS", Phone::ch}, {"dZ", Phone::ch}, {"ts;", Phone::ch}, {"dz;", Phone::ch},
    {"ts", Phone::ts}, {"dz", Phone::ts}, {"s;", Phone::sh}, {"z;", Phone::sh}, {"s\\", Phone::sh}, {"z\\", Phone::sh},
    {"p\\", Phone::bilabial}, {"n^", Phone::n}, {"l^", Phone::l}, {"N\\", Phone::ng}, {"u\"", Phone::uh}, {"i\"", Phone::ih}, {"aU", Phone::silence},
    {"a#", Phone::schwa}, {"I#", Phone::ih}, {"I2", Phone::ih}, {"&U", Phone::silence},
    {"i", Phone::i}, {"I", Phone::ih}, {"e", Phone::e}, {"E", Phone::eh}, {"a", Phone::ae}, {"A", Phone::a}, {"&", Phone::ah},
    {"V", Phone::ah}, {"0", Phone::ao}, {"O", Phone::ao}, {"o", Phone::o}, {"u", Phone::u}, {"U", Phone::uh},
    {"y", Phone::y}, {"Y", Phone::oe}, {"W", Phone::oe}, {"@", Phone::schwa}, {"3", Phone::er},
    {"m", Phone::m}, {"p", Phone::p}, {"b", Phone::b}, {"B", Phone::bilabial}, {"F", Phone::f},
    {"f", Phone::f}, {"v", Phone::v}, {"P", Phone::v}, {"T", Phone::th}, {"D", Phone::th},
    {"t", Phone::t}, {"d", Phone::d}, {"n", Phone::n}, {"l", Phone::l}, {"L", Phone::l}, {"*", Phone::d},
    {"s", Phone::s}, {"z", Phone::z}, {"S", Phone::sh}, {"Z", Phone::sh}, {"r", Phone::r}, {"R", Phone::r},
    {"w", Phone::w}, {"H", Phone::w}, {"j", Phone::j}, {"k", Phone::k}, {"g", Phone::g}, {"c", Phone::k}, {"J", Phone::j},
    {"N", Phone::ng}, {"x", Phone::x}, {"X", Phone::x}, {"C", Phone::x}, {"Q", Phone::x}, {"q", Phone::k}, {"h", Phone::h},
    {"?", Phone::h}, {"8", Phone::schwa}, {";", Phone::j},
});

struct CmuEntry {
    std::string_view name;
    std::array<Phone, 2> phones;  // silence in the second place: one phone only
};
constexpr Phone kNone = Phone::silence;
constexpr auto kCmu = std::to_array<CmuEntry>({
    {"aa", {Phone::a, kNone}}, {"ae", {Phone::ae, kNone}}, {"ah", {Phone::ah, kNone}}, {"ao", {Phone::ao, kNone}},
    {"aw", {Phone::a, Phone::uh}}, {"ax", {Phone::schwa, kNone}}, {"ay", {Phone::a, Phone::ih}}, {"eh", {Phone::eh, kNone}},
    {"er", {Phone::er, kNone}}, {"axr", {Phone::er, kNone}}, {"ey", {Phone::e, Phone::ih}}, {"ih", {Phone::ih, kNone}},
    {"iy", {Phone::i, kNone}}, {"ow", {Phone::o, Phone::uh}}, {"oy", {Phone::ao, Phone::ih}}, {"uh", {Phone::uh, kNone}},
    {"uw", {Phone::u, kNone}}, {"b", {Phone::b, kNone}}, {"ch", {Phone::ch, kNone}}, {"d", {Phone::d, kNone}},
    {"dh", {Phone::th, kNone}}, {"dx", {Phone::d, kNone}}, {"f", {Phone::f, kNone}}, {"g", {Phone::g, kNone}},
    {"hh", {Phone::h, kNone}}, {"hv", {Phone::h, kNone}}, {"jh", {Phone::ch, kNone}}, {"k", {Phone::k, kNone}},
    {"l", {Phone::l, kNone}}, {"el", {Phone::schwa, Phone::l}}, {"m", {Phone::m, kNone}}, {"em", {Phone::m, kNone}},
    {"n", {Phone::n, kNone}}, {"en", {Phone::n, kNone}}, {"ng", {Phone::ng, kNone}}, {"p", {Phone::p, kNone}},
    {"r", {Phone::r, kNone}}, {"s", {Phone::s, kNone}}, {"sh", {Phone::sh, kNone}}, {"t", {Phone::t, kNone}},
    {"th", {Phone::th, kNone}}, {"v", {Phone::v, kNone}}, {"w", {Phone::w, kNone}}, {"y", {Phone::j, kNone}},
    {"z", {Phone::z, kNone}}, {"zh", {Phone::sh, kNone}},
});

/// The same letter is another sound in another language.
Phone in_language(const std::vector<Phone>& phones, std::size_t index, std::string_view language) {
    const Phone phone = phones[index];
    if (phone == Phone::ae) {  // "a": as in "cat" only in English, and there not before a glide
        const bool glides = index + 1 < phones.size() && is_vowel(phones[index + 1]);
        return language.starts_with("en") && !glides ? Phone::ae : Phone::a;
    }
    const bool unrounded_y = language.starts_with("ru") || language.starts_with("pl") || language.starts_with("pt");
    if (phone == Phone::y && unrounded_y) return Phone::ih;
    if (phone == Phone::u && language.starts_with("ja")) return Phone::uh;  // lips hardly come forward
    return phone;
}

}  // namespace

std::vector<Phone> phones_from_espeak(std::string_view mnemonic, std::string_view language) {
    if (mnemonic.starts_with('_')) {  // a pause of some length; "_j" is a linking sound
        if (mnemonic.size() == 1 || std::string_view(":!|_^").find(mnemonic[1]) != std::string_view::npos) return {Phone::silence};
        mnemonic.remove_prefix(1);
    }
    std::vector<Phone> phones;
    for (std::size_t at = 0; at < mnemonic.size();) {
        const std::string_view rest = mnemonic.substr(at);
        const Entry* found = nullptr;
        // These name a sound only at the front; later they number a variant or say that a consonant is soft.
        const bool variant = at > 0 && std::string_view("038;?").find(rest.front()) != std::string_view::npos;
        for (const Entry& entry : kEspeak) {
            if (!variant && rest.starts_with(entry.first)) {
                found = &entry;
                break;
            }
        }
        if (found == nullptr) {
            ++at;
            continue;
        }
        if (found->second == Phone::silence) {  // an open vowel gliding to "oo": more open than its letters alone
            phones.push_back(Phone::a);
            phones.push_back(Phone::uh);
        } else if (phones.empty() || phones.back() != found->second) {
            phones.push_back(found->second);
        }
        at += found->first.size();
    }
    for (std::size_t i = 0; i < phones.size(); ++i) phones[i] = in_language(phones, i, language);
    return phones;
}

std::vector<Phone> phones_from_cmu(std::string_view name) {
    if (name == "pau" || name == "ssil" || name == "sil") return {Phone::silence};
    for (const CmuEntry& entry : kCmu) {
        if (entry.name != name) continue;
        if (entry.phones[1] == kNone) return {entry.phones[0]};
        return {entry.phones[0], entry.phones[1]};
    }
    return {};
}

}  // namespace mirrorme
