#pragma once
// Tells where every thread of this program is when something takes far too long, and ends it: a test that hangs must say why.

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace mirrorme::testing {

class HangWatch {
public:
    /// Not destroyed within `limit`: the stack of every thread goes to standard error, and the program ends by abort().
    explicit HangWatch(std::chrono::seconds limit);
    ~HangWatch();
    HangWatch(const HangWatch&) = delete;
    HangWatch& operator=(const HangWatch&) = delete;

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool over_ = false;
    std::thread thread_;
};

}  // namespace mirrorme::testing
