#include "cli/facts.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <optional>
#include <string_view>

#include "cli/gesture_cues.h"
#include "core/error.h"
#include "core/files.h"
#include "weights/bundle.h"
#ifdef MIRRORME_HAS_MEDIA
#include "media/audio_reader.h"
#include "media/picture.h"
#include "media/video_reader.h"
#endif

namespace mirrorme::cli {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

std::string rate_text(Rational rate) {
    if (!rate.positive()) return "unknown";
    char text[64];
    if (rate.num % rate.den == 0) std::snprintf(text, sizeof text, "%lld", static_cast<long long>(rate.num / rate.den));
    else std::snprintf(text, sizeof text, "%.3f (%lld/%lld)", rate.value(), static_cast<long long>(rate.num), static_cast<long long>(rate.den));
    return text;
}

std::string size_text(std::uint64_t bytes) {
    char text[32];
    if (bytes < 1024) std::snprintf(text, sizeof text, "%llu bytes", static_cast<unsigned long long>(bytes));
    else if (bytes < 1024 * 1024) std::snprintf(text, sizeof text, "%.1f KiB", static_cast<double>(bytes) / 1024);
    else std::snprintf(text, sizeof text, "%.1f MiB", static_cast<double>(bytes) / 1024 / 1024);
    return text;
}

/// Elements of all tensors whose names begin with the same word: "denoiser", "codec", ...
Json parameters_by_module(const Bundle& bundle) {
    std::map<std::string, std::int64_t> counts;
    for (const std::string& name : bundle.names()) {
        std::int64_t elements = 1;
        for (const std::int64_t size : bundle.info(name)->shape) elements *= size;
        counts[name.substr(0, name.find('.'))] += elements;
    }
    return counts;
}

Json bundle_facts(const fs::path& path) {
    const auto bundle = Bundle::open(path);
    const BundleManifest& m = bundle->manifest();
    Json files = Json::array();
    for (const BundleFile& file : m.files) files.push_back(file.name + ", " + size_text(file.bytes) + ", sha256 " + file.sha256);
    Json capabilities = Json::array();
    const auto add = [&](bool has, const char* name) {
        if (has) capabilities.push_back(name);
    };
    add(m.capabilities.speaks, "speaks");
    add(m.capabilities.hands, "hands");
    add(m.capabilities.style, "style");
    add(m.capabilities.matte, "matte");
    add(m.capabilities.causal_decoder, "causal_decoder");
    return {{"kind", "bundle"},
            {"path", path.string()},
            {"name", m.name},
            {"version", m.version},
            {"licence", m.licence},
            {"frame", std::to_string(m.width) + " x " + std::to_string(m.height)},
            {"fps", rate_text(m.fps)},
            {"chunk_latents", m.chunk_latents},
            {"steps", m.steps},
            {"capabilities", capabilities},
            {"trained_stages", m.trained_stages},
            {"parameters", parameters_by_module(*bundle)},
            {"files", files},
            {"provenance", Json::parse(m.provenance.dump())},
            {"check", "sizes, hashes, names and shapes are right"}};
}

#ifdef MIRRORME_HAS_MEDIA

Json picture_facts(const fs::path& path) {
    const MappedFile file(path);
    const PictureHeader header = read_picture_header(file.bytes(), path.string());
    const RgbaImage image = decode_picture(file.bytes(), path.string());
    std::size_t clear = 0;
    for (std::size_t i = 3; i < image.pixels.size(); i += 4) clear += image.pixels[i] < 128;
    const double share = 100.0 * static_cast<double>(clear) / (static_cast<double>(image.width) * image.height);
    char alpha[48];
    std::snprintf(alpha, sizeof alpha, share > 0 ? "%.1f %% transparent" : "opaque", share);
    return {{"kind", "picture"},
            {"path", path.string()},
            {"format", name_of(header.format)},
            {"size", std::to_string(image.width) + " x " + std::to_string(image.height)},
            {"orientation", header.orientation},
            {"alpha", alpha}};
}

void add_duration(Json& facts, const std::optional<double>& seconds) {
    if (seconds) facts["seconds"] = std::round(*seconds * 1000) / 1000;
}

/// Video and sound are looked for on their own: a file may have either or both.
Json media_facts(const fs::path& path) {
    Json facts = {{"kind", "media"}, {"path", path.string()}};
    try {
        const VideoReader video(MediaSource{path.string()});
        const VideoFacts& v = video.facts();
        facts["container"] = v.container;
        facts["video"] = {{"codec", v.codec}, {"size", std::to_string(v.width) + " x " + std::to_string(v.height)}, {"fps", rate_text(v.fps)}, {"alpha", v.has_alpha ? "yes" : "no"}};
        add_duration(facts["video"], v.duration_s);
    } catch (const Error&) {
        // Said below, should there be no sound either.
    }
    try {
        const AudioReader audio(MediaSource{path.string()});
        const AudioFacts& a = audio.facts();
        facts["container"] = a.container;
        facts["sound"] = {{"codec", a.codec}, {"rate", a.sample_rate}, {"channels", a.stored_channels}};
        add_duration(facts["sound"], a.duration_s);
    } catch (const Error&) {
        if (!facts.contains("video")) throw;
    }
    return facts;
}

/// By its first bytes; whether it is whole is another question.
bool looks_like_picture(const fs::path& path) {
    const MappedFile file(path);
    const std::string_view head(reinterpret_cast<const char*>(file.bytes().data()), std::min<std::size_t>(file.bytes().size(), 12));
    return head.starts_with("\x89PNG") || head.starts_with("\xff\xd8\xff") || head.ends_with("WEBP");
}

#endif

void append_lines(const Json& value, int depth, std::string& out) {
    std::size_t width = 0;
    for (const auto& [key, item] : value.items())
        if (!item.is_object()) width = std::max(width, key.size());
    for (const auto& [key, item] : value.items()) {
        out += std::string(static_cast<std::size_t>(depth) * 2, ' ') + key;
        if (item.is_object()) {
            out += '\n';
            append_lines(item, depth + 1, out);
            continue;
        }
        std::string text;
        if (item.is_array())
            for (const Json& one : item) text += (text.empty() ? "" : ", ") + (one.is_string() ? one.get<std::string>() : one.dump());
        else text = item.is_string() ? item.get<std::string>() : item.dump();
        out += std::string(width - key.size() + 2, ' ') + (text.empty() ? "none" : text) + '\n';
    }
}

}  // namespace

Json facts_of(const fs::path& path) {
    std::error_code ignored;
    if (fs::is_directory(path, ignored)) return bundle_facts(path);
    if (path.filename() == kBundleManifestName) return bundle_facts(path.parent_path().empty() ? "." : path.parent_path());
#ifdef MIRRORME_HAS_MEDIA
    return looks_like_picture(path) ? picture_facts(path) : media_facts(path);
#else
    throw Error(ErrorCode::unsupported, path.string(), "this build reads no media files", "Build with MIRRORME_FFMPEG=ON.");
#endif
}

Json installed_facts() {
    Json pictures = Json::array();
    std::vector<std::string> paths;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(find_data_dir() / "avatars", ignored))
        if (entry.path().extension() == ".png") paths.push_back(entry.path().string());
    std::sort(paths.begin(), paths.end());
    for (const std::string& path : paths) pictures.push_back(path);
    Json gestures = Json::array();
    for (const std::string& name : gesture_names()) gestures.push_back(name);
    return {{"kind", "installation"}, {"data", find_data_dir().string()}, {"gestures", gestures}, {"pictures", pictures}, {"model", bundle_facts(default_bundle_dir())}};
}

std::string as_text(const Json& facts) {
    std::string text;
    append_lines(facts, 0, text);
    return text;
}

}  // namespace mirrorme::cli
