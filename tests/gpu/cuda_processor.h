#pragma once
// A CUDA device. Every buffer lies between two zones of known bytes, which are looked at after each call: what wrote beside it is found,
// what read beside it is not (the shim finds both).

#include <cuda_runtime.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "kernels/properties/processor.h"

namespace mirrorme::testing {

inline void must(cudaError_t error, const char* what) {
    if (error != cudaSuccess) throw std::runtime_error(std::string(what) + ": " + cudaGetErrorString(error));
}

class CudaProcessor : public Processor {
public:
    const char* name() const override { return "cuda"; }
    const kernels::TensorOperations& operations() const override { return kernels::cuda_tensor_operations(); }
    std::unique_ptr<Place> place(const char* label, Use, const std::vector<std::byte>& bytes) override { return std::make_unique<Memory>(*this, label, bytes); }
    std::string finish() override {
        if (const cudaError_t error = cudaDeviceSynchronize(); error != cudaSuccess) return cudaGetErrorString(error);
        std::string all;
        for (const Memory* memory : live_)
            if (!memory->surroundings_intact()) all += "wrote beside buffer " + memory->label() + "; ";
        return all;
    }

private:
    static constexpr std::size_t kZone = 256;  // bytes, which keeps 16-byte alignment
    static constexpr std::byte kZoneByte{0xA5};

    class Memory : public Place {
    public:
        Memory(CudaProcessor& owner, const char* label, const std::vector<std::byte>& bytes) : owner_(owner), label_(label), size_(bytes.size()) {
            std::vector<std::byte> all(size_ + 2 * kZone, kZoneByte);
            std::copy(bytes.begin(), bytes.end(), all.begin() + kZone);
            must(cudaMalloc(reinterpret_cast<void**>(&at_), all.size()), "cudaMalloc");
            must(cudaMemcpy(at_, all.data(), all.size(), cudaMemcpyHostToDevice), "cudaMemcpy");
            owner_.live_.push_back(this);
        }
        ~Memory() override {
            std::erase(owner_.live_, this);
            cudaFree(at_);
        }
        void* at() override { return at_ + kZone; }
        std::vector<std::byte> fetch() override {
            const std::vector<std::byte> all = everything();
            return {all.begin() + kZone, all.end() - kZone};
        }
        const std::string& label() const { return label_; }
        bool surroundings_intact() const {
            const std::vector<std::byte> all = everything();
            const auto intact = [](std::byte b) { return b == kZoneByte; };
            return std::all_of(all.begin(), all.begin() + kZone, intact) && std::all_of(all.end() - kZone, all.end(), intact);
        }

    private:
        std::vector<std::byte> everything() const {
            std::vector<std::byte> all(size_ + 2 * kZone);
            must(cudaMemcpy(all.data(), at_, all.size(), cudaMemcpyDeviceToHost), "cudaMemcpy");
            return all;
        }
        CudaProcessor& owner_;
        std::string label_;
        std::size_t size_;
        std::byte* at_ = nullptr;
    };

    std::vector<Memory*> live_;
};

}  // namespace mirrorme::testing
