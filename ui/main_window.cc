// SPDX-License-Identifier: Apache-2.0
#include "ui/main_window.h"

#include <unistd.h>
#include <QActionGroup>
#include <QApplication>
#include <QCloseEvent>
#include <QDir>
#include <QDockWidget>
#include <QDragEnterEvent>
#include <QFile>
#include <QFileDialog>
#include <QFileInfo>
#include <QKeyEvent>
#include <QLabel>
#include <QLocale>
#include <QMenuBar>
#include <QMessageBox>
#include <QMimeData>
#include <QPushButton>
#include <QScreen>
#include <QSettings>
#include <QStackedWidget>
#include <QStatusBar>
#include <QTimer>
#include <QUrl>
#include <QVBoxLayout>

#include "ui/change_flow.h"
#include "ui/code/code_tabs.h"
#include "ui/code/quick_open.h"
#include "ui/conversation/conversation_view.h"
#include "ui/elided_label.h"
#include "ui/look.h"
#include "ui/message_strip.h"
#include "ui/reading/reading_bar.h"
#include "ui/recent_repositories.h"
#include "ui/repository/repository_model.h"
#include "ui/repository/repository_view.h"
#include "ui/start_page.h"

namespace strata::ui {
namespace {

constexpr int kLayoutVersion = 1;  // of the saved dock layout
const QString kReadOnBattery = QStringLiteral("reading/onBattery");

QDockWidget* makeDock(const QString& title, const QString& name, QWidget* widget, QMainWindow* window) {
  auto* dock = new QDockWidget(title, window);
  dock->setObjectName(name);
  dock->setWidget(widget);
  dock->setFeatures(QDockWidget::DockWidgetMovable | QDockWidget::DockWidgetClosable);
  dock->setTitleBarWidget(new QWidget(dock));  // the views have headings of their own
  return dock;
}

QAction* command(QMenu* menu, const QString& text, const QString& name, const QKeySequence& keys) {
  QAction* action = menu->addAction(text);
  action->setObjectName(name);
  action->setShortcut(keys);
  return action;
}

QString readme(const QStringList& files) {
  for (const QString& file : files)
    if (!file.contains(u'/') && file.startsWith(QStringLiteral("readme"), Qt::CaseInsensitive)) return file;
  return {};
}

// "4 left out" is a promise that nothing is dropped silently; this is the list behind it.
QString describe(const std::vector<repo::Skipped>& skipped) {
  constexpr size_t kNamed = 20;
  QStringList lines;
  for (const repo::Skipped& s : skipped) {
    if (lines.size() == kNamed) {
      lines << MainWindow::tr("and %1 more").arg(skipped.size() - kNamed);
      break;
    }
    const QString reason = QString::fromStdString(s.reason);
    lines << (s.path.empty() ? reason : QStringLiteral("%1: %2").arg(QString::fromStdString(s.path), reason));
  }
  return lines.join(u'\n');
}

QString folderDropped(const QMimeData* data) {
  for (const QUrl& url : data->urls())
    if (url.isLocalFile() && QFileInfo(url.toLocalFile()).isDir()) return url.toLocalFile();
  return {};
}

}  // namespace

MainWindow::MainWindow(EngineController* engine, AgentController* agent, ReviewController* review, QWidget* parent)
    : QMainWindow(parent),
      engine_(engine),
      files_(new RepositoryModel(this)),
      repository_(new RepositoryView(files_)),
      code_(new CodeTabs),
      conversation_(new ConversationView),
      reading_(new ReadingBar),
      message_(new MessageStrip),
      start_(new StartPage),
      centre_(new QStackedWidget),
      model_(new ElidedLabel(10)),
      memory_(new QLabel),
      changes_(new ChangeFlow(agent, review, {code_, conversation_, message_}, this)) {
  setWindowTitle(tr("Strata"));
  setAcceptDrops(true);
  resize(QSize(1360, 860).boundedTo(screen()->availableSize() * 0.95));
  auto* middle = new QWidget;
  auto* rows = new QVBoxLayout(middle);
  rows->setContentsMargins(0, 0, 0, 0);
  rows->setSpacing(0);
  rows->addWidget(message_);
  rows->addWidget(centre_, 1);
  // In a narrow window code is what can be scrolled.
  centre_->setMinimumWidth(240);
  repository_->setMinimumWidth(170);
  conversation_->setMinimumWidth(290);
  centre_->addWidget(start_);
  centre_->addWidget(code_);
  makeDocks(middle);
  makeMenus();
  makeStatusBar();
  connectEngine();
  start_->setRecent(recentRepositories());
  start_->setFocus();

  restoreGeometry(QSettings().value(QStringLiteral("window/geometry")).toByteArray());
  repository_dock_->hide();  // until a repository is open
  conversation_dock_->hide();
  connect(qApp, &QGuiApplication::applicationStateChanged, engine_, [this](Qt::ApplicationState state) {
    if (state == Qt::ApplicationActive) engine_->refresh();  // the user may come from an editor
  });
}

void MainWindow::makeDocks(QWidget* middle) {
  // From left to right, which becomes the order of Tab.
  repository_dock_ = makeDock(tr("Repository"), QStringLiteral("repositoryDock"), repository_, this);
  setCentralWidget(middle);
  conversation_dock_ = makeDock(tr("Conversation"), QStringLiteral("conversationDock"), conversation_, this);
  addDockWidget(Qt::LeftDockWidgetArea, repository_dock_);
  addDockWidget(Qt::RightDockWidgetArea, conversation_dock_);
  resizeDocks({repository_dock_, conversation_dock_}, {270, 430}, Qt::Horizontal);

  connect(repository_, &RepositoryView::fileActivated, code_, [this](const QString& path) { code_->open(path); });
  connect(conversation_, &ConversationView::placeClicked, code_, &CodeTabs::open);
  connect(code_, &CodeTabs::currentFileChanged, repository_, &RepositoryView::selectFile);
  connect(code_, &CodeTabs::failed, message_, &MessageStrip::showMessage);
}

void MainWindow::makeMenus() {
  QMenu* file = menuBar()->addMenu(tr("&File"));
  connect(command(file, tr("&Open Repository…"), QStringLiteral("actionOpen"), QKeySequence::Open), &QAction::triggered,
          this, &MainWindow::chooseFolder);
  QMenu* recent = file->addMenu(tr("Open &Recent"));
  connect(recent, &QMenu::aboutToShow, this, [this, recent] {
    recent->clear();
    for (const QString& folder : recentRepositories())
      connect(recent->addAction(QString(folder).replace(u'&', QStringLiteral("&&"))), &QAction::triggered, this,
              [this, folder] { openRepository(folder); });
    recent->setEnabled(true);
  });
  file->addSeparator();
  connect(command(file, tr("&Close File"), QStringLiteral("actionCloseFile"), QKeySequence::Close), &QAction::triggered,
          code_, &CodeTabs::closeCurrent);
  connect(command(file, tr("&Quit"), QStringLiteral("actionQuit"), QKeySequence(Qt::CTRL | Qt::Key_Q)),
          &QAction::triggered, this, &QWidget::close);

  QMenu* go = menuBar()->addMenu(tr("&Go"));
  connect(command(go, tr("Go to &File…"), QStringLiteral("actionGoToFile"), Qt::CTRL | Qt::Key_P), &QAction::triggered,
          this, &MainWindow::quickOpen);
  connect(command(go, tr("Go to &Line…"), QStringLiteral("actionGoToLine"), Qt::CTRL | Qt::Key_G), &QAction::triggered,
          code_, &CodeTabs::askForLine);
  connect(command(go, tr("Find in F&ile…"), QStringLiteral("actionFind"), QKeySequence::Find), &QAction::triggered,
          code_, &CodeTabs::showFind);
  connect(command(go, tr("Filter File &Tree"), QStringLiteral("actionFilter"), Qt::CTRL | Qt::SHIFT | Qt::Key_E),
          &QAction::triggered, this, [this] {
            if (centre_->currentWidget() == code_) repository_dock_->show();
            repository_->focusFilter();
          });

  QMenu* ask = menuBar()->addMenu(tr("&Ask"));
  connect(command(ask, tr("&Ask a Question"), QStringLiteral("actionAsk"), Qt::CTRL | Qt::Key_L), &QAction::triggered,
          this, [this] {
            if (centre_->currentWidget() == code_) conversation_dock_->show();
            conversation_->focusQuestion();
          });
  QAction* stop = command(ask, tr("&Stop Answering"), QStringLiteral("actionStopAnswering"), Qt::CTRL | Qt::Key_Period);
  connect(stop, &QAction::triggered, engine_, &EngineController::cancelAnswer);
  QAction* clear = command(ask, tr("&Clear Conversation…"), QStringLiteral("actionClear"), {});
  connect(clear, &QAction::triggered, this, &MainWindow::clearConversation);
  connect(ask, &QMenu::aboutToShow, this, [this, stop, clear] {
    stop->setEnabled(conversation_->answering());
    clear->setEnabled(!conversation_->answering() && conversation_->count() > 0);
  });
  ask->addSeparator();
  connect(command(ask, tr("&Pause or Resume Reading"), QStringLiteral("actionPause"), Qt::CTRL | Qt::SHIFT | Qt::Key_P),
          &QAction::triggered, this, [this] {
            const bool running =
                reading_->state() == ReadingState::kReading || reading_->state() == ReadingState::kPlanning;
            running ? engine_->pauseReading() : engine_->resumeReading();
          });

  QAction* on_battery = command(ask, tr("Read on &Battery Power"), QStringLiteral("actionReadOnBattery"), {});
  on_battery->setCheckable(true);
  on_battery->setToolTip(tr("Otherwise reading waits until the machine is plugged in"));
  connect(on_battery, &QAction::toggled, engine_, &EngineController::setReadsOnBattery);
  connect(on_battery, &QAction::toggled, this, [](bool reads) { QSettings().setValue(kReadOnBattery, reads); });
  on_battery->setChecked(QSettings().value(kReadOnBattery, false).toBool());

  changes_->addActions(menuBar()->addMenu(tr("&Changes")));

  QMenu* view = menuBar()->addMenu(tr("&View"));
  view->addAction(repository_dock_->toggleViewAction());
  view->addAction(conversation_dock_->toggleViewAction());
  QMenu* colour_menu = view->addMenu(tr("&Colours"));
  auto* group = new QActionGroup(this);
  const std::pair<QString, ColourScheme> schemes[] = {{tr("As the &System"), ColourScheme::kSystem},
                                                      {tr("&Light"), ColourScheme::kLight},
                                                      {tr("&Dark"), ColourScheme::kDark}};
  for (const auto& [text, scheme] : schemes) {
    QAction* action = colour_menu->addAction(text);
    action->setCheckable(true);
    action->setChecked(chosenScheme() == scheme);
    group->addAction(action);
    connect(action, &QAction::triggered, this, [this, scheme = scheme] {
      chooseScheme(scheme);
      emit lookChanged();
    });
  }
}

void MainWindow::makeStatusBar() {
  for (QLabel* label : {static_cast<QLabel*>(model_), memory_}) {
    label->setFont(smallFont());
    label->setProperty("muted", true);
    label->setContentsMargins(6, 0, 8, 0);
  }
  model_->setAccessibleName(tr("Model"));
  memory_->setAccessibleName(tr("Memory in use"));
  memory_->setToolTip(tr("Memory that Strata uses, the model included"));
  statusBar()->setSizeGripEnabled(false);
  statusBar()->addWidget(reading_, 1);
  statusBar()->addPermanentWidget(model_);
  statusBar()->addPermanentWidget(memory_);
  auto* every_two_seconds = new QTimer(this);
  connect(every_two_seconds, &QTimer::timeout, this, &MainWindow::showMemory);
  every_two_seconds->start(2000);
  showMemory();
  connect(reading_, &ReadingBar::pauseRequested, engine_, &EngineController::pauseReading);
  connect(reading_, &ReadingBar::resumeRequested, engine_, &EngineController::resumeReading);
  connect(reading_, &ReadingBar::stopRequested, engine_, &EngineController::stopReading);
}

void MainWindow::connectEngine() {
  // What the user asks for.
  connect(start_, &StartPage::openRequested, this, &MainWindow::chooseFolder);
  connect(start_, &StartPage::repositoryChosen, this, &MainWindow::openRepository);
  connect(conversation_, &ConversationView::asked, engine_, &EngineController::ask);
  connect(conversation_, &ConversationView::cancelRequested, engine_, &EngineController::cancelAnswer);
  connect(code_, &CodeTabs::currentFileChanged, engine_, [this](const QString& path) {
    if (!path.isEmpty()) engine_->preferFile(path);
  });
  // What the work reports.
  connect(engine_, &EngineController::indexing, reading_, &ReadingBar::showStep);
  connect(engine_, &EngineController::repositoryOpened, this, &MainWindow::showRepository);
  connect(engine_, &EngineController::repositoryFailed, this, &MainWindow::repositoryFailed);
  connect(engine_, &EngineController::repositoryChanged, this, &MainWindow::describeRepository);
  connect(engine_, &EngineController::conversationLoaded, conversation_, &ConversationView::showConversation);
  connect(engine_, &EngineController::modelLoading, model_,
          [this](const QString& file) { model_->setText(tr("Loading %1…").arg(file)); });
  connect(engine_, &EngineController::modelLoaded, model_, [this](const ModelStatus& model) {
    model_->setText(QStringLiteral("%1 · %2").arg(model.name, model.machine));
  });
  connect(engine_, &EngineController::modelFailed, this, [this](const QString& message) {
    model_->setText(tr("No model"));
    message_->showMessage(message);
  });
  connect(engine_, &EngineController::filesChanged, files_, [this](const std::vector<FileReport>& files) {
    for (const FileReport& file : files) files_->setState(file.path, file.state, file.reason);
  });
  connect(engine_, &EngineController::readingStateChanged, reading_, &ReadingBar::showState);
  connect(engine_, &EngineController::readingProgress, reading_, &ReadingBar::showProgress);
  connect(engine_, &EngineController::passagesRanked, conversation_, &ConversationView::showPassages);
  connect(engine_, &EngineController::answerText, conversation_, &ConversationView::appendText);
  connect(engine_, &EngineController::answered, conversation_, &ConversationView::showAnswer);
  connect(engine_, &EngineController::answerFailed, conversation_, &ConversationView::showFailure);
  connect(engine_, &EngineController::notice, message_, &MessageStrip::showMessage);
}

void MainWindow::chooseFolder() {
  auto* dialog = new QFileDialog(this, tr("Open Repository"), QDir::homePath());
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setFileMode(QFileDialog::Directory);
  connect(dialog, &QFileDialog::fileSelected, this, &MainWindow::openRepository);
  dialog->open();
}

void MainWindow::openRepository(const QString& folder) {
  const QString path = QFileInfo(folder).absoluteFilePath();
  message_->hide();
  conversation_->setReady(false);  // until it is known which repository a question is about
  reading_->showOpening(QDir(path).dirName());
  engine_->openRepository(path);
}

void MainWindow::repositoryFailed(const QString& message) {
  reading_->showOpening({});
  conversation_->setReady(centre_->currentWidget() == code_);
  message_->showMessage(tr("The repository cannot be opened. %1").arg(message));
}

void MainWindow::showRepository(const OpenedRepository& repository) {
  rememberRepository(repository.root);
  reading_->showOpening({});
  code_->setRoot(repository.root);
  changes_->setRepository(repository.root);
  files_->setFiles({});
  describeRepository(repository);
  conversation_->setReady(true);
  conversation_->showConversation({});
  if (centre_->currentWidget() != code_) {
    centre_->setCurrentWidget(code_);
    repository_dock_->show();
    conversation_dock_->show();
    restoreState(QSettings().value(QStringLiteral("window/state")).toByteArray(), kLayoutVersion);
  }
  if (const QString file = readme(repository.files); !file.isEmpty()) code_->open(file);
  conversation_->focusQuestion();
}

void MainWindow::describeRepository(const OpenedRepository& repository) {
  const QString name = QDir(repository.root).dirName();
  const QLocale locale;
  setWindowTitle(tr("%1 – Strata").arg(name));
  const auto number = [&](auto count) { return locale.toString(static_cast<qlonglong>(count)); };
  QStringList details{tr("%1 files").arg(number(repository.report.files)),
                      tr("%1 lines").arg(number(repository.report.lines)),
                      tr("%1 symbols").arg(number(repository.report.symbols))};
  if (!repository.report.skipped.empty()) details << tr("%1 left out").arg(number(repository.report.skipped.size()));
  details.replaceInStrings(QStringLiteral(" "), QString(QChar::Nbsp));  // break between them only
  repository_->setTitle(name, details.join(QStringLiteral(" · ")), describe(repository.report.skipped));
  if (files_->files() != repository.files) files_->setFiles(repository.files);
}

void MainWindow::clearConversation() {
  const int count = conversation_->count();
  if (conversation_->answering() || count == 0) return;
  auto* question = new QMessageBox(QMessageBox::Question, tr("Clear Conversation"),
                                   tr("Questions and answers about this repository are deleted for good."),
                                   QMessageBox::Cancel, this);
  question->setAttribute(Qt::WA_DeleteOnClose);
  QPushButton* clear = question->addButton(
      count == 1 ? tr("Delete One Question") : tr("Delete %1 Questions").arg(count), QMessageBox::DestructiveRole);
  connect(clear, &QPushButton::clicked, this, [this] {
    conversation_->showConversation({});
    engine_->clearConversation();
  });
  question->open();
}

void MainWindow::quickOpen() {
  if (files_->files().isEmpty()) return;
  auto* dialog = new QuickOpen(files_->files(), this);
  connect(dialog, &QuickOpen::fileChosen, code_, [this](const QString& path) { code_->open(path); });
  dialog->open();
}

void MainWindow::showMemory() {
  QFile statm(QStringLiteral("/proc/self/statm"));
  if (!statm.open(QIODevice::ReadOnly)) return;
  const QList<QByteArray> fields = statm.readAll().split(' ');
  if (fields.size() > 1)
    memory_->setText(
        tr("%1 in memory").arg(QLocale().formattedDataSize(fields[1].toLongLong() * sysconf(_SC_PAGESIZE), 1)));
}

void MainWindow::closeEvent(QCloseEvent* event) {
  QSettings settings;
  settings.setValue(QStringLiteral("window/geometry"), saveGeometry());
  // The start page has no docks; their places are remembered only when they were shown.
  if (centre_->currentWidget() == code_) settings.setValue(QStringLiteral("window/state"), saveState(kLayoutVersion));
  event->accept();
}

// Escape stops the answer, or the agent, wherever the keyboard is, unless what has it needs the key.
void MainWindow::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Escape && conversation_->answering()) return engine_->cancelAnswer();
  if (event->key() == Qt::Key_Escape && conversation_->working()) return changes_->stop();
  QMainWindow::keyPressEvent(event);
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
  if (!folderDropped(event->mimeData()).isEmpty()) event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent* event) { openRepository(folderDropped(event->mimeData())); }

}  // namespace strata::ui
