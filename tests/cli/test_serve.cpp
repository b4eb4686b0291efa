// `mirrorme serve` as a process of its own: what the OBS source starts, watches and loses.

#ifdef MIRRORME_HAS_SERVICE

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <sstream>
#include <thread>

#include "process.h"
#include "service/client/remote_engine.h"

using namespace mirrorme;
using namespace mirrorme::testing;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
namespace fs = std::filesystem;

namespace {

struct Serving {
    TempFolder folder;
    std::string address = "unix:" + (folder / "engine").string();
    std::unique_ptr<Process> process;

    explicit Serving(const std::vector<std::string>& more = {}, const Surroundings& around = {}) {
        std::vector<std::string> words = {"serve", "--backend", "test-card", "--listen", address};
        words.insert(words.end(), more.begin(), more.end());
        process = std::make_unique<Process>(words, around);
    }
    std::unique_ptr<Engine> connect(const std::string& token = "") const {
        RemoteEngineOptions options;
        options.address = address;
        options.token = token;
        options.connect_timeout = 20s;
        return connect_engine(options);
    }
};

/// Inodes of the sockets that listen or are bound in a table of /proc/net.
std::vector<std::string> inodes_of(const char* table) {
    std::vector<std::string> inodes;
    std::istringstream lines(get(table));
    std::string line;
    std::getline(lines, line);
    while (std::getline(lines, line)) {
        std::istringstream fields(line);
        std::string field;
        for (int i = 0; i < 10 && fields >> field; ++i) {
        }
        inodes.push_back(field);
    }
    return inodes;
}

/// Sockets of the process that are in the tables of TCP and UDP.
int network_sockets(pid_t pid) {
    std::vector<std::string> known;
    for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6", "/proc/net/udp", "/proc/net/udp6"})
        for (const std::string& inode : inodes_of(table)) known.push_back("socket:[" + inode + "]");
    int count = 0;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator("/proc/" + std::to_string(pid) + "/fd", error)) {
        std::error_code gone;
        const std::string target = fs::read_symlink(entry.path(), gone).string();
        count += static_cast<int>(std::count(known.begin(), known.end(), target));
    }
    return count;
}

std::vector<float> hum(int samples) { return std::vector<float>(static_cast<std::size_t>(samples), 0.1f); }

}  // namespace

TEST_CASE("serve serves over its socket, opens no port, and ends when asked", "[cli][serve]") {
    Serving serving({}, {.environment = {{"MIRRORME_TOKEN", "abc"}}});
    CHECK_THROWS(serving.connect("wrong"));
    const auto engine = serving.connect("abc");
    const auto session = engine->open_session({});
    session->push_audio(0, hum(48000));
    session->end_of_audio();
    VideoFrame frame;
    int frames = 0;
    for (PollResult result = PollResult::empty; result != PollResult::finished && result != PollResult::failed;) {
        result = session->poll_frame(frame, 100ms);
        frames += result == PollResult::frame;
    }
    CHECK(frames == 24);
    CHECK(network_sockets(serving.process->id()) == 0);
    serving.process->signal(SIGTERM);
    const Outcome outcome = serving.process->wait();
    CHECK(outcome.code == 0);
    CHECK_THAT(outcome.out, ContainsSubstring("listening on " + serving.address));
    CHECK_FALSE(fs::exists(serving.folder / "engine"));
}

TEST_CASE("an engine does not outlive the program that started it", "[cli][serve]") {
    Serving serving({"--until-input-ends"});
    serving.connect();
    serving.process->close_input();
    CHECK(serving.process->wait().code == 0);
}

TEST_CASE("an engine that is killed or crashes is noticed at once", "[cli][serve]") {
    for (const bool crash : {false, true}) {
        CAPTURE(crash);
        Serving serving;
        const auto engine = serving.connect();
        SessionConfig config;
        config.mode = SessionMode::realtime;
        const auto session = engine->open_session(config);
        if (crash)
            session->command({CommandKind::gesture, "test-crash", 0, std::nullopt});
        else
            serving.process->signal(SIGKILL);
        VideoFrame frame;
        PollResult result = PollResult::empty;
        for (int i = 0; i < 500 && result != PollResult::failed; ++i) {
            session->push_audio(480 * i, hum(480));
            result = session->poll_frame(frame, 10ms);
        }
        CHECK(result == PollResult::failed);
        CHECK(session->status().phase == SessionPhase::failed);
    }
}

TEST_CASE("an engine that hangs is noticed within seconds", "[cli][serve]") {
    Serving serving;
    const auto engine = serving.connect();
    SessionConfig config;
    config.mode = SessionMode::realtime;
    const auto session = engine->open_session(config);
    serving.process->signal(SIGSTOP);
    VideoFrame frame;
    PollResult result = PollResult::empty;
    const auto start = std::chrono::steady_clock::now();
    while (result != PollResult::failed && std::chrono::steady_clock::now() - start < 30s) result = session->poll_frame(frame, 50ms);
    CHECK(result == PollResult::failed);
    serving.process->signal(SIGKILL);
}

TEST_CASE("serve refuses what it cannot listen on", "[cli][serve]") {
    for (const char* address : {"localhost:80", "unix:relative", "unix:/no/such/folder/engine"}) {
        const Outcome outcome = run({"serve", "--backend", "test-card", "--listen", address});
        INFO(outcome.err);
        CHECK(outcome.code != 0);
        CHECK(line_count(outcome.err) == 1);
    }
}

#endif  // MIRRORME_HAS_SERVICE
