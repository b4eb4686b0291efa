// The kernels at LTX-Video 2B's shapes against torch eager, in one process and on the same tensors.
//   kernel_speed
// Method: inputs are random; several sets are used in turn, together larger than the L2 cache; ours and torch's are measured in turn, five
// times each, by CUDA events around enough calls for 5 ms, and the medians are printed with the spread of ours. "of copy" compares the bytes
// a kernel must move with what a plain device copy of 1 GiB moves in this run. A speed counts only beside the error of both against float64.

#include <cuda_runtime.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "kernels/include/tensor_operations.h"
#include "ops/norm_rope.h"

namespace {

using namespace mirrorme;
using torch::Tensor;

constexpr int kRepeats = 5;
constexpr float kEnough = 5;  // ms of one measurement
const auto kBrain = torch::TensorOptions(torch::kCUDA).dtype(torch::kBFloat16);

void must(cudaError_t error, const char* what) {
    if (error != cudaSuccess) throw std::runtime_error(std::string(what) + ": " + cudaGetErrorString(error));
}
void must(kernels::Refusal refusal) {
    if (refusal != nullptr) throw std::runtime_error(std::string("refused: ") + refusal);
}

/// Milliseconds of one call, by events on the default stream, which is torch's current one too.
class Clock {
public:
    Clock() {
        must(cudaEventCreate(&begin_), "cudaEventCreate");
        must(cudaEventCreate(&end_), "cudaEventCreate");
    }
    ~Clock() {
        cudaEventDestroy(begin_);
        cudaEventDestroy(end_);
    }
    Clock(const Clock&) = delete;
    Clock& operator=(const Clock&) = delete;
    float measure(const std::function<void(int)>& call, int calls) {
        must(cudaEventRecord(begin_, nullptr), "cudaEventRecord");
        for (int i = 0; i < calls; ++i) call(i);
        must(cudaEventRecord(end_, nullptr), "cudaEventRecord");
        must(cudaEventSynchronize(end_), "cudaEventSynchronize");
        float ms = 0;
        must(cudaEventElapsedTime(&ms, begin_, end_), "cudaEventElapsedTime");
        return ms / static_cast<float>(calls);
    }

private:
    cudaEvent_t begin_{}, end_{};
};

float median(std::vector<float> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

/// max |got - want| / max |want|.
double error_of(const Tensor& got, const Tensor& want) {
    return ((got.to(torch::kDouble) - want).abs().max() / want.abs().max()).item<double>();
}

struct Case {
    std::string name;
    double megabytes = 0;              // that must move
    std::function<Tensor(int)> ours;   // with input set i; the result
    std::function<Tensor(int)> eager;  // the same with torch's operations
    std::function<Tensor(int)> exact;  // the same in float64
};

class Table {
public:
    explicit Table(double copy_rate) : copy_rate_(copy_rate) {
        std::printf("%-46s %9s %14s %9s %7s %8s %10s %10s\n", "operation", "us ours", "spread", "us torch", "ratio", "of copy", "err ours", "err torch");
    }
    void add(const Case& test) {
        const double ours_error = error_of(test.ours(0), test.exact(0)), torch_error = error_of(test.eager(0), test.exact(0));
        const std::function<void(int)> ours = [&](int i) { test.ours(i); }, eager = [&](int i) { test.eager(i); };
        const int many = enough(ours), few = enough(eager);
        std::vector<float> our_times, torch_times;
        for (int r = 0; r < kRepeats; ++r) {
            our_times.push_back(clock_.measure(ours, many));
            torch_times.push_back(clock_.measure(eager, few));
        }
        const auto [low, high] = std::minmax_element(our_times.begin(), our_times.end());
        const float a = median(our_times), b = median(torch_times);
        std::printf("%-46s %9.1f %6.1f..%6.1f %9.1f %6.2fx %7.0f%% %10.1e %10.1e\n", test.name.c_str(), a * 1e3, *low * 1e3, *high * 1e3, b * 1e3, b / a,
                    100 * test.megabytes / 1e3 / (a / 1e3) / copy_rate_, ours_error, torch_error);
        std::fflush(stdout);
    }

private:
    /// Calls that take kEnough; the warm-up as well.
    int enough(const std::function<void(int)>& call) {
        clock_.measure(call, 3);
        return std::clamp(static_cast<int>(kEnough / std::max(clock_.measure(call, 5), 1e-3f)), 5, 2000);
    }
    double copy_rate_;  // GB/s, read and written
    Clock clock_;
};

double copy_rate() {
    const Tensor from = torch::randn({1 << 28}, torch::kCUDA);
    Tensor to = torch::empty_like(from);
    Clock clock;
    clock.measure([&](int) { to.copy_(from); }, 3);
    std::vector<float> times;
    for (int r = 0; r < kRepeats; ++r) times.push_back(clock.measure([&](int) { to.copy_(from); }, 5));
    return 2.0 * static_cast<double>(from.nbytes()) / 1e6 / static_cast<double>(median(times));
}

/// Input sets that together exceed any L2: at least 256 MB of what one call touches, 2 to 64 sets.
int sets_for(double megabytes) { return static_cast<int>(std::clamp(256 / std::max(megabytes, 1.0), 2.0, 64.0)); }
template <typename Make>
std::vector<Tensor> sets(int count, Make make) {
    std::vector<Tensor> all;
    for (int i = 0; i < count; ++i) all.push_back(make());
    return all;
}
const Tensor& turn(const std::vector<Tensor>& all, int i) { return all[static_cast<std::size_t>(i) % all.size()]; }
double mb(const Tensor& t) { return static_cast<double>(t.nbytes()) / 1e6; }
Tensor exactly(const Tensor& t) { return t.to(torch::kDouble); }

kernels::RowView rows(const Tensor& t) { return {t.const_data_ptr(), t.stride(0), t.stride(1)}; }
kernels::RowTarget target(const Tensor& t) { return {t.mutable_data_ptr(), t.stride(0), t.stride(1)}; }

Case modulated_norm(int64_t tokens) {
    constexpr int64_t kWidth = 2048;
    const Tensor out = torch::empty({1, tokens, kWidth}, kBrain), scale = torch::randn({1, 1, kWidth}, kBrain), shift = torch::randn({1, 1, kWidth}, kBrain);
    const auto x = sets(sets_for(2 * mb(out)), [&] { return torch::randn({1, tokens, kWidth}, kBrain); });
    return {"modulated norm, " + std::to_string(tokens) + " x 2048", 2 * mb(out),
            [=](int i) {
                kernels::ModulatedNorm work{.type = kernels::Scalar::bf16, .batch = 1, .tokens = tokens, .width = kWidth};
                work.x = rows(turn(x, i)), work.scale = rows(scale), work.shift = rows(shift), work.out = target(out);
                must(kernels::cuda_tensor_operations().modulated_norm(work, {}));
                return out;
            },
            [=](int i) { return modulated_rms_norm(turn(x, i), scale, shift); },
            [=](int i) { return rms_norm(exactly(turn(x, i)), 1e-6).to(torch::kDouble) * (1 + exactly(scale)) + exactly(shift); }};
}

Case normed_rope_of(int64_t tokens) {
    constexpr int64_t kWidth = 2048;
    const auto qkv = sets(sets_for(static_cast<double>(tokens * kWidth) * 28e-6), [&] { return torch::randn({1, tokens, 3 * kWidth}, kBrain); });
    const Tensor weight = torch::randn({kWidth}, kBrain), angle = torch::randn({tokens, kWidth / 2}, torch::kCUDA).repeat_interleave(2, 1) * 3;
    const RopeTable table{angle.cos(), angle.sin()};
    const Tensor q = torch::empty({1, tokens, kWidth}, kBrain), cache = torch::empty({2, 1, 4 * tokens, kWidth}, kBrain);
    const Tensor k_slot = cache[0].narrow(1, 3 * tokens, tokens), v_slot = cache[1].narrow(1, 3 * tokens, tokens);
    const auto part = [](const Tensor& t, int64_t i) { return t.narrow(2, i * kWidth, kWidth); };
    return {"QK norm + rope + cache, " + std::to_string(tokens) + " x 2048", 6 * mb(q) + 2 * mb(table.cos),
            [=](int i) {
                kernels::NormedRope work{.type = kernels::Scalar::bf16, .batch = 1, .tokens = tokens, .width = kWidth};
                const Tensor& all = turn(qkv, i);
                work.q = rows(part(all, 0)), work.k = rows(part(all, 1)), work.v = rows(part(all, 2));
                work.q_weight = work.k_weight = weight.const_data_ptr();
                work.cos = table.cos.const_data_ptr<float>(), work.sin = table.sin.const_data_ptr<float>();
                work.q_out = target(q), work.k_out = target(k_slot), work.v_out = target(v_slot);
                must(kernels::cuda_tensor_operations().normed_rope(work, {}));
                return k_slot;
            },
            [=](int i) {
                const Tensor& all = turn(qkv, i);
                normed_rope(part(all, 0), weight, 1e-5, table);
                apply_rope_into(k_slot, weighted_rms_norm(part(all, 1), weight, 1e-5), table);
                Tensor(v_slot).copy_(part(all, 2));
                return k_slot;
            },
            [=](int i) {
                const Tensor k = exactly(part(turn(qkv, i), 1)), normed = k * torch::rsqrt(k.square().mean(-1, true) + 1e-5) * exactly(weight);
                const Tensor pair = normed.unflatten(-1, {-1, 2}), turned = torch::stack({-pair.select(-1, 1), pair.select(-1, 0)}, -1).flatten(-2);
                return normed * exactly(table.cos) + turned * exactly(table.sin);
            }};
}

Case gated_add_of(int64_t tokens) {
    constexpr int64_t kWidth = 2048;
    const Tensor bias = torch::randn({kWidth}, kBrain), gate = torch::zeros({1, 1, kWidth}, kBrain);  // 0: x stays, however often it is added to
    const auto x = sets(sets_for(static_cast<double>(tokens * kWidth) * 6e-6), [&] { return torch::randn({1, tokens, kWidth}, kBrain); });
    const auto y = sets(static_cast<int>(x.size()), [&] { return torch::randn({1, tokens, kWidth}, kBrain); });
    return {"gated add + bias, " + std::to_string(tokens) + " x 2048", 3 * mb(x[0]),
            [=](int i) {
                kernels::GatedAdd work{.type = kernels::Scalar::bf16, .batch = 1, .tokens = tokens, .width = kWidth};
                work.x = target(turn(x, i)), work.y = rows(turn(y, i)), work.gate = rows(gate), work.bias = bias.const_data_ptr();
                must(kernels::cuda_tensor_operations().gated_add(work, {}));
                return turn(x, i);
            },
            [=](int i) { return gated_add(turn(x, i), turn(y, i) + bias, gate); },
            [=](int i) { return exactly(turn(x, i)) + exactly(gate) * (exactly(turn(y, i)) + exactly(bias)); }};
}

Case gelu_of(int64_t tokens) {
    constexpr int64_t kWidth = 8192;
    const Tensor bias = torch::randn({kWidth}, kBrain), out = torch::empty({tokens, kWidth}, kBrain);
    const auto x = sets(sets_for(2 * mb(out)), [&] { return torch::randn({tokens, kWidth}, kBrain) * 3; });
    return {"GELU + bias, " + std::to_string(tokens) + " x 8192", 2 * mb(out),
            [=](int i) {
                kernels::ActivateRows work{.type = kernels::Scalar::bf16, .rows = tokens, .width = kWidth, .x = turn(x, i).const_data_ptr(), .x_stride = kWidth};
                work.bias = bias.const_data_ptr(), work.activation = kernels::Activation::gelu_tanh;
                work.out = out.mutable_data_ptr(), work.out_stride = kWidth;
                must(kernels::cuda_tensor_operations().activate_rows(work, {}));
                return out;
            },
            [=](int i) { return torch::gelu(turn(x, i) + bias, "tanh"); }, [=](int i) { return torch::gelu(exactly(turn(x, i)) + exactly(bias), "tanh"); }};
}

/// One decoder stage: frames x height x width of C channels, two remembered frames in front.
Case pixel_norm_of(int64_t frames, int64_t height, int64_t width, int64_t channels) {
    const int64_t pixels = height * width;
    const Tensor history = torch::randn({1, 2, pixels, channels}, kBrain), keep = torch::empty_like(history);
    const Tensor scale = torch::randn({1, channels}, kBrain), shift = torch::randn({1, channels}, kBrain);
    const Tensor out = torch::empty({1, frames + 2, pixels, channels}, kBrain);
    const auto x = sets(sets_for(2 * mb(out)), [&] { return torch::randn({1, frames, pixels, channels}, kBrain); });
    return {"pixel norm + SiLU + pad, " + std::to_string(frames) + "x" + std::to_string(height) + "x" + std::to_string(width) + "x" + std::to_string(channels),
            mb(x[0]) + mb(out) + 2 * mb(history),
            [=](int i) {
                kernels::PixelNorm work{.type = kernels::Scalar::bf16, .batch = 1, .frames = frames, .pixels = pixels, .channels = channels};
                work.x = turn(x, i).const_data_ptr(), work.scale = scale.const_data_ptr(), work.shift = shift.const_data_ptr();
                work.front = 2, work.history = history.const_data_ptr(), work.keep = keep.mutable_data_ptr(), work.out = out.mutable_data_ptr();
                must(kernels::cuda_tensor_operations().pixel_norm(work, {}));
                return out;
            },
            [=](int i) {
                const Tensor& in = turn(x, i);
                const Tensor normed = in * torch::rsqrt(in.square().mean(-1, true) + 1e-8) * (1 + scale) + shift;
                const Tensor padded = torch::cat({history, torch::silu(normed)}, 1);
                Tensor(keep).copy_(padded.narrow(1, frames, 2));
                return padded;
            },
            [=](int i) {
                const Tensor in = exactly(turn(x, i));
                return torch::cat({exactly(history), torch::silu(in * torch::rsqrt(in.square().mean(-1, true) + 1e-8) * (1 + exactly(scale)) + exactly(shift))}, 1);
            }};
}

Case depth_to_space_of(int64_t frames, int64_t height, int64_t width, int64_t channels) {  // channels: of the output
    const Tensor out = torch::empty({1, 2 * frames, 2 * height, 2 * width, channels}, kBrain);
    const auto y = sets(sets_for(2 * mb(out)), [&] { return torch::randn({1, frames, height, width, 8 * channels}, kBrain); });
    const auto skip = sets(static_cast<int>(y.size()), [&] { return torch::randn({1, frames, height, width, 2 * channels}, kBrain); });
    const auto unfolded = [=](const Tensor& t) {
        return t.unflatten(-1, {t.size(-1) / 8, 2, 2, 2}).permute({0, 1, 5, 2, 6, 3, 7, 4}).reshape({1, 2 * frames, 2 * height, 2 * width, t.size(-1) / 8});
    };
    const auto whole = [=](const Tensor& a, const Tensor& b) { return unfolded(a) + unfolded(b).repeat({1, 1, 1, 1, 4}); };
    return {"depth to space + skip, " + std::to_string(frames) + "x" + std::to_string(height) + "x" + std::to_string(width) + "x" + std::to_string(channels),
            mb(y[0]) + mb(skip[0]) + mb(out),
            [=](int i) {
                kernels::DepthToSpace work{.type = kernels::Scalar::bf16, .batch = 1, .frames = frames, .height = height, .width = width, .channels = channels};
                work.y = turn(y, i).const_data_ptr(), work.skip = turn(skip, i).const_data_ptr(), work.skip_channels = 2 * channels;
                work.out = out.mutable_data_ptr();
                must(kernels::cuda_tensor_operations().depth_to_space(work, {}));
                return out;
            },
            [=](int i) { return whole(turn(y, i), turn(skip, i)); }, [=](int i) { return whole(exactly(turn(y, i)), exactly(turn(skip, i))); }};
}

Case finish_pixels_of(int64_t frames, int64_t height, int64_t width) {
    const Tensor out = torch::empty({frames, 4 * height, 4 * width, 4}, torch::TensorOptions(torch::kCUDA).dtype(torch::kByte));
    const auto x = sets(sets_for(2.5 * mb(out)), [&] { return torch::randn({frames, height, width, 48}, kBrain); });
    const auto whole = [=](const Tensor& patches) {
        const Tensor video = patches.unflatten(-1, {3, 4, 4}).permute({0, 1, 5, 2, 4, 3}).reshape({frames, 4 * height, 4 * width, 3});
        const Tensor bgr = video.mul(0.5).add(0.5).clamp(0, 1).mul(255).round().to(torch::kByte).flip(3);
        return torch::cat({bgr, torch::full_like(bgr.narrow(3, 0, 1), 255)}, 3);
    };
    return {"patches to BGRA8, " + std::to_string(frames) + "x" + std::to_string(4 * height) + "x" + std::to_string(4 * width), mb(x[0]) + mb(out),
            [=](int i) {
                kernels::FinishPixels work{.type = kernels::Scalar::bf16, .frames = frames, .height = height, .width = width, .channels = 48};
                work.patches = turn(x, i).const_data_ptr(), work.bgra = out.mutable_data_ptr<uint8_t>();
                must(kernels::cuda_tensor_operations().finish_pixels(work, {}));
                return out;
            },
            [=](int i) { return whole(turn(x, i)); }, [=](int i) { return whole(exactly(turn(x, i))).to(torch::kDouble); }};
}

}  // namespace

int main() try {
    if (!torch::cuda::is_available()) {
        std::puts("skipped: torch finds no CUDA device");
        return 4;
    }
    const c10::InferenceMode inference;
    torch::manual_seed(1);
    const double rate = copy_rate();
    cudaDeviceProp device{};
    must(cudaGetDeviceProperties(&device, 0), "cudaGetDeviceProperties");
    std::printf("%s, copy %.0f GB/s, bfloat16\n", device.name, rate);
    Table table(rate);
    for (const int64_t tokens : {384, 1152}) {
        table.add(modulated_norm(tokens));
        table.add(normed_rope_of(tokens));
        table.add(gated_add_of(tokens));
        table.add(gelu_of(tokens));
    }
    table.add(pixel_norm_of(1, 16, 24, 1024));
    table.add(pixel_norm_of(2, 32, 48, 512));
    table.add(pixel_norm_of(4, 64, 96, 256));
    table.add(pixel_norm_of(8, 128, 192, 128));
    table.add(depth_to_space_of(1, 16, 24, 512));
    table.add(depth_to_space_of(4, 64, 96, 128));
    table.add(finish_pixels_of(8, 128, 192));
    return 0;
} catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
}
