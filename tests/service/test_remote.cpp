// Engine and client in one process, with a real socket between them. The test card stands for the model.

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <chrono>
#include <random>
#include <thread>

#include <grpcpp/grpcpp.h>

#include "engine.grpc.pb.h"
#include "engine/test_card/test_card_engine.h"
#include "service/client/address.h"
#include "service/client/convert.h"
#include "service/client/remote_engine.h"
#include "service/engine_server.h"
#include "support/endless_opening.h"
#include "support/temp_folder.h"
#include "support/within.h"

using namespace mirrorme;
using namespace mirrorme::testing;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr int kRate = 48000;

struct Served {
    TempFolder folder;
    TestCardEngine engine;
    std::string address = "unix:" + (folder / "engine").string();
    std::unique_ptr<EngineServer> server;

    explicit Served(const std::string& token = "", int max_sessions = 8) { start(token, max_sessions); }
    void start(const std::string& token = "", int max_sessions = 8) {
        server = std::make_unique<EngineServer>(engine, ServeOptions{address, token, max_sessions});
    }
    std::unique_ptr<Engine> connect(const std::string& token = "") const {
        RemoteEngineOptions options;
        options.address = address;
        options.token = token;
        options.connect_timeout = 5s;
        return connect_engine(options);
    }
};

SessionConfig config_of(SessionMode mode) {
    SessionConfig config;
    config.mode = mode;
    return config;
}

std::vector<float> noise(double seconds) {
    std::mt19937 random(5);
    std::uniform_real_distribution<float> level(-0.5f, 0.5f);
    std::vector<float> samples(static_cast<std::size_t>(seconds * kRate));
    for (float& s : samples) s = level(random);
    return samples;
}

struct Take {
    std::vector<VideoFrame> frames;
    PollResult end = PollResult::empty;
};

Take render(Session& session, std::span<const float> samples) {
    Take take;
    std::mt19937 random(3);
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    VideoFrame frame;
    for (std::size_t at = 0; std::chrono::steady_clock::now() < deadline;) {
        if (at < samples.size()) {
            const std::size_t size = std::min<std::size_t>(1 + random() % 5000, samples.size() - at);
            at += static_cast<std::size_t>(session.push_audio(static_cast<SampleIndex>(at), samples.subspan(at, size)).accepted);
            if (at == samples.size()) session.end_of_audio();
        }
        switch (const PollResult polled = session.poll_frame(frame, at < samples.size() ? 0ns : 50ms)) {
            case PollResult::frame:
                take.frames.push_back(frame);
                break;
            case PollResult::empty:
                break;
            default:
                take.end = polled;
                return take;
        }
    }
    return take;
}

}  // namespace

TEST_CASE("a take over the socket is the take of the engine itself", "[remote]") {
    Served served;
    const auto engine = served.connect();
    CHECK(engine->info().backend == served.engine.info().backend);
    const std::vector<float> sound = noise(3);
    const auto remote = engine->open_session(config_of(SessionMode::offline)),
               local = served.engine.open_session(config_of(SessionMode::offline));
    CHECK(remote->info() == local->info());
    CHECK(*remote->reference_still().pixels == *local->reference_still().pixels);
    const Take there = render(*remote, sound), here = render(*local, sound);
    CHECK(there.end == PollResult::finished);
    REQUIRE(there.frames.size() == here.frames.size());
    REQUIRE(there.frames.size() == 72);
    for (std::size_t i = 0; i < here.frames.size(); ++i) {
        REQUIRE(there.frames[i].index == here.frames[i].index);
        REQUIRE(there.frames[i].first_sample == here.frames[i].first_sample);
        REQUIRE(*there.frames[i].pixels == *here.frames[i].pixels);
    }
    CHECK(remote->status().phase == SessionPhase::finished);
    CHECK(remote->status().counters.frames_made == 72);
    CHECK(remote->status().memory.held_bytes > 0);
}

TEST_CASE("several sessions share an engine; one too many is told so", "[remote]") {
    Served served("", 2);
    const auto engine = served.connect();
    const auto one = engine->open_session(config_of(SessionMode::offline)), other = engine->open_session(config_of(SessionMode::offline));
    CHECK(served.server->sessions() == 2);
    CHECK_THROWS_WITH(engine->open_session(config_of(SessionMode::offline)), ContainsSubstring("2 sessions already"));
    const std::vector<float> sound = noise(1);
    Take second;  // assertions belong to one thread
    std::thread beside([&] { second = render(*other, sound); });
    const Take first = render(*one, sound);
    beside.join();
    CHECK(first.frames.size() == 24);
    CHECK(second.frames.size() == 24);
}

TEST_CASE("a client that leaves ends its session", "[remote]") {
    Served served;
    const auto engine = served.connect();
    auto session = engine->open_session(config_of(SessionMode::realtime));
    session->push_audio(0, noise(0.5));
    CHECK(served.server->sessions() == 1);
    session.reset();
    CHECK(within(5s, [&] { return served.server->sessions() == 0; }));
}

TEST_CASE("an opening that takes too long can be given up, though the engine never answers", "[remote]") {
    TempFolder folder;
    EndlessOpening slow;
    const EngineServer server(slow, ServeOptions{"unix:" + (folder / "engine").string(), "", 8});
    RemoteEngineOptions options;
    options.address = "unix:" + (folder / "engine").string();
    options.connect_timeout = 5s;
    const auto engine = connect_engine(options);
    std::stop_source stop;
    std::thread impatient([&] {
        within(5s, [&] { return slow.begun > 0; });
        stop.request_stop();
    });
    try {
        engine->open_session(config_of(SessionMode::realtime), stop.get_token());
        FAIL("a session was opened");
    } catch (const Error& e) {
        CHECK(e.code() == ErrorCode::cancelled);
    }
    impatient.join();
    slow.over = true;
}

TEST_CASE("an engine that dies fails the session at once, and the next one is found at the same address", "[remote]") {
    Served served;
    const auto engine = served.connect();
    const auto session = engine->open_session(config_of(SessionMode::realtime));
    session->push_audio(0, noise(0.5));
    served.server.reset();
    VideoFrame frame;
    CHECK(within(5s, [&] { return session->poll_frame(frame, 0ns) == PollResult::failed; }));
    CHECK(session->status().phase == SessionPhase::failed);
    CHECK_THAT(session->status().last_error, ContainsSubstring("engine"));
    CHECK(session->command({CommandKind::gesture, "wave", 0, std::nullopt}) != ErrorCode::none);
    session->push_audio(24000, noise(0.5));  // harmless
    CHECK_THROWS_AS(engine->open_session(config_of(SessionMode::offline)), Error);
    served.start();
    const auto again = served.connect()->info();
    CHECK(again.backend == served.engine.info().backend);
}

TEST_CASE("an engine that fails a session says why", "[remote]") {
    Served served;
    const auto engine = served.connect();
    const auto session = engine->open_session(config_of(SessionMode::offline));
    CHECK(session->command({CommandKind::gesture, "test-fail", 0, std::nullopt}) == ErrorCode::none);
    CHECK(render(*session, noise(2)).end == PollResult::failed);
    CHECK_FALSE(session->status().last_error.empty());
}

TEST_CASE("wrong tokens learn nothing", "[remote]") {
    Served served("secret");
    CHECK_THROWS_WITH(served.connect("guess"), ContainsSubstring("token"));
    CHECK_THROWS_WITH(served.connect(), ContainsSubstring("token"));
    const auto engine = served.connect("secret");
    CHECK(render(*engine->open_session(config_of(SessionMode::offline)), noise(0.5)).frames.size() == 12);
    // A session of its own, past the handshake.
    const auto stub = v1::Engine::NewStub(grpc::CreateChannel(served.address, grpc::InsecureChannelCredentials()));
    grpc::ClientContext context;
    const auto stream = stub->Session(&context);
    v1::ClientMessage open;
    *open.mutable_open() = to_wire(config_of(SessionMode::offline));
    stream->Write(open);
    v1::ServerMessage reply;
    REQUIRE(stream->Read(&reply));
    CHECK(reply.failure().problem().find("token") != std::string::npos);
}

TEST_CASE("a client that breaks the protocol loses its session, and only that", "[remote]") {
    Served served;
    const auto stub = v1::Engine::NewStub(grpc::CreateChannel(served.address, grpc::InsecureChannelCredentials()));
    const auto last_word = [&](const std::vector<v1::ClientMessage>& messages) {
        grpc::ClientContext context;
        context.set_deadline(std::chrono::system_clock::now() + 10s);
        const auto stream = stub->Session(&context);
        for (const v1::ClientMessage& message : messages) stream->Write(message);
        v1::ServerMessage reply, last;
        while (stream->Read(&reply)) {
            last = reply;
            if (reply.has_failure()) break;
        }
        context.TryCancel();
        return last;
    };
    v1::ClientMessage open, block, audio;
    *open.mutable_open() = to_wire(config_of(SessionMode::realtime));
    audio.mutable_end_of_audio();
    block.mutable_audio()->set_samples("abc");  // no whole number of floats
    CHECK(last_word({audio}).has_failure());
    CHECK(last_word({open, open}).has_failure());
    CHECK(last_word({open, block}).has_failure());
    v1::ClientMessage settings = open;
    settings.mutable_settings()->set_json("{]");
    CHECK(last_word({open, settings}).has_failure());
    CHECK(within(5s, [&] { return served.server->sessions() == 0; }));
    CHECK(render(*served.connect()->open_session(config_of(SessionMode::offline)), noise(0.5)).frames.size() == 12);
}

TEST_CASE("without credit no frame is sent", "[remote]") {
    Served served;
    const auto stub = v1::Engine::NewStub(grpc::CreateChannel(served.address, grpc::InsecureChannelCredentials()));
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + 20s);
    const auto stream = stub->Session(&context);
    v1::ClientMessage message;
    *message.mutable_open() = to_wire(config_of(SessionMode::offline));
    stream->Write(message);
    message.Clear();
    *message.mutable_audio() = audio_to_wire(0, noise(1));
    stream->Write(message);
    message.Clear();
    message.mutable_end_of_audio();
    stream->Write(message);
    message.Clear();
    message.mutable_credit()->set_frames(3);
    stream->Write(message);
    int frames = 0, beats = 0;
    v1::ServerMessage reply;
    while (beats < 3 && stream->Read(&reply)) {
        frames += reply.has_frame();
        beats += reply.has_status();
    }
    CHECK(frames == 3);
    CHECK(beats == 3);  // it lives on
}

TEST_CASE("commands are answered by the engine, settings and silence arrive", "[remote]") {
    Served served;
    const auto engine = served.connect();
    const auto session = engine->open_session(config_of(SessionMode::realtime));
    CHECK(session->command({CommandKind::gesture, "wave", 0, std::nullopt}) == ErrorCode::none);
    auto settings = std::make_shared<Settings>();
    settings->liveliness = 0.5;
    session->update_settings(settings);
    CHECK(within(5s, [&] { return session->status().phase != SessionPhase::starting; }));
    // Far more than anything can hold: nothing waits, what is lost is counted.
    const std::vector<float> sound = noise(1);
    const auto start = std::chrono::steady_clock::now();
    for (int s = 0; s < 60; ++s) session->push_audio(s * kRate, sound);
    CHECK(std::chrono::steady_clock::now() - start < 5s);
    CHECK(session->status().counters.audio_dropped_samples > 0);
}

TEST_CASE("addresses that are no private socket are refused; the socket is the user's alone", "[remote]") {
    for (const char* address : {"localhost:5000", "unix:", "unix:relative", "0.0.0.0:1", ""}) CHECK_THROWS_AS(socket_path(address), Error);
    CHECK_THROWS_AS(socket_path("unix:/" + std::string(200, 'a')), Error);
    CHECK(socket_path("unix:/run/x") == "/run/x");
    Served served;
    const auto path = served.folder / "engine";
    CHECK(std::filesystem::status(path).permissions() == (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
    served.server.reset();
    CHECK_FALSE(std::filesystem::exists(path));
    put(path, "a file of somebody's");
    CHECK_THROWS_AS(served.start(), Error);
    CHECK(get(path) == "a file of somebody's");
    RemoteEngineOptions nobody;
    nobody.address = "unix:" + (served.folder / "nobody").string();
    nobody.connect_timeout = 200ms;
    CHECK_THROWS_WITH(connect_engine(nobody), ContainsSubstring("mirrorme serve"));
}
