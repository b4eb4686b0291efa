#pragma once
// Pictures side by side, for a person to judge.

#include <filesystem>
#include <string>
#include <vector>

#include "core/image.h"

namespace mirrorme {

struct SheetCell {
    RgbaImage image;
    std::string label;  // drawn below the picture, may be empty
};

struct SheetLayout {
    int columns = 6;
    int gap = 8;          // pixels between cells
    int label_height = 18;  // pixels; 0 = no labels
    bool checkerboard = true;  // behind transparent pixels; otherwise plain grey
};

/// Cells left to right, top to bottom; each column and row is as large as its largest picture. Opaque.
/// Throws Error (usage) when there is nothing to show, (too_large) above 16384 pixels a side.
RgbaImage contact_sheet(const std::vector<SheetCell>& cells, const SheetLayout& layout = {});

/// Writes an RGBA PNG, replacing the file only when it is complete. Throws Error naming the path.
void write_sheet(const std::filesystem::path& file, const RgbaImage& image);

}  // namespace mirrorme
