#include <catch2/catch_test_macros.hpp>

#include <thread>

#include "frames/compose.h"
#include "frames/frame_queue.h"
#include "frames/pacer.h"

using namespace mirrorme;
using namespace std::chrono_literals;

namespace {

VideoFrame frame_at(FrameIndex index) {
    VideoFrame frame;
    frame.index = index;
    frame.first_sample = index * 2000;
    return frame;
}

std::vector<VideoFrame> frames(FrameIndex first, FrameIndex end) {
    std::vector<VideoFrame> out;
    for (FrameIndex i = first; i < end; ++i) out.push_back(frame_at(i));
    return out;
}

}  // namespace

TEST_CASE("a full queue takes all of a chunk or nothing", "[queue]") {
    FrameQueue queue(6);
    CHECK(queue.push(frames(0, 4)));
    CHECK(!queue.push(frames(4, 8)));
    CHECK(queue.depth() == 4);
    VideoFrame frame;
    for (FrameIndex i = 0; i < 4; ++i) {
        REQUIRE(queue.pop(frame, 0ns) == FrameQueue::Pop::frame);
        CHECK(frame.index == i);
    }
    CHECK(queue.pop(frame, 1ms) == FrameQueue::Pop::empty);
}

TEST_CASE("a closed queue hands out what it holds, then says so", "[queue]") {
    FrameQueue queue(6);
    queue.push(frames(0, 1));
    queue.close();
    CHECK(!queue.push(frames(1, 2)));
    VideoFrame frame;
    CHECK(queue.pop(frame, 0ns) == FrameQueue::Pop::frame);
    CHECK(queue.pop(frame, 0ns) == FrameQueue::Pop::closed);
}

TEST_CASE("clear drops, counts, and leaves the queue open", "[queue]") {
    FrameQueue queue(6);
    queue.push(frames(0, 5));
    CHECK(queue.clear() == 5);
    CHECK(queue.depth() == 0);
    CHECK(queue.push(frames(5, 11)));
}

TEST_CASE("a waiting reader is woken by a frame and by close", "[queue]") {
    FrameQueue queue(4);
    FrameIndex read = 0;
    std::thread reader([&] {
        VideoFrame frame;
        while (queue.pop(frame, 10s) == FrameQueue::Pop::frame) {
            if (frame.index != read) return;
            ++read;
        }
    });
    for (FrameIndex i = 0; i < 200;)
        if (queue.push(frames(i, i + 1))) ++i;
        else std::this_thread::yield();
    queue.close();
    reader.join();
    CHECK(read == 200);
}

TEST_CASE("the pacer shows the newest frame due and counts what it passes over", "[pacer]") {
    Pacer pacer(10);
    CHECK(!pacer.take_due(1'000'000));
    for (FrameIndex i = 0; i < 5; ++i) CHECK(pacer.push(frame_at(i)));
    CHECK(pacer.next_due() == 0);
    CHECK(pacer.take_due(1999)->index == 0);
    CHECK(!pacer.take_due(1999));          // nothing new: the reader keeps what it shows
    CHECK(pacer.take_due(6100)->index == 3);
    CHECK(pacer.dropped() == 2);
    CHECK(pacer.depth() == 1);
}

TEST_CASE("the pacer refuses frames out of order and drops the oldest when full", "[pacer]") {
    Pacer pacer(3);
    for (FrameIndex i = 0; i < 5; ++i) pacer.push(frame_at(i));
    CHECK(pacer.depth() == 3);
    CHECK(pacer.dropped() == 2);
    CHECK(!pacer.push(frame_at(4)));
    CHECK(pacer.next_due() == 4000);
    pacer.clear();
    CHECK(!pacer.next_due());
}

TEST_CASE("composing blends by straight alpha; mirroring swaps columns", "[compose]") {
    VideoFrame frame = frame_at(0);
    frame.width = 2;
    frame.height = 1;
    frame.pixels = std::make_shared<FramePixels>(FramePixels{10, 20, 30, 255, 200, 100, 50, 0});
    REQUIRE(well_formed(frame));
    const VideoFrame over = composed_over(frame, 0x00b140);
    CHECK(*over.pixels == FramePixels{10, 20, 30, 255, 0x40, 0xb1, 0x00, 255});
    CHECK(*mirrored(frame).pixels == FramePixels{200, 100, 50, 0, 10, 20, 30, 255});
    CHECK(*mirrored(mirrored(frame)).pixels == *frame.pixels);
}
