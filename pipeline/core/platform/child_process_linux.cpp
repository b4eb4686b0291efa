#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <thread>

#include "core/platform/child_process.h"
#include "core/platform/posix_error.h"

extern char** environ;

namespace mirrorme::platform {
namespace fs = std::filesystem;
namespace {

using namespace std::chrono_literals;

constexpr auto kLook = 5ms;         // between two looks at a child
constexpr auto kMoment = 500ms;     // for a child to end by itself when its owner goes
constexpr int kFirstInherited = 3;  // descriptors from here on are closed in the child

struct FileActions {
    FileActions() { ::posix_spawn_file_actions_init(&value); }
    ~FileActions() { ::posix_spawn_file_actions_destroy(&value); }
    posix_spawn_file_actions_t value;
};

struct Attributes {
    Attributes() { ::posix_spawnattr_init(&value); }
    ~Attributes() { ::posix_spawnattr_destroy(&value); }
    posix_spawnattr_t value;
};

std::vector<std::string> environment_with(const std::map<std::string, std::string>& added) {
    std::vector<std::string> entries;
    for (char** entry = environ; entry && *entry; ++entry) {
        const std::string text = *entry;
        if (!added.contains(text.substr(0, text.find('=')))) entries.push_back(text);
    }
    for (const auto& [name, value] : added) entries.push_back(name + '=' + value);
    return entries;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (std::string& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

std::string described(int status) {
    if (WIFEXITED(status)) return "exit code " + std::to_string(WEXITSTATUS(status));
    return "signal " + std::to_string(WTERMSIG(status)) + " (" + ::strsignal(WTERMSIG(status)) + ")";
}

}  // namespace

ChildProcess::ChildProcess(const ChildOptions& options) {
    int in[2];
    if (::pipe2(in, O_CLOEXEC) != 0) throw error_of(errno, options.program, "start the program");
    FileActions actions;
    ::posix_spawn_file_actions_adddup2(&actions.value, in[0], STDIN_FILENO);
    ::posix_spawn_file_actions_addopen(&actions.value, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    if (!options.log.empty())
        ::posix_spawn_file_actions_addopen(&actions.value, STDERR_FILENO, options.log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::posix_spawn_file_actions_addclosefrom_np(&actions.value, kFirstInherited);

    // A host may ignore or block signals that the child needs.
    Attributes attributes;
    sigset_t none, usual;
    ::sigemptyset(&none);
    ::sigemptyset(&usual);
    for (const int number : {SIGINT, SIGTERM, SIGPIPE, SIGHUP, SIGCHLD}) ::sigaddset(&usual, number);
    ::posix_spawnattr_setsigmask(&attributes.value, &none);
    ::posix_spawnattr_setsigdefault(&attributes.value, &usual);
    ::posix_spawnattr_setpgroup(&attributes.value, 0);  // Ctrl-C in the host's terminal is the host's business
    ::posix_spawnattr_setflags(&attributes.value, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);

    std::vector<std::string> words{options.program.string()}, variables = environment_with(options.environment);
    words.insert(words.end(), options.arguments.begin(), options.arguments.end());
    const std::vector<char*> arguments = pointers_to(words), environment = pointers_to(variables);
    pid_t pid = -1;
    const int error = ::posix_spawn(&pid, options.program.c_str(), &actions.value, &attributes.value, arguments.data(), environment.data());
    ::close(in[0]);
    input_ = in[1];
    if (error != 0) {
        close_input();
        throw error_of(error, options.program, "start the program");
    }
    id_ = pid;
}

ChildProcess::~ChildProcess() { stop(kMoment); }

void ChildProcess::close_input() noexcept {
    if (input_ >= 0) ::close(input_);
    input_ = -1;
}

bool ChildProcess::running(std::chrono::milliseconds wait) {
    for (const auto until = std::chrono::steady_clock::now() + wait; end_.empty();) {
        int status = 0;
        const pid_t ended = ::waitpid(static_cast<pid_t>(id_), &status, WNOHANG);
        if (ended == id_)
            end_ = described(status);
        else if (ended < 0 && errno != EINTR)
            end_ = "an unknown end";  // somebody else has waited for it
        else if (std::chrono::steady_clock::now() >= until)
            return true;
        else
            std::this_thread::sleep_for(kLook);
    }
    return false;
}

void ChildProcess::stop(std::chrono::milliseconds patience) {
    close_input();
    if (id_ < 0 || !running(patience)) return;
    kill();
    running(10s);
}

void ChildProcess::kill() noexcept {
    if (id_ > 0 && end_.empty()) ::kill(static_cast<pid_t>(id_), SIGKILL);
}

fs::path make_private_folder(const std::string& prefix) {
    const char* runtime = std::getenv("XDG_RUNTIME_DIR");
    for (const fs::path& base : {fs::path(runtime ? runtime : ""), fs::temp_directory_path(), fs::path("/tmp")}) {
        if (!base.is_absolute() || base.string().size() > 60) continue;  // a socket's whole path has room for 107 bytes
        std::string name = (base / (prefix + "-XXXXXX")).string();
        if (::mkdtemp(name.data())) return name;  // mode 700
    }
    throw error_of(errno, fs::temp_directory_path(), "make a private folder");
}

std::string random_token(std::size_t bytes) {
    std::vector<unsigned char> raw(bytes);
    for (std::size_t at = 0; at < bytes;) {
        const ssize_t count = ::getrandom(raw.data() + at, bytes - at, 0);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) throw Error(ErrorCode::unsupported, "the system's random generator", "does not answer");
        at += static_cast<std::size_t>(count);
    }
    constexpr const char* kDigits = "0123456789abcdef";
    std::string text;
    for (const unsigned char byte : raw) text += {kDigits[byte >> 4], kDigits[byte & 15]};
    return text;
}

}  // namespace mirrorme::platform
