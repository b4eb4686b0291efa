#include "core/sha256.h"

#include <catch2/catch_test_macros.hpp>

#include <string>

using namespace mirrorme;

namespace {
std::string hash_of(const std::string& text) { return sha256_hex(std::as_bytes(std::span(text.data(), text.size()))); }
}  // namespace

TEST_CASE("SHA-256 gives the published digests", "[sha256]") {
    CHECK(hash_of("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(hash_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(hash_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    CHECK(hash_of(std::string(1'000'000, 'a')) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("SHA-256 does not depend on how the bytes arrive", "[sha256]") {
    std::string text;
    for (int i = 0; i < 300; ++i) text += static_cast<char>(i * 7);
    for (std::size_t length = 0; length <= text.size(); ++length) {
        const std::string whole = text.substr(0, length);
        Sha256 pieces;
        for (std::size_t at = 0, step = 1; at < length; at += step, step = step * 3 % 101 + 1) {
            step = std::min(step, length - at);
            pieces.update(std::as_bytes(std::span(whole.data() + at, step)));
        }
        REQUIRE(pieces.hex() == hash_of(whole));
    }
}
