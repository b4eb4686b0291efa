#pragma once
// A sentence for people that can be said in another language: it goes through status and wire with a name and what it is about.

#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace mirrorme {

struct Remark {
    std::string code;               // "no_face": its name for ever, Remark.no_face in data/locale/*.ini; empty = it has only its text
    std::vector<std::string> args;  // what replaces %1 .. %9 in a translation
    std::string text;               // the whole of it in English

    bool empty() const noexcept { return text.empty(); }
    bool operator==(const Remark&) const = default;
};

/// `english` may have places for `args`, too.
Remark remark(std::string_view code, std::string_view english, std::vector<std::string> args = {});
/// Of what was thrown: an Error's name is "error_" and its ErrorCode's, %1 its subject, %2 the rest of it; others have only their text.
Remark remark_of(const std::exception& error);

/// `pattern` with `args` in the place of %1 .. %9; a place without an argument is left out.
std::string filled(std::string_view pattern, const std::vector<std::string>& args);

}  // namespace mirrorme
