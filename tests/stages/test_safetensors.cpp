#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "core/error.h"
#include "support/temp_folder.h"
#include "weights/safetensors.h"

using namespace mirrorme;
using Catch::Matchers::ContainsSubstring;
using testing::TempFolder;

namespace {

std::string with_size(const std::string& header, const std::string& data, std::optional<std::uint64_t> claimed = {}) {
    const std::uint64_t size = claimed.value_or(header.size());
    std::string bytes(sizeof size, '\0');
    std::memcpy(bytes.data(), &size, sizeof size);
    return bytes + header + data;
}

std::string entry(const std::string& name, const std::string& dtype, const std::string& shape, const std::string& offsets) {
    return '"' + name + R"(":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + '}';
}

Error open_error(const std::filesystem::path& path) {
    try {
        SafetensorsFile::open(path);
    } catch (const Error& error) {
        return error;
    }
    FAIL("opened a bad file");
    return {ErrorCode::none, "", ""};
}

struct BadFile {
    const char* what;
    std::string bytes;
    const char* message;
    ErrorCode code = ErrorCode::unreadable;
};

std::vector<BadFile> bad_files() {
    const std::string four(4, '\1'), eight(8, '\1');
    const std::string good = entry("a", "F32", "[1]", "[0,4]");
    std::string deep = R"({"a":{"dtype":"F32","shape":[)" + std::string(200000, '[') + std::string(200000, ']') + "]}}";
    return {
        {"empty", "", "is empty"},
        {"shorter than its size field", "abc", "too short"},
        {"header larger than the file", with_size("{}", "", 1000), "truncated"},
        {"header of 2^63 bytes", with_size("{}", "", std::uint64_t{1} << 63), "no safetensors file"},
        {"not JSON", with_size("hello world", ""), "is not JSON"},
        {"a list", with_size("[]", ""), "is not an object"},
        {"header cut in the middle", with_size("{" + good, four), "is not JSON"},
        {"nested deeply", with_size(deep, ""), "nested too deeply"},
        {"name twice", with_size("{" + good + "," + good + "}", four), "appears twice"},
        {"field twice", with_size(R"({"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}})", four), "appears twice"},
        {"truncated data", with_size("{" + good + "}", "\1\1"), "truncated"},
        {"trailing bytes", with_size("{" + good + "}", eight), "belong to no tensor"},
        {"overlap", with_size("{" + good + "," + entry("b", "F32", "[1]", "[2,6]") + "}", "123456"), "shares bytes"},
        {"same bytes twice", with_size("{" + good + "," + entry("b", "F32", "[1]", "[0,4]") + "}", four), "shares bytes"},
        {"hole", with_size("{" + entry("a", "F32", "[1]", "[4,8]") + "}", eight), "hole"},
        {"ends before it begins", with_size("{" + entry("a", "F32", "[1]", "[4,0]") + "}", four), "ends before"},
        {"negative offset", with_size("{" + entry("a", "F32", "[1]", "[-4,0]") + "}", four), "not a count"},
        {"fractional offset", with_size("{" + entry("a", "F32", "[1]", "[0,4.5]") + "}", four), "not a count"},
        {"offset of 2^64", with_size("{" + entry("a", "F32", "[1]", "[0,18446744073709551616]") + "}", four), "data_offsets"},
        {"offset of 2^64-1", with_size("{" + entry("a", "F32", "[1]", "[0,18446744073709551615]") + "}", four), "out of range"},
        {"three offsets", with_size("{" + entry("a", "F32", "[1]", "[0,4,8]") + "}", four), "not a pair"},
        {"shape does not fit", with_size("{" + entry("a", "F32", "[2]", "[0,4]") + "}", four), "does not fit"},
        {"negative size", with_size("{" + entry("a", "F32", "[-1]", "[0,4]") + "}", four), "not a count"},
        {"size product overflows", with_size("{" + entry("a", "F32", "[4294967296,4294967296]", "[0,4]") + "}", four), "more elements"},
        {"byte count overflows", with_size("{" + entry("a", "F32", "[4611686018427387904]", "[0,4]") + "}", four), "does not fit"},
        {"overflow hidden by a zero", with_size("{" + entry("a", "F32", "[0,4294967296,4294967296]", "[0,0]") + "}", ""), "more elements"},
        {"rank of 17", with_size("{" + entry("a", "U8", "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]", "[0,1]") + "}", "1"), "at most 16"},
        {"shape is no list", with_size("{" + entry("a", "F32", "7", "[0,4]") + "}", four), "shape"},
        {"no dtype", with_size(R"({"a":{"shape":[1],"data_offsets":[0,4]}})", four), "lacks dtype"},
        {"entry is text", with_size(R"({"a":"F32"})", ""), "lacks dtype"},
        {"metadata holds a number", with_size(R"({"__metadata__":{"n":3}})", ""), "is not a string"},
        {"metadata is text", with_size(R"({"__metadata__":"n"})", ""), "object of strings"},
        {"fp8", with_size("{" + entry("a", "F8_E4M3", "[4]", "[0,4]") + "}", four), "bf16 version", ErrorCode::unsupported},
        {"unknown type", with_size("{" + entry("a", "Q4_0", "[4]", "[0,4]") + "}", four), "unknown tensor type", ErrorCode::unsupported},
    };
}

}  // namespace

TEST_CASE("a damaged safetensors file is refused, and the message names file and reason", "[safetensors]") {
    const TempFolder folder;
    const auto cases = bad_files();
    const BadFile& bad = cases[GENERATE_COPY(range(std::size_t{0}, cases.size()))];
    INFO(bad.what);
    testing::put(folder / "x.safetensors", bad.bytes);
    const Error error = open_error(folder / "x.safetensors");
    CHECK(error.code() == bad.code);
    CHECK_THAT(error.what(), ContainsSubstring(bad.message));
    CHECK_THAT(error.what(), ContainsSubstring("x.safetensors"));
    CHECK(!error.remedy().empty());
}

TEST_CASE("what is not a file is refused", "[safetensors]") {
    const TempFolder folder;
    CHECK(open_error(folder / "none.safetensors").code() == ErrorCode::not_found);
    CHECK_THAT(open_error(folder.path()).what(), ContainsSubstring("is a folder"));
}

TEST_CASE("every byte of the header may be damaged without harm", "[safetensors]") {
    const TempFolder folder;
    write_safetensors(folder / "a.safetensors", {{"alpha", torch::ones({2, 3})}, {"beta", torch::zeros({4}, torch::kLong)}}, {{"k", "v"}});
    const std::string good = testing::get(folder / "a.safetensors");
    const std::size_t header_end = good.size() - 2 * 3 * 4 - 4 * 8;
    for (std::size_t at = 0; at < header_end; ++at) {
        for (const int flip : {1, 0x20, 0x80}) {
            std::string bad = good;
            bad[at] = static_cast<char>(bad[at] ^ flip);
            testing::put(folder / "b.safetensors", bad);
            try {  // either refused, or still a consistent file (a letter of a name may change)
                const SafetensorsFile file = SafetensorsFile::open(folder / "b.safetensors");
                for (const TensorInfo& info : file.tensors()) CHECK(file.tensor(info.name).nbytes() == info.bytes);
            } catch (const Error&) {
            }
        }
    }
    for (std::size_t size = 0; size < good.size(); ++size) {
        testing::put(folder / "b.safetensors", good.substr(0, size));
        REQUIRE_THROWS_AS(SafetensorsFile::open(folder / "b.safetensors"), Error);
    }
}

TEST_CASE("tensors of every type come back bit for bit", "[safetensors]") {
    const TempFolder folder;
    const auto path = folder / "t.safetensors";
    std::vector<NamedTensor> tensors;
    for (const auto type : {torch::kDouble, torch::kFloat, torch::kHalf, torch::kBFloat16, torch::kLong, torch::kInt, torch::kShort, torch::kChar,
                            torch::kByte, torch::kBool})
        tensors.push_back({torch::toString(type), (torch::arange(15).reshape({3, 5}) * 1.25).to(type)});
    tensors.push_back({"scalar", torch::tensor(2.5f)});
    tensors.push_back({"none", torch::empty({0, 7})});
    tensors.push_back({"strided", torch::arange(12).reshape({3, 4}).t()});
    write_safetensors(path, tensors, {{"format", "pt"}, {"config", R"({"a": 1})"}});

    const SafetensorsFile file = SafetensorsFile::open(path);
    CHECK(file.tensors().size() == tensors.size());
    CHECK(file.metadata().at("config") == R"({"a": 1})");
    for (const NamedTensor& item : tensors) {
        const torch::Tensor back = file.tensor(item.name);
        CHECK(back.scalar_type() == item.tensor.scalar_type());
        CHECK(torch::equal(back, item.tensor));
    }
    CHECK(file.find("nobody") == nullptr);
    CHECK_THROWS_AS(file.tensor("nobody"), Error);
    CHECK(testing::count_files(folder.path()) == 1);

    std::reverse(tensors.begin(), tensors.end());
    write_safetensors(folder / "again.safetensors", tensors, {{"format", "pt"}, {"config", R"({"a": 1})"}});
    CHECK(testing::get(folder / "again.safetensors") == testing::get(path));
}

TEST_CASE("a tensor outlives the object that read it", "[safetensors]") {
    const TempFolder folder;
    write_safetensors(folder / "t.safetensors", {{"a", torch::full({1000}, 3.0f)}});
    torch::Tensor tensor = SafetensorsFile::open(folder / "t.safetensors").tensor("a");
    CHECK(tensor.sum().item<float>() == 3000.0f);
}

TEST_CASE("misaligned data is copied", "[safetensors]") {
    const TempFolder folder;
    const float value = 1.5f;
    std::string data("\1\1\1", 3);
    data.append(reinterpret_cast<const char*>(&value), sizeof value);
    testing::put(folder / "m.safetensors", with_size("{" + entry("b", "U8", "[3]", "[0,3]") + "," + entry("f", "F32", "[1]", "[3,7]") + "}", data));
    CHECK(SafetensorsFile::open(folder / "m.safetensors").tensor("f").item<float>() == value);
}

TEST_CASE("a writer that fails leaves nothing behind", "[safetensors]") {
    const TempFolder folder;
    CHECK_THROWS_AS(write_safetensors(folder / "t.safetensors", {{"a", torch::ones(1)}, {"a", torch::ones(1)}}), Error);
    CHECK_THROWS_AS(write_safetensors(folder / "t.safetensors", {{"a", torch::ones(1, torch::kComplexFloat)}}), Error);
    CHECK_THROWS_AS(write_safetensors(folder / "none/t.safetensors", {{"a", torch::ones(1)}}), Error);
    CHECK(testing::count_files(folder.path()) == 0);
}


TEST_CASE("NaN and infinity are found in every floating type", "[safetensors]") {
    for (const auto type : {torch::kDouble, torch::kFloat, torch::kHalf, torch::kBFloat16}) {
        torch::Tensor t = torch::full({100}, 3e4).to(type);
        CHECK(all_finite(t));
        t[57] = std::numeric_limits<double>::quiet_NaN();
        CHECK_FALSE(all_finite(t));
        t[57] = -std::numeric_limits<double>::infinity();
        CHECK_FALSE(all_finite(t));
    }
    CHECK(all_finite(torch::full({3}, 1e300, torch::kDouble)));
    CHECK(all_finite(torch::arange(3)));
    CHECK(all_finite(torch::empty({0})));
}
