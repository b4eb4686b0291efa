#include "core/remark.h"

#include <utility>

#include "core/error.h"
#include "core/status.h"

namespace mirrorme {

std::string filled(std::string_view pattern, const std::vector<std::string>& args) {
    std::string text;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        const bool place = pattern[i] == '%' && i + 1 < pattern.size() && pattern[i + 1] >= '1' && pattern[i + 1] <= '9';
        if (!place) {
            text += pattern[i];
            continue;
        }
        const auto index = static_cast<std::size_t>(pattern[++i] - '1');
        if (index < args.size()) text += args[index];
    }
    return text;
}

Remark remark(std::string_view code, std::string_view english, std::vector<std::string> args) {
    std::string text = filled(english, args);
    return {std::string(code), std::move(args), std::move(text)};
}

Remark remark_of(const std::exception& error) {
    const auto* ours = dynamic_cast<const Error*>(&error);
    if (!ours) return {{}, {}, error.what()};
    const std::string rest = ours->problem() + (ours->remedy().empty() ? "" : ". " + ours->remedy());
    return {"error_" + std::string(name_of(ours->code())), {ours->subject(), rest}, ours->what()};
}

}  // namespace mirrorme
