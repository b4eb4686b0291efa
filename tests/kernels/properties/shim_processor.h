#pragma once
// The device's code on the CPU, everything watched.

#include <cstring>

#include "kernels/properties/processor.h"
#include "support/cuda_shim/launch.h"

namespace mirrorme::testing {

class ShimProcessor : public Processor {
public:
    const char* name() const override { return "shim"; }
    const kernels::TensorOperations& operations() const override { return kernels::cuda_tensor_operations(); }
    std::unique_ptr<Place> place(const char* label, Use use, const std::vector<std::byte>& bytes) override {
        const shim::Role role = use == Use::input ? shim::Role::input : use == Use::output ? shim::Role::output : shim::Role::in_place;
        return std::make_unique<Memory>(label, role, bytes);
    }
    std::string finish() override {
        std::string all;
        for (const shim::Finding& finding : shim::take_findings()) all += (all.empty() ? "" : "; ") + finding.text;
        return all;
    }
    bool traffic(std::uint64_t& read, std::uint64_t& written) override {
        read = shim::last_traffic().read, written = shim::last_traffic().written;
        return true;
    }

private:
    class Memory : public Place {
    public:
        Memory(const char* label, shim::Role role, const std::vector<std::byte>& bytes) : buffer_(label, role, bytes.data(), bytes.size()) {}
        void* at() override { return buffer_.data(); }
        std::vector<std::byte> fetch() override { return {buffer_.data(), buffer_.data() + buffer_.size()}; }
        std::string complaint() override {
            return buffer_.unwritten() == 0 ? std::string() : std::to_string(buffer_.unwritten()) + " bytes were never written";
        }

    private:
        shim::Buffer buffer_;
    };
};

}  // namespace mirrorme::testing
