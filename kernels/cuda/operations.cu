#include "kernels/cuda/operations.h"

namespace mirrorme::kernels {

const TensorOperations& cuda_tensor_operations() noexcept {
    static constexpr TensorOperations table{
        .name = "cuda",
        .modulated_norm = cuda::modulated_norm,
        .normed_rope = cuda::normed_rope,
        .gated_add = cuda::gated_add,
        .activate_rows = cuda::activate_rows,
        .pixel_norm = cuda::pixel_norm,
        .depth_to_space = cuda::depth_to_space,
        .finish_pixels = cuda::finish_pixels,
        .normal_noise = cuda::normal_noise,
    };
    return table;
}

}  // namespace mirrorme::kernels
