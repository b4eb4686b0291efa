#include "support/cuda_shim/memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <new>

namespace mirrorme::shim {
namespace {

constexpr std::byte kSlack{0xA5}, kFresh{0xCD};
constexpr std::size_t kAlignment = 16;  // bytes, what a vector access needs

std::map<const std::byte*, Buffer*>& registry() {
    static std::map<const std::byte*, Buffer*> buffers;
    return buffers;
}

std::string who(const Touch& touch) { return "block " + std::to_string(touch.block) + " thread " + std::to_string(touch.thread); }

Finding race(const char* what, std::size_t at, const Touch& now, const Touch& before) {
    return {Fault::race, std::string(what) + " at byte " + std::to_string(at) + ": " + who(now) + " and " + who(before) + ", no barrier between them"};
}

}  // namespace

void Shadow::mark_written(std::size_t first, std::size_t count) {
    for (std::size_t i = first; i < first + count; ++i) bytes_[i].written = true;
}

std::size_t Shadow::unwritten() const {
    return static_cast<std::size_t>(std::count_if(bytes_.begin(), bytes_.end(), [](const Byte& b) { return !b.written; }));
}

std::optional<Finding> Shadow::read(std::size_t first, std::size_t count, const Touch& now, Way way) {
    for (std::size_t i = first; i < first + count; ++i) {
        Byte& byte = bytes_[i];
        if (!byte.written) return Finding{Fault::uninitialised, "read of byte " + std::to_string(i) + ", which nothing has written, by " + who(now)};
        if (byte.written_by.unordered_with(now) && !(byte.atomically && way == Way::atomic)) return race("read after write", i, now, byte.written_by);
        if (way == Way::atomic) continue;  // its write half is what others can clash with
        // Two readers are enough: whoever writes next differs from one of them.
        if (!byte.read_by.unordered_with(now)) byte.read_by = now;
        else byte.also_read_by = now;
    }
    return std::nullopt;
}

std::optional<Finding> Shadow::write(std::size_t first, std::size_t count, const Touch& now, Way way) {
    for (std::size_t i = first; i < first + count; ++i) {
        Byte& byte = bytes_[i];
        if (byte.written_by.unordered_with(now) && !(byte.atomically && way == Way::atomic)) return race("write after write", i, now, byte.written_by);
        if (byte.read_by.unordered_with(now)) return race("write after read", i, now, byte.read_by);
        if (byte.also_read_by.unordered_with(now)) return race("write after read", i, now, byte.also_read_by);
        byte.written_by = now;
        byte.written = true;
        byte.atomically = way == Way::atomic;
    }
    return std::nullopt;
}

Buffer::Buffer(std::string name, Role role, const void* values, std::size_t bytes)
    : name_(std::move(name)), role_(role), size_(bytes), shadow_(role == Role::input ? 0 : bytes) {
    const std::size_t page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t inner = (bytes + kAlignment + page - 1) / page * page;
    mapped_ = inner + 2 * page;
    void* memory = mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    mapping_ = static_cast<std::byte*>(memory);
    mprotect(mapping_, page, PROT_NONE);
    mprotect(mapping_ + page + inner, page, PROT_NONE);
    slack_ = (kAlignment - bytes % kAlignment) % kAlignment;
    data_ = mapping_ + page + inner - slack_ - bytes;
    std::fill(mapping_ + page, mapping_ + page + inner, kSlack);
    if (values == nullptr) std::fill(data_, data_ + bytes, kFresh);
    else std::memcpy(data_, values, bytes);
    if (role != Role::output) shadow_.mark_written(0, shadow_.size());
    registry()[data_] = this;
}

Buffer::~Buffer() {
    registry().erase(data_);
    munmap(mapping_, mapped_);
}

bool Buffer::slack_intact() const {
    const std::byte* page = mapping_ + sysconf(_SC_PAGESIZE);
    const auto intact = [](std::byte b) { return b == kSlack; };
    return std::all_of(page, static_cast<const std::byte*>(data_), intact) && std::all_of(data_ + size_, data_ + size_ + slack_, intact);
}

std::optional<Finding> Buffer::read(std::size_t first, std::size_t count, const Touch& now, Way way) {
    return role_ == Role::input ? std::nullopt : shadow_.read(first, count, now, way);
}

std::optional<Finding> Buffer::write(std::size_t first, std::size_t count, const Touch& now, Way way) {
    if (role_ == Role::input) return Finding{Fault::input_written, "write to byte " + std::to_string(first) + " by " + who(now)};
    return shadow_.write(first, count, now, way);
}

Buffer* find_buffer(const void* address) {
    const auto after = registry().upper_bound(static_cast<const std::byte*>(address));
    return after == registry().begin() ? nullptr : std::prev(after)->second;
}

Buffer* find_damaged() {
    for (const auto& [start, buffer] : registry())
        if (!buffer->slack_intact()) return buffer;
    return nullptr;
}

}  // namespace mirrorme::shim
