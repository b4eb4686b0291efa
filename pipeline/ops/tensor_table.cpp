#include "ops/tensor_table.h"

#include <atomic>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "core/log.h"
#include "ops/device_runtime.h"
#include "ops/fp8_linear.h"
#include "ops/norm_rope.h"

namespace mirrorme {
namespace {

using torch::Tensor;

std::atomic<DeviceRuntime*> cuda_runtime{nullptr};
thread_local int cpu_scopes = 0;
thread_local std::int64_t run_on_cpu_table = 0;

/// A table, and where its work is queued.
struct Table {
    const kernels::TensorOperations* operations;
    kernels::Stream stream;
    kernels::Scalar type;
};

std::optional<kernels::Scalar> scalar_of(const Tensor& t) {
    switch (t.scalar_type()) {
        case torch::kFloat: return kernels::Scalar::f32;
        case torch::kBFloat16: return kernels::Scalar::bf16;
        case torch::kHalf: return kernels::Scalar::f16;
        default: return std::nullopt;
    }
}

std::optional<Table> table_of(const Tensor& t) {
    if (torch::GradMode::is_enabled()) return std::nullopt;
    const std::optional<kernels::Scalar> type = scalar_of(t);
    if (!type) return std::nullopt;
    if (t.is_cpu() && cpu_scopes > 0) return Table{&kernels::cpu_tensor_operations(), {}, *type};
    if (DeviceRuntime* runtime = runtime_for(t.device())) return Table{&runtime->operations(), runtime->current_stream(t.device()), *type};
    return std::nullopt;
}

/// True when the table did it; else why not, once a reason.
bool done(const char* operation, kernels::Refusal refusal) {
    if (refusal == nullptr) {
        if (cpu_scopes > 0) ++run_on_cpu_table;
        return true;
    }
    static std::mutex mutex;
    static std::set<std::string> told;
    std::string text = std::string("fused operation ") + operation + " is not used: " + refusal;
    const std::lock_guard lock(mutex);
    if (told.insert(text).second) log_warning(text);
    return false;
}

bool same_kind(const Tensor& a, const Tensor& b) { return !a.defined() || (a.scalar_type() == b.scalar_type() && a.device() == b.device()); }

/// [B, N, D] with neighbouring channels.
bool rows(const Tensor& t) { return t.dim() == 3 && t.stride(2) == 1; }
/// A batch or a group axis of one repeats.
int64_t step(const Tensor& t, int64_t axis) { return t.size(axis) > 1 ? t.stride(axis) : 0; }

kernels::RowView view(const Tensor& t) { return {t.const_data_ptr(), step(t, 0), step(t, 1)}; }
kernels::RowTarget target(const Tensor& t) { return {t.mutable_data_ptr(), step(t, 0), step(t, 1)}; }

bool modulates(const Tensor& row, const Tensor& x) {
    return rows(row) && same_kind(row, x) && (row.size(0) == x.size(0) || row.size(0) == 1) && row.size(2) == x.size(2);
}

/// [B, C, T, H, W] whose channels are neighbours and nothing else lies between.
bool channels_last(const Tensor& t) { return t.dim() == 5 && t.is_contiguous(torch::MemoryFormat::ChannelsLast3d); }

Tensor like_clip(const Tensor& x, int64_t channels, int64_t frames, int64_t height, int64_t width) {
    return torch::empty({x.size(0), channels, frames, height, width}, x.options().memory_format(torch::MemoryFormat::ChannelsLast3d));
}

}  // namespace

DeviceRuntime* runtime_for(torch::Device device) noexcept { return device.is_cuda() ? cuda_runtime.load(std::memory_order_acquire) : nullptr; }
void install_runtime(DeviceRuntime* runtime) noexcept { cuda_runtime.store(runtime, std::memory_order_release); }

CpuTableScope::CpuTableScope() { ++cpu_scopes; }
CpuTableScope::~CpuTableScope() { --cpu_scopes; }
std::int64_t CpuTableScope::operations_run() { return run_on_cpu_table; }

bool has_table(torch::Device device) { return (device.is_cpu() && cpu_scopes > 0) || runtime_for(device) != nullptr; }

namespace fused {

namespace {

/// The operation on x but for its output; nothing where the tensors do not belong together.
std::optional<kernels::ModulatedNorm> norm_of(const Table& table, const Tensor& x, const Tensor& scale, const Tensor& shift, double eps) {
    if (!rows(x)) return std::nullopt;
    kernels::ModulatedNorm work{.type = table.type, .batch = x.size(0), .tokens = x.size(1), .width = x.size(2), .x = view(x), .eps = static_cast<float>(eps)};
    if (scale.defined()) {
        if (!modulates(scale, x) || !modulates(shift, x) || scale.size(1) != shift.size(1)) return std::nullopt;
        work.groups = scale.size(1), work.scale = view(scale), work.shift = view(shift);
    }
    return work;
}

/// Memory for the rows of x.
Fp8Rows rows_like(const Tensor& x) {
    return {torch::empty(x.sizes(), x.options().dtype(torch::kFloat8_e4m3fn)), torch::empty({x.numel() / x.size(-1)}, x.options().dtype(torch::kFloat))};
}

}  // namespace

Tensor modulated_norm(const Tensor& x, const Tensor& scale, const Tensor& shift, double eps) {
    const std::optional<Table> table = table_of(x);
    if (!table) return {};
    std::optional<kernels::ModulatedNorm> work = norm_of(*table, x, scale, shift, eps);
    if (!work) return {};
    Tensor out = torch::empty(x.sizes(), x.options());
    work->out = target(out);
    return done("modulated_norm", table->operations->modulated_norm(*work, table->stream)) ? out : Tensor();
}

Fp8Rows modulated_norm_rows(const Tensor& x, const Tensor& scale, const Tensor& shift, double eps) {
    const std::optional<Table> table = table_of(x);
    if (!table) return {};
    std::optional<kernels::ModulatedNorm> work = norm_of(*table, x, scale, shift, eps);
    if (!work) return {};
    const Fp8Rows out = rows_like(x);
    work->out = target(out.bytes), work->row_scale = out.scale.mutable_data_ptr<float>();
    return done("modulated_norm to e4m3", table->operations->modulated_norm(*work, table->stream)) ? out : Fp8Rows();
}

bool normed_rope(const Qkv& in, const QkvTargets& out) {
    const Tensor& any = in.q.defined() ? in.q : in.k;
    const std::optional<Table> table = table_of(any);
    if (!table) return false;
    kernels::NormedRope work{.type = table->type, .batch = any.size(0), .tokens = any.size(1), .width = any.size(-1), .eps = static_cast<float>(in.eps)};
    for (const Tensor* t : {&in.q, &in.k, &in.v, &out.q, &out.k, &out.v, &out.k_plain})
        if (t->defined() && (!rows(*t) || !same_kind(*t, any) || t->sizes() != any.sizes())) return false;
    for (const Tensor* t : {&in.q_weight, &in.k_weight})
        if (t->defined() && (!t->is_contiguous() || !same_kind(*t, any) || t->numel() != any.size(2))) return false;
    if (in.rope != nullptr) {
        const Tensor &cos = in.rope->cos, &sin = in.rope->sin;
        if (cos.scalar_type() != torch::kFloat || cos.device() != any.device() || cos.size(-1) != work.width || cos.size(-2) != work.tokens || cos.stride(-1) != 1 ||
            cos.stride(-2) != work.width || sin.strides() != cos.strides() || (cos.dim() == 3 && cos.size(0) != 1 && cos.size(0) != work.batch))
            return false;
        work.cos = cos.const_data_ptr<float>(), work.sin = sin.const_data_ptr<float>();
        work.table_batch_stride = cos.dim() == 3 ? step(cos, 0) : 0;
    }
    if (in.q.defined()) work.q = view(in.q), work.q_out = target(out.q), work.q_weight = in.q_weight.defined() ? in.q_weight.const_data_ptr() : nullptr;
    if (in.k.defined()) work.k = view(in.k), work.k_out = target(out.k), work.k_weight = in.k_weight.defined() ? in.k_weight.const_data_ptr() : nullptr;
    if (in.v.defined()) work.v = view(in.v), work.v_out = target(out.v);
    if (out.k_plain.defined()) work.k_plain = target(out.k_plain);
    return done("normed_rope", table->operations->normed_rope(work, table->stream));
}

bool gated_add(const Tensor& x, const Tensor& y, const Tensor& gate) {
    const std::optional<Table> table = table_of(x);
    if (!table || !rows(x) || !rows(y) || !same_kind(y, x) || y.sizes() != x.sizes() || !modulates(gate, x)) return false;
    const kernels::GatedAdd work{.type = table->type, .batch = x.size(0), .tokens = x.size(1), .width = x.size(2), .groups = gate.size(1), .x = target(x), .y = view(y),
                                 .gate = view(gate)};
    return done("gated_add", table->operations->gated_add(work, table->stream));
}

bool gelu(const Tensor& x, const Tensor& bias) {
    const std::optional<Table> table = table_of(x);
    if (!table || !x.is_contiguous() || !same_kind(bias, x) || !bias.is_contiguous()) return false;
    const int64_t width = x.size(-1);
    const kernels::ActivateRows work{.type = table->type, .rows = x.numel() / width, .width = width, .x = x.const_data_ptr(), .x_stride = width,
                                     .bias = bias.const_data_ptr(), .activation = kernels::Activation::gelu_tanh, .out = x.mutable_data_ptr(), .out_stride = width};
    return done("activate_rows", table->operations->activate_rows(work, table->stream));
}

Fp8Rows activated_rows(const Tensor& x, const Tensor& bias, kernels::Activation activation) {
    const std::optional<Table> table = table_of(x);
    if (!table || !x.is_contiguous() || (bias.defined() && !(same_kind(bias, x) && bias.is_contiguous()))) return {};
    const int64_t width = x.size(-1);
    const Fp8Rows out = rows_like(x);
    const kernels::ActivateRows work{.type = table->type, .rows = x.numel() / width, .width = width, .x = x.const_data_ptr(), .x_stride = width,
                                     .bias = bias.defined() ? bias.const_data_ptr() : nullptr, .activation = activation, .out = out.bytes.mutable_data_ptr(), .out_stride = width,
                                     .row_scale = out.scale.mutable_data_ptr<float>()};
    return done("activate_rows to e4m3", table->operations->activate_rows(work, table->stream)) ? out : Fp8Rows();
}

Tensor pixel_norm(const Tensor& x, const Tensor& scale, const Tensor& shift, int front, int back) {
    const std::optional<Table> table = table_of(x);
    if (!table || !channels_last(x)) return {};
    const int64_t channels = x.size(1), frames = x.size(2), height = x.size(3), width = x.size(4);
    kernels::PixelNorm work{.type = table->type, .batch = x.size(0), .frames = frames, .pixels = height * width, .channels = channels, .x = x.const_data_ptr(), .front = front,
                            .back = back};
    if (scale.defined()) {
        for (const Tensor* t : {&scale, &shift})
            if (t->dim() != 2 || t->size(1) != channels || t->stride(1) != 1 || !same_kind(*t, x) || t->strides() != scale.strides()) return {};
        work.scale = scale.const_data_ptr(), work.shift = shift.const_data_ptr(), work.modulation_stride = step(scale, 0);
    }
    Tensor out = like_clip(x, channels, front + frames + back, height, width);
    work.out = out.mutable_data_ptr();
    return done("pixel_norm", table->operations->pixel_norm(work, table->stream)) ? out : Tensor();
}

Tensor depth_to_space(const Tensor& y, const Tensor& skip, int dropped) {
    const std::optional<Table> table = table_of(y);
    if (!table || !channels_last(y) || (skip.defined() && !(channels_last(skip) && same_kind(skip, y)))) return {};
    Tensor out = like_clip(y, y.size(1) / 8, 2 * y.size(2) - dropped, 2 * y.size(3), 2 * y.size(4));
    kernels::DepthToSpace work{.type = table->type, .batch = y.size(0), .frames = y.size(2), .height = y.size(3), .width = y.size(4), .channels = y.size(1) / 8,
                               .y = y.const_data_ptr(), .dropped = dropped, .out = out.mutable_data_ptr()};
    if (skip.defined()) work.skip = skip.const_data_ptr(), work.skip_channels = skip.size(1);
    return done("depth_to_space", table->operations->depth_to_space(work, table->stream)) ? out : Tensor();
}

Tensor finish_pixels(const Tensor& patches) {
    const std::optional<Table> table = table_of(patches);
    if (!table || !channels_last(patches) || patches.size(0) != 1 || patches.size(1) != 48) return {};
    const int64_t frames = patches.size(2), height = patches.size(3), width = patches.size(4);
    Tensor out = torch::empty({frames, 4 * height, 4 * width, 4}, patches.options().dtype(torch::kByte));
    const kernels::FinishPixels work{.type = table->type, .frames = frames, .height = height, .width = width, .channels = 48, .patches = patches.const_data_ptr(),
                                     .bgra = out.mutable_data_ptr<std::uint8_t>()};
    return done("finish_pixels", table->operations->finish_pixels(work, table->stream)) ? out : Tensor();
}

bool normal_noise(const Tensor& out, const NoisePlace& place) {
    const std::optional<Table> table = table_of(out);
    if (!table || !out.is_contiguous()) return false;
    const kernels::NormalNoise work{.type = table->type, .seed = place.seed, .first_latent = place.first_latent, .step = place.step, .stream = place.stream,
                                    .latents = out.size(0), .elements = out.numel() / out.size(0), .out = out.mutable_data_ptr()};
    return done("normal_noise", table->operations->normal_noise(work, table->stream));
}

}  // namespace fused
}  // namespace mirrorme
