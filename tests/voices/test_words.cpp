// Names of sounds, sentences, held-out sets, change of rate.

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <numbers>
#include <set>
#include <string>
#include <vector>

#include "core/error.h"
#include "support/temp_folder.h"
#include "train/voices/phone_labels.h"
#include "train/voices/texts.h"
#include "train/voices/voice_list.h"
#include "train/voices/windowed_sinc.h"

using namespace mirrorme;
using Phones = std::vector<Phone>;

TEST_CASE("espeak-ng mnemonics become phones", "[voices]") {
    CHECK(phones_from_espeak("p", "en-us") == Phones{Phone::p});
    CHECK(phones_from_espeak("i:", "en-us") == Phones{Phone::i});
    CHECK(phones_from_espeak("aI", "en-us") == Phones{Phone::a, Phone::ih});
    CHECK(phones_from_espeak("aI@", "en-us") == Phones{Phone::a, Phone::ih, Phone::schwa});
    CHECK(phones_from_espeak("@L", "en-us") == Phones{Phone::schwa, Phone::l});
    CHECK(phones_from_espeak("i@3", "en-us") == Phones{Phone::i, Phone::schwa});
    CHECK(phones_from_espeak("3:", "en-us") == Phones{Phone::er});
    CHECK(phones_from_espeak("tS;", "ru") == Phones{Phone::ch});
    CHECK(phones_from_espeak("m;", "ru") == Phones{Phone::m});
    CHECK(phones_from_espeak("O~", "fr") == Phones{Phone::ao});
    CHECK(phones_from_espeak("pF", "de") == Phones{Phone::p, Phone::f});
    CHECK(phones_from_espeak("t_s\\", "ja") == Phones{Phone::ch});
    CHECK(phones_from_espeak("a", "en-us") == Phones{Phone::ae});
    CHECK(phones_from_espeak("a", "es") == Phones{Phone::a});
    CHECK(phones_from_espeak("y", "fr") == Phones{Phone::y});
    CHECK(phones_from_espeak("y", "pl") == Phones{Phone::ih});
    CHECK(phones_from_espeak("_:", "en-us") == Phones{Phone::silence});
    CHECK(phones_from_espeak("", "en-us").empty());
    CHECK(phones_from_espeak("!", "nl").empty());
}

TEST_CASE("CMU names become phones", "[voices]") {
    CHECK(phones_from_cmu("pau") == Phones{Phone::silence});
    CHECK(phones_from_cmu("ay") == Phones{Phone::a, Phone::ih});
    CHECK(phones_from_cmu("hh") == Phones{Phone::h});
    CHECK(phones_from_cmu("xyz").empty());
}

TEST_CASE("every phone has a name of its own", "[voices]") {
    std::set<std::string_view> names;
    for (int i = 0; i < kPhoneCount; ++i) names.insert(name_of(static_cast<Phone>(i)));
    CHECK(names.size() == static_cast<std::size_t>(kPhoneCount));
    CHECK_FALSE(names.contains(""));
}

TEST_CASE("held-out voices and sentences never meet the others", "[voices]") {
    for (const std::string& language : text_languages()) {
        std::set<std::string> training;
        for (const VoiceChoice& voice : voices_for(language, HeldOut::no)) training.insert(name_of(voice));
        const auto held_out = voices_for(language, HeldOut::yes);
        CHECK(held_out.size() >= 2);
        CHECK(training.size() >= 5 * held_out.size());
        for (const VoiceChoice& voice : held_out) {
            CHECK_FALSE(training.contains(name_of(voice)));
            CHECK(is_held_out(name_of(voice)));
        }
    }
    CHECK_THROWS_AS(voices_for("tlh", HeldOut::no), Error);

    const Texts texts = Texts::installed();
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        for (const char* language : {"en", "fr"}) {
            CHECK_FALSE(is_held_out(texts.sentence(language, HeldOut::no, seed)));
            CHECK(is_held_out(texts.sentence(language, HeldOut::yes, seed)));
        }
    }
}

TEST_CASE("the collections are as large as promised and hold no sentence twice", "[voices]") {
    const Texts texts = Texts::installed();
    for (const std::string& language : text_languages()) {
        const auto& list = texts.collected(language);
        INFO(language);
        CHECK(list.size() >= (language == "en" ? 150u : 30u));
        CHECK(std::set<std::string>(list.begin(), list.end()).size() == list.size());
    }
}

TEST_CASE("the grammar makes sentences without open slots", "[voices]") {
    std::set<std::string> sentences;
    for (std::uint64_t seed = 0; seed < 2000; ++seed) {
        const std::string sentence = made_up_sentence(seed);
        sentences.insert(sentence);
        CHECK(sentence == made_up_sentence(seed));
        INFO(sentence);
        CHECK(std::string(".!?").find(sentence.back()) != std::string::npos);
        CHECK(sentence.front() >= 'A');
        CHECK(sentence.front() <= 'Z');
        for (std::size_t i = 1; i < sentence.size(); ++i) {  // a capital alone is a slot that was not filled, but for "I"
            const bool alone = sentence[i] >= 'A' && sentence[i] <= 'Z' && sentence[i] != 'I' && sentence[i - 1] == ' ' &&
                               (i + 1 == sentence.size() || sentence[i + 1] < 'a');
            CHECK_FALSE(alone);
        }
    }
    CHECK(sentences.size() > 1700);
}

TEST_CASE("a broken collection is refused by name", "[voices]") {
    const testing::TempFolder folder;
    CHECK_THROWS_AS(Texts(folder.path()), Error);
    for (const std::string& language : text_languages()) std::ofstream(folder.path() / (language + ".txt")) << "# nothing\n";
    CHECK_THROWS_AS(Texts(folder.path()), Error);
    for (const std::string& language : text_languages()) std::ofstream(folder.path() / (language + ".txt")) << std::string(500, 'a') << '\n';
    CHECK_THROWS_AS(Texts(folder.path()), Error);
}

TEST_CASE("resampling keeps the pass band, its phase and its level, and removes the rest", "[voices]") {
    const auto sine = [](double hz, int rate, std::size_t size) {
        std::vector<float> x(size);
        for (std::size_t i = 0; i < size; ++i) x[i] = static_cast<float>(0.5 * std::sin(2 * std::numbers::pi * hz * static_cast<double>(i) / rate));
        return x;
    };
    for (const int from : {22050, 8000, 48000, 16000}) {
        const double hz = 0.3 * std::min(from, 16000);
        const std::vector<float> out = resample(sine(hz, from, static_cast<std::size_t>(from)), from, 16000);
        REQUIRE(out.size() == 16000);
        const std::vector<float> truth = sine(hz, 16000, out.size());
        float worst = 0;
        for (std::size_t i = 500; i + 500 < out.size(); ++i) worst = std::max(worst, std::abs(out[i] - truth[i]));
        INFO(from << " Hz");
        CHECK(worst < 1e-3f);
    }
    const std::vector<float> gone = resample(sine(9500, 22050, 22050), 22050, 16000);
    CHECK(*std::max_element(gone.begin() + 500, gone.end() - 500) < 5e-4f);
    CHECK(resample({}, 22050, 16000).empty());
    CHECK(resample(std::vector<float>(100, 0.0f), 22050, 16000) == std::vector<float>(73, 0.0f));
}
