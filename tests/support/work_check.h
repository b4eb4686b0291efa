#pragma once
// Holds captured work (ops/captured_work.h) on the CPU to what a recorded graph demands. While it lives, a key's first run is traced; later runs
// replay it: the work of the first run is called, not the one given, and must be the same operations on the same outside memory with the same numbers.

#include <ATen/record_function.h>
#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "ops/captured_work.h"

namespace mirrorme::testing {

class WorkCheck : public WorkWatcher {
public:
    WorkCheck() : before_(CapturedWork::watch(this)) {}
    ~WorkCheck() override { CapturedWork::watch(before_); }
    WorkCheck(const WorkCheck&) = delete;
    WorkCheck& operator=(const WorkCheck&) = delete;

    void run(const std::string& name, const WorkKey& key, const std::function<void()>& work) override {
        First& first = first_[{name, key}];
        const bool again = first.work != nullptr;
        if (!again) first.work = work;
        const std::vector<std::string> lines = traced(first.work);
        for (const std::string& line : lines)
            for (const std::string_view forbidden : kForbidden)
                if (line.starts_with(forbidden)) problems_.push_back(name + " cannot be recorded: " + line);
        if (!again) {
            first.lines = lines;
            ++recorded_;
            return;
        }
        ++replayed_;
        const auto [a, b] = std::mismatch(first.lines.begin(), first.lines.end(), lines.begin(), lines.end());
        if (a == first.lines.end() && b == lines.end()) return;
        problems_.push_back(name + " differs from its first run: " + (a == first.lines.end() ? "nothing" : *a) + " became " + (b == lines.end() ? "nothing" : *b));
    }

    /// Empty when all was well.
    std::string problems() const {
        std::string all;
        for (std::size_t i = 0; i < std::min<std::size_t>(problems_.size(), 3); ++i) all += problems_[i] + '\n';
        return all;
    }
    int recorded() const { return recorded_; }
    int replayed() const { return replayed_; }

private:
    static constexpr std::array<std::string_view, 12> kForbidden{"aten::_local_scalar_dense", "aten::item", "aten::is_nonzero", "aten::nonzero", "aten::masked_select", "aten::equal",
                                                                 "aten::unique",              "aten::randn", "aten::rand",       "aten::normal",  "aten::random",        "aten::bernoulli"};

    struct Given {
        std::string text;
        const void *storage = nullptr, *at = nullptr;  // of a tensor
    };
    struct Trace {
        std::vector<std::vector<Given>> calls;  // name and arguments
        std::set<const void*> made;             // storages that the work made itself
    };
    struct First {
        std::function<void()> work;
        std::vector<std::string> lines;
    };

    static Trace*& current() {
        static thread_local Trace* trace = nullptr;
        return trace;
    }
    static const void* storage_of(const at::Tensor& t) { return t.defined() && t.has_storage() ? t.storage().data() : nullptr; }
    static void describe(std::vector<Given>& call, const c10::IValue& value) {
        std::ostringstream out;
        if (value.isTensor()) {
            const at::Tensor& t = value.toTensor();
            if (!t.defined()) return;
            if (t.unsafeGetTensorImpl()->is_wrapped_number()) {  // a number that was made a tensor for the call
                if (t.scalar_type() == at::kDouble) out << ' ' << *t.const_data_ptr<double>();
                else if (t.scalar_type() == at::kLong) out << ' ' << *t.const_data_ptr<int64_t>();
                call.push_back({out.str()});
                return;
            }
            out << ' ' << t.sizes() << t.strides();
            call.push_back({out.str(), storage_of(t), t.const_data_ptr()});
        } else if (value.isList()) {
            for (const c10::IValue& item : value.toListRef()) describe(call, item);
        } else if (value.isInt() || value.isDouble() || value.isBool()) {
            out << ' ' << value;
            call.push_back({out.str()});
        }
    }
    static std::unique_ptr<at::ObserverContext> begin(const at::RecordFunction& function) {
        if (current() == nullptr) return nullptr;
        std::vector<Given> call{{function.name()}};
        for (const c10::IValue& input : function.inputs()) describe(call, input);
        current()->calls.push_back(std::move(call));
        auto held = std::make_unique<Inputs>();
        for (const c10::IValue& input : function.inputs())
            if (input.isTensor()) held->storages.insert(storage_of(input.toTensor()));
        return held;
    }
    struct Inputs : at::ObserverContext {
        std::set<const void*> storages;
    };
    static void end(const at::RecordFunction& function, at::ObserverContext* context) {
        if (current() == nullptr || context == nullptr) return;
        const auto& given = static_cast<const Inputs*>(context)->storages;
        const auto made = [&](const at::Tensor& t) {
            const void* storage = storage_of(t);
            if (storage != nullptr && !given.contains(storage)) current()->made.insert(storage);
        };
        for (const c10::IValue& output : function.outputs()) {
            if (output.isTensor()) made(output.toTensor());
            if (output.isTensorList())
                for (const at::Tensor& t : output.toTensorVector()) made(t);
        }
    }
    /// A line a call. Memory that no call of the work made is outside, and its place is part of the line.
    static std::vector<std::string> traced(const std::function<void()>& work) {
        Trace trace;
        current() = &trace;
        const at::CallbackHandle handle =
            at::addThreadLocalCallback(at::RecordFunctionCallback(begin, end).needsInputs(true).needsOutputs(true).scopes({at::RecordScope::FUNCTION}));
        try {
            work();
        } catch (...) {
            at::removeCallback(handle);
            current() = nullptr;
            throw;
        }
        at::removeCallback(handle);
        current() = nullptr;
        std::vector<std::string> lines;
        for (const std::vector<Given>& call : trace.calls) {
            std::ostringstream line;
            for (const Given& given : call) {
                line << given.text;
                if (given.storage != nullptr && !trace.made.contains(given.storage)) line << '@' << given.at;
            }
            lines.push_back(line.str());
        }
        return lines;
    }

    WorkWatcher* before_;
    std::map<std::pair<std::string, WorkKey>, First> first_;
    std::vector<std::string> problems_;
    int recorded_ = 0, replayed_ = 0;
};

}  // namespace mirrorme::testing
