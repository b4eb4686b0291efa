#include "obs/host/display.h"

#include <X11/Xlib.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

namespace mirrorme::testing {
namespace {

constexpr int kStartLimitMs = 20'000;

/// The display's number, which Xvfb writes when it can be connected to; empty when it never did.
std::string read_number(int descriptor) {
    std::string text;
    pollfd waiting{descriptor, POLLIN, 0};
    while (text.find('\n') == std::string::npos && ::poll(&waiting, 1, kStartLimitMs) == 1) {
        char buffer[16];
        const ssize_t count = ::read(descriptor, buffer, sizeof buffer);
        if (count <= 0) return {};
        text.append(buffer, static_cast<std::size_t>(count));
    }
    return text.substr(0, text.find('\n'));
}

}  // namespace

std::unique_ptr<TestDisplay> TestDisplay::start(std::string& problem) {
    int number[2];
    if (::pipe(number) != 0) return problem = "no pipe for Xvfb", nullptr;
    const pid_t child = ::fork();
    if (child == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::close(number[0]);
        const int nothing = ::open("/dev/null", O_RDWR);
        ::dup2(nothing, STDOUT_FILENO), ::dup2(nothing, STDERR_FILENO);
        ::execlp("Xvfb", "Xvfb", "-displayfd", std::to_string(number[1]).c_str(), "-screen", "0", "1280x800x24", "-nolisten", "tcp",
                 static_cast<char*>(nullptr));
        ::_exit(127);
    }
    ::close(number[1]);
    const std::string shown = child > 0 ? read_number(number[0]) : std::string();
    ::close(number[0]);
    auto display = std::unique_ptr<TestDisplay>(new TestDisplay);
    display->server_ = child;
    if (shown.empty()) return problem = "Xvfb did not start (Debian: xvfb)", nullptr;
    display->name_ = ":" + shown;
    ::setenv("DISPLAY", display->name_.c_str(), 1);
    ::setenv("LIBGL_ALWAYS_SOFTWARE", "1", 1);
    display->connection_ = ::XOpenDisplay(display->name_.c_str());
    if (!display->connection_) return problem = "cannot connect to Xvfb " + display->name_, nullptr;
    return display;
}

TestDisplay::~TestDisplay() {
    if (connection_) ::XCloseDisplay(connection_);
    if (server_ > 0) ::kill(server_, SIGTERM), ::waitpid(server_, nullptr, 0);
}

struct TestDisplay::Once {
    std::string problem;
    std::unique_ptr<TestDisplay> display = start(problem);
};

TestDisplay::Once& TestDisplay::once() {
    static Once made;
    return made;
}

TestDisplay* TestDisplay::get() { return once().display.get(); }
const std::string& TestDisplay::problem() { return once().problem; }

}  // namespace mirrorme::testing
