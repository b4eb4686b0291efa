#include "kernels/cpu/tensor_operations.h"

namespace mirrorme::kernels {

const TensorOperations& cpu_tensor_operations() noexcept {
    static constexpr TensorOperations table{
        .name = "cpu",
        .modulated_norm = cpu::modulated_norm,
        .normed_rope = cpu::normed_rope,
        .gated_add = cpu::gated_add,
        .activate_rows = cpu::activate_rows,
        .pixel_norm = cpu::pixel_norm,
        .depth_to_space = cpu::depth_to_space,
        .finish_pixels = cpu::finish_pixels,
        .normal_noise = cpu::normal_noise,
    };
    return table;
}

}  // namespace mirrorme::kernels
