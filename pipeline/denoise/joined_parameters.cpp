#include "denoise/joined_parameters.h"

namespace mirrorme {

using torch::Tensor;

Tensor join_parameters(const std::vector<Tensor>& parameters) {
    const Tensor joined = torch::stack(parameters).detach();
    int64_t row = 0;
    for (Tensor parameter : parameters) parameter.set_data(joined[row++]);
    return joined;
}

bool are_joined(const Tensor& joined, const std::vector<Tensor>& parameters) {
    if (!joined.defined()) return false;
    const char* at = static_cast<const char*>(joined.const_data_ptr());
    const std::size_t step = joined.nbytes() / parameters.size();
    for (const Tensor& parameter : parameters) {
        if (parameter.const_data_ptr() != at) return false;
        at += step;
    }
    return true;
}

}  // namespace mirrorme
