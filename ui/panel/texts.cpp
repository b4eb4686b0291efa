#include "ui/panel/texts.h"

#include <QStyle>
#include <QVariant>

#include <obs-module.h>

namespace mirrorme::ui {

QString text_of(const char* key) { return QString::fromUtf8(obs_module_text(key)); }

QString said(const Phrase& phrase) {
    return QString::fromStdString(say([](const std::string& key) { return std::string(obs_module_text(key.c_str())); }, phrase));
}

QString said(const std::vector<Phrase>& phrases) {
    QString all;
    for (const Phrase& phrase : phrases) all += (all.isEmpty() ? QString() : text_of("Panel.ListSeparator")) + said(phrase);
    return all;
}

void set_tone(QLabel& label, Tone tone) {
    // Themes up to OBS 30.1 colour by themeID, later ones by class.
    QString id, theme_class;
    if (tone == Tone::good) id = QStringLiteral("good"), theme_class = QStringLiteral("text-success");
    if (tone == Tone::warning) id = QStringLiteral("warning"), theme_class = QStringLiteral("text-warning");
    if (tone == Tone::error) id = QStringLiteral("error"), theme_class = QStringLiteral("text-danger");
    if (label.property("themeID").toString() == id && label.property("class").toString() == theme_class) return;
    label.setProperty("themeID", id);
    label.setProperty("class", theme_class);
    label.style()->unpolish(&label);
    label.style()->polish(&label);
}

}  // namespace mirrorme::ui
