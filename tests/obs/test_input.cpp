// The voice source comes late, changes its name, goes; and what we changed on it comes back.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "obs/host/stage.h"
#include "support/temp_folder.h"
#include "support/within.h"

namespace mirrorme::testing {
namespace {

using namespace std::chrono_literals;

bool attached(const nlohmann::json& s) { return s.at("audio").at("state") == "attached"; }
bool waiting(const nlohmann::json& s) { return s.at("audio").at("state") == "waiting"; }
bool applied(const nlohmann::json& s) { return s.at("delay").at("applied").get<bool>(); }

std::string stored_name(obs_source_t* avatar) {
    const DataPtr settings(obs_source_get_settings(avatar));
    return obs_data_get_string(settings.get(), "audio_source");
}

/// Whether the voice is where it was before we came: its own offset, its own tracks, audible now.
void check_voice_free(Stage& stage, std::int64_t offset_ns) {
    CHECK(within(5s, [&] { return obs_source_get_sync_offset(stage.voice()) == offset_ns && obs_source_get_audio_mixers(stage.voice()) == 0xff; }));
    std::this_thread::sleep_for(1s);
    const Take take = record(stage.recorder(), 1);
    float loudest = 0;
    for (const float x : take.sound.left) loudest = std::max(loudest, std::abs(x));
    CHECK(loudest > 0.2f);
}

TEST_CASE("a voice that is created late is found") {
    if (const std::string why = missing_here(); !why.empty()) SKIP(why);
    Stage stage("{}", {}, "Late");
    const nlohmann::json before = stage.avatar().wait(10s, [](const auto& s) { return s.at("message").template get<std::string>().find("Late") != std::string::npos; });
    INFO(before.dump(1));
    CHECK(before.at("in_time"));
    CHECK(waiting(before));
    CHECK(before.at("audio").at("name") == "Late");
    CHECK(obs_source_get_sync_offset(stage.voice()) == 0);  // the other one is left alone
    const SourcePtr late = make_source(kVoiceId, "Late", R"({"seed": 5})");
    stage.scene().add(late.get());
    CHECK(stage.avatar().wait(5s, attached).at("in_time"));
    CHECK(stage.avatar().wait_speaking().at("in_time"));
    CHECK(widest_mouth(record(stage.recorder(), 2).frames, 0) > 0.3f);
}

TEST_CASE("a voice that is renamed stays ours, and its new name is stored") {
    if (const std::string why = missing_here(); !why.empty()) SKIP(why);
    Stage stage;
    REQUIRE(stage.avatar().wait(5s, attached).at("in_time"));
    obs_source_set_name(stage.voice(), "My new microphone");
    CHECK(stored_name(stage.avatar().source()) == "My new microphone");  // OBS may save now
    CHECK(stage.avatar().wait(5s, [](const auto& s) { return s.at("audio").at("name") == "My new microphone"; }).at("in_time"));
    CHECK(stored_name(stage.avatar().source()) == "My new microphone");
    CHECK(stage.avatar().wait_speaking().at("in_time"));
    CHECK(widest_mouth(record(stage.recorder(), 2).frames, 0) > 0.3f);
}

TEST_CASE("a voice that is removed is let go of, and the avatar says what it waits for") {
    if (const std::string why = missing_here(); !why.empty()) SKIP(why);
    Stage stage;
    REQUIRE(stage.avatar().wait(5s, attached).at("in_time"));
    REQUIRE(stage.avatar().wait_speaking().at("in_time"));
    const ObsPtr<obs_weak_source_t> weak(obs_source_get_weak_source(stage.voice()));
    obs_source_remove(stage.voice());
    stage.drop_voice();
    CHECK(within(5s, [&] { return obs_weak_source_expired(weak.get()); }));
    CHECK(stage.avatar().wait(5s, waiting).at("in_time"));
    std::this_thread::sleep_for(1500ms);
    const Take take = record(stage.recorder(), 2);
    CHECK(widest_mouth(take.frames, 0) < 0.05f);
    CAPTURE(stage.avatar().status().dump(1));
    CHECK(changes(take.frames, 0) > 30);  // media time goes on
    // One of that name comes back.
    const SourcePtr again = make_source(kVoiceId, "Voice");
    stage.scene().add(again.get());
    CHECK(stage.avatar().wait(5s, attached).at("in_time"));
    std::this_thread::sleep_for(1500ms);
    CHECK(widest_mouth(record(stage.recorder(), 2).frames, 0) > 0.3f);
}

TEST_CASE("without a choice it hears the first global audio device") {
    if (const std::string why = missing_here(); !why.empty()) SKIP(why);
    Stage stage("{}", {}, "");
    CHECK(stage.avatar().wait(5s, waiting).at("in_time"));
    obs_set_output_source(3, stage.voice());  // OBS's "Mic/Aux"
    const nlohmann::json status = stage.avatar().wait(5s, attached);
    CHECK(status.at("in_time"));
    CHECK(status.at("audio").at("name") == "Voice");
    obs_set_output_source(3, nullptr);
}

TEST_CASE("the voice is free again: its avatar is on no scene that is shown") {
    if (const std::string why = missing_here(); !why.empty()) SKIP(why);
    const std::string mode = GENERATE("offset", "own");
    Stage stage(R"({"delay_mode": ")" + mode + "\"}");
    REQUIRE(stage.avatar().wait(15s, applied).at("in_time"));
    const ScenePtr other(obs_scene_create("Other"));
    obs_scene_add(other.get(), stage.voice());
    obs_set_output_source(0, obs_scene_get_source(other.get()));
    check_voice_free(stage, 0);
    obs_set_output_source(0, obs_scene_get_source(stage.scene().get()));
    CHECK(stage.avatar().wait(10s, applied).at("in_time"));
}

TEST_CASE("the voice is free again: its avatar is deleted") {
    if (const std::string why = missing_here(); !why.empty()) SKIP(why);
    const std::string mode = GENERATE("offset", "own");
    Stage stage(R"({"delay_mode": ")" + mode + "\"}");
    REQUIRE(stage.avatar().wait(15s, applied).at("in_time"));
    obs_source_remove(stage.avatar().source());
    stage.drop_avatar();
    check_voice_free(stage, 0);
}

TEST_CASE("the voice is free again: its avatar listens to another") {
    if (const std::string why = missing_here(); !why.empty()) SKIP(why);
    Stage stage;
    REQUIRE(stage.avatar().wait(15s, applied).at("in_time"));
    const SourcePtr second = make_source(kVoiceId, "Second", R"({"seed": 9})");
    stage.scene().add(second.get());
    stage.avatar().set(R"({"audio_source": "Second"})");
    CHECK(within(5s, [&] { return obs_source_get_sync_offset(stage.voice()) == 0 && obs_source_get_sync_offset(second.get()) > 0; }));
}

TEST_CASE("two avatars on one voice delay it once") {
    if (const std::string why = missing_here(); !why.empty()) SKIP(why);
    Stage stage;
    const nlohmann::json first = stage.avatar().wait(15s, applied);
    REQUIRE(first.at("in_time"));
    {
        Avatar second("Second", "Voice");
        stage.scene().add(second.source(), {400, 0, kCardScale});
        CHECK(second.wait(15s, applied).at("in_time"));
        const double offset = static_cast<double>(obs_source_get_sync_offset(stage.voice())) * 1e-6;
        CHECK(offset < first.at("delay").at("total_ms").get<double>() * 1.5);
        obs_source_remove(second.source());
    }
    std::this_thread::sleep_for(1s);
    CHECK(obs_source_get_sync_offset(stage.voice()) > 0);
    CHECK(stage.close() == 0);
}

// ---- OBS is killed ----------------------------------------------------------------------------------

constexpr const char* kVictimFolder = "MIRRORME_VICTIM_FOLDER";
constexpr std::int64_t kUsersOffset = 20'000'000;

void save(obs_source_t* source, const std::filesystem::path& path) {
    const DataPtr data(obs_save_source(source));
    put(path, obs_data_get_json(data.get()));
}

SourcePtr load(const std::filesystem::path& path) {
    const DataPtr data(obs_data_create_from_json(get(path).c_str()));
    REQUIRE(data);
    SourcePtr source(obs_load_source(data.get()));
    obs_source_load(source.get());
    return source;
}

/// Run by the next test in a process of its own, which it kills.
TEST_CASE("victim: an OBS that will be killed", "[.victim]") {
    const std::filesystem::path folder = std::getenv(kVictimFolder);
    HostOptions options;
    options.config = folder / "config";
    Stage stage(R"({"delay_mode": "none"})", options);
    obs_source_set_sync_offset(stage.voice(), kUsersOffset);
    stage.avatar().set(R"({"delay_mode": "offset"})");
    REQUIRE(stage.avatar().wait(20s, applied).at("in_time"));
    std::this_thread::sleep_for(500ms);
    save(stage.voice(), folder / "voice.json");
    save(stage.avatar().source(), folder / "avatar.json");
    put(folder / "ready", "yes");
    std::this_thread::sleep_for(60s);
}

/// Starts the victim, waits until it delays its voice, kills it.
void kill_an_obs(const std::filesystem::path& folder) {
    std::filesystem::create_directories(folder / "config");
    const pid_t child = ::fork();
    if (child == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::setenv(kVictimFolder, folder.c_str(), 1);
        const int out = ::open((folder / "victim.log").c_str(), O_CREAT | O_WRONLY, 0600);
        ::dup2(out, STDOUT_FILENO), ::dup2(out, STDERR_FILENO);
        ::execl("/proc/self/exe", "test_obs", "[.victim]", static_cast<char*>(nullptr));
        ::_exit(127);
    }
    const bool ready = within(40s, [&] { return std::filesystem::exists(folder / "ready"); });
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    INFO(get(folder / "victim.log"));
    REQUIRE(ready);
}

TEST_CASE("after OBS was killed the voice gets its own sync offset back at the next start") {
    if (const std::string why = missing_here(); !why.empty()) SKIP(why);
    const TempFolder folder;
    kill_an_obs(folder.path());
    HostOptions options;
    options.config = folder / "config";
    ObsHost host(options);
    {
        ShownScene scene;
        const SourcePtr voice = load(folder / "voice.json");
        scene.add(voice.get());
        CHECK(within(5s, [&] { return obs_source_get_sync_offset(voice.get()) == kUsersOffset; }));
        // And an avatar that comes with it adds its delay once, not on top of the old one.
        const SourcePtr avatar = load(folder / "avatar.json");
        scene.add(avatar.get());
        CHECK(within(15s, [&] { return obs_source_get_sync_offset(voice.get()) > kUsersOffset; }));
        std::this_thread::sleep_for(1s);
        const DataPtr saved(obs_data_create_from_json(get(folder / "voice.json").c_str()));
        CHECK(obs_source_get_sync_offset(voice.get()) < obs_data_get_int(saved.get(), "sync") * 3 / 2);
    }
    CHECK(host.shut_down() == 0);
}

}  // namespace
}  // namespace mirrorme::testing
