// SPDX-License-Identifier: Apache-2.0
#include "ui/review/review_view.h"

#include <KSyntaxHighlighting/Repository>
#include <QAction>
#include <QApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QScrollArea>
#include <QScrollBar>
#include <QSplitter>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/elided_label.h"
#include "ui/look.h"
#include "ui/review/conflict_box.h"
#include "ui/review/diff_colours.h"
#include "ui/review/file_list.h"
#include "ui/review/hunk_card.h"
#include "ui/review/left_alone_box.h"
#include "ui/review/review_bar.h"

namespace strata::ui {
namespace {

constexpr int kWide = 860;   // from here on the list of files stands beside the hunks
constexpr int kAhead = 400;  // pixels around what is visible that are made already

}  // namespace

ReviewView::ReviewView(QWidget* parent)
    : QWidget(parent),
      syntax_(std::make_unique<KSyntaxHighlighting::Repository>()),
      title_(new ElidedLabel(10, this)),
      details_(new QLabel(this)),
      list_(new QToolButton(this)),
      split_(new QSplitter(this)),
      files_(new FileList),
      scroll_(new QScrollArea),
      conflicts_(new ConflictBox),
      left_alone_(new LeftAloneBox),
      bar_(new ReviewBar(this)) {
  setObjectName(QStringLiteral("review"));
  QFont bold = title_->font();
  bold.setWeight(QFont::DemiBold);
  bold.setPointSizeF(bold.pointSizeF() * 1.1);
  title_->setFont(bold);
  title_->setObjectName(QStringLiteral("reviewTitle"));
  details_->setTextFormat(Qt::PlainText);
  details_->setProperty("muted", true);
  details_->setFont(smallFont());
  details_->setWordWrap(true);
  details_->setObjectName(QStringLiteral("reviewDetails"));
  list_->setText(tr("All Changes"));
  list_->setIcon(lineIcon(QStringLiteral("back")));
  list_->setIconSize(QSize(13, 13));
  list_->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
  list_->setFont(smallFont());
  list_->setToolTip(tr("Runs of the agent, and the changes of the working tree"));

  auto* content = new QWidget;
  rows_ = new QVBoxLayout(content);
  rows_->setContentsMargins(12, 10, 12, 12);
  rows_->setSpacing(8);
  rows_->addWidget(conflicts_);
  rows_->addWidget(left_alone_);
  rows_->addStretch(1);
  scroll_->setWidget(content);
  scroll_->setWidgetResizable(true);
  scroll_->setFrameShape(QFrame::NoFrame);
  scroll_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  scroll_->setFocusPolicy(Qt::NoFocus);  // the hunks are what the keyboard goes through
  split_->addWidget(files_);
  split_->addWidget(scroll_);
  split_->setStretchFactor(1, 1);
  split_->setChildrenCollapsible(false);
  split_->setHandleWidth(1);
  split_->setOrientation(Qt::Vertical);

  auto* head = new QWidget(this);
  head->setObjectName(QStringLiteral("reviewHead"));
  head->setAttribute(Qt::WA_StyledBackground);
  auto* grid = new QGridLayout(head);
  grid->setContentsMargins(14, 8, 10, 8);
  grid->setVerticalSpacing(2);
  grid->addWidget(title_, 0, 0);
  grid->addWidget(list_, 0, 1, Qt::AlignTop);
  grid->addWidget(details_, 1, 0, 1, 2);
  grid->setColumnStretch(0, 1);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(0);
  layout->addWidget(head);
  layout->addWidget(split_, 1);
  layout->addWidget(bar_);
  makeActions();

  connect(list_, &QToolButton::clicked, this, &ReviewView::listRequested);
  connect(files_, &FileList::fileChosen, this, [this](int file) {
    const auto& hunks = review_.proposal.files[static_cast<size_t>(file)].hunks;
    setCurrent(hunks.front().number, false);
    fillVisible();
    scroll_->verticalScrollBar()->setValue(headings_[static_cast<size_t>(file)]->y() - 4);
  });
  connect(scroll_->verticalScrollBar(), &QScrollBar::valueChanged, this, &ReviewView::fillVisible);
  connect(scroll_->verticalScrollBar(), &QScrollBar::rangeChanged, this, &ReviewView::fillVisible);
  // Whatever of a hunk has the keyboard, it is the current one.
  connect(qApp, &QApplication::focusChanged, this, [this](QWidget*, QWidget* now) {
    for (QWidget* widget = now; widget && widget != this; widget = widget->parentWidget())
      if (auto* hunk = qobject_cast<HunkCard*>(widget)) return setCurrent(hunk->number(), true);
  });
  connect(left_alone_, &LeftAloneBox::placeClicked, this, &ReviewView::placeClicked);
  connect(bar_, &ReviewBar::acceptAllRequested, this, [this] { actions_[7]->trigger(); });
  connect(bar_, &ReviewBar::writeRequested, this, [this] {
    bar_->showWriting();
    emit writeRequested(review_);
  });
  connect(bar_, &ReviewBar::commentsRequested, this, [this] { emit commentsSent(review_.run); });
  connect(bar_, &ReviewBar::checkRequested, this, [this] {
    bar_->showChecking();
    emit checkRequested(review_);
  });
  connect(bar_, &ReviewBar::undoRequested, this,
          [this](const agent::JournalAddress& address) { emit undoRequested(address, false); });
  connect(bar_, &ReviewBar::redoRequested, this, [this] { emit redoRequested(false); });
  connect(conflicts_, &ConflictBox::fileRequested, this,
          [this](const QString& path) { emit placeClicked(path, 0, 0); });
  connect(conflicts_, &ConflictBox::rejectRequested, this,
          [this](const std::vector<int>& hunks) { decide(hunks, agent::HunkState::kRejected, false); });
  connect(conflicts_, &ConflictBox::mergeRequested, this, [this] {
    if (!conflict_) return;
    if (conflict_->what == Written::What::kRedone) return emit redoRequested(true);
    emit undoRequested({conflict_->report.run, conflict_->report.step, 0}, true);
  });
}

ReviewView::~ReviewView() { disconnect(qApp, nullptr, this, nullptr); }

void ReviewView::makeActions() {
  const auto add = [this](const QString& text, const char* name, const QList<QKeySequence>& keys, auto does) {
    auto* action = new QAction(text, this);
    action->setObjectName(QLatin1String(name));
    action->setShortcuts(keys);
    action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    connect(action, &QAction::triggered, this, does);
    addAction(action);
    actions_ << action;
  };
  using State = agent::HunkState;
  add(tr("&Next Hunk"), "actionNextHunk", {Qt::Key_N, Qt::Key_J}, [this] { goTo(current_ + 1); });
  add(tr("&Previous Hunk"), "actionPreviousHunk", {Qt::Key_P, Qt::Key_K}, [this] { goTo(current_ - 1); });
  add(tr("&Accept Hunk"), "actionAcceptHunk", {Qt::Key_A}, [this] { decide({current_}, State::kAccepted, true); });
  add(tr("&Reject Hunk"), "actionRejectHunk", {Qt::Key_R}, [this] { decide({current_}, State::kRejected, true); });
  add(tr("&Edit Hunk"), "actionEditHunk", {Qt::Key_E}, [this] {
    if (HunkCard* hunk = card(current_); hunk && !review_.ofWorkTree() && !review_.applied.contains(current_))
      hunk->edit();
  });
  add(tr("&Comment on Hunk"), "actionCommentHunk", {Qt::Key_C}, [this] {
    if (HunkCard* hunk = card(current_); hunk && !review_.ofWorkTree()) hunk->comment();
  });
  add(tr("&Undecided Again"), "actionPendingHunk", {Qt::Key_U}, [this] { decide({current_}, State::kPending, false); });
  add(tr("Accept A&ll"), "actionAcceptAll", {}, [this] {
    std::vector<int> pending;
    for (const HunkCard* hunk : cards_)
      if (hunk->hunk().state == State::kPending) pending.push_back(hunk->number());
    decide(pending, State::kAccepted, false);
  });
  add(tr("Accept the &File"), "actionAcceptFile", {Qt::SHIFT | Qt::Key_A}, [this] {
    std::vector<int> pending;
    for (const agent::ProposalFile& file : review_.proposal.files)
      if (std::ranges::find(file.hunks, current_, &agent::Hunk::number) != file.hunks.end())
        for (const agent::Hunk& hunk : file.hunks)
          if (hunk.state == State::kPending) pending.push_back(hunk.number);
    decide(pending, State::kAccepted, true);
  });
  add(tr("Appl&y"), "actionApply", {Qt::CTRL | Qt::Key_Return}, [this] {
    if (count(review_).to_write > 0) emit writeRequested(review_);
  });
}

void ReviewView::showReview(const Review& review) {
  const bool same =
      review.run == review_.run && !cards_.empty() && review.proposal.hunk_count() == review_.proposal.hunk_count();
  const int place = same ? current_ : 0, scrolled = same ? scroll_->verticalScrollBar()->value() : 0;
  const bool focused = isAncestorOf(QApplication::focusWidget());
  qDeleteAll(cards_);
  qDeleteAll(headings_);
  cards_.clear();
  headings_.clear();
  colours_.clear();
  current_ = 0;
  review_ = review;
  if (!same) {
    conflicts_->hide();
    bar_->hideStrip();
  }
  title_->setText(review_.title.section(u'\n', 0, 0));
  left_alone_->showPlaces(review_.left_alone);
  files_->setReview(review_);
  for (size_t file = 0; file < review_.proposal.files.size(); ++file) addFile(file);
  refresh();
  setCurrent(place > 0 ? place : 1, false);
  // Once the layout knows the heights.
  QTimer::singleShot(0, this, [this, scrolled, focused] {
    scroll_->verticalScrollBar()->setValue(scrolled);
    fillVisible();
    if (focused) focusHunk();
  });
}

void ReviewView::addFile(size_t index) {
  const agent::ProposalFile& file = review_.proposal.files[index];
  auto* heading = new QWidget;
  auto* row = new QHBoxLayout(heading);
  row->setContentsMargins(2, index > 0 ? 8 : 0, 0, 0);
  auto* path = new ElidedLabel(8, heading);
  const QString renamed =
      file.path == file.old_path ? QString() : tr(" (was %1)").arg(QString::fromStdString(file.old_path));
  path->setText(QString::fromStdString(file.path) + renamed);
  QFont bold = path->font();
  bold.setWeight(QFont::DemiBold);
  path->setFont(bold);
  auto* open = new QToolButton(heading);
  open->setText(tr("Open"));
  open->setFont(smallFont());
  open->setToolTip(tr("Open the file as it is in your tree"));
  open->setAccessibleName(tr("Open %1").arg(QString::fromStdString(file.path)));
  open->setVisible(file.before.has_value() || review_.ofWorkTree());
  row->addWidget(path, 1);
  row->addWidget(open);
  connect(open, &QToolButton::clicked, this,
          [this, p = QString::fromStdString(file.old_path)] { emit placeClicked(p, 0, 0); });
  rows_->insertWidget(rows_->count() - 1, heading);
  headings_.push_back(heading);
  colours_.push_back(std::make_unique<DiffColours>(*syntax_, file));
  for (const agent::Hunk& hunk : file.hunks) {
    auto* one = new HunkCard(review_, hunk, *colours_.back());
    rows_->insertWidget(rows_->count() - 1, one);
    cards_.push_back(one);
    connect(one, &HunkCard::decided, this,
            [this](int number, agent::HunkState state) { decide({number}, state, true); });
    connect(one, &HunkCard::edited, this, [this](int number, const QString& text) {
      change(number, [&](agent::Hunk& h) {
        h.edited = text.toStdString();
        h.state = h.edited == h.new_text ? agent::HunkState::kAccepted : agent::HunkState::kEdited;
      });
    });
    connect(one, &HunkCard::commented, this, [this](int number, const QString& text) {
      change(number, [&](agent::Hunk& h) { h.comment = text.toStdString(); });
    });
    connect(one, &HunkCard::undoRequested, this,
            [this](int number) { emit undoRequested({review_.run, review_.applied.at(number), number}, false); });
  }
}

HunkCard* ReviewView::card(int number) const {
  return number >= 1 && number <= static_cast<int>(cards_.size()) ? cards_[static_cast<size_t>(number - 1)] : nullptr;
}

void ReviewView::fillVisible() {
  const int top = scroll_->verticalScrollBar()->value() - kAhead;
  const int bottom = scroll_->verticalScrollBar()->value() + scroll_->viewport()->height() + kAhead;
  for (HunkCard* hunk : cards_)
    if (hunk->y() < bottom && hunk->y() + hunk->height() > top) hunk->build();
}

QString ReviewView::details() const {
  const Counts c = count(review_);
  QStringList parts{c.files == 1 ? tr("1 file") : tr("%1 files").arg(c.files),
                    c.hunks == 1 ? tr("1 hunk") : tr("%1 hunks").arg(c.hunks),
                    tr("+%1 −%2").arg(c.added).arg(c.removed)};
  if (!review_.checks.empty())
    parts << review_.checks.back().text;
  else if (!review_.ofWorkTree())
    parts << tr("no check was run");
  QString text = parts.join(QStringLiteral(" · "));
  if (!review_.end.isEmpty()) text += u'\n' + tr("The run ended early: %1").arg(review_.end);
  return text;
}

void ReviewView::refresh() {
  details_->setText(details());
  details_->setToolTip(review_.checks.empty() ? QString()
                                              : Qt::convertFromPlainText(review_.checks.back().detail.left(4000)));
  files_->refresh(review_);
  bar_->showCounts(review_);
  const Counts c = count(review_);
  actions_.last()->setEnabled(c.to_write > 0);
  actions_.last()->setText(review_.ofWorkTree() ? tr("Take Back %1 Hunks").arg(c.to_write)
                                                : tr("Appl&y %1 Hunks").arg(c.to_write));
}

void ReviewView::change(int number, const std::function<void(agent::Hunk&)>& change) {
  agent::Hunk* hunk = review_.proposal.hunk(number);
  if (!hunk || review_.applied.contains(number)) return;
  change(*hunk);
  card(number)->refresh();
  refresh();
  const Counts c = count(review_);
  if (!review_.ofWorkTree()) emit decided(review_.run, *hunk, c.rejected == c.hunks);
}

void ReviewView::decide(const std::vector<int>& numbers, agent::HunkState state, bool go_on) {
  for (const int number : numbers) change(number, [state](agent::Hunk& hunk) { hunk.state = state; });
  if (!go_on) return;
  // On to the next one that is undecided, if there is one behind.
  for (int next = current_ + 1; const HunkCard* hunk = card(next); ++next)
    if (hunk->hunk().state == agent::HunkState::kPending && !review_.applied.contains(next)) return goTo(next);
  focusHunk();
}

void ReviewView::goTo(int number) {
  if (!card(number)) return;
  setCurrent(number, true);
  card(number)->setFocus();
}

void ReviewView::setCurrent(int number, bool scroll) {
  if (!card(number)) return;
  if (HunkCard* before = card(current_)) before->setCurrent(false);
  current_ = number;
  HunkCard* now = card(number);
  now->setCurrent(true);
  for (size_t file = 0; file < review_.proposal.files.size(); ++file)
    for (const agent::Hunk& hunk : review_.proposal.files[file].hunks)
      if (hunk.number == number) files_->selectFile(static_cast<int>(file));
  if (!scroll) return;
  now->build();
  scroll_->widget()->layout()->activate();
  scroll_->ensureWidgetVisible(now, 0, 24);
}

void ReviewView::focusHunk() {
  if (HunkCard* hunk = card(current_)) hunk->setFocus();
}

void ReviewView::showWritten(const Written& written) {
  conflict_ = written;
  if (written.report.conflicts.empty()) {
    conflicts_->hide();
    bar_->showWritten(written);
  } else {
    conflicts_->showConflicts(written);
    scroll_->verticalScrollBar()->setValue(0);
  }
  refresh();
}

void ReviewView::showChecked(const Checked& checked) {
  if (checked.run == review_.run) bar_->showChecked(checked);
}

void ReviewView::showError(const QString& message) {
  bar_->showError(message);
  refresh();
}

void ReviewView::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  const Qt::Orientation wanted = width() >= kWide ? Qt::Horizontal : Qt::Vertical;
  if (split_->orientation() == wanted && event->oldSize().isValid()) return;
  split_->setOrientation(wanted);
  const int rows = std::min<int>(5, static_cast<int>(review_.proposal.files.size()));
  const int list = wanted == Qt::Horizontal ? 280 : std::max(2, rows) * (fontMetrics().lineSpacing() + 8);
  split_->setSizes({list, 2000});
}

}  // namespace strata::ui
