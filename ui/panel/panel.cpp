#include "ui/panel/panel.h"

#include <QDragEnterEvent>
#include <QHBoxLayout>
#include <QScrollBar>
#include <QVBoxLayout>

#include <utility>

#include "ui/panel/flow_layout.h"
#include "ui/panel/frontend_bridge.h"
#include "ui/panel/texts.h"

namespace mirrorme::ui {
namespace {
constexpr const char* kAvatarKey = "Avatar";
constexpr const char* kFoldsKey = "Folded";
constexpr int kTwoColumnsFrom = 620;  // logical pixels
}  // namespace

Panel::Panel(SignalPost& post) : link_(post, nullptr) {
    setAcceptDrops(true);
    auto* body = new QWidget;
    auto* left = new QVBoxLayout;
    auto* right = new QVBoxLayout;

    // Made in the order they are shown in, which is the order Tab goes through them.
    left->addWidget(build_chooser(body));
    left->addWidget(message_ = new Note(body));
    left->addWidget(thumbnail_ = new ThumbnailView(body));
    left->addWidget(build_tools(body));
    left->addWidget(sound_ = new SoundSection(link_, body));
    left->addWidget(picture_ = new PictureSection(link_, body));
    left->addStretch(1);
    right->addWidget(gestures_ = new GestureSection(link_, body));
    right->addWidget(delay_ = new DelaySection(link_, body));
    right->addWidget(engine_ = new EngineSection(link_, body));
    right->addStretch(1);
    columns_ = new QBoxLayout(QBoxLayout::TopToBottom, body);
    columns_->setContentsMargins(8, 8, 8, 8);
    columns_->addLayout(left, 1);
    columns_->addLayout(right, 1);

    scroll_ = new QScrollArea(this);
    scroll_->setWidgetResizable(true);
    scroll_->setFrameShape(QFrame::NoFrame);
    scroll_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll_->setFocusPolicy(Qt::NoFocus);
    scroll_->setWidget(body);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(scroll_);

    connect(&link_, &AvatarLink::avatars_changed, this, &Panel::show_avatars);
    connect(&link_, &AvatarLink::status_changed, this, &Panel::show_status);
    restore_folds();
    for (Section* section : {static_cast<Section*>(picture_), static_cast<Section*>(gestures_), static_cast<Section*>(sound_), static_cast<Section*>(delay_), static_cast<Section*>(engine_)})
        connect(section, &Section::folded_changed, this, &Panel::store_folds);
    show_avatars();
}

QWidget* Panel::build_chooser(QWidget* parent) {
    auto* line = new QWidget(parent);
    chooser_ = new QComboBox(line);
    chooser_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    chooser_->setMinimumContentsLength(8);
    chooser_->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    chooser_->setAccessibleName(text_of("Panel.Avatar"));
    chooser_->setToolTip(text_of("Panel.Avatar.Hint"));
    add_ = new QPushButton(text_of("Panel.Avatar.Add"), line);
    add_->setToolTip(text_of("Panel.Avatar.Add.Hint"));
    auto* layout = new QHBoxLayout(line);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(chooser_, 1);
    layout->addWidget(add_, 1);
    connect(chooser_, QOverload<int>::of(&QComboBox::activated), this, [this](int index) {
        link_.choose(chooser_->itemText(index));
        store_text(kAvatarKey, chooser_->itemText(index));
    });
    connect(add_, &QPushButton::clicked, this, &Panel::add_avatar);
    return line;
}

QWidget* Panel::build_tools(QWidget* parent) {
    auto* line = new QWidget(parent);
    try_it_ = new QPushButton(text_of("Panel.TryIt"), line);
    try_it_->setToolTip(text_of("Panel.TryIt.Hint"));
    properties_ = new QPushButton(text_of("Panel.Properties"), line);
    properties_->setToolTip(text_of("Panel.Properties.Hint"));
    auto* layout = new FlowLayout(line, 6, 4);
    layout->addWidget(try_it_);
    layout->addWidget(properties_);
    connect(try_it_, &QPushButton::clicked, &link_, &AvatarLink::try_it);
    connect(properties_, &QPushButton::clicked, this, &Panel::open_properties);
    return line;
}

void Panel::open() {
    link_.open(stored_text(kAvatarKey));
    link_.set_watching(isVisible());
}

void Panel::close_down() {
    chooser_->hidePopup();
    thumbnail_->close();
    link_.close();
}

void Panel::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    message_->setMinimumHeight(2 * message_->fontMetrics().lineSpacing());  // what it says changes often; nothing below shall move
    link_.set_watching(true);
}

void Panel::hideEvent(QHideEvent* event) {
    QWidget::hideEvent(event);
    link_.set_watching(false);
}

void Panel::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    columns_->setDirection(width() >= kTwoColumnsFrom ? QBoxLayout::LeftToRight : QBoxLayout::TopToBottom);
}

void Panel::dragEnterEvent(QDragEnterEvent* event) {
    if (link_.has_avatar() && event->mimeData() && may_hold_picture(*event->mimeData())) event->acceptProposedAction();
}

void Panel::dropEvent(QDropEvent* event) {
    event->setDropAction(Qt::CopyAction);
    event->accept();
    picture_->take(*event->mimeData());
}

void Panel::show_avatars() {
    const QStringList& names = link_.names();
    chooser_->clear();
    chooser_->addItems(names);
    chooser_->setCurrentIndex(static_cast<int>(names.indexOf(link_.name())));
    chooser_->setVisible(!names.isEmpty());
    add_->setVisible(names.isEmpty());
    add_->setEnabled(link_.is_open() && AvatarLink::module_loaded());
    if (link_.name() != thumbnail_of_ || !link_.has_avatar()) {
        thumbnail_of_ = link_.name();
        scroll_->verticalScrollBar()->setValue(0);  // the focus has left what is disabled now, and took the view with it
        thumbnail_->set_source(link_.weak_reference(), text_of(link_.has_avatar() ? "Panel.Preview.Waiting" : "Panel.Preview.None"));
    }
    for (QPushButton* button : {try_it_, properties_}) button->setEnabled(link_.has_avatar());
    show_status();
    picture_->refresh();
    gestures_->refresh();
    sound_->refresh();
    delay_->refresh();
    engine_->refresh();
}

void Panel::show_status() {
    if (!link_.has_avatar()) {
        const bool missing = link_.is_open() && !AvatarLink::module_loaded();
        return message_->show_text(missing ? text_of("Panel.NoModule") : link_.is_open() ? text_of("Panel.NoAvatar.Long") : QString(), missing ? Tone::error : Tone::neutral);
    }
    const StatusView& status = link_.status();
    message_->show_text(status.paused ? text_of("Panel.Paused") : said(status.message), status.paused ? Tone::neutral : status.tone);
}

void Panel::add_avatar() {
    if (!link_.add_avatar()) return message_->show_text(text_of("Panel.Avatar.NotAdded"), Tone::error);
    store_text(kAvatarKey, link_.name());
}

void Panel::open_properties() {
    const WeakSourceRef weak = link_.weak_reference();
    if (const SourceRef source(weak ? obs_weak_source_get_source(weak.get()) : nullptr); source) obs_frontend_open_source_properties(source.get());
}

void Panel::restore_folds() {
    const QStringList folded = stored_text(kFoldsKey).split(QLatin1Char(','));
    picture_->set_folded(folded.contains(QStringLiteral("picture")));
    gestures_->set_folded(folded.contains(QStringLiteral("gestures")));
    sound_->set_folded(folded.contains(QStringLiteral("sound")));
    delay_->set_folded(folded.contains(QStringLiteral("delay")));
    engine_->set_folded(folded.contains(QStringLiteral("engine")));
}

void Panel::store_folds() {
    if (!link_.is_open()) return;
    QStringList folded;
    if (picture_->is_folded()) folded << QStringLiteral("picture");
    if (gestures_->is_folded()) folded << QStringLiteral("gestures");
    if (sound_->is_folded()) folded << QStringLiteral("sound");
    if (delay_->is_folded()) folded << QStringLiteral("delay");
    if (engine_->is_folded()) folded << QStringLiteral("engine");
    store_text(kFoldsKey, folded.join(QLatin1Char(',')));
}

}  // namespace mirrorme::ui
