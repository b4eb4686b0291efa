#pragma once
// What the source says of itself: sound, delay and engine. Qt thread.

#include <QLabel>
#include <QProgressBar>
#include <QPushButton>

#include "ui/panel/avatar_link.h"
#include "ui/panel/section.h"

namespace mirrorme::ui {

class SoundSection : public Section {
    Q_OBJECT
public:
    SoundSection(AvatarLink& link, QWidget* parent);
    void refresh();

private:
    AvatarLink& link_;
    QLabel* lamp_;
    QLabel* words_;
    QProgressBar* level_;
};

class DelaySection : public Section {
    Q_OBJECT
public:
    DelaySection(AvatarLink& link, QWidget* parent);
    void refresh();

private:
    AvatarLink& link_;
    QLabel* total_;
    Note* problem_;
    RowTable* rows_;
    QPushButton* measure_;
};

class EngineSection : public Section {
    Q_OBJECT
public:
    EngineSection(AvatarLink& link, QWidget* parent);
    void refresh();

private:
    AvatarLink& link_;
    QLabel* state_;
    QPushButton* restart_;
    Note* error_;
    Note* warnings_;
    RowTable* rows_;
    QPushButton* copy_;
};

}  // namespace mirrorme::ui
