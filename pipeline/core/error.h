#pragma once
// The one exception type. Loading and configuring throw it; steady state (process) never does.

#include <stdexcept>
#include <string>

namespace mirrorme {

enum class ErrorCode {
    none = 0,
    usage,        // the command line or a setting is wrong
    not_found,    // a file, device or name does not exist
    unreadable,   // a file exists and cannot be used: corrupt, truncated, wrong kind
    mismatch,     // parts that do not belong together: hash, shape, schema version
    too_large,    // over a stated limit
    no_space,     // the disk or memory is full
    unsupported,  // understood, and not possible in this build or on this machine
    cancelled,    // the user stopped it
    internal,     // our own fault
};

/// What went wrong, with what, and what to do about it; what() joins the three in one line:
/// "SUBJECT: PROBLEM. REMEDY". `subject` names the file or option, and the field where there is one.
class Error : public std::runtime_error {
public:
    Error(ErrorCode code, const std::string& subject, const std::string& problem, const std::string& remedy = {});

    ErrorCode code() const noexcept { return code_; }
    const std::string& subject() const noexcept { return subject_; }
    const std::string& problem() const noexcept { return problem_; }
    const std::string& remedy() const noexcept { return remedy_; }

private:
    ErrorCode code_;
    std::string subject_, problem_, remedy_;
};

/// Exit code of a program that ends with `code`: 0 none, 2 usage, 130 cancelled, 1 everything else.
int exit_code(ErrorCode code) noexcept;

}  // namespace mirrorme
