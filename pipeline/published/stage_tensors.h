#pragma once
// The tensors that a stage is given from outside: looked up by name, checked before use. Throws Error naming the file and the tensor.

#include <torch/torch.h>

#include <map>
#include <set>
#include <string>
#include <vector>

namespace mirrorme {

using TensorMap = std::map<std::string, torch::Tensor>;

class StageTensors {
public:
    /// `subject`: the file they came from, for messages.
    StageTensors(TensorMap tensors, std::string subject) : tensors_(std::move(tensors)), subject_(std::move(subject)) {}

    bool has(const std::string& name) const { return tensors_.contains(name); }
    /// 0 when there is no such tensor.
    int64_t rank(const std::string& name) const;
    /// Sizes as `shape` says, -1 = any size.
    torch::Tensor get(const std::string& name, const std::vector<int64_t>& shape);
    /// As get(); undefined when there is none.
    torch::Tensor optional(const std::string& name, const std::vector<int64_t>& shape);
    /// A tensor of one whole number, not below `minimum`.
    int64_t integer(const std::string& name, int64_t minimum);
    /// A tensor of `count` numbers.
    std::vector<double> numbers(const std::string& name, std::size_t count);

    [[noreturn]] void wrong(const std::string& name, const std::string& problem, const std::string& remedy = {}) const;
    /// Error when there are tensors that nobody asked for.
    void refuse_unused() const;

private:
    TensorMap tensors_;
    std::string subject_;
    std::set<std::string> used_;
};

}  // namespace mirrorme
