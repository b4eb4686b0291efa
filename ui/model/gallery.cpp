#include "ui/model/gallery.h"

#include <algorithm>

#include "ui/model/lenient_json.h"

namespace mirrorme::ui {

std::vector<GalleryPicture> gallery_pictures(std::string_view avatars_json) {
    const nlohmann::json document = parse_object(avatars_json);
    std::vector<GalleryPicture> pictures;
    if (text_in(document, "schema") != "mirrorme.avatars") return pictures;
    const nlohmann::json& avatars = field(document, "avatars");
    if (!avatars.is_array()) return pictures;
    for (const nlohmann::json& one : avatars) {
        GalleryPicture picture{text_in(one, "file"), text_in(one, "title")};
        if (picture.file.empty() || picture.file.front() == '.' || picture.file.find_first_of("/\\:") != std::string::npos) continue;
        if (picture.title.empty()) picture.title = picture.file;
        pictures.push_back(std::move(picture));
    }
    return pictures;
}

std::string chosen_avatar(const std::vector<std::string>& names, const std::string& wanted) {
    if (names.empty()) return {};
    return std::find(names.begin(), names.end(), wanted) != names.end() ? wanted : names.front();
}

std::string free_name(const std::string& base, const std::vector<std::string>& taken) {
    std::string name = base;
    for (int number = 2; std::find(taken.begin(), taken.end(), name) != taken.end(); ++number) name = base + " " + std::to_string(number);
    return name;
}

}  // namespace mirrorme::ui
