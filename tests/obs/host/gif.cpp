#include "obs/host/gif.h"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <stdexcept>
#include <vector>

namespace mirrorme::testing {
namespace {

constexpr int kColours = 128, kClear = kColours, kEnd = kColours + 1;
constexpr int kUntilClear = 120;  // pixels after which codes would grow from 8 to 9 bits: so every code is a byte
constexpr std::size_t kBlock = 255;

class GifBytes {
public:
    void add(std::initializer_list<int> bytes) {
        for (const int byte : bytes) bytes_.push_back(static_cast<char>(byte));
    }
    void add_two(int number) { add({number & 255, number >> 8}); }
    const std::vector<char>& all() const { return bytes_; }

private:
    std::vector<char> bytes_;
};

}  // namespace

void write_gif(const std::filesystem::path& path, int width, int height, int frames) {
    GifBytes out;
    out.add({'G', 'I', 'F', '8', '9', 'a'});
    out.add_two(width), out.add_two(height);
    out.add({0xf6, 0, 0});  // a table of 128 colours follows
    for (int colour = 0; colour < kColours; ++colour) out.add({2 * colour, 255 - 2 * colour, (5 * colour) & 255});
    out.add({0x21, 0xff, 11, 'N', 'E', 'T', 'S', 'C', 'A', 'P', 'E', '2', '.', '0', 3, 1, 0, 0, 0});  // for ever
    for (int frame = 0; frame < frames; ++frame) {
        out.add({0x21, 0xf9, 4, 0, 4, 0, 0, 0});  // 4 hundredths of a second
        out.add({0x2c, 0, 0, 0, 0});
        out.add_two(width), out.add_two(height);
        out.add({0, 7});  // 7 bits a colour, which makes codes of 8
        std::vector<std::uint8_t> codes;
        for (int y = 0, since = kUntilClear; y < height; ++y)
            for (int x = 0; x < width; ++x, ++since) {
                if (since == kUntilClear) codes.push_back(kClear), since = 0;
                codes.push_back(static_cast<std::uint8_t>((x + y + 11 * frame) % kColours));
            }
        codes.push_back(kEnd);
        for (std::size_t at = 0; at < codes.size(); at += kBlock) {
            const std::size_t count = std::min(kBlock, codes.size() - at);
            out.add({static_cast<int>(count)});
            for (std::size_t i = 0; i < count; ++i) out.add({codes[at + i]});
        }
        out.add({0});
    }
    out.add({0x3b});
    std::ofstream file(path, std::ios::binary);
    file.write(out.all().data(), static_cast<std::streamsize>(out.all().size()));
    if (!file) throw std::runtime_error(path.string() + " cannot be written");
}

}  // namespace mirrorme::testing
