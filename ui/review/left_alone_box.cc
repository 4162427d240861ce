// SPDX-License-Identifier: Apache-2.0
#include "ui/review/left_alone_box.h"

#include <QTextDocument>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/look.h"

namespace strata::ui {

LeftAloneBox::LeftAloneBox(QWidget* parent)
    : QWidget(parent), head_(new QToolButton(this)), list_(new QWidget(this)), rows_(new QVBoxLayout(list_)) {
  head_->setCheckable(true);
  head_->setObjectName(QStringLiteral("leftAlone"));
  head_->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
  head_->setIcon(lineIcon(QStringLiteral("question"), &Colours::warn));
  head_->setFont(smallFont());
  rows_->setContentsMargins(8, 0, 0, 0);
  rows_->setSpacing(0);
  list_->hide();
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(2);
  layout->addWidget(head_, 0, Qt::AlignLeft);
  layout->addWidget(list_);
  connect(head_, &QToolButton::toggled, list_, &QWidget::setVisible);
  hide();
}

void LeftAloneBox::showPlaces(const std::vector<LeftAlone>& places) {
  qDeleteAll(list_->findChildren<QToolButton*>());
  setVisible(!places.empty());
  // Uncertain places first: mentions in comments are rarely urgent.
  std::vector<LeftAlone> ordered = places;
  std::ranges::stable_partition(ordered, [](const LeftAlone& place) { return !place.mention; });
  const auto uncertain = std::ranges::count(places, false, &LeftAlone::mention);
  head_->setText(uncertain == 0        ? tr("%1 mentions were left as they are").arg(places.size())
                 : places.size() == 1u ? tr("One place was left alone: look at it")
                                       : tr("%1 places were left alone: look at them").arg(places.size()));
  head_->setChecked(uncertain > 0);
  for (const LeftAlone& place : ordered) {
    auto* row = new QToolButton(list_);
    row->setFont(smallFont());
    row->setObjectName(QStringLiteral("leftAlonePlace"));
    QString text = QStringLiteral("%1:%2   %3").arg(place.path).arg(place.line).arg(place.text);
    row->setText(text.replace(u'&', QStringLiteral("&&")));
    row->setToolTip(Qt::convertFromPlainText(place.why));
    row->setAccessibleDescription(place.why);
    row->setProperty("muted", place.mention);
    row->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
    row->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    row->setIcon(lineIcon(QStringLiteral("right"), place.mention ? &Colours::muted : &Colours::warn));
    row->setIconSize(QSize(12, 12));
    connect(row, &QToolButton::clicked, this, [this, place] { emit placeClicked(place.path, place.line, place.line); });
    rows_->addWidget(row);
  }
}

}  // namespace strata::ui
