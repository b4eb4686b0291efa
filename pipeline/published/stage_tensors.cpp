#include "published/stage_tensors.h"

#include <sstream>

#include "core/error.h"
#include "weights/safetensors.h"

namespace mirrorme {

using torch::Tensor;

void StageTensors::wrong(const std::string& name, const std::string& problem, const std::string& remedy) const {
    throw Error(ErrorCode::mismatch, subject_ + " [" + name + "]", problem, remedy);
}

int64_t StageTensors::rank(const std::string& name) const {
    const auto found = tensors_.find(name);
    return found == tensors_.end() ? 0 : found->second.dim();
}

Tensor StageTensors::get(const std::string& name, const std::vector<int64_t>& shape) {
    const auto found = tensors_.find(name);
    if (found == tensors_.end()) throw Error(ErrorCode::not_found, subject_ + " [" + name + "]", "is missing", "'mirrorme forward --help' lists a stage's tensors.");
    const Tensor& tensor = found->second;
    bool fits = tensor.dim() == static_cast<int64_t>(shape.size());
    for (std::size_t i = 0; fits && i < shape.size(); ++i) fits = shape[i] == -1 || tensor.size(static_cast<int64_t>(i)) == shape[i];
    if (!fits) {
        std::ostringstream problem;
        problem << "has the shape " << tensor.sizes() << ", and [";
        for (std::size_t i = 0; i < shape.size(); ++i) problem << (i ? ", " : "") << (shape[i] < 0 ? "any" : std::to_string(shape[i]));
        problem << "] is expected";
        wrong(name, problem.str());
    }
    if (!all_finite(tensor)) wrong(name, "holds NaN or infinity");
    used_.insert(name);
    return tensor;
}

Tensor StageTensors::optional(const std::string& name, const std::vector<int64_t>& shape) { return has(name) ? get(name, shape) : Tensor(); }

int64_t StageTensors::integer(const std::string& name, int64_t minimum) {
    const double value = numbers(name, 1)[0];
    const auto whole = static_cast<int64_t>(value);
    if (static_cast<double>(whole) != value || whole < minimum) wrong(name, "is not a whole number from " + std::to_string(minimum));
    return whole;
}

std::vector<double> StageTensors::numbers(const std::string& name, std::size_t count) {
    const auto found = tensors_.find(name);
    if (found != tensors_.end() && found->second.numel() != static_cast<int64_t>(count))
        wrong(name, "holds " + std::to_string(found->second.numel()) + " numbers, and " + std::to_string(count) + " are expected");
    const Tensor values = get(name, found == tensors_.end() ? std::vector<int64_t>{} : found->second.sizes().vec()).to(torch::kDouble).contiguous();
    const double* data = values.const_data_ptr<double>();
    return {data, data + count};
}

void StageTensors::refuse_unused() const {
    for (const auto& [name, tensor] : tensors_)
        if (!used_.contains(name)) wrong(name, "is not read by this stage", "'mirrorme forward --help' lists a stage's tensors.");
}

}  // namespace mirrorme
