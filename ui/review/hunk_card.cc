// SPDX-License-Identifier: Apache-2.0
#include "ui/review/hunk_card.h"

#include <KSyntaxHighlighting/Repository>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QRegularExpression>
#include <QStyle>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/code/code_colours.h"
#include "ui/elided_label.h"
#include "ui/review/diff_colours.h"
#include "ui/review/diff_text.h"

namespace strata::ui {
namespace {

constexpr int kEditorRows = 14;  // at most, before it scrolls

// "Renames `a` to `b`" with its code in the font of code.
QString withCode(const QString& text) {
  static const QRegularExpression code(QStringLiteral("`([^`]+)`"));
  return text.toHtmlEscaped().replace(code, QStringLiteral("<code>\\1</code>"));
}

}  // namespace

HunkCard::HunkCard(const Review& review, const agent::Hunk& hunk, DiffColours& colours, QWidget* parent)
    : QFrame(parent), review_(review), hunk_(hunk), colours_(colours), layout_(new QVBoxLayout(this)) {
  setObjectName(QStringLiteral("hunk"));
  setProperty("card", true);
  setAttribute(Qt::WA_StyledBackground);
  setFocusPolicy(Qt::StrongFocus);
  layout_->setContentsMargins(1, 1, 1, 4);
  layout_->setSpacing(0);
  const int rows = std::min<int>(static_cast<int>(std::ranges::count(hunk.diff, '\n')), kMostDiffLines);
  setMinimumHeight(rows * QFontMetrics(codeFont()).lineSpacing() + 44);
  refresh();
}

QString HunkCard::place() const {
  if (hunk_.kind == agent::Hunk::Kind::kMode) return tr("Permission");
  const agent::ProposalFile& file = colours_.file();
  if (hunk_.kind == agent::Hunk::Kind::kWhole)
    return !file.before ? tr("New file") : !file.after ? tr("Deleted file") : tr("Whole file");
  const int first = hunk_.new_lines > 0 ? hunk_.new_first : hunk_.old_first;
  const int lines = std::max(1, hunk_.new_lines > 0 ? hunk_.new_lines : hunk_.old_lines);
  return lines == 1 ? tr("Line %1").arg(first) : tr("Lines %1–%2").arg(first).arg(first + lines - 1);
}

QString HunkCard::stateName() const {
  if (review_.applied.contains(hunk_.number)) return tr("Applied");
  switch (hunk_.state) {
    case agent::HunkState::kPending: return review_.ofWorkTree() ? QString() : tr("Pending");
    case agent::HunkState::kAccepted: return tr("Accepted");
    case agent::HunkState::kRejected: return tr("Rejected");
    case agent::HunkState::kEdited: return tr("Edited");
  }
  return {};
}

QToolButton* HunkCard::addButton(const QString& icon, QColor Colours::* colour, const QString& text, const QString& tip,
                                 const char* name) {
  auto* button = new QToolButton(this);
  button->setObjectName(QLatin1String(name));
  button->setIcon(lineIcon(icon, colour));
  button->setIconSize(QSize(14, 14));
  button->setFont(smallFont());
  button->setToolTip(tip);
  button->setAccessibleName(QStringLiteral("%1 %2").arg(text, place()));
  return button;
}

void HunkCard::build() {
  if (diff_) return;
  setMinimumHeight(0);
  auto* head = new QHBoxLayout;
  head->setContentsMargins(10, 4, 6, 4);
  head->setSpacing(4);
  auto* where = new QLabel(place(), this);
  where->setFont(smallFont());
  where->setProperty("muted", true);
  head->addWidget(where);
  auto* symbol = new ElidedLabel(4, this);
  symbol->setText(QString::fromStdString(hunk_.symbol));
  symbol->setToolTip(Qt::convertFromPlainText(QString::fromStdString(hunk_.signature)));
  QFont bold = smallFont();
  bold.setWeight(QFont::DemiBold);
  symbol->setFont(bold);
  symbol->setContentsMargins(6, 0, 0, 0);
  head->addWidget(symbol, 1);
  QString kind = hunk_.formatting_only ? tr("layout only") : QString();
  if (!hunk_.moved_from.empty() || !hunk_.moved_to.empty()) kind = tr("moved lines");
  state_ = new QLabel(this);
  state_->setFont(smallFont());
  state_->setObjectName(QStringLiteral("hunkState"));
  if (!kind.isEmpty()) {
    auto* tag = new QLabel(kind + QStringLiteral(" · "), this);
    tag->setFont(smallFont());
    tag->setProperty("muted", true);
    head->addWidget(tag);
  }
  head->addWidget(state_);
  head->addSpacing(4);
  const bool tree = review_.ofWorkTree();
  accept_ = addButton(QStringLiteral("check"), &Colours::good, tree ? tr("Keep") : tr("Accept"),
                      tree ? tr("Keep (A)") : tr("Accept (A)"), "acceptHunk");
  reject_ = addButton(QStringLiteral("close"), &Colours::bad, tr("Reject"),
                      tree ? tr("Take this change back (R)") : tr("Reject (R)"), "rejectHunk");
  edit_ = addButton(QStringLiteral("edit"), &Colours::text, tr("Edit"), tr("Edit (E)"), "editHunk");
  comment_ = addButton(QStringLiteral("comment"), &Colours::text, tr("Comment on"),
                       tr("Say what should be different (C)"), "commentHunk");
  undo_ = addButton(QStringLiteral("undo"), &Colours::text, tr("Undo"), tr("Take this hunk out of your tree again"),
                    "undoHunk");
  QWidget* before = this;
  for (QToolButton* button : {accept_, reject_, edit_, comment_, undo_}) {
    head->addWidget(button);
    setTabOrder(before, button);
    before = button;
  }
  layout_->addLayout(head);
  auto* explanation = new QLabel(withCode(QString::fromStdString(hunk_.explanation)), this);
  explanation->setObjectName(QStringLiteral("hunkExplanation"));
  explanation->setTextFormat(Qt::RichText);
  explanation->setTextInteractionFlags(Qt::TextSelectableByMouse);
  explanation->setWordWrap(true);
  explanation->setFont(smallFont());
  explanation->setContentsMargins(10, 0, 10, 5);
  layout_->addWidget(explanation);
  diff_ = new DiffText(colours_, this);
  layout_->addWidget(diff_);
  said_ = new QLabel(this);
  said_->setTextFormat(Qt::PlainText);
  said_->setWordWrap(true);
  said_->setFont(smallFont());
  said_->setContentsMargins(10, 5, 10, 1);
  said_->hide();
  layout_->addWidget(said_);

  const int number = hunk_.number;
  connect(accept_, &QToolButton::clicked, this, [this, number] { emit decided(number, agent::HunkState::kAccepted); });
  connect(reject_, &QToolButton::clicked, this, [this, number] { emit decided(number, agent::HunkState::kRejected); });
  connect(edit_, &QToolButton::clicked, this, &HunkCard::edit);
  connect(comment_, &QToolButton::clicked, this, &HunkCard::comment);
  connect(undo_, &QToolButton::clicked, this, [this, number] { emit undoRequested(number); });
  refresh();
}

void HunkCard::refresh() {
  const QString place_name = QString::fromStdString(colours_.file().path);
  setAccessibleName(
      tr("Hunk %1, %2, %3 %4").arg(hunk_.number).arg(place_name, place(), QString::fromStdString(hunk_.symbol)));
  setAccessibleDescription(QString::fromStdString(hunk_.explanation) + u' ' + stateName());
  if (!diff_) return;
  const bool applied = review_.applied.contains(hunk_.number), tree = review_.ofWorkTree();
  state_->setText(stateName());
  state_->setProperty("state",
                      applied ? QStringLiteral("applied") : QString::fromUtf8(agent::name_of(hunk_.state).data()));
  state_->style()->polish(state_);
  for (QToolButton* button : {accept_, reject_}) button->setVisible(!applied);
  edit_->setVisible(!applied && !tree && hunk_.kind != agent::Hunk::Kind::kMode && !colours_.file().binary &&
                    colours_.file().after);
  comment_->setVisible(!applied && !tree);
  undo_->setVisible(applied);
  accept_->setEnabled(!isTaken(hunk_));
  reject_->setEnabled(hunk_.state != agent::HunkState::kRejected);
  diff_->setLines(diffLines(colours_.file(), hunk_));
  diff_->setAccessibleName(tr("Lines of hunk %1").arg(hunk_.number));
  said_->setText(tr("You: %1").arg(QString::fromStdString(hunk_.comment)));
  said_->setVisible(!hunk_.comment.empty());
}

void HunkCard::setCurrent(bool current) {
  if (property("current").toBool() == current) return;
  setProperty("current", current);
  style()->polish(this);
}

QPlainTextEdit* HunkCard::openEditor(const char* name, const QFont& font, const QString& text, const QString& hint) {
  build();
  closeEditor();
  editor_box_ = new QWidget(this);
  editor_ = new QPlainTextEdit(text, editor_box_);
  editor_->setFont(font);
  editor_->setObjectName(QLatin1String(name));
  editor_->setFrameShape(QFrame::NoFrame);
  editor_->setTabChangesFocus(false);
  editor_->installEventFilter(this);
  auto* buttons = new QHBoxLayout;
  auto* keys = new QLabel(hint, editor_box_);
  keys->setProperty("muted", true);
  keys->setFont(smallFont());
  auto* keep = new QPushButton(tr("Keep"), editor_box_);
  keep->setObjectName(QStringLiteral("keepEditor"));
  auto* cancel = new QPushButton(tr("Cancel"), editor_box_);
  for (QPushButton* button : {keep, cancel}) button->setFont(smallFont());
  buttons->addWidget(keys, 1);
  buttons->addWidget(cancel);
  buttons->addWidget(keep);
  auto* rows = new QVBoxLayout(editor_box_);
  rows->setContentsMargins(10, 6, 10, 4);
  rows->addWidget(editor_);
  rows->addLayout(buttons);
  layout_->addWidget(editor_box_);
  connect(keep, &QPushButton::clicked, this, &HunkCard::keepEditor);
  connect(cancel, &QPushButton::clicked, this, [this] {
    closeEditor();
    setFocus();
  });
  const int shown = std::clamp(editor_->blockCount() + 1, 3, kEditorRows);
  editor_->setFixedHeight(shown * editor_->fontMetrics().lineSpacing() + 12);
  editor_->setFocus();
  return editor_;
}

void HunkCard::edit() {
  const std::string& text = hunk_.state == agent::HunkState::kEdited ? hunk_.edited : hunk_.new_text;
  auto* editor =
      openEditor("hunkEditor", codeFont(), QString::fromStdString(text), tr("Ctrl+Enter keeps, Esc cancels"));
  editor->setLineWrapMode(QPlainTextEdit::NoWrap);
  editor->setAccessibleName(tr("Lines of hunk %1, to be edited").arg(hunk_.number));
  highlighter_ = new CodeHighlighter(editor->document());
  highlighter_->setTheme(codeTheme(colours_.syntax()));
  highlighter_->setDefinition(colours_.syntax().definitionForFileName(QString::fromStdString(colours_.file().path)));
}

void HunkCard::comment() {
  auto* editor = openEditor("hunkComment", font(), QString::fromStdString(hunk_.comment),
                            tr("Becomes part of the next instruction. Ctrl+Enter keeps, Esc cancels"));
  editor->setTabChangesFocus(true);
  editor->setAccessibleName(tr("Comment on hunk %1").arg(hunk_.number));
}

void HunkCard::keepEditor() {
  const bool is_comment = editor_->objectName() == QStringLiteral("hunkComment");
  QString text = editor_->toPlainText();
  closeEditor();
  setFocus();
  if (is_comment) return emit commented(hunk_.number, text.trimmed());
  // Line ends and the last one as they were proposed.
  if (!text.isEmpty() && !text.endsWith(u'\n') && QString::fromStdString(hunk_.new_text).endsWith(u'\n')) text += u'\n';
  if (hunk_.new_text.find("\r\n") != std::string::npos) text.replace(u'\n', QStringLiteral("\r\n"));
  emit edited(hunk_.number, text);
}

void HunkCard::closeEditor() {
  if (!editor_) return;
  editor_box_->hide();
  editor_box_->deleteLater();  // this may be its own event
  editor_ = nullptr;
  editor_box_ = nullptr;
}

void HunkCard::changeEvent(QEvent* event) {
  QFrame::changeEvent(event);
  if (!highlighter_ || event->type() != QEvent::PaletteChange) return;
  highlighter_->setTheme(codeTheme(colours_.syntax()));
  highlighter_->rehighlight();
}

bool HunkCard::eventFilter(QObject* object, QEvent* event) {
  if (object != editor_ || event->type() != QEvent::KeyPress) return QFrame::eventFilter(object, event);
  const auto* key = static_cast<QKeyEvent*>(event);
  const bool enter = key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter;
  if (enter && key->modifiers() & Qt::ControlModifier) {
    keepEditor();
    return true;
  }
  if (key->key() == Qt::Key_Escape) {
    closeEditor();
    setFocus();
    return true;
  }
  return false;
}

}  // namespace strata::ui
