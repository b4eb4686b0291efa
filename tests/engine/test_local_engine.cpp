#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "engine/session/gesture_player.h"
#include "tiny_model.h"

using namespace mirrorme;
using namespace mirrorme::testing;

namespace {

std::vector<VideoFrame> take(const SessionConfig& config, const std::vector<float>& sound, std::size_t block = 4800) {
    const auto engine = tiny_engine();
    const auto session = engine->open_session(config);
    return render(*session, sound, block);
}

KeyPointTrack wave() {
    KeyPointTrack track = make_track(TrackUnit::torso, {24, 1}, {point_index("right_hand.wrist"), point_index("right_hand.elbow")}, {});
    for (int f = 0; f < 12; ++f) track.values.insert(track.values.end(), {-1.2f, -0.5f, 1, -1.3f, 0.5f, 1});
    track.preset = TrackPreset{"wave", "Wave", std::nullopt, 2, 2};
    return track;
}

/// Index of the first frame whose pixels differ.
std::size_t first_difference(const std::vector<VideoFrame>& a, const std::vector<VideoFrame>& b) {
    std::size_t i = 0;
    while (i < a.size() && i < b.size() && *a[i].pixels == *b[i].pixels) ++i;
    return i;
}

}  // namespace

TEST_CASE("a file gives its frames, each at its media time", "[engine]") {
    const auto sound = babble(2.03);
    const auto frames = take(tiny_config(), sound);
    REQUIRE(frames.size() == 49);  // the last one is begun, so it is made
    for (std::size_t f = 0; f < frames.size(); ++f) {
        REQUIRE(well_formed(frames[f]));
        REQUIRE(frames[f].index == static_cast<FrameIndex>(f));
        REQUIRE(frames[f].first_sample == static_cast<SampleIndex>(f) * 2000);
        REQUIRE(frames[f].degraded == 0);
    }
}

TEST_CASE("any block sizes give the same frames, bit for bit", "[engine]") {
    const auto sound = babble(3);
    const auto whole = take(tiny_config(), sound, sound.size());
    REQUIRE(whole.size() == 72);
    const auto engine = tiny_engine();
    for (const std::size_t block : {std::size_t{1}, std::size_t{13}, std::size_t{160}, std::size_t{333}, std::size_t{441}, std::size_t{480}, std::size_t{960}, std::size_t{1024}, std::size_t{4800}, std::size_t{7777}, std::size_t{48000}, std::size_t{0}}) {
        const auto session = engine->open_session(tiny_config());
        INFO("blocks of " << block);
        CHECK(same_pixels(render(*session, sound, block), whole));
    }
}

TEST_CASE("a seed gives one video; sound, seed and picture matter", "[engine]") {
    const auto sound = babble(1.5);
    const auto first = take(tiny_config(), sound);
    CHECK(same_pixels(take(tiny_config(), sound), first));
    SessionConfig other = tiny_config();
    other.settings.seed = 2;
    CHECK(first_difference(take(other, sound), first) == 0);
    auto changed = sound;
    for (std::size_t i = 48000; i < changed.size(); ++i) changed[i] *= -0.2f;
    const std::size_t differs = first_difference(take(tiny_config(), changed), first);
    CHECK(differs < first.size());
    CHECK(differs >= 24 - 4 - 3);  // no earlier than the chunk whose look-ahead reaches the change
}

TEST_CASE("sessions that take turns do not disturb each other", "[engine]") {
    const auto sound = babble(1.5);
    const auto alone = take(tiny_config(), sound);
    const auto engine = tiny_engine();
    SessionConfig second = tiny_config();
    second.settings.seed = 9;
    second.settings.steps = 1;
    const auto a = engine->open_session(tiny_config());
    const auto b = engine->open_session(second);
    b->push_audio(0, sound);
    b->end_of_audio();
    CHECK(same_pixels(render(*a, sound, 999), alone));
    VideoFrame frame;
    CHECK(b->poll_frame(frame, std::chrono::seconds(5)) == PollResult::frame);
}

TEST_CASE("a gesture changes the frames from its time on", "[engine]") {
    const auto sound = babble(2);
    const auto without = take(tiny_config(), sound);
    SessionConfig config = tiny_config();
    config.gestures = {wave()};
    const auto engine = tiny_engine();
    const auto session = engine->open_session(config);
    CHECK(session->command({CommandKind::gesture, "dance", 0, std::nullopt}) == ErrorCode::not_found);
    CHECK(session->command({CommandKind::gesture, "wave", 48000, std::nullopt}) == ErrorCode::none);
    const auto frames = render(*session, sound, 4800);
    const std::size_t differs = first_difference(frames, without);
    CHECK(differs >= 21);  // frame 24 begins the gesture; its chunk starts at 21
    CHECK(differs <= 25);
}

TEST_CASE("a gesture that comes with its command needs no declaration", "[engine]") {
    const auto engine = tiny_engine();
    const auto session = engine->open_session(tiny_config());
    CHECK(session->command({CommandKind::gesture, "wave", 0, wave()}) == ErrorCode::none);
    KeyPointTrack pixels = wave();
    pixels.unit = TrackUnit::pixels;
    CHECK(session->command({CommandKind::gesture, "wave", 0, pixels}) == ErrorCode::mismatch);
}

TEST_CASE("commands that wait are bounded, whether the worker has taken them or not", "[engine]") {
    const auto engine = tiny_engine();
    const auto session = engine->open_session(tiny_config());
    std::size_t accepted = 0;
    ErrorCode refused = ErrorCode::none;
    while (refused == ErrorCode::none && accepted < 5000) {
        refused = session->command({CommandKind::stop, "", 1'000'000'000, std::nullopt});
        if (refused == ErrorCode::none) ++accepted;
    }
    CHECK(refused == ErrorCode::too_large);
    CHECK(accepted == GesturePlayer::kPendingLimit);
}

TEST_CASE("the gate's threshold decides what is heard", "[engine]") {
    const auto sound = babble(1);
    const auto heard = take(tiny_config(), sound);
    SessionConfig deaf = tiny_config();
    deaf.settings.gate_threshold_db = 0;
    const auto unheard = take(deaf, sound);
    CHECK(first_difference(heard, unheard) < heard.size());
}

TEST_CASE("steps and background are taken over live", "[engine]") {
    const auto sound = babble(1);
    const auto base = take(tiny_config(), sound);
    SessionConfig few = tiny_config();
    few.settings.steps = 1;
    CHECK(first_difference(take(few, sound), base) < base.size());
    SessionConfig matte = tiny_config();
    matte.settings.background = {BackgroundChoice::Mode::colour, 0xff0000};  // the person alone: the reader composites
    const auto frames = take(matte, sound);
    CHECK((*frames[10].pixels)[3] == 7);
}

TEST_CASE("numbers that are not finite end a file with the reason, and a new session starts clean", "[engine]") {
    const auto model = tiny_model();
    const auto engine = tiny_engine(model);
    const torch::Tensor weight = model->denoiser->named_parameters()["proj_out.weight"];
    const torch::Tensor kept = weight.detach().clone();
    {
        torch::NoGradGuard no_gradients;
        weight.fill_(std::numeric_limits<float>::quiet_NaN());
    }
    {
        const auto session = engine->open_session(tiny_config());
        CHECK(render(*session, babble(1), 4800).empty());
        CHECK(session->status().phase == SessionPhase::failed);
        CHECK_THAT(session->status().last_error, Catch::Matchers::ContainsSubstring("not finite"));
    }
    {
        torch::NoGradGuard no_gradients;
        weight.copy_(kept);
    }
    const auto session = engine->open_session(tiny_config());
    CHECK(render(*session, babble(1), 4800).size() == 24);
}

TEST_CASE("opening for real time measures L; the still has the frame's size", "[engine]") {
    const auto engine = tiny_engine();
    SessionConfig config = tiny_config();
    config.mode = SessionMode::realtime;
    const auto session = engine->open_session(config);
    const SessionInfo& info = session->info();
    CHECK(info.latency.compute_ns > 0);
    CHECK(info.latency.look_ahead_ns == 100'000'000);
    CHECK(info.latency.chunk_ns == 166'666'666);
    CHECK(info.chunk_frames == 4);
    CHECK(info.crop.size() == 4);
    CHECK(well_formed(session->reference_still()));
    CHECK(engine->info().capabilities == std::vector<std::string>{"speaks"});
}

TEST_CASE("no picture, and a model that does not fit together, are refused with what to do", "[engine]") {
    const auto engine = tiny_engine();
    CHECK_THROWS_AS(engine->open_session(SessionConfig{}), Error);
    const auto model = tiny_model();
    model->manifest.fps = {25, 1};
    CHECK_THROWS_AS(check_model(*model), Error);
    CHECK_THROWS_AS(LocalEngine::open({"/no/such/bundle", {}, "cpu"}), Error);
    CHECK_THROWS_AS(LocalEngine::open({"/no/such/bundle", {}, "toaster"}), Error);
}

TEST_CASE("steps are chosen from what the bundle supports", "[engine]") {
    const auto model = tiny_model();
    CHECK(model->steps_for(0) == 4);
    CHECK(model->steps_for(3) == 2);
    CHECK(model->steps_for(50) == 4);
    CHECK(model->fewest_steps() == 1);
    model->manifest.steps = {2, 4};
    CHECK(model->steps_for(1) == 2);
    CHECK(model->sampler_with(2).steps == 2);
    model->sampler.schedule = Schedule::list;
    CHECK(model->sampler_with(2).steps == 4);
}
