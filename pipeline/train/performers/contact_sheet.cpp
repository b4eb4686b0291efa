#include "train/performers/contact_sheet.h"

#include <algorithm>

#include "core/error.h"
#include "core/files.h"
#include "train/performers/canvas.h"

namespace mirrorme {

using namespace performers;

namespace {

constexpr int kLargestSide = 16384;

/// A Cairo surface with the premultiplied pixels of `image`.
Surface premultiplied(const RgbaImage& image) {
    Surface surface(cairo_image_surface_create(CAIRO_FORMAT_ARGB32, image.width, image.height));
    unsigned char* data = cairo_image_surface_get_data(surface.get());
    if (data == nullptr) throw Error(ErrorCode::no_space, "contact sheet", "not enough memory", "Show fewer pictures");
    const int stride = cairo_image_surface_get_stride(surface.get());
    for (int y = 0; y < image.height; ++y) {
        auto* row = reinterpret_cast<std::uint32_t*>(data + static_cast<std::ptrdiff_t>(y) * stride);
        const std::uint8_t* from = image.at(0, y);
        for (int x = 0; x < image.width; ++x, from += 4) {
            const std::uint32_t a = from[3];
            auto times = [&](std::uint32_t v) { return (v * a + 127) / 255; };
            row[x] = a << 24 | times(from[0]) << 16 | times(from[1]) << 8 | times(from[2]);
        }
    }
    cairo_surface_mark_dirty(surface.get());
    return surface;
}

void paint_ground(cairo_t* cr, int x, int y, const RgbaImage& image, const SheetLayout& layout) {
    constexpr int kSquare = 12;
    cairo_save(cr);
    cairo_rectangle(cr, x, y, image.width, image.height);
    cairo_clip(cr);
    cairo_set_source_rgb(cr, 0.80, 0.81, 0.83);
    cairo_paint(cr);
    if (layout.checkerboard) {
        cairo_set_source_rgb(cr, 0.70, 0.71, 0.74);
        for (int j = 0; j * kSquare < image.height; ++j)
            for (int i = j % 2; i * kSquare < image.width; i += 2) cairo_rectangle(cr, x + i * kSquare, y + j * kSquare, kSquare, kSquare);
        cairo_fill(cr);
    }
    cairo_restore(cr);
}

void paint_label(cairo_t* cr, int x, int baseline, int width, const std::string& label) {
    cairo_save(cr);
    cairo_rectangle(cr, x, baseline - 14, width, 18);
    cairo_clip(cr);
    cairo_select_font_face(cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(cr, 11);
    cairo_set_source_rgb(cr, 0.90, 0.90, 0.92);
    cairo_move_to(cr, x + 2, baseline);
    cairo_show_text(cr, label.c_str());
    cairo_restore(cr);
}

}  // namespace

RgbaImage contact_sheet(const std::vector<SheetCell>& cells, const SheetLayout& layout) {
    if (cells.empty() || layout.columns < 1) throw Error(ErrorCode::usage, "contact sheet", "nothing to show", "Give at least one picture");
    const int columns = std::min(layout.columns, static_cast<int>(cells.size()));
    const int rows = (static_cast<int>(cells.size()) + columns - 1) / columns;
    std::vector<int> widths(static_cast<std::size_t>(columns)), heights(static_cast<std::size_t>(rows));
    for (std::size_t i = 0; i < cells.size(); ++i) {
        int& w = widths[i % static_cast<std::size_t>(columns)];
        int& h = heights[i / static_cast<std::size_t>(columns)];
        w = std::max(w, cells[i].image.width);
        h = std::max(h, cells[i].image.height);
    }
    int width = layout.gap, height = layout.gap;
    for (int w : widths) width += w + layout.gap;
    for (int h : heights) height += h + layout.label_height + layout.gap;
    if (width > kLargestSide || height > kLargestSide)
        throw Error(ErrorCode::too_large, "contact sheet", std::to_string(width) + "x" + std::to_string(height) + " pixels", "Show fewer or smaller pictures");

    Canvas canvas(width, height);
    cairo_t* cr = canvas.context();
    cairo_set_source_rgb(cr, 0.15, 0.155, 0.17);
    cairo_paint(cr);
    int y = layout.gap;
    for (int row = 0, i = 0; row < rows; ++row) {
        int x = layout.gap;
        for (int column = 0; column < columns && i < static_cast<int>(cells.size()); ++column, ++i) {
            const SheetCell& cell = cells[static_cast<std::size_t>(i)];
            if (!cell.image.empty()) {
                paint_ground(cr, x, y, cell.image, layout);
                const Surface picture = premultiplied(cell.image);
                cairo_set_source_surface(cr, picture.get(), x, y);
                cairo_paint(cr);
            }
            if (layout.label_height > 0 && !cell.label.empty())
                paint_label(cr, x, y + heights[static_cast<std::size_t>(row)] + layout.label_height - 5, widths[static_cast<std::size_t>(column)], cell.label);
            x += widths[static_cast<std::size_t>(column)] + layout.gap;
        }
        y += heights[static_cast<std::size_t>(row)] + layout.label_height + layout.gap;
    }
    return canvas.image();
}

void write_sheet(const std::filesystem::path& file, const RgbaImage& image) {
    if (image.empty()) throw Error(ErrorCode::usage, file.string(), "the picture is empty");
    const Surface surface = premultiplied(image);
    AtomicFile out(file);
    struct Sink {
        AtomicFile& out;
        std::exception_ptr failure;
    } sink{out, nullptr};
    const cairo_status_t status = cairo_surface_write_to_png_stream(
        surface.get(),
        [](void* closure, const unsigned char* data, unsigned int size) -> cairo_status_t {
            auto& to = *static_cast<Sink*>(closure);
            try {
                to.out.write(std::span(reinterpret_cast<const std::byte*>(data), size));
                return CAIRO_STATUS_SUCCESS;
            } catch (...) {  // Cairo is C: the exception waits until it has returned
                to.failure = std::current_exception();
                return CAIRO_STATUS_WRITE_ERROR;
            }
        },
        &sink);
    if (sink.failure) std::rethrow_exception(sink.failure);
    if (status != CAIRO_STATUS_SUCCESS) throw Error(ErrorCode::internal, file.string(), cairo_status_to_string(status));
    out.commit();
}

}  // namespace mirrorme
