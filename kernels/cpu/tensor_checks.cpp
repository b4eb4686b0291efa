// What no implementation accepts. One place, so that the CPU refuses exactly what a device does.

#include "kernels/include/tensor_operations.h"

namespace mirrorme::kernels {
namespace {

constexpr std::int64_t kLine = 16;  // bytes of one vector access

bool aligned(const void* at) { return reinterpret_cast<std::uintptr_t>(at) % kLine == 0; }
bool whole(std::int64_t elements, int bytes) { return elements * bytes % kLine == 0; }
bool placed(const void* at, std::int64_t batch_stride, std::int64_t token_stride, int bytes) {
    return at != nullptr && aligned(at) && whole(batch_stride, bytes) && whole(token_stride, bytes);
}
bool placed(const RowView& rows, int bytes) { return placed(rows.at, rows.batch_stride, rows.token_stride, bytes); }
bool placed(const RowTarget& rows, int bytes) { return placed(rows.at, rows.batch_stride, rows.token_stride, bytes); }

// Widest rows a device keeps in registers, bytes: 512 threads of 4 vectors; of a pixel, of one.
constexpr std::int64_t kWidestRow = 512 * 4 * kLine, kWidestPixel = 512 * kLine;

Refusal check_rows(std::int64_t batch, std::int64_t tokens, std::int64_t width, Scalar type) {
    if (batch < 1 || tokens < 1 || batch * tokens > 0x7FFFFFFF) return "batch, tokens: at least 1 each, and fewer than 2^31 rows";
    if (width < 1 || !whole(width, bytes_of(type))) return "width: a row must be a multiple of 16 bytes";
    if (width * bytes_of(type) > kWidestRow) return "width: a row may have 32 KiB at most";
    return nullptr;
}
Refusal check_groups(std::int64_t tokens, std::int64_t groups) {
    return groups < 1 || tokens % groups != 0 ? "groups: must divide tokens" : nullptr;
}

constexpr Refusal kPlace = "a pointer is null, or a row does not begin on 16 bytes: pointers and strides must be multiples of 16 bytes";

}  // namespace

Refusal check(const ModulatedNorm& work) noexcept {
    const int bytes = bytes_of(work.type);
    if (const Refusal refusal = check_rows(work.batch, work.tokens, work.width, work.type)) return refusal;
    if (const Refusal refusal = check_groups(work.tokens, work.groups)) return refusal;
    if ((work.scale.at == nullptr) != (work.shift.at == nullptr)) return "scale, shift: both or neither";
    if (work.scale.at != nullptr && !(placed(work.scale, bytes) && placed(work.shift, bytes))) return kPlace;
    return placed(work.x, bytes) && placed(work.out, work.row_scale ? 1 : bytes) ? nullptr : kPlace;
}

Refusal check(const NormedRope& work) noexcept {
    const int bytes = bytes_of(work.type);
    if (const Refusal refusal = check_rows(work.batch, work.tokens, work.width, work.type)) return refusal;
    if ((work.cos == nullptr) != (work.sin == nullptr)) return "cos, sin: both or neither";
    if (work.cos != nullptr && !(placed(work.cos, work.table_batch_stride, 0, 4) && aligned(work.sin))) return kPlace;
    if (work.q.at == nullptr && work.k.at == nullptr && work.v.at == nullptr) return "q, k, v: at least one";
    if (work.k.at == nullptr && work.k_plain.at != nullptr) return "k_plain: needs k";
    if (work.q.at != nullptr && !(placed(work.q, bytes) && placed(work.q_out, bytes) && aligned(work.q_weight))) return kPlace;
    if (work.k.at != nullptr && !(placed(work.k, bytes) && placed(work.k_out, bytes) && aligned(work.k_weight))) return kPlace;
    if (work.k_plain.at != nullptr && !placed(work.k_plain, bytes)) return kPlace;
    return work.v.at == nullptr || (placed(work.v, bytes) && placed(work.v_out, bytes)) ? nullptr : kPlace;
}

Refusal check(const GatedAdd& work) noexcept {
    const int bytes = bytes_of(work.type);
    if (const Refusal refusal = check_rows(work.batch, work.tokens, work.width, work.type)) return refusal;
    if (const Refusal refusal = check_groups(work.tokens, work.groups)) return refusal;
    if (work.gate.at != nullptr && !placed(work.gate, bytes)) return kPlace;
    return placed(work.x, bytes) && placed(work.y, bytes) && aligned(work.bias) ? nullptr : kPlace;
}

Refusal check(const ActivateRows& work) noexcept {
    const int bytes = bytes_of(work.type);
    if (const Refusal refusal = check_rows(1, work.rows, work.width, work.type)) return refusal;
    return placed(work.x, 0, work.x_stride, bytes) && placed(work.out, 0, work.out_stride, work.row_scale ? 1 : bytes) && aligned(work.bias) ? nullptr : kPlace;
}

Refusal check(const PixelNorm& work) noexcept {
    const int bytes = bytes_of(work.type);
    if (work.frames < 1 || work.pixels < 1) return "frames, pixels: at least 1 each";
    if (const Refusal refusal = check_rows(work.batch, work.frames * work.pixels, work.channels, work.type)) return refusal;
    if (work.channels * bytes > kWidestPixel) return "channels: a pixel may have 8 KiB at most";
    if (work.front < 0 || work.front > 2 || work.back < 0 || work.back > 2) return "front, back: 0 to 2 frames";
    if ((work.history != nullptr || work.keep != nullptr) && work.front == 0) return "history, keep: need front frames";
    if (work.history != nullptr && work.history == work.keep) return "keep: must be other memory than history";
    if ((work.scale == nullptr) != (work.shift == nullptr)) return "scale, shift: both or neither";
    if (work.scale != nullptr && !(placed(work.scale, work.modulation_stride, 0, bytes) && aligned(work.shift))) return kPlace;
    return placed(work.x, 0, 0, bytes) && placed(work.out, 0, 0, bytes) && aligned(work.history) && aligned(work.keep) ? nullptr : kPlace;
}

Refusal check(const DepthToSpace& work) noexcept {
    if (work.batch < 1 || work.frames < 1 || work.height < 1 || work.width < 1) return "batch, frames, height, width: at least 1 each";
    if (work.channels < 8 || work.channels % 8 != 0) return "channels: a multiple of 8";
    if (work.batch * work.frames * work.height * work.width * work.channels > 0x7FFFFFFF) return "the tensor has more than 2^31 channels in all";
    if (work.dropped < 0 || work.dropped > 1) return "dropped: 0 or 1";
    if (work.skip != nullptr && (work.skip_channels < 8 || work.skip_channels % 8 != 0 || 8 * work.channels % work.skip_channels != 0))
        return "skip_channels: a multiple of 8 that divides 8 * channels";
    return work.y != nullptr && work.out != nullptr && aligned(work.y) && aligned(work.out) && aligned(work.bias) && aligned(work.skip) ? nullptr : kPlace;
}

Refusal check(const FinishPixels& work) noexcept {
    if (work.frames < 1 || work.height < 1 || work.width < 1) return "frames, height, width: at least 1 each";
    if (work.frames * work.height * work.width > 0x7FFFFFFF) return "the tensor is too large for one launch";
    if (work.channels != 48 && work.channels != 64) return "channels: 48 or 64";
    if (work.matte != nullptr && work.channels == 64) return "matte: the patches have an alpha of their own";
    return work.patches != nullptr && work.bgra != nullptr && aligned(work.patches) && aligned(work.bgra) && aligned(work.matte) && aligned(work.bias) ? nullptr
                                                                                                                                                      : kPlace;
}

Refusal check(const NormalNoise& work) noexcept {
    if (work.latents < 1 || work.elements < 4 || work.elements % 4 != 0) return "latents, elements: at least one latent frame of a multiple of 4 elements";
    if (work.elements / 4 > 0xFFFFFFFFll || work.latents > 65535) return "latents, elements: at most 65535 latent frames of 2^34 elements";
    return work.out != nullptr && aligned(work.out) ? nullptr : kPlace;
}

}  // namespace mirrorme::kernels
