#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <vector>

#include "kernels/include/operations.h"

using namespace mirrorme::kernels;
using Catch::Approx;

namespace {

constexpr Size kSize{64, 96};

std::vector<float> flow_of(const FlowPlan& plan) {
    std::vector<float> flow(static_cast<std::size_t>(kSize.width / kCell * kSize.height / kCell * 2), -99.0f);
    cpu_operations().flow_from_points(plan, kSize, flow.data());
    return flow;
}

Point at(const std::vector<float>& flow, int x, int y) {
    const std::size_t cell = static_cast<std::size_t>(y * (kSize.width / kCell) + x);
    return {flow[2 * cell], flow[2 * cell + 1]};
}

}  // namespace

TEST_CASE("without anchors the flow is the head's rigid motion, exactly, where there is no torso") {
    FlowPlan plan;
    plan.head = {0.9f, -0.2f, 3, 0.2f, 0.9f, -5};
    const std::vector<float> flow = flow_of(plan);
    for (int y = 0; y < kSize.height / kCell; ++y)
        for (int x = 0; x < kSize.width / kCell; ++x) {
            const float px = static_cast<float>(4 * x) + 1.5f, py = static_cast<float>(4 * y) + 1.5f;
            CHECK(at(flow, x, y).x == Approx(0.9f * px - 0.2f * py + 3 - px).margin(1e-3));
            CHECK(at(flow, x, y).y == Approx(0.2f * px + 0.9f * py - 5 - py).margin(1e-3));
        }
}

TEST_CASE("a dome moves with the head, most at its top and not at its rim") {
    FlowPlan plan;
    plan.head = {1, 0, 2, 0, 1, 0};
    plan.face = {{1 / 20.0f, 0, -33.5f / 20, 0, 1 / 30.0f, -49.5f / 30}, {6, -4}};  // about (33.5, 49.5), 20 wide and 30 high
    std::vector<float> flow = flow_of(plan);
    CHECK(at(flow, 8, 12).x == Approx(2 + 6));
    CHECK(at(flow, 8, 12).y == Approx(-4));
    CHECK(at(flow, 10, 12).x == Approx(2 + 6 * (1 - 64.0f / 400)));
    CHECK(at(flow, 14, 12).x == Approx(2));  // outside
    CHECK(at(flow, 8, 20).x == Approx(2));
    const Capsule head{{32, 10}, {32, 14}, 8, 8}, torso{{10, 60}, {54, 60}, 30, 30};  // the torso has no share in it
    plan.head_area = {&head, 1};
    plan.torso_area = {&torso, 1};
    plan.blend = 1;
    flow = flow_of(plan);
    CHECK(at(flow, 8, 12).x == Approx(0).margin(0.01));
    CHECK(at(flow, 8, 12).y == Approx(0).margin(0.01));
}

TEST_CASE("head and torso keep to their own areas") {
    const Capsule head{{32, 10}, {32, 30}, 12, 10}, torso{{10, 80}, {54, 80}, 14, 14};
    FlowPlan plan;
    plan.head = {1, 0, 6, 0, 1, 0};
    plan.torso = {1, 0, -3, 0, 1, 2};
    plan.head_area = {&head, 1};
    plan.torso_area = {&torso, 1};
    plan.blend = 2;
    const std::vector<float> flow = flow_of(plan);
    CHECK(at(flow, 8, 4).x == Approx(6).margin(0.05));
    CHECK(at(flow, 8, 20).x == Approx(-3).margin(0.05));
    CHECK(at(flow, 8, 20).y == Approx(2).margin(0.05));
}

TEST_CASE("an anchor moves its neighbourhood and nothing far away") {
    FlowAnchor anchor{{33.5f, 49.5f}, {5, -4}, 4, 4, 4, 25};
    FlowPlan plan;
    plan.anchors = {&anchor, 1};
    const std::vector<float> flow = flow_of(plan);
    CHECK(at(flow, 8, 12).x == Approx(5).epsilon(0.01));
    CHECK(at(flow, 8, 12).y == Approx(-4).epsilon(0.01));
    CHECK(at(flow, 0, 0).x == 0);
    CHECK(at(flow, 8, 20).y == 0);
}

TEST_CASE("an upper lid speaks for what is above it") {
    FlowAnchor lid{{33.5f, 49.5f}, {0, -6}, 5, 8, 2, 20};
    FlowPlan plan;
    plan.anchors = {&lid, 1};
    const std::vector<float> flow = flow_of(plan);
    CHECK(at(flow, 8, 10).y < -5);   // 8 pixels above
    CHECK(std::abs(at(flow, 8, 14).y) < 0.5f);  // 8 pixels below
}

TEST_CASE("anchors outside the picture and switched off ones do no harm") {
    const std::vector<FlowAnchor> anchors{{{-500, 20}, {3, 3}, 4, 4, 4, 9}, {{20, 9000}, {3, 3}, 4, 4, 4, 9}, {{20, 20}, {8, 8}, 4, 4, 4, 0}};
    FlowPlan plan;
    plan.anchors = anchors;
    for (const float f : flow_of(plan)) CHECK(f == 0);
}
