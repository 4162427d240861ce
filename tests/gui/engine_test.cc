// SPDX-License-Identifier: Apache-2.0
// The window with the real engine behind it, as far as it gets without a model: index, conversation, errors.
#include <QFile>
#include <QLabel>
#include <QPlainTextEdit>
#include <QSettings>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QTreeView>

#include "base/user_folders.h"
#include "ui/agent/agent_controller.h"
#include "ui/conversation/answer_text.h"
#include "ui/look.h"
#include "ui/main_window.h"
#include "ui/message_strip.h"
#include "ui/review/review_controller.h"
#include "ui/threaded_engine.h"

using namespace strata;
using namespace strata::ui;

class EngineTest : public QObject {
  Q_OBJECT

 private slots:
  void init() {
    loadIcons();
    folder_ = std::make_unique<QTemporaryDir>();
    for (const char* name : {"XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"})
      qputenv(name, folder_->filePath(name).toLocal8Bit());
    QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, folder_->path());
    QVERIFY(QDir(folder_->path()).mkpath("one/src"));
    write("one/src/a.c", "int a(void) { return 1; }\n");
    start();
  }
  void cleanup() { stop(); }

  void theFilesAppearAndTheMissingModelIsTold() {
    window_->openRepository(folder_->filePath("one"));
    QTRY_COMPARE(tree()->model()->rowCount(), 1);
    QTRY_VERIFY(message().contains("no-such-model"));
    ask("what is this?");
    QTRY_VERIFY(shown("There is no model to answer with."));
  }

  void aRepositoryThatIsNotThereLeavesTheOneBefore() {
    window_->openRepository(folder_->filePath("one"));
    QTRY_COMPARE(tree()->model()->rowCount(), 1);
    QTRY_VERIFY(message().contains("no-such-model"));  // the strip shows the last message
    window_->openRepository(folder_->filePath("nowhere"));
    QTRY_VERIFY(message().contains("nowhere"));
    // The engine has it still, not only the window: it sees a change there.
    write("one/b.c", "int b;\n");
    QTRY_COMPARE(tree()->model()->rowCount(), 2);
  }

  void whatIsWrittenElsewhereAppearsByItself() {
    QSignalSpy changed(engine_.get(), &EngineController::repositoryChanged);
    window_->openRepository(folder_->filePath("one"));
    QTRY_COMPARE(tree()->model()->rowCount(), 1);
    write("one/b.c", "int b;\n");
    QTRY_COMPARE(tree()->model()->rowCount(), 2);
    QVERIFY(QDir(folder_->path()).mkpath("one/lib/deep"));
    write("one/lib/deep/c.c", "int c;\n");
    QTRY_COMPARE(tree()->model()->rowCount(), 3);
    QTRY_COMPARE(changed.count(), 2);
    // The content of a file that the window shows.
    write("one/src/a.c", "int a(void) { return 2; }\nint more;\n");
    QTRY_COMPARE(changed.count(), 3);
    QCOMPARE(changed.last().first().value<OpenedRepository>().report.lines, 4);
    QVERIFY(QFile::remove(folder_->filePath("one/b.c")));
    QTRY_COMPARE(tree()->model()->rowCount(), 2);
    // Nothing of this leads to anything once more, and looking at the tree is no change of it.
    QTest::qWait(500);
    QCOMPARE(changed.count(), 4);
  }

  void aRepositoryThatIsLeftIsNotWatched() {
    QVERIFY(QDir(folder_->path()).mkpath("two"));
    write("two/c.c", "int c;\n");
    window_->openRepository(folder_->filePath("one"));
    QTRY_COMPARE(tree()->model()->rowCount(), 1);
    window_->openRepository(folder_->filePath("two"));
    QTRY_COMPARE(window_->windowTitle(), "two – Strata");
    QSignalSpy changed(engine_.get(), &EngineController::repositoryChanged);
    write("one/b.c", "int b;\n");
    write("two/d.c", "int d;\n");
    QTRY_COMPARE(tree()->model()->rowCount(), 2);
    QTest::qWait(500);
    QCOMPARE(changed.count(), 1);
  }

  void theLastOfSeveralOpenedAtOnceWins() {
    QVERIFY(QDir(folder_->path()).mkpath("two"));
    write("two/c.c", "int c;\n");
    write("two/d.c", "int d;\n");
    for (int i = 0; i < 10; ++i) {
      window_->openRepository(folder_->filePath("one"));
      window_->openRepository(folder_->filePath("two"));
    }
    QTRY_COMPARE(window_->windowTitle(), "two – Strata");
    QTRY_COMPARE(tree()->model()->rowCount(), 2);
  }

  void theConversationIsThereAfterARestart() {
    const auto data = data_folder();
    QVERIFY(data.has_value());
    {
      auto store = agent::ConversationStore::open(*data / "conversations.sqlite");
      QVERIFY(store.has_value());
      agent::Exchange exchange;
      exchange.question = "what was it?";
      exchange.answer.text = "This was it.";
      QVERIFY(store->append(folder_->filePath("one").toStdString(), exchange).has_value());
    }
    for (int times = 0; times < 2; ++times) {
      window_->openRepository(folder_->filePath("one"));
      QTRY_VERIFY(window_->findChild<AnswerText*>("answer"));
      QCOMPARE(window_->findChild<AnswerText*>("answer")->toPlainText(), "This was it.");
      stop();
      start();
    }
    QVERIFY(!window_->findChild<AnswerText*>("answer"));
  }

  void closingDoesNotWaitForAnOpening() {
    for (int file = 0; file < 300; ++file) write(QString("one/%1.c").arg(file), "int x;\nint y(void) { return x; }\n");
    for (int times = 0; times < 10; ++times) {
      window_->openRepository(folder_->filePath("one"));
      QTest::qWait(times);
      stop();
      start();
    }
  }

 private:
  void start() {
    engine_ = std::make_unique<ThreadedEngine>(folder_->filePath("no-such-model.gguf").toStdString(), 1);
    agent_ = std::make_unique<AgentController>(nullptr);
    review_ = std::make_unique<ReviewController>();
    window_ = std::make_unique<MainWindow>(engine_.get(), agent_.get(), review_.get());
    window_->show();
  }
  void stop() {
    window_.reset();
    review_.reset();
    agent_.reset();
    engine_.reset();
  }
  void write(const QString& path, const QByteArray& text) {
    QFile file(folder_->filePath(path));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(text);
  }
  QTreeView* tree() const { return window_->findChild<QTreeView*>("repositoryTree"); }
  QString message() const { return window_->findChild<MessageStrip*>()->message(); }
  bool shown(const QString& text) const {
    for (const QLabel* label : window_->findChildren<QLabel*>())
      if (label->isVisible() && label->text() == text) return true;
    return false;
  }
  void ask(const QString& question) {
    auto* line = window_->findChild<QPlainTextEdit*>("question");
    QTest::keyClicks(line, question);
    QTest::keyClick(line, Qt::Key_Return);
  }

  std::unique_ptr<QTemporaryDir> folder_;
  std::unique_ptr<ThreadedEngine> engine_;
  std::unique_ptr<AgentController> agent_;
  std::unique_ptr<ReviewController> review_;
  std::unique_ptr<MainWindow> window_;
};

QTEST_MAIN(EngineTest)
#include "engine_test.moc"
