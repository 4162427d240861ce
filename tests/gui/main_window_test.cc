// SPDX-License-Identifier: Apache-2.0
// The window with a scripted engine.
#include <QAction>
#include <QFile>
#include <QPlainTextEdit>
#include <QSettings>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <QTreeView>

#include "tests/gui/scripted_engine.h"
#include "ui/code/code_tabs.h"
#include "ui/code/code_view.h"
#include "ui/conversation/answer_text.h"
#include "ui/look.h"
#include "ui/main_window.h"
#include "ui/message_strip.h"
#include "ui/recent_repositories.h"
#include "ui/repository/repository_model.h"

using namespace strata;
using namespace strata::ui;

class MainWindowTest : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() {
    loadIcons();
    QStandardPaths::setTestModeEnabled(true);
    QCoreApplication::setOrganizationName("strata-test");
    QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, settings_.path());
  }

  void init() {
    repository_ = std::make_unique<QTemporaryDir>();
    QFile file(repository_->filePath("parser.c"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    for (int line = 1; line <= 100; ++line) file.write("int value_" + QByteArray::number(line) + ";\n");
    file.close();
    engine_ = std::make_unique<ScriptedEngine>();
    window_ = std::make_unique<MainWindow>(engine_.get());
    window_->show();
    repo::IndexReport report;
    report.files = 2;
    emit engine_->repositoryOpened({repository_->path(), {"parser.c", "src/lexer.c"}, report});
  }

  void cleanup() {
    window_.reset();
    engine_.reset();
  }

  void openingShowsTheTreeAndRemembersTheRepository() {
    auto* tree = window_->findChild<QTreeView*>("repositoryTree");
    QCOMPARE(tree->model()->rowCount(), 2);
    QCOMPARE(tree->model()->index(0, 0).data().toString(), "src");
    QCOMPARE(tree->model()->index(1, 0).data().toString(), "parser.c");
    QCOMPARE(recentRepositories().value(0), repository_->path());
    emit engine_->filesChanged({{"parser.c", agent::FileState::kRead, {}}});
    QCOMPARE(tree->model()->index(1, 0).data(RepositoryModel::kStateRole).value<agent::FileState>(),
             agent::FileState::kRead);
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

    agent::Answer answer;
    answer.text = "It is in `parser.c:40-42`.";
    answer.citations = {{"parser.c", 40, 42, "value_40", true}, {"gone.c", 1, 2, "", false}};
    emit engine_->answered(answer);
    const auto chips = window_->findChildren<QToolButton*>("citation");
    QCOMPARE(chips.size(), 2);
    QCOMPARE(chips[0]->property("verified").toBool(), true);
    QCOMPARE(chips[1]->property("verified").toBool(), false);
    chips[0]->click();
    QVERIFY(window_->code()->current());
    QCOMPARE(window_->code()->current()->path(), "parser.c");
    QCOMPARE(window_->code()->current()->firstMarkedLine(), 40);
    QCOMPARE(window_->code()->current()->lastMarkedLine(), 42);
    QVERIFY(engine_->calls.contains("prefer parser.c"));
    // A place that is not there is told, not opened.
    chips[1]->click();
    QVERIFY(window_->findChild<MessageStrip*>()->message().contains("gone.c"));
  }

  void pathsOutsideTheRepositoryAreRefused() {
    window_->code()->open("../../../../../../etc/passwd");
    QVERIFY(!window_->code()->current());
    QVERIFY(window_->findChild<MessageStrip*>()->message().contains("passwd"));
  }

  void stoppingAnAnswerAndAskingAgain() {
    ask("first");
    window_->findChild<QToolButton*>("askButton")->click();
    QVERIFY(engine_->calls.contains("cancel"));
    emit engine_->answerFailed("cancelled", true);
    ask("second");
    QVERIFY(engine_->calls.contains("ask second"));
  }

  void readingIsPausedResumedAndStopped() {
    auto* pause = window_->findChild<QToolButton*>("pauseReading");
    emit engine_->readingStateChanged(ReadingState::kReading);
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

  void anEarlierConversationIsShownAgain() {
    agent::Exchange exchange;
    exchange.question = "what was it?";
    exchange.answer.text = "This.";
    emit engine_->conversationLoaded({exchange});
    QCOMPARE(window_->findChild<AnswerText*>("answer")->toPlainText(), "This.");
  }

 private:
  void ask(const QString& question) {
    auto* line = window_->findChild<QPlainTextEdit*>("question");
    QTest::keyClicks(line, question);
    QTest::keyClick(line, Qt::Key_Return);
  }

  QTemporaryDir settings_;
  std::unique_ptr<QTemporaryDir> repository_;
  std::unique_ptr<ScriptedEngine> engine_;
  std::unique_ptr<MainWindow> window_;
};

QTEST_MAIN(MainWindowTest)
#include "main_window_test.moc"
