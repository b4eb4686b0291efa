#pragma once
// The pictures that come with the product (data/avatars/avatars.json), and the avatar sources of a scene collection.

#include <string>
#include <string_view>
#include <vector>

namespace mirrorme::ui {

struct GalleryPicture {
    std::string file;  // name within the folder, without any path
    std::string title;
    bool operator==(const GalleryPicture&) const = default;
};

/// In the file's order; entries that name something outside the folder are left out; garbage gives none.
std::vector<GalleryPicture> gallery_pictures(std::string_view avatars_json);

/// The source to show: `wanted` while it exists, else the first; empty when there is none. `names` in the order shown.
std::string chosen_avatar(const std::vector<std::string>& names, const std::string& wanted);

/// `base`, or "base 2", "base 3" ...: the first that is not in `taken`.
std::string free_name(const std::string& base, const std::vector<std::string>& taken);

}  // namespace mirrorme::ui
