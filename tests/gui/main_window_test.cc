// SPDX-License-Identifier: Apache-2.0
// The window with a scripted engine.
#include <QAction>
#include <QApplication>
#include <QDockWidget>
#include <QDropEvent>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMessageBox>
#include <QMimeData>
#include <QPlainTextEdit>
#include <QSettings>
#include <QStandardPaths>
#include <QTabBar>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <QTreeView>

#include "tests/gui/scripted_engine.h"
#include "ui/agent/agent_controller.h"
#include "ui/code/code_tabs.h"
#include "ui/code/code_view.h"
#include "ui/conversation/answer_text.h"
#include "ui/look.h"
#include "ui/main_window.h"
#include "ui/message_strip.h"
#include "ui/recent_repositories.h"
#include "ui/repository/repository_model.h"
#include "ui/review/review_controller.h"

using namespace strata;
using namespace strata::ui;

class MainWindowTest : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() {
    loadIcons();
    QStandardPaths::setTestModeEnabled(true);
    for (const char* name : {"XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"})
      qputenv(name, settings_.filePath(name).toUtf8());
    QCoreApplication::setOrganizationName("strata-test");
    QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, settings_.path());
    applyLook(*qApp);
  }

  void init() {
    repository_ = std::make_unique<QTemporaryDir>();
    QVERIFY(write("parser.c", "value"));
    engine_ = std::make_unique<ScriptedEngine>();
    agent_ = std::make_unique<AgentController>(nullptr);
    review_ = std::make_unique<ReviewController>();
    window_ = std::make_unique<MainWindow>(engine_.get(), agent_.get(), review_.get());
    window_->show();
    QVERIFY(QTest::qWaitForWindowActive(window_.get()));
    repo::IndexReport report;
    report.files = 2;
    emit engine_->repositoryOpened({repository_->path(), {"parser.c", "src/lexer.c"}, report});
  }

  void cleanup() {
    window_.reset();
    review_.reset();
    agent_.reset();
    engine_.reset();
  }

  void openingShowsTheTreeAndRemembersTheRepository() {
    auto* tree = window_->findChild<QTreeView*>("repositoryTree");
    QCOMPARE(tree->model()->rowCount(), 2);
    QCOMPARE(tree->model()->index(0, 0).data().toString(), "src");
    QCOMPARE(tree->model()->index(1, 0).data().toString(), "parser.c");
    QCOMPARE(recentRepositories().value(0), repository_->path());
  }

  void everyFileTellsItsState() {
    auto* tree = window_->findChild<QTreeView*>("repositoryTree");
    const QModelIndex parser = tree->model()->index(1, 0);
    const auto told = [&] { return parser.data(Qt::AccessibleDescriptionRole).toString(); };
    QCOMPARE(told(), "parser.c: waiting to be read");
    const QImage waiting = tree->grab().toImage();
    emit engine_->filesChanged({{"parser.c", agent::FileState::kReading}});
    QCOMPARE(told(), "parser.c: being read");
    const QImage reading = tree->grab().toImage();
    emit engine_->filesChanged({{"parser.c", agent::FileState::kRead}});
    QCOMPARE(told(), "parser.c: read");
    const QImage read = tree->grab().toImage();
    QVERIFY(waiting != reading && reading != read && read != waiting);
    emit engine_->filesChanged({{"parser.c", agent::FileState::kFailed, "it is too large"}});
    QCOMPARE(told(), "parser.c: it is too large");
  }

  void filesThatComeAndGoLeaveTheTreeAsItWas() {
    auto* tree = window_->findChild<QTreeView*>("repositoryTree");
    tree->expand(tree->model()->index(0, 0));
    emit engine_->repositoryChanged({repository_->path(), {"parser.c", "src/lexer.c", "src/new.c"}, {}});
    QCOMPARE(tree->model()->rowCount(tree->model()->index(0, 0)), 2);
    QVERIFY(tree->isExpanded(tree->model()->index(0, 0)));
  }

  void enterAsksAndShiftEnterBreaksTheLine() {
    auto* question = window_->findChild<QPlainTextEdit*>("question");
    QTest::keyClicks(question, "who calls");
    QTest::keyClick(question, Qt::Key_Return, Qt::ShiftModifier);
    QTest::keyClicks(question, "parse?");
    QVERIFY(!engine_->calls.join(' ').contains("ask"));
    QTest::keyClick(question, Qt::Key_Return);
    QVERIFY(engine_->calls.contains("ask who calls\nparse?"));
  }

  void streamedTextAppearsAndCitationsOpenTheCode() {
    ask("where?");
    emit engine_->answerText("It is in ");
    emit engine_->answerText("**the parser**.");
    auto* text = window_->findChild<AnswerText*>("answer");
    QTRY_COMPARE(text->toPlainText(), "It is in the parser.");

    emit engine_->answered(answer());
    const auto chips = window_->findChildren<QToolButton*>("citation");
    QCOMPARE(chips.size(), 2);
    QCOMPARE(chips[0]->property("verified").toBool(), true);
    QCOMPARE(chips[1]->property("verified").toBool(), false);
    chips[0]->click();
    QVERIFY(window_->code()->current());
    QCOMPARE(window_->code()->current()->path(), "parser.c");
    QCOMPARE(window_->code()->current()->firstMarkedLine(), 40);
    QCOMPARE(window_->code()->current()->lastMarkedLine(), 42);
    QVERIFY(window_->code()->current()->hasFocus());
    QVERIFY(engine_->calls.contains("prefer parser.c"));
    // A place that is not there is told, not opened.
    chips[1]->click();
    QVERIFY(window_->findChild<MessageStrip*>()->message().contains("gone.c"));
  }

  void linksInTheTextOpenTheCodeByKeyboard() {
    ask("where?");
    emit engine_->answered(answer());
    auto* text = window_->findChild<AnswerText*>("answer");
    text->setFocus();
    QTest::keyClick(text, Qt::Key_Tab);  // to the first link
    QTest::keyClick(text, Qt::Key_Return);
    QVERIFY(window_->code()->current());
    QCOMPARE(window_->code()->current()->firstMarkedLine(), 40);
  }

  void whatWasFoundIsShownUntilTheFirstWord() {
    ask("where?");
    agent::RankedPassage ranked;
    ranked.passage = {1, "parser.c", 10, 12, 0, 0, "value_10", "variable"};
    emit engine_->passagesRanked({ranked});
    auto* looked_at = window_->findChild<QToolButton*>("lookedAt");
    QVERIFY(looked_at->isChecked());
    const auto rows = looked_at->parentWidget()->findChildren<QToolButton*>("passage");
    QCOMPARE(rows.size(), 1);
    QTRY_VERIFY(rows[0]->isVisible());
    QVERIFY(rows[0]->text().contains("parser.c:10-12"));
    emit engine_->answerText("Here");
    QVERIFY(!looked_at->isChecked());
    QVERIFY(!rows[0]->isVisible());
    looked_at->click();
    QVERIFY(rows[0]->isVisible());
    rows[0]->click();
    QCOMPARE(window_->code()->current()->firstMarkedLine(), 10);
  }

  void notFoundIsSaid() {
    ask("where is the cryptography?");
    agent::Answer nothing;
    nothing.found = false;
    nothing.text = "Nothing mentions \"cryptography\".";
    emit engine_->answered(nothing);
    QTRY_VERIFY(shown("Not found in this repository"));
  }

  void pathsOutsideTheRepositoryAreRefused() {
    window_->code()->open("../../../../../../etc/passwd");
    QVERIFY(!window_->code()->current());
    QVERIFY(window_->findChild<MessageStrip*>()->message().contains("passwd"));
  }

  void escapeStopsFromEverywhereAndTheQuestionComesBack() {
    ask("first");
    window_->code()->open("parser.c");  // takes the keyboard
    QTest::keyClick(window_->code()->current(), Qt::Key_Escape);
    QCOMPARE(engine_->calls.last(), "cancel");
    emit engine_->answerFailed("cancelled", true);
    QTRY_VERIFY(shown("Stopped."));
    QCOMPARE(window_->findChild<QPlainTextEdit*>("question")->toPlainText(), "first");
    ask("second");  // typed over it
    QVERIFY(engine_->calls.contains("ask second"));
    window_->findChild<QToolButton*>("askButton")->click();
    QCOMPARE(engine_->calls.last(), "cancel");
  }

  void aFailureIsShownWhereTheAnswerWouldBe() {
    ask("first");
    emit engine_->answerFailed("There is no model to answer with.", false);
    QTRY_VERIFY(shown("There is no model to answer with."));
  }

  void readingIsPausedResumedAndStopped() {
    auto* pause = window_->findChild<QToolButton*>("pauseReading");
    emit engine_->readingStateChanged(ReadingState::kReading);
    agent::IngestionProgress progress;
    progress.files = 10, progress.files_done = 4;
    progress.tokens = 1000, progress.tokens_done = 400;
    progress.tokens_per_s = 5, progress.eta_s = 120;
    emit engine_->readingProgress(progress);
    QCOMPARE(window_->findChild<QLabel*>("readingText")->text(), "Reading 4 of 10 files · 5 tokens/s · 2 min left");
    pause->click();
    QCOMPARE(engine_->calls.last(), "pause");
    emit engine_->readingStateChanged(ReadingState::kPaused);
    window_->findChild<QAction*>("actionPause")->trigger();
    QCOMPARE(engine_->calls.last(), "resume");
    window_->findChild<QToolButton*>("stopReading")->click();
    QCOMPARE(engine_->calls.last(), "stop");
    emit engine_->readingStateChanged(ReadingState::kFinished);
    QVERIFY(pause->isHidden());
  }

  void readingWaitsForPowerUnlessTheBatteryMayBeUsed() {
    emit engine_->readingStateChanged(ReadingState::kOnBattery);
    QVERIFY(window_->findChild<QLabel*>("readingText")->text().startsWith("On battery power"));
    window_->findChild<QToolButton*>("pauseReading")->click();  // read all the same
    QCOMPARE(engine_->calls.last(), "resume");
    QAction* always = window_->findChild<QAction*>("actionReadOnBattery");
    QVERIFY(!always->isChecked());
    always->trigger();
    QCOMPARE(engine_->calls.last(), "on battery too");
    QVERIFY(QSettings().value("reading/onBattery").toBool());
    always->trigger();
    QCOMPARE(engine_->calls.last(), "not on battery");
  }

  void aRepositoryThatCannotBeOpenedLeavesTheOneBefore() {
    window_->openRepository("/nowhere/at/all");
    QCOMPARE(window_->findChild<QLabel*>("readingText")->text(), "Opening all");
    QVERIFY(!window_->findChild<QPlainTextEdit*>("question")->isEnabled());
    emit engine_->repositoryFailed("/nowhere/at/all: No such file or directory");
    QVERIFY(window_->findChild<MessageStrip*>()->message().contains("/nowhere/at/all: No such file"));
    QCOMPARE(window_->findChild<QLabel*>("readingText")->text(), "");
    QCOMPARE(window_->findChild<QTreeView*>("repositoryTree")->model()->rowCount(), 2);
    ask("still there?");
    QCOMPARE(engine_->calls.last(), "ask still there?");
  }

  void aFolderDroppedOnTheWindowIsOpened() {
    QTemporaryDir other;
    QMimeData data;
    data.setUrls({QUrl::fromLocalFile(other.path())});
    QDragEnterEvent enter(QPoint(9, 9), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(window_.get(), &enter);
    QVERIFY(enter.isAccepted());
    QDropEvent drop(QPointF(9, 9), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(window_.get(), &drop);
    QCOMPARE(engine_->calls.last(), "open " + other.path());
  }

  void aFileChangedOnDiskIsShownAsItIs() {
    window_->code()->open("parser.c", 40, 42);
    CodeView* view = window_->code()->current();
    QVERIFY(write("parser.c", "other"));
    QTRY_VERIFY(view->toPlainText().startsWith("int other_1;"));
    QCOMPARE(view->firstMarkedLine(), 40);
    // Written beside it and moved over it, as many editors save; and once more, because it is another file now.
    for (const char* name : {"third", "fourth"}) {
      QVERIFY(write("new", name));
      QFile::remove(repository_->filePath("parser.c"));
      QVERIFY(QFile::rename(repository_->filePath("new"), repository_->filePath("parser.c")));
      QTRY_VERIFY(view->toPlainText().startsWith(QString("int %1_1;").arg(name)));
    }
    // And when the user comes back from the editor, the index looks too.
    emit qApp->applicationStateChanged(Qt::ApplicationActive);
    QCOMPARE(engine_->calls.last(), "refresh");
  }

  void theFilterShowsHitsAndGivesTheTreeBack() {
    auto* tree = window_->findChild<QTreeView*>("repositoryTree");
    auto* filter = window_->findChild<QLineEdit*>("fileFilter");
    emit engine_->filesChanged({{"src/lexer.c", agent::FileState::kRead}});
    filter->setText("LEX");
    QCOMPARE(tree->model()->rowCount(), 1);
    const QModelIndex src = tree->model()->index(0, 0);
    QVERIFY(tree->isExpanded(src));
    QCOMPARE(src.data(RepositoryModel::kReadFractionRole).toDouble(), 1.0);
    QTest::keyClick(filter, Qt::Key_Return);  // opens the first hit, which is not there
    QVERIFY(window_->findChild<MessageStrip*>()->message().contains("src/lexer.c does not exist any more"));
    filter->clear();
    QCOMPARE(tree->model()->rowCount(), 2);
    QVERIFY(!tree->isExpanded(tree->model()->index(0, 0)));
  }

  void filesAreReachedByTheirLetters() {
    window_->findChild<QAction*>("actionGoToFile")->trigger();
    auto* pattern = window_->findChild<QLineEdit*>("quickOpenPattern");
    QTest::keyClicks(pattern, "nothing like it");
    QTest::keyClick(pattern, Qt::Key_Return);
    QVERIFY(pattern->isVisible());
    pattern->clear();
    QTest::keyClicks(pattern, "prsr");
    QTest::keyClick(pattern, Qt::Key_Return);
    QCOMPARE(window_->code()->current()->path(), "parser.c");
  }

  void textIsFoundInTheFileAroundItsEnd() {
    window_->code()->open("parser.c");
    window_->findChild<QAction*>("actionFind")->trigger();
    auto* find = window_->findChild<QLineEdit*>("findInFile");
    QTest::keyClicks(find, "value_1");
    const auto line = [this] { return window_->code()->current()->textCursor().blockNumber() + 1; };
    QCOMPARE(line(), 1);
    QTest::keyClick(find, Qt::Key_Return);
    QCOMPARE(line(), 10);
    QTest::keyClick(find, Qt::Key_F3, Qt::ShiftModifier);
    QTest::keyClick(find, Qt::Key_F3, Qt::ShiftModifier);
    QCOMPARE(line(), 100);
    QTest::keyClick(find, Qt::Key_Escape);
    QVERIFY(!find->isVisible());
    QVERIFY(window_->code()->current()->hasFocus());
  }

  void tabGoesThroughEverythingFromLeftToRight() {
    window_->code()->open("parser.c");
    ask("where?");
    emit engine_->answered(answer());
    emit engine_->readingStateChanged(ReadingState::kReading);
    QTRY_VERIFY(window_->findChild<QToolButton*>("citation")->isVisible());
    window_->findChild<QAction*>("actionFilter")->trigger();
    QStringList visited;
    for (int i = 0; i < 20; ++i) {
      QWidget* widget = QApplication::focusWidget();
      const QString name = widget->objectName().isEmpty() ? widget->accessibleName() : widget->objectName();
      if (visited.contains("stopReading")) break;
      if (visited.isEmpty() || visited.last() != name) visited << name;  // links are visited within the answer
      QVERIFY2(widget->inherits("QToolButton") || !widget->accessibleName().isEmpty(), qPrintable(name));
      QTest::keyClick(widget, Qt::Key_Tab);
    }
    QCOMPARE(visited,
             QStringList({"fileFilter", "repositoryTree", "qt_tabwidget_tabbar", "Text of parser.c", "Conversation",
                          "answer", "citation", "question", "modeAsk", "askButton", "pauseReading", "stopReading"}));
  }

  void everyButtonHasANameOrAText() {
    ask("where?");
    emit engine_->answered(answer());
    emit engine_->readingStateChanged(ReadingState::kReading);
    window_->code()->open("parser.c");
    for (QAbstractButton* button : window_->findChildren<QAbstractButton*>())
      if (button->isVisible() && !button->inherits("QTabBar"))
        QVERIFY2(!button->accessibleName().isEmpty() || !button->text().isEmpty(), qPrintable(button->objectName()));
  }

  void clearingAsksAndNamesTheCount() {
    ask("one?");
    emit engine_->answered(answer());
    window_->findChild<QAction*>("actionClear")->trigger();
    auto* box = window_->findChild<QMessageBox*>();
    QVERIFY(box);
    QVERIFY(!engine_->calls.contains("clear"));
    QCOMPARE(box->buttons().last()->text(), "Delete One Question");
    box->buttons().last()->click();
    QCOMPARE(engine_->calls.last(), "clear");
    QVERIFY(!window_->findChild<AnswerText*>("answer"));
  }

  void theLayoutIsKept() {
    auto* conversation = window_->findChild<QDockWidget*>("conversationDock");
    window_->resize(780, 600);  // fits the screen of the offscreen platform
    window_->findChild<QDockWidget*>("repositoryDock")->hide();
    window_->resizeDocks({conversation}, {400}, Qt::Horizontal);
    QTRY_COMPARE(conversation->width(), 400);
    window_->close();
    window_ = std::make_unique<MainWindow>(engine_.get(), agent_.get(), review_.get());
    window_->show();
    emit engine_->repositoryOpened({repository_->path(), {"parser.c"}, {}});
    QTRY_COMPARE(window_->findChild<QDockWidget*>("conversationDock")->width(), 400);
    QVERIFY(!window_->findChild<QDockWidget*>("repositoryDock")->isVisible());
    QSettings().clear();
  }

  void darkColoursReachEverything() {
    ask("where?");
    emit engine_->answered(answer());
    window_->code()->open("parser.c", 40, 42);
    chooseScheme(ColourScheme::kDark);
    applyLook(*qApp);
    const QImage picture = window_->grab().toImage();
    chooseScheme(ColourScheme::kLight);
    applyLook(*qApp);
    qint64 light = 0;
    for (int y = 0; y < picture.height(); ++y)
      for (int x = 0; x < picture.width(); ++x) light += qGray(picture.pixel(x, y)) > 128;
    // Only text and icons are light.
    QVERIFY2(light > 0 && light < picture.width() * picture.height() / 20, qPrintable(QString::number(light)));
  }

  // An answer whose viewport had no height was there and not to be seen, when the list of what was found had needed a
  // scroll bar and the answer did not.
  void answersAreInViewWhetherOrNotTheConversationScrolls() {
    for (int earlier = 0; earlier < 8; ++earlier) {
      ask("where?");
      emit engine_->passagesRanked(std::vector<agent::RankedPassage>(12));
      QTest::qWait(20);
      emit engine_->answerText("It is in");
      QTest::qWait(60);
      emit engine_->answered(answer());
      for (const AnswerText* text : window_->findChildren<AnswerText*>("answer"))
        QTRY_COMPARE(text->viewport()->size(), text->size());
    }
  }

  void anEarlierConversationIsShownAgain() {
    agent::Exchange exchange;
    exchange.question = "what was it?";
    exchange.answer.text = "This.";
    emit engine_->conversationLoaded({exchange});
    QCOMPARE(window_->findChild<AnswerText*>("answer")->toPlainText(), "This.");
  }

 private:
  // 100 lines "int NAME_<line>;"
  bool write(const QString& path, const QByteArray& name) {
    QFile file(repository_->filePath(path));
    if (!file.open(QIODevice::WriteOnly)) return false;
    for (int line = 1; line <= 100; ++line) file.write("int " + name + '_' + QByteArray::number(line) + ";\n");
    return true;
  }
  static agent::Answer answer() {
    agent::Answer answer;
    answer.text = "It is in `parser.c:40-42`.";
    answer.citations = {{"parser.c", 40, 42, "value_40", true}, {"gone.c", 1, 2, "", false}};
    return answer;
  }
  bool shown(const QString& text) const {
    const auto labels = window_->findChildren<QLabel*>();
    return std::ranges::any_of(labels, [&](const QLabel* l) { return l->isVisible() && l->text() == text; });
  }
  void ask(const QString& question) {
    auto* line = window_->findChild<QPlainTextEdit*>("question");
    line->setFocus();
    QTest::keyClicks(line, question);
    QTest::keyClick(line, Qt::Key_Return);
  }

  QTemporaryDir settings_;
  std::unique_ptr<QTemporaryDir> repository_;
  std::unique_ptr<ScriptedEngine> engine_;
  std::unique_ptr<AgentController> agent_;
  std::unique_ptr<ReviewController> review_;
  std::unique_ptr<MainWindow> window_;
};

QTEST_MAIN(MainWindowTest)
#include "main_window_test.moc"
