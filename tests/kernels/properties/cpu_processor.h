#pragma once
// The CPU's operations on ordinary memory, each buffer ending where its allocation ends, so that an address sanitizer sees the edge.

#include <cstdlib>
#include <cstring>
#include <new>

#include "kernels/properties/processor.h"

namespace mirrorme::testing {

class CpuProcessor : public Processor {
public:
    const char* name() const override { return "cpu"; }
    const kernels::TensorOperations& operations() const override { return kernels::cpu_tensor_operations(); }
    std::unique_ptr<Place> place(const char*, Use, const std::vector<std::byte>& bytes) override { return std::make_unique<Memory>(bytes); }
    std::string finish() override { return {}; }

private:
    class Memory : public Place {
    public:
        explicit Memory(const std::vector<std::byte>& bytes) : size_(bytes.size()) {
            if (posix_memalign(&at_, 16, size_ == 0 ? 1 : size_) != 0) throw std::bad_alloc();
            if (size_ > 0) std::memcpy(at_, bytes.data(), size_);
        }
        ~Memory() override { std::free(at_); }
        void* at() override { return at_; }
        std::vector<std::byte> fetch() override {
            const std::byte* first = static_cast<const std::byte*>(at_);
            return {first, first + size_};
        }

    private:
        void* at_ = nullptr;
        std::size_t size_;
    };
};

}  // namespace mirrorme::testing
