// SPDX-License-Identifier: Apache-2.0
#include "ui/code/code_tabs.h"

#include <KSyntaxHighlighting/Repository>
#include <QDir>
#include <QFileSystemWatcher>
#include <QHBoxLayout>
#include <QInputDialog>
#include <QLabel>
#include <QLineEdit>
#include <QShortcut>
#include <QTabBar>
#include <QTabWidget>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>

#include "ui/code/code_view.h"
#include "ui/code/source_text.h"
#include "ui/look.h"

namespace strata::ui {

CodeTabs::CodeTabs(QWidget* parent)
    : QWidget(parent),
      syntax_(std::make_unique<KSyntaxHighlighting::Repository>()),
      watcher_(new QFileSystemWatcher(this)),
      empty_(
          new QLabel(tr("Choose a file on the left, or go to one with Ctrl+P.\nPlaces in answers open here."), this)),
      tabs_(new QTabWidget(this)),
      find_bar_(new QWidget(this)),
      find_(new QLineEdit(find_bar_)),
      find_result_(new QLabel(find_bar_)) {
  tabs_->setDocumentMode(true);
  tabs_->setMovable(true);
  tabs_->tabBar()->setExpanding(false);
  tabs_->tabBar()->setDrawBase(false);
  tabs_->tabBar()->setAccessibleName(tr("Open files"));
  empty_->setAlignment(Qt::AlignCenter);
  empty_->setProperty("muted", true);
  tabs_->hide();
  find_->setPlaceholderText(tr("Find in file"));
  find_->setAccessibleName(tr("Find in file"));
  find_->setObjectName(QStringLiteral("findInFile"));
  find_result_->setProperty("muted", true);
  auto* hide = new QToolButton(find_bar_);
  hide->setIcon(lineIcon(QStringLiteral("close")));
  hide->setToolTip(tr("Close"));
  hide->setAccessibleName(tr("Close the find line"));
  auto* bar = new QHBoxLayout(find_bar_);
  bar->setContentsMargins(10, 6, 10, 6);
  bar->addWidget(find_, 1);
  bar->addWidget(find_result_);
  bar->addWidget(hide);
  find_bar_->hide();
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(0);
  layout->addWidget(empty_, 1);
  layout->addWidget(tabs_, 1);
  layout->addWidget(find_bar_);

  // Some editors write a new file and move it over the old one: a moment later it is there and can be watched again.
  connect(watcher_, &QFileSystemWatcher::fileChanged, this,
          [this](const QString& file) { QTimer::singleShot(100, this, [this, file] { reload(file); }); });
  connect(tabs_, &QTabWidget::currentChanged, this, [this](int tab) {
    empty_->setVisible(tab < 0);
    tabs_->setVisible(tab >= 0);
    emit currentFileChanged(current() ? current()->path() : QString());
  });
  connect(find_, &QLineEdit::textChanged, this, [this] {
    if (CodeView* view = current()) {  // from the start of what is selected, so that typing on extends the hit
      QTextCursor cursor = view->textCursor();
      cursor.setPosition(cursor.selectionStart());
      view->setTextCursor(cursor);
    }
    findNext(false);
  });
  connect(find_, &QLineEdit::returnPressed, this, [this] { findNext(false); });
  const auto closeFind = [this] {
    find_bar_->hide();
    if (current()) current()->setFocus();
  };
  connect(hide, &QToolButton::clicked, this, closeFind);
  connect(new QShortcut(Qt::Key_Escape, find_bar_, nullptr, nullptr, Qt::WidgetWithChildrenShortcut),
          &QShortcut::activated, this, closeFind);
  connect(new QShortcut(QKeySequence::FindNext, this), &QShortcut::activated, this, [this] { findNext(false); });
  connect(new QShortcut(QKeySequence::FindPrevious, this), &QShortcut::activated, this, [this] { findNext(true); });
}

CodeTabs::~CodeTabs() { tabs_->disconnect(this); }

CodeView* CodeTabs::viewAt(int tab) const { return qobject_cast<CodeView*>(tabs_->widget(tab)); }
CodeView* CodeTabs::current() const { return viewAt(tabs_->currentIndex()); }

void CodeTabs::setRoot(const QString& root) {
  for (int tab = tabs_->count() - 1; tab >= 0; --tab)
    if (CodeView* view = viewAt(tab)) close(view);
  root_ = root;
}

void CodeTabs::closeCurrent() {
  if (QWidget* tab = tabs_->currentWidget()) close(tab);
}

void CodeTabs::close(QWidget* tab) {
  tabs_->removeTab(tabs_->indexOf(tab));
  auto* view = qobject_cast<CodeView*>(tab);
  if (!view) return;
  watcher_->removePath(QDir(root_).filePath(view->path()));
  view->deleteLater();
}

void CodeTabs::addCloseButton(QWidget* tab, const QString& what) {
  auto* close_button = new QToolButton;
  close_button->setObjectName(QStringLiteral("closeTab"));
  close_button->setIcon(lineIcon(QStringLiteral("close"), &Colours::muted));
  close_button->setIconSize(QSize(12, 12));
  close_button->setFocusPolicy(Qt::NoFocus);  // Ctrl+W closes
  close_button->setToolTip(tr("Close"));
  close_button->setAccessibleName(tr("Close %1").arg(what));
  tabs_->tabBar()->setTabButton(tabs_->indexOf(tab), QTabBar::RightSide, close_button);
  connect(close_button, &QToolButton::clicked, tab, [this, tab] { close(tab); });
}

void CodeTabs::showPage(QWidget* page, const QString& title, const QIcon& icon) {
  if (tabs_->indexOf(page) < 0) {
    tabs_->insertTab(0, page, icon, title);
    addCloseButton(page, title);
  }
  tabs_->setCurrentWidget(page);
}

void CodeTabs::open(const QString& path, int first, int last) {
  CodeView* view = nullptr;
  for (int tab = 0; tab < tabs_->count(); ++tab)
    if (CodeView* open = viewAt(tab); open && open->path() == path) view = open;
  if (!view) {
    auto text = readSource(root_, path);
    if (!text) return emit failed(QString::fromStdString(text.error().message));
    watcher_->addPath(QDir(root_).filePath(path));
    view = new CodeView(*syntax_);
    view->showFile(path, *text);
    const int tab = tabs_->addTab(view, path.section(u'/', -1).replace(u'&', QStringLiteral("&&")));
    setTabOrder(tabs_->tabBar(), view);  // else it would come last
    tabs_->setTabToolTip(tab, path.toHtmlEscaped());
    addCloseButton(view, path);
  }
  tabs_->setCurrentWidget(view);
  view->setFocus();
  if (first > 0) view->showLines(first, last);
}

void CodeTabs::reload(const QString& file) {
  watcher_->addPath(file);
  for (int tab = 0; tab < tabs_->count(); ++tab)
    if (CodeView* view = viewAt(tab); QDir(root_).filePath(view->path()) == file) {
      auto text = readSource(root_, view->path());
      if (text) return view->replaceText(*text);
      return emit failed(QString::fromStdString(text.error().message));
    }
}

void CodeTabs::showFind() {
  if (!current()) return;
  find_bar_->show();
  find_->setFocus();
  find_->selectAll();
}

void CodeTabs::findNext(bool backwards) {
  if (!current()) return;
  const bool found = current()->findText(find_->text(), backwards);
  find_result_->setText(found || find_->text().isEmpty() ? QString() : tr("Not found"));
}

void CodeTabs::askForLine() {
  CodeView* view = current();
  if (!view) return;
  auto* dialog = new QInputDialog(this);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setWindowTitle(tr("Go to line"));
  dialog->setLabelText(tr("Line (1 to %1):").arg(view->blockCount()));
  dialog->setInputMode(QInputDialog::IntInput);
  dialog->setIntRange(1, view->blockCount());
  connect(dialog, &QInputDialog::intValueSelected, view, [view](int line) { view->showLines(line, line); });
  dialog->open();
}

}  // namespace strata::ui
