// Note [Which side a colour is on]
// The key-point net knows who is meant but not to the pixel where they end; the picture does. Around every pixel the colours of
// what is held to be the person and of what is held to be the wall are each a Gaussian, weighted by the squared matte and its complement
// (sure pixels tell, unsure ones hardly do), and the ratio of the two likelihoods at the pixel's own colour is added to the net's log-odds. Repeated with
// ever smaller windows: large ones mend large mistakes, small ones know the colours better. Where both sides look the same the
// ratio is one, and the net's word stands. A person is one piece: what colour alone has cut out of it or added far from it is undone.

#include "codec/motion/matte_refine.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <utility>

namespace mirrorme {
namespace {

using kernels::Size;

constexpr std::array kRadii{1.0f / 6, 1.0f / 8, 1.0f / 12, 1.0f / 16, 1.0f / 24, 1.0f / 38, 1.0f / 64};  // of the picture's height
constexpr float kColourWeight = 1.2f;    // of the colours' log-ratio against the net's log-odds: neighbouring pixels are no independent witnesses
constexpr float kMostEvidence = 8;       // log-ratio from which a colour says no more
constexpr float kLeastVariance = 4e-4f;  // of a channel, 0..1: camera noise and compression
constexpr float kSure = 0.997f;           // neither the net nor a round is believed beyond this
constexpr float kTraces = 0.02f;         // less than this of something is nothing
constexpr float kSurePiece = 0.9f, kSureHole = 0.5f;  // the net's mean from which a second piece stays, and up to which a hole does
constexpr float kLow = 0.3f, kHigh = 0.7f;  // what becomes 0 and 1 at the end: the edge as narrow as the picture's

/// What is summed over a window: weight, weighted colour, weighted products of colours.
constexpr std::size_t kSums = 10;
using Sums = std::array<double, kSums>;

struct Gaussian {
    std::array<float, 3> mean;
    std::array<float, 6> inverse;  // of the covariance: xx, xy, xz, yy, yz, zz
    float log_det;

    /// Log-likelihood but for a constant.
    float log_likelihood(const float* colour) const {
        const float x = colour[0] - mean[0], y = colour[1] - mean[1], z = colour[2] - mean[2];
        const float square = inverse[0] * x * x + inverse[3] * y * y + inverse[5] * z * z + 2 * (inverse[1] * x * y + inverse[2] * x * z + inverse[4] * y * z);
        return -0.5f * (square + log_det);
    }
};

Gaussian gaussian_of(const Sums& sums) {
    const double w = sums[0];
    const std::array<double, 3> m{sums[1] / w, sums[2] / w, sums[3] / w};
    const double xx = sums[4] / w - m[0] * m[0] + kLeastVariance, xy = sums[5] / w - m[0] * m[1], xz = sums[6] / w - m[0] * m[2];
    const double yy = sums[7] / w - m[1] * m[1] + kLeastVariance, yz = sums[8] / w - m[1] * m[2], zz = sums[9] / w - m[2] * m[2] + kLeastVariance;
    const double a = yy * zz - yz * yz, b = xz * yz - xy * zz, c = xy * yz - xz * yy;
    const double det = std::max(xx * a + xy * b + xz * c, 1e-14);
    Gaussian g{};
    for (std::size_t i = 0; i < 3; ++i) g.mean[i] = static_cast<float>(m[i]);
    const std::array inverse{a, b, c, xx * zz - xz * xz, xy * xz - xx * yz, xx * yy - xy * xy};
    for (std::size_t i = 0; i < inverse.size(); ++i) g.inverse[i] = static_cast<float>(inverse[i] / det);
    g.log_det = static_cast<float>(std::log(det));
    return g;
}

/// Sums of the pixels of one side, which slide down and along the picture.
class WindowSums {
public:
    WindowSums(const float* rgba, const std::vector<float>& weight, Size size, int radius)
        : rgba_(rgba), weight_(weight), size_(size), radius_(radius), columns_(static_cast<std::size_t>(size.width), Sums{}) {
        for (int y = 0; y < radius; ++y) add_row(y, 1);
    }
    /// The windows of row y, in order from 0: one call a row.
    void begin_row(int y) {
        add_row(y + radius_, 1);
        add_row(y - radius_ - 1, -1);
        window_ = Sums{};
        for (int x = 0; x < radius_; ++x) add_column(x, 1);
    }
    /// The window about column x, in order from 0: one call a column.
    const Sums& at(int x) {
        add_column(x + radius_, 1);
        add_column(x - radius_ - 1, -1);
        return window_;
    }

private:
    void add_row(int y, double sign) {
        if (y < 0 || y >= size_.height) return;
        for (int x = 0; x < size_.width; ++x) {
            const std::size_t i = static_cast<std::size_t>(y * size_.width + x);
            const double w = sign * static_cast<double>(weight_[i]), r = rgba_[4 * i], g = rgba_[4 * i + 1], b = rgba_[4 * i + 2];
            const Sums terms{w, w * r, w * g, w * b, w * r * r, w * r * g, w * r * b, w * g * g, w * g * b, w * b * b};
            Sums& sum = columns_[static_cast<std::size_t>(x)];
            for (std::size_t k = 0; k < kSums; ++k) sum[k] += terms[k];
        }
    }
    void add_column(int x, double sign) {
        if (x < 0 || x >= size_.width) return;
        const Sums& column = columns_[static_cast<std::size_t>(x)];
        for (std::size_t k = 0; k < kSums; ++k) window_[k] += sign * column[k];
    }

    const float* rgba_;
    const std::vector<float>& weight_;
    Size size_;
    int radius_;
    std::vector<Sums> columns_;
    Sums window_{};
};

/// Each pixel with a quarter of its neighbours along both axes.
std::vector<float> softened(const std::vector<float>& in, Size size) {
    std::vector<float> rows(in.size()), out(in.size());
    auto pass = [size](const std::vector<float>& from, std::vector<float>& to, int dx, int dy) {
        for (int y = 0; y < size.height; ++y)
            for (int x = 0; x < size.width; ++x) {
                auto at = [&](int px, int py) { return from[static_cast<std::size_t>(std::clamp(py, 0, size.height - 1) * size.width + std::clamp(px, 0, size.width - 1))]; };
                to[static_cast<std::size_t>(y * size.width + x)] = 0.25f * at(x - dx, y - dy) + 0.5f * at(x, y) + 0.25f * at(x + dx, y + dy);
            }
    };
    pass(in, rows, 1, 0);
    pass(rows, out, 0, 1);
    return out;
}

/// A set of pixels that hang together along rows and columns.
struct Piece {
    std::vector<std::size_t> pixels;
    double net = 0;  // mean of the net's matte
    double weight = 0;  // sum of it
    bool at_border = false;
};

std::vector<Piece> pieces_of(const std::vector<bool>& inside, const float* net, Size size) {
    std::vector<bool> seen(inside.size());
    std::vector<Piece> pieces;
    for (std::size_t first = 0; first < inside.size(); ++first) {
        if (!inside[first] || seen[first]) continue;
        Piece piece;
        piece.pixels.push_back(first);
        seen[first] = true;
        for (std::size_t next = 0; next < piece.pixels.size(); ++next) {
            const std::size_t at = piece.pixels[next];
            const int x = static_cast<int>(at) % size.width, y = static_cast<int>(at) / size.width;
            piece.weight += static_cast<double>(net[at]);
            for (const auto& [nx, ny] : {std::pair{x - 1, y}, {x + 1, y}, {x, y - 1}, {x, y + 1}}) {
                if (nx < 0 || ny < 0 || nx >= size.width || ny >= size.height) {
                    piece.at_border = true;
                    continue;
                }
                const std::size_t to = static_cast<std::size_t>(ny * size.width + nx);
                if (!inside[to] || seen[to]) continue;
                seen[to] = true;
                piece.pixels.push_back(to);
            }
        }
        piece.net = piece.weight / static_cast<double>(piece.pixels.size());
        pieces.push_back(std::move(piece));
    }
    return pieces;
}

void make_one_piece(std::vector<float>& matte, const float* net, Size size) {
    const auto where = [&](auto&& holds) {
        std::vector<bool> inside(matte.size());
        for (std::size_t i = 0; i < matte.size(); ++i) inside[i] = holds(matte[i]);
        return pieces_of(inside, net, size);
    };
    const std::vector<Piece> people = where([](float m) { return m > kTraces; });
    const auto heavier = [](const Piece& a, const Piece& b) { return a.weight < b.weight; };
    const auto main = std::max_element(people.begin(), people.end(), heavier);
    for (auto piece = people.begin(); piece != people.end(); ++piece)
        if (piece != main && piece->net < kSurePiece)
            for (const std::size_t i : piece->pixels) matte[i] = 0;
    for (const Piece& hole : where([](float m) { return m < 1 - kTraces; }))
        if (!hole.at_border && hole.net > kSureHole)
            for (const std::size_t i : hole.pixels) matte[i] = 1;
}

}  // namespace

std::vector<float> refine_matte(const float* rgba, const float* matte, Size size) {
    const std::size_t pixels = static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height);
    std::vector<float> belief(matte, matte + pixels), said(pixels), person(pixels), wall(pixels);
    for (std::size_t i = 0; i < pixels; ++i) {
        belief[i] = std::clamp(belief[i], 1 - kSure, kSure);
        said[i] = std::log(belief[i] / (1 - belief[i]));
    }
    for (const float share : kRadii) {
        for (std::size_t i = 0; i < pixels; ++i) person[i] = belief[i] * belief[i], wall[i] = (1 - belief[i]) * (1 - belief[i]);
        const int radius = std::max(2, static_cast<int>(std::lround(share * static_cast<float>(size.height))));
        WindowSums ours(rgba, person, size, radius), theirs(rgba, wall, size, radius);
        for (int y = 0; y < size.height; ++y) {
            ours.begin_row(y);
            theirs.begin_row(y);
            for (int x = 0; x < size.width; ++x) {
                const std::size_t i = static_cast<std::size_t>(y * size.width + x);
                const float ratio = gaussian_of(ours.at(x)).log_likelihood(rgba + 4 * i) - gaussian_of(theirs.at(x)).log_likelihood(rgba + 4 * i);
                belief[i] = 1 / (1 + std::exp(-said[i] - kColourWeight * std::clamp(ratio, -kMostEvidence, kMostEvidence)));
            }
        }
        belief = softened(belief, size);
        for (float& b : belief) b = std::clamp(b, 1 - kSure, kSure);
    }
    for (float& b : belief) b = std::clamp((b - kLow) / (kHigh - kLow), 0.0f, 1.0f);
    make_one_piece(belief, matte, size);
    return belief;
}

}  // namespace mirrorme
