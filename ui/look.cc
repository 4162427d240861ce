// SPDX-License-Identifier: Apache-2.0
#include "ui/look.h"

#include <QBuffer>
#include <QFile>
#include <QFontDatabase>
#include <QIconEngine>
#include <QImageReader>
#include <QPainter>
#include <QPalette>
#include <QPixmap>
#include <QPixmapCache>
#include <QSettings>
#include <QStyleFactory>
#include <QStyleHints>
#include <algorithm>
#include <cmath>

// Outside a namespace because the macro declares a global function.
static void initResources() { Q_INIT_RESOURCE(strata); }

namespace strata::ui {
namespace {

const char* const kSchemeKey = "look/colours";

const Colours& lightColours() {
  static const Colours c{.window = "#f3f2ef",
                         .base = "#fdfdfc",
                         .raised = "#e9e7e2",
                         .border = "#d9d6cf",
                         .text = "#23272b",
                         .muted = "#646a70",
                         .accent = "#1f6f78",
                         .accent_text = "#ffffff",
                         .selection = "#cfe4e4",
                         .good = "#2e7d4f",
                         .warn = "#96600a",
                         .bad = "#b3372f",
                         .cited = "#fbf0d4",
                         .marked = "#a3cfd2",
                         .added = "#e2f3e6",
                         .removed = "#fbe7e4",
                         .added_part = "#b5e0c0",
                         .removed_part = "#f5c6c0"};
  return c;
}

const Colours& darkColours() {
  static const Colours c{.window = "#1d2023",
                         .base = "#17191c",
                         .raised = "#2a2e32",
                         .border = "#343a3f",
                         .text = "#dfe2e4",
                         .muted = "#989fa6",
                         .accent = "#5fb3b8",
                         .accent_text = "#0e1a1c",
                         .selection = "#264a4f",
                         .good = "#72bf8d",
                         .warn = "#dfaf5e",
                         .bad = "#ea8079",
                         .cited = "#393219",
                         .marked = "#2f666b",
                         .added = "#1b2f23",
                         .removed = "#3a2123",
                         .added_part = "#285939",
                         .removed_part = "#6a2f31"};
  return c;
}

bool systemIsDark() {
  const Qt::ColorScheme scheme = QGuiApplication::styleHints()->colorScheme();
  return scheme == Qt::ColorScheme::Dark;
}

QPalette paletteOf(const Colours& c) {
  QPalette p;
  p.setColor(QPalette::Window, c.window);
  p.setColor(QPalette::WindowText, c.text);
  p.setColor(QPalette::Base, c.base);
  p.setColor(QPalette::AlternateBase, c.window);
  p.setColor(QPalette::Text, c.text);
  p.setColor(QPalette::Button, c.window);
  p.setColor(QPalette::ButtonText, c.text);
  p.setColor(QPalette::Highlight, c.selection);
  p.setColor(QPalette::HighlightedText, c.text);
  p.setColor(QPalette::Link, c.accent);
  p.setColor(QPalette::LinkVisited, c.accent);
  p.setColor(QPalette::PlaceholderText, c.muted);
  p.setColor(QPalette::ToolTipBase, c.raised);
  p.setColor(QPalette::ToolTipText, c.text);
  p.setColor(QPalette::Accent, c.accent);
  p.setColor(QPalette::Mid, c.border);
  for (const auto role : {QPalette::Text, QPalette::WindowText, QPalette::ButtonText})
    p.setColor(QPalette::Disabled, role, c.muted);
  return p;
}

QString styleSheet(const Colours& c) {
  QString sheet = QStringLiteral(R"(
QMainWindow::separator { background: $border; width: 1px; height: 1px; }
QDockWidget > QWidget { background: $window; }
QMenuBar { background: $window; border-bottom: 1px solid $border; padding: 1px 4px; }
QMenuBar::item { padding: 4px 9px; border-radius: 4px; background: transparent; }
QMenuBar::item:selected { background: $raised; }
QMenu { background: $base; border: 1px solid $border; padding: 5px; }
QMenu::item { padding: 5px 26px 5px 12px; border-radius: 4px; }
QMenu::item:selected { background: $selection; }
QMenu::item:disabled { color: $muted; }
QMenu::separator { height: 1px; background: $border; margin: 5px 6px; }
QStatusBar { background: $window; border-top: 1px solid $border; }
QStatusBar::item { border: none; }
QTabBar { background: $window; }
QTabBar::tab { background: $window; color: $muted; padding: 6px 12px; border: none; border-right: 1px solid $border;
               border-bottom: 1px solid $border; }
QTabBar::tab:selected { background: $base; color: $text; border-bottom: 1px solid $base; border-top: 2px solid $accent; padding-top: 4px; }
QTabBar::tab:hover:!selected { color: $text; background: $raised; }
QTabWidget::pane { border: none; }
QTreeView, QListView, QListWidget { border: none; outline: none; background: $window; }
QTreeView::item { padding: 2px 0; }
QTreeView::item:hover, QListView::item:hover { background: $raised; }
QTreeView::item:selected, QListView::item:selected { background: $selection; color: $text; }
#matchingFiles::item { padding: 4px 8px; border-radius: 4px; }
QTreeView::branch:selected { background: $selection; }
QTreeView::branch:hover { background: $raised; }
QLineEdit { background: $base; border: 1px solid $border; border-radius: 6px; padding: 4px 8px; selection-background-color: $selection;
            selection-color: $text; }
QLineEdit:focus { border-color: $accent; }
QPushButton { background: $base; border: 1px solid $border; border-radius: 6px; padding: 6px 14px; }
QPushButton:hover { background: $raised; }
QPushButton:focus { border-color: $accent; }
QPushButton[primary="true"] { background: $accent; color: $onaccent; border-color: $accent; font-weight: 600; }
QPushButton[primary="true"]:hover { background: $accent; border-color: $text; }
QPushButton:disabled { color: $muted; background: $window; border-color: $border; }
QToolButton { background: transparent; border: 1px solid transparent; border-radius: 5px; padding: 3px; }
QToolButton:hover { background: $raised; }
QToolButton:focus { border-color: $accent; }
QProgressBar { background: $raised; border: none; border-radius: 3px; max-height: 6px; min-height: 6px; }
QProgressBar::chunk { background: $accent; border-radius: 3px; }
QScrollBar:vertical { background: transparent; width: 11px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 11px; margin: 0; }
QPlainTextEdit { selection-background-color: $marked; selection-color: $text; }
QPlainTextEdit QScrollBar { background: $base; }
QScrollBar::handle { background: $border; border-radius: 4px; margin: 2px; min-height: 28px; min-width: 28px; }
QScrollBar::handle:hover { background: $muted; }
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page { background: transparent; width: 0; height: 0; }
QToolTip { background: $raised; color: $text; border: 1px solid $border; padding: 4px 6px; }
QLabel[muted="true"], QToolButton[muted="true"] { color: $muted; }
QLabel[problem="true"] { color: $bad; }
QLabel[bubble="true"] { background: $raised; border-radius: 8px; padding: 8px 11px; font-weight: 600; }
QToolButton[chip="true"] { background: $base; border: 1px solid $border; border-radius: 6px; padding: 3px 8px; }
QToolButton[chip="true"]:hover, QToolButton[chip="true"]:focus { border-color: $accent; }
QToolButton[segment="true"] { color: $muted; padding: 2px 9px; }
QToolButton[segment="true"]:checked { background: $selection; color: $text; font-weight: 600; }
QFrame[card="true"] { background: $base; border: 1px solid $border; border-radius: 7px; }
QFrame[card="true"][current="true"] { border-color: $accent; }
QLabel[command="true"] { background: $raised; border-radius: 4px; padding: 5px 8px; }
#instructionsText { background: $raised; border-radius: 4px; }
QLabel[state="accepted"], QLabel[state="edited"], QLabel[state="applied"] { color: $good; }
QLabel[state="rejected"] { color: $bad; }
QLabel[state="pending"] { color: $muted; }
#reviewHead, #reviewBar { background: $window; }
#reviewFiles { padding: 2px 10px; }
#reviewHead { border-bottom: 1px solid $border; }
#reviewBar { border-top: 1px solid $border; }
#writtenStrip { background: $selection; border-top: 1px solid $border; }
#conflicts { background: $cited; border: 1px solid $warn; border-radius: 7px; }
#hunkEditor, #hunkComment { background: $base; border: 1px solid $accent; border-radius: 5px; }
QSplitter::handle { background: $border; }
#questionFrame { background: $base; border: 1px solid $border; border-radius: 9px; }
#messageStrip { background: $cited; border-bottom: 1px solid $border; }
#quickOpen { border: 1px solid $border; }
#answer, #question { background: transparent; }
#closeTab { padding: 1px; margin-left: 4px; }
)");
  const std::pair<const char*, QColor> names[] = {{"$onaccent", c.accent_text},
                                                  {"$selection", c.selection},
                                                  {"$window", c.window},
                                                  {"$raised", c.raised},
                                                  {"$border", c.border},
                                                  {"$accent", c.accent},
                                                  {"$muted", c.muted},
                                                  {"$base", c.base},
                                                  {"$text", c.text},
                                                  {"$bad", c.bad},
                                                  {"$good", c.good},
                                                  {"$warn", c.warn},
                                                  {"$cited", c.cited},
                                                  {"$marked", c.marked}};
  for (const auto& [name, colour] : names) sheet.replace(QLatin1String(name), colour.name());
  return sheet;
}

class LineIcon : public QIconEngine {
 public:
  LineIcon(const QString& name, QColor Colours::* colour) : name_(name), colour_(colour) {}
  QIconEngine* clone() const override { return new LineIcon(name_, colour_); }

  void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State state) override {
    const qreal scale = painter->device()->devicePixelRatio();
    const int side = std::min(rect.width(), rect.height());
    QRect square(0, 0, side, side);
    square.moveCenter(rect.center());
    painter->drawPixmap(square, scaledPixmap(square.size() * scale, mode, state, scale));
  }
  QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override {
    return scaledPixmap(size, mode, state, 1);
  }
  QPixmap scaledPixmap(const QSize& size, QIcon::Mode mode, QIcon::State, qreal scale) override {
    const QString colour = (mode == QIcon::Disabled ? colours().muted : colours().*colour_).name();
    const int side = std::min(size.width(), size.height());
    const QString key = QStringLiteral("%1 %2 %3").arg(name_, colour).arg(side);
    QPixmap pixmap;
    if (!QPixmapCache::find(key, &pixmap)) {
      pixmap = draw(colour, side);
      QPixmapCache::insert(key, pixmap);
    }
    pixmap.setDevicePixelRatio(scale);
    return pixmap;
  }

 private:
  QPixmap draw(const QString& colour, int side) const {
    QFile file(QStringLiteral(":/icons/%1.svg").arg(name_));
    if (!file.open(QIODevice::ReadOnly)) return {};
    QByteArray svg = file.readAll();
    svg.replace("currentColor", colour.toLatin1());
    QBuffer buffer(&svg);
    QImageReader reader(&buffer, "svg");
    reader.setScaledSize(QSize(side, side));
    return QPixmap::fromImage(reader.read());
  }

  QString name_;
  QColor Colours::* colour_;
};

}  // namespace

ColourScheme chosenScheme() { return static_cast<ColourScheme>(QSettings().value(kSchemeKey, 0).toInt()); }

void chooseScheme(ColourScheme scheme) { QSettings().setValue(kSchemeKey, static_cast<int>(scheme)); }

bool isDark() {
  const ColourScheme chosen = chosenScheme();
  return chosen == ColourScheme::kSystem ? systemIsDark() : chosen == ColourScheme::kDark;
}

const Colours& colours() { return isDark() ? darkColours() : lightColours(); }

double contrast(const QColor& one, const QColor& other) {
  const auto luminance = [](const QColor& c) {
    const auto linear = [](double v) { return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4); };
    return 0.2126 * linear(c.redF()) + 0.7152 * linear(c.greenF()) + 0.0722 * linear(c.blueF());
  };
  const auto [darker, lighter] = std::minmax({luminance(one), luminance(other)});
  return (lighter + 0.05) / (darker + 0.05);
}

QColor readable(const QColor& text) {
  constexpr double kEnough = 4.5;
  constexpr int kSteps = 10;
  const Colours& c = colours();
  QColor colour = text;
  for (int step = 1; step <= kSteps; ++step) {
    if (std::ranges::min({contrast(colour, c.base), contrast(colour, c.cited), contrast(colour, c.added),
                          contrast(colour, c.removed)}) >= kEnough)
      break;
    const double share = double(step) / kSteps;
    const auto mixed = [&](double from, double to) { return static_cast<float>(from + (to - from) * share); };
    colour = QColor::fromRgbF(mixed(text.redF(), c.text.redF()), mixed(text.greenF(), c.text.greenF()),
                              mixed(text.blueF(), c.text.blueF()));
  }
  return colour;
}

void applyLook(QApplication& application) {
  application.setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
  application.setPalette(paletteOf(colours()));
  application.setStyleSheet(styleSheet(colours()));
}

void loadIcons() { initResources(); }

QIcon lineIcon(const QString& name, QColor Colours::* colour) { return QIcon(new LineIcon(name, colour)); }

QIcon applicationIcon() { return QIcon(QStringLiteral(":/icons/strata.svg")); }

QFont codeFont() {
  QFont font = QFontDatabase::systemFont(QFontDatabase::FixedFont);
  font.setStyleHint(QFont::Monospace);
  return font;
}

QFont smallFont() {
  QFont font = QApplication::font();
  font.setPointSizeF(font.pointSizeF() * 0.9);
  return font;
}

}  // namespace strata::ui
