#pragma once
// An X server of our own, so that tests never draw on a person's screen.

#include <memory>
#include <string>

struct _XDisplay;

namespace mirrorme::testing {

/// Starts Xvfb on a free display, once per process, and connects to it. It ends with this process, however that ends.
class TestDisplay {
public:
    /// The one display of this process; null where there is none, and `problem()` says why.
    static TestDisplay* get();
    static const std::string& problem();

    ~TestDisplay();
    TestDisplay(const TestDisplay&) = delete;
    TestDisplay& operator=(const TestDisplay&) = delete;

    _XDisplay* connection() const noexcept { return connection_; }
    const std::string& name() const noexcept { return name_; }

private:
    struct Once;
    static Once& once();
    TestDisplay() = default;
    static std::unique_ptr<TestDisplay> start(std::string& problem);

    int server_ = -1;
    _XDisplay* connection_ = nullptr;
    std::string name_;
};

}  // namespace mirrorme::testing
