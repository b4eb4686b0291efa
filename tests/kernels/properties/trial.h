#pragma once
// One attempt at an operation with random shapes and values: makes tensors on a processor, compares what comes back, collects failures.

#include <cmath>
#include <cstdio>
#include <cstring>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "kernels/properties/processor.h"

namespace mirrorme::testing {

using kernels::Scalar;

/// One number of a type, from and to its bytes.
inline float decode(Scalar type, const std::byte* at) {
    if (type == Scalar::f32) {
        float value;
        std::memcpy(&value, at, 4);
        return value;
    }
    std::uint16_t bits;
    std::memcpy(&bits, at, 2);
    return type == Scalar::bf16 ? kernels::from_bf16(bits) : kernels::from_f16(bits);
}
inline void encode(Scalar type, float value, std::byte* at) {
    if (type == Scalar::f32) {
        std::memcpy(at, &value, 4);
        return;
    }
    const std::uint16_t bits = type == Scalar::bf16 ? kernels::to_bf16(value) : kernels::to_f16(value);
    std::memcpy(at, &bits, 2);
}
/// What rounding to the type may cost, relative: half the distance between 1 and the next number.
inline double rounding(Scalar type) { return type == Scalar::f32 ? 0x1p-24 : type == Scalar::bf16 ? 0x1p-8 : 0x1p-11; }
inline const char* name_of(Scalar type) { return type == Scalar::f32 ? "f32" : type == Scalar::bf16 ? "bf16" : "f16"; }

/// A dense array on the processor, with the host's view of what went in.
struct Tensor {
    Scalar type = Scalar::f32;
    std::vector<double> values;  // as rounded to the type; outputs: NaN
    std::unique_ptr<Place> place;

    void* at() const { return place ? place->at() : nullptr; }
    double operator[](std::int64_t i) const { return values[static_cast<std::size_t>(i)]; }
    std::vector<double> fetch() const {
        const std::vector<std::byte> bytes = place->fetch();
        std::vector<double> out(values.size());
        for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<double>(decode(type, bytes.data() + i * static_cast<std::size_t>(kernels::bytes_of(type))));
        return out;
    }
};

class Trial {
public:
    Trial(Processor& processor, std::uint64_t seed) : processor_(processor), random_(seed) {}

    Processor& processor() { return processor_; }
    const kernels::TensorOperations& operations() { return processor_.operations(); }
    const std::vector<std::string>& failures() const { return failures_; }
    /// Said with every failure that follows.
    void describe(std::string text) { about_ = std::move(text); }

    std::int64_t whole(std::int64_t low, std::int64_t high) { return std::uniform_int_distribution<std::int64_t>(low, high)(random_); }
    bool coin() { return whole(0, 1) == 1; }
    template <typename T>
    T one_of(std::initializer_list<T> choices) {
        return choices.begin()[whole(0, static_cast<std::int64_t>(choices.size()) - 1)];
    }
    std::uint64_t bits() { return random_(); }

    /// Normal values of this spread, rounded to the type.
    Tensor given(const char* label, Scalar type, std::int64_t count, double spread = 1, Use use = Use::input) {
        std::normal_distribution<double> normal(0, spread);
        return given(label, type, count, [&](std::int64_t) { return normal(random_); }, use);
    }
    Tensor given(const char* label, Scalar type, std::int64_t count, const std::function<double(std::int64_t)>& value, Use use) {
        Tensor tensor{type, std::vector<double>(static_cast<std::size_t>(count)), nullptr};
        const std::size_t size = static_cast<std::size_t>(kernels::bytes_of(type));
        std::vector<std::byte> bytes(tensor.values.size() * size);
        for (std::size_t i = 0; i < tensor.values.size(); ++i) {
            encode(type, static_cast<float>(value(static_cast<std::int64_t>(i))), bytes.data() + i * size);
            tensor.values[i] = static_cast<double>(decode(type, bytes.data() + i * size));
        }
        tensor.place = processor_.place(label, use, bytes);
        return tensor;
    }
    Tensor wanted(const char* label, Scalar type, std::int64_t count) {
        Tensor tensor{type, std::vector<double>(static_cast<std::size_t>(count), std::nan("")), nullptr};
        tensor.place = processor_.place(label, Use::output, untouched(count * kernels::bytes_of(type)));
        return tensor;
    }
    std::unique_ptr<Place> wanted_bytes(const char* label, std::int64_t count) { return processor_.place(label, Use::output, untouched(count)); }

    /// Runs the operation; false: it did not succeed.
    template <typename Work>
    bool run(kernels::Refusal (*operation)(const Work&, kernels::Stream) noexcept, const Work& work) {
        const kernels::Refusal refusal = operation(work, {});
        const std::string trouble = processor_.finish();
        if (refusal != nullptr || !trouble.empty()) fail((refusal ? std::string(refusal) : std::string()) + (trouble.empty() ? "" : ": " + trouble));
        return refusal == nullptr && trouble.empty();
    }
    template <typename Work>
    void must_refuse(kernels::Refusal (*operation)(const Work&, kernels::Stream) noexcept, const Work& work, const char* word) {
        const kernels::Refusal refusal = operation(work, {});
        processor_.finish();
        if (refusal == nullptr || std::strstr(refusal, word) == nullptr)
            fail(std::string("must be refused because of '") + word + "', got: " + (refusal ? refusal : "success"));
    }

    void fail(std::string text) {
        if (failures_.size() < 8) failures_.push_back(std::string(processor_.name()) + ", " + about_ + ": " + std::move(text));
    }
    /// |got - want| may be `relative` of |want| plus `absolute`, and where rounding is allowed half the distance of half's smallest numbers.
    void close(const char* label, std::int64_t index, double got, double want, double relative, double absolute) {
        if (std::abs(got - want) <= relative * std::abs(want) + absolute + (relative > 0 ? 0x1p-25 : 0)) return;  // false for NaN
        char text[160];
        std::snprintf(text, sizeof text, "%s[%lld] is %.9g, must be %.9g", label, static_cast<long long>(index), got, want);
        fail(text);
    }
    void all_written(const char* label, Place& place) {
        if (const std::string complaint = place.complaint(); !complaint.empty()) fail(std::string(label) + ": " + complaint);
    }
    /// Where the processor counts: the call read and wrote exactly so many bytes.
    void moved(std::uint64_t read, std::uint64_t written) {
        std::uint64_t has_read = 0, has_written = 0;
        if (!processor_.traffic(has_read, has_written) || (has_read == read && has_written == written)) return;
        fail("read " + std::to_string(has_read) + " and wrote " + std::to_string(has_written) + " bytes, must be " + std::to_string(read) + " and " +
             std::to_string(written));
    }

private:
    static std::vector<std::byte> untouched(std::int64_t bytes) { return std::vector<std::byte>(static_cast<std::size_t>(bytes), std::byte{0xFF}); }

    Processor& processor_;
    std::mt19937_64 random_;
    std::vector<std::string> failures_;
    std::string about_;
};

/// A statement about an operation that holds for every shape and value it accepts.
struct Property {
    const char* name;
    int rounds;  // seeds tried where each is fast
    void (*check)(Trial& trial);
};
const std::vector<Property>& properties();

/// Their parts, by file.
void check_modulated_norm(Trial& trial);
void check_normed_rope(Trial& trial);
void check_gated_add(Trial& trial);
void check_activate_rows(Trial& trial);
void check_rows_of_bytes(Trial& trial);
void check_token_refusals(Trial& trial);
void check_pixel_norm(Trial& trial);
void check_stream_of_pixel_norms(Trial& trial);
void check_depth_to_space(Trial& trial);
void check_finish_pixels(Trial& trial);
void check_vae_refusals(Trial& trial);
void check_normal_noise(Trial& trial);

}  // namespace mirrorme::testing
