// A live session whose model hears by wav2vec2.

#include <catch2/catch_test_macros.hpp>

#include "support/wav2vec2_golden.h"
#include "tiny_model.h"

using namespace mirrorme;
using namespace mirrorme::testing;

namespace {

/// tiny_model() with another ear: random weights, tokens of the same size.
std::shared_ptr<Model> hearing_model() {
    auto model = tiny_model();
    torch::manual_seed(12);
    AudioFrontEndConfig audio = model->front_end->config();
    audio.backbone = BackboneKind::wav2vec2;
    audio.wav2vec2.model = golden::tiny_wav2vec2();
    audio.wav2vec2.window_features = 60;
    audio.fit_encoder();
    model->front_end = AudioFrontEnd(audio);
    model->front_end->eval();
    check_model(*model);
    return model;
}

}  // namespace

TEST_CASE("with wav2vec2 too, any block sizes give the same frames, bit for bit, and the sound matters", "[engine]") {
    const auto sound = babble(2);
    const auto engine = tiny_engine(hearing_model());
    const auto whole = render(*engine->open_session(tiny_config()), sound, sound.size());
    REQUIRE(whole.size() == 48);
    for (const std::size_t block : {std::size_t{160}, std::size_t{441}, std::size_t{1024}, std::size_t{7777}, std::size_t{0}}) {
        INFO("blocks of " << block);
        CHECK(same_pixels(render(*engine->open_session(tiny_config()), sound, block), whole));
    }
    auto changed = sound;
    for (std::size_t i = 48000; i < changed.size(); ++i) changed[i] *= -0.2f;
    const auto other = render(*engine->open_session(tiny_config()), changed, 4800);
    REQUIRE(other.size() == whole.size());
    std::size_t first = 0;
    while (first < whole.size() && *other[first].pixels == *whole[first].pixels) ++first;
    CHECK(first < whole.size());
    CHECK(first >= 24 - 4 - 3);  // no earlier than the chunk whose look-ahead reaches the change
}
