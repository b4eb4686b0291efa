#include "features/causal_conv.h"

#include <cmath>

namespace mirrorme {

using torch::Tensor;

CausalConvImpl::CausalConvImpl(const CausalConvShape& shape) : shape_(shape) {
    const double bound = 1 / std::sqrt(static_cast<double>(shape.in * shape.kernel));
    weight_ = register_parameter("weight", torch::empty({shape.out, shape.in, shape.kernel}).uniform_(-bound, bound));
    bias_ = register_parameter("bias", torch::empty({shape.out}).uniform_(-bound, bound));
}

Tensor CausalConvImpl::forward(const Tensor& x) {
    TORCH_CHECK(x.size(2) >= shape_.span() && (x.size(2) - shape_.span()) % shape_.stride == 0,
                "a causal convolution got ", x.size(2), " steps, wanted ", shape_.span(), " + n * ", shape_.stride);
    const int64_t no_padding[] = {0};
    return torch::conv1d(x, weight_, bias_, shape_.stride, no_padding, shape_.dilation);
}

Tensor channel_norm(const Tensor& x) {
    return torch::layer_norm(x.transpose(1, 2), {x.size(1)}, {}, {}, 1e-6).transpose(1, 2);
}

}  // namespace mirrorme
