#include "core/error.h"

namespace mirrorme {
namespace {

std::string joined(const std::string& subject, const std::string& problem, const std::string& remedy) {
    std::string line = subject.empty() ? problem : subject + ": " + problem;
    if (!remedy.empty()) {
        if (!line.empty() && line.back() != '.') line += '.';
        line += ' ' + remedy;
    }
    return line;
}

}  // namespace

Error::Error(ErrorCode code, const std::string& subject, const std::string& problem, const std::string& remedy)
    : std::runtime_error(joined(subject, problem, remedy)), code_(code), subject_(subject), problem_(problem), remedy_(remedy) {}

int exit_code(ErrorCode code) noexcept {
    switch (code) {
        case ErrorCode::none: return 0;
        case ErrorCode::usage: return 2;
        case ErrorCode::cancelled: return 130;
        default: return 1;
    }
}

}  // namespace mirrorme
