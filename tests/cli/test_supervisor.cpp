// The engine process under its supervisor, as the OBS source has it: the real program, killed in every way.
#ifdef MIRRORME_HAS_SERVICE

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <chrono>
#include <csignal>
#include <functional>
#include <thread>

#include "core/error.h"
#include "core/platform/child_process.h"
#include "process.h"
#include "service/client/engine_supervisor.h"
#include "support/within.h"

using namespace mirrorme;
using namespace mirrorme::testing;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
namespace fs = std::filesystem;

namespace {

SupervisorOptions test_card(const TempFolder& folder) {
    SupervisorOptions options;
    options.program = MIRRORME_BINARY;
    options.arguments = {"--backend", "test-card"};
    options.log = folder / "engine.log";
    options.first_pause = 50ms;
    options.start_limit = 20s;
    return options;
}

bool alive(std::int64_t process) { return ::kill(static_cast<pid_t>(process), 0) == 0; }

}  // namespace

TEST_CASE("a supervised engine answers, comes back when it is killed, and ends with its supervisor", "[cli][supervisor]") {
    TempFolder folder;
    std::int64_t last = -1;
    {
        EngineSupervisor supervisor(test_card(folder));
        for (int life = 1; life <= 3; ++life) {
            REQUIRE(within(20s, [&] { return supervisor.engine() != nullptr; }));
            const auto engine = supervisor.engine();
            CHECK(engine->info().backend == "test_card");
            const SupervisorStatus status = supervisor.status();
            CHECK(status.state == SupervisorState::running);
            CHECK(status.starts == life);
            CHECK(status.process != last);
            last = status.process;
            const auto session = engine->open_session({});
            CHECK(session->info().chunk_frames > 0);
            if (life == 3) break;
            ::kill(static_cast<pid_t>(last), life == 1 ? SIGKILL : SIGSEGV);
            REQUIRE(within(10s, [&] { return supervisor.engine() != engine; }));
            CHECK_THAT(supervisor.status().last_error.text, ContainsSubstring("signal"));
        }
    }
    CHECK_FALSE(alive(last));
    CHECK_FALSE(fs::is_empty(folder / "engine.log"));
}

TEST_CASE("a restart that is asked for comes without a pause; a hang is ended", "[cli][supervisor]") {
    TempFolder folder;
    SupervisorOptions options = test_card(folder);
    options.first_pause = options.longest_pause = 20s;
    EngineSupervisor supervisor(options);
    REQUIRE(within(20s, [&] { return supervisor.engine() != nullptr; }));
    std::shared_ptr<Engine> engine = supervisor.engine();
    supervisor.restart();
    REQUIRE(within(10s, [&] { return supervisor.engine() && supervisor.engine() != engine; }));
    supervisor.report_hang(engine.get(), {{}, {}, "no frames for 3 s"});  // of the one before: nothing happens
    std::this_thread::sleep_for(200ms);
    CHECK(supervisor.status().state == SupervisorState::running);
    engine = supervisor.engine();
    supervisor.report_hang(engine.get(), {{}, {}, "no frames for 3 s"});
    REQUIRE(within(10s, [&] { return supervisor.status().state == SupervisorState::pausing; }));
    CHECK_THAT(supervisor.status().last_error.text, ContainsSubstring("no frames"));
    supervisor.restart();
    CHECK(within(10s, [&] { return supervisor.engine() != nullptr; }));
}

TEST_CASE("an engine that gave frames is started again without growing pauses, however often it dies", "[cli][supervisor]") {
    TempFolder folder;
    SupervisorOptions options = test_card(folder);
    options.first_pause = 200ms;  // doubled eight times it would be 51 s
    EngineSupervisor supervisor(options);
    std::int64_t last = -1;
    for (int life = 0; life < 8; ++life) {
        REQUIRE(within(20s, [&] { return supervisor.engine() && supervisor.status().process != last; }));
        last = supervisor.status().process;
        supervisor.report_work(supervisor.engine().get());
        ::kill(static_cast<pid_t>(last), SIGKILL);
    }
    CHECK(supervisor.status().starts == 8);
}

TEST_CASE("a program that cannot run or never answers is tried again with growing pauses", "[cli][supervisor]") {
    TempFolder folder;
    SupervisorOptions options = test_card(folder);
    options.first_pause = 100ms;
    SECTION("there is none") {
        options.program = folder / "missing";
        EngineSupervisor supervisor(options);
        CHECK(within(5s, [&] { return supervisor.status().last_error.text.find("missing") != std::string::npos; }));
        CHECK(supervisor.engine() == nullptr);
    }
    SECTION("it ends at once") {
        options.arguments = {"--no-such-option"};
        EngineSupervisor supervisor(options);
        CHECK(within(20s, [&] { return supervisor.status().starts >= 3; }));
        CHECK_THAT(supervisor.status().last_error.text, ContainsSubstring("exit code 2"));
    }
    SECTION("it says nothing") {
        put(folder / "mute", "#!/bin/sh\nexec sleep 100\n");
        fs::permissions(folder / "mute", fs::perms::owner_all);
        options.program = folder / "mute";
        options.start_limit = 1s;
        EngineSupervisor supervisor(options);
        CHECK(within(20s, [&] { return supervisor.status().starts >= 2; }));
        CHECK_THAT(supervisor.status().last_error.text, ContainsSubstring("did not answer"));
    }
}

TEST_CASE("children get their input's end, their log, a clean environment, and no descriptor of ours", "[platform]") {
    TempFolder folder;
    const auto script = [&](const std::string& text) {
        return platform::ChildOptions{"/bin/sh", {"-c", text}, {{"WORD", "hello"}}, folder / "log"};
    };
    {
        platform::ChildProcess child(script("echo $WORD >&2; ls /proc/self/fd | wc -l >&2; exit 7"));
        CHECK_FALSE(child.running(10s));
        CHECK(child.end() == "exit code 7");
        CHECK(get(folder / "log") == "hello\n4\n");  // 0 1 2 and the one that ls reads with
    }
    {
        platform::ChildProcess child(script("cat; exit 0"));
        CHECK(child.running());
        child.stop(10s);
        CHECK(child.end() == "exit code 0");
    }
    {
        platform::ChildProcess child(script("trap '' HUP TERM; while :; do sleep 1; done"));
        child.stop(100ms);
        CHECK_THAT(child.end(), ContainsSubstring("signal 9"));
    }
    CHECK_THROWS_AS(platform::ChildProcess({folder / "missing", {}, {}, {}}), Error);
    const fs::path own = platform::make_private_folder("test");
    CHECK(fs::status(own).permissions() == fs::perms::owner_all);
    fs::remove(own);
    CHECK(platform::random_token(16).size() == 32);
    CHECK(platform::random_token(16) != platform::random_token(16));
}

#endif  // MIRRORME_HAS_SERVICE
