// SPDX-License-Identifier: Apache-2.0
// From an instruction to bytes on disk and back, through the window: a scripted model, a real repository, the real
// agent and review. STRATA_SCREENSHOTS names a folder for pictures of it in both looks.
#include <QAbstractButton>
#include <QAction>
#include <QApplication>
#include <QButtonGroup>
#include <QFile>
#include <QLabel>
#include <QPlainTextEdit>
#include <QProcess>
#include <QSettings>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>
#include <nlohmann/json.hpp>

#include "agent/chat/scripted_model.h"
#include "tests/gui/scripted_engine.h"
#include "ui/agent/agent_controller.h"
#include "ui/look.h"
#include "ui/main_window.h"
#include "ui/review/review_controller.h"

using namespace strata;
using namespace strata::ui;

namespace {

const QByteArray kOne = "def one():\n    return 1\n";
const QByteArray kBetween = "\n\n" + QByteArray("# between\n").repeated(12) + "\n\n";
const QByteArray kTwo = "def two():\n    return 2\n";
const QByteArray kBefore = kOne + kBetween + kTwo;

QByteArray with(const QByteArray& one, const QByteArray& two) {
  return "def one():\n    return " + one + '\n' + kBetween + "def two():\n    return " + two + '\n';
}

std::string call(const char* tool, const nlohmann::ordered_json& arguments) {
  return "<tool_call>\n" + nlohmann::ordered_json{{"name", tool}, {"arguments", arguments}}.dump() + "\n</tool_call>\n";
}
std::string edit(const char* old_text, const char* new_text) {
  return call("edit", {{"path", "numbers.py"}, {"old", old_text}, {"new", new_text}});
}
const std::string kDone = call("done", {{"summary", "both are larger"}});
const std::vector<std::string> kBoth = {edit("return 1\n", "return 11\n") + edit("return 2\n", "return 22\n"), kDone};

}  // namespace

class ChangeFlowTest : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() {
    loadIcons();
    QStandardPaths::setTestModeEnabled(true);
    QCoreApplication::setOrganizationName("strata-test");
    QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, settings_.path());
    chooseScheme(ColourScheme::kLight);
    applyLook(*qApp);
  }

  void init() {
    folder_ = std::make_unique<QTemporaryDir>();
    for (const char* name : {"XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"})
      qputenv(name, folder_->filePath(name).toUtf8());
    QVERIFY(QDir().mkpath(folder_->filePath("XDG_CONFIG_HOME/strata")));
    QFile prices(folder_->filePath("XDG_CONFIG_HOME/strata/prices.json"));
    QVERIFY(prices.open(QIODevice::WriteOnly));
    prices.write(R"({"scripted": {"input": 10, "output": 50, "currency": "EUR"}})");
    root_ = folder_->filePath("repository");
    QVERIFY(QDir().mkpath(root_));
    write("numbers.py", kBefore);
    git({"init", "-q"});
    git({"add", "-A"});
    git({"-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "one"});
    turns_ = kBoth;
    engine_ = std::make_unique<ScriptedEngine>();
    agent_ = std::make_unique<AgentController>([this]() -> Result<std::shared_ptr<agent::ChatModel>> {
      return std::make_shared<agent::ScriptedModel>(turns_);
    });
    review_ = std::make_unique<ReviewController>();
    window_ = std::make_unique<MainWindow>(engine_.get(), agent_.get(), review_.get());
    window_->resize(1360, 860);
    window_->show();
    QVERIFY(QTest::qWaitForWindowActive(window_.get()));
    emit engine_->repositoryOpened({root_, {"numbers.py"}, {}});
  }

  void cleanup() {
    window_.reset();
    review_.reset();
    agent_.reset();
    engine_.reset();
  }

  void linesBetweenTwoChangesOfAHunkAreNotCounted() {
    agent::Hunk hunk;
    hunk.old_lines = hunk.new_lines = 4;
    hunk.diff = "@@ -1,4 +1,4 @@\n-a\n+b\n same\n same\n-c\n+d\n";
    agent::ProposalFile file;
    file.hunks = {hunk};
    const Counts counts = count(Review{}, file);
    QCOMPARE(counts.added, 2);
    QCOMPARE(counts.removed, 2);
  }

  void aRunIsAskedForAllowedReviewedAppliedAndUndone() {
    turns_ = {"1. Look at the file\n2. Make both larger\n" + call("read", {{"path", "numbers.py"}}),
              call("run", {{"command", "grep -c return numbers.py"}}), kBoth[0], kDone};
    instruct("Make both larger");
    QTRY_VERIFY_WITH_TIMEOUT(child<QWidget>("approval"), kPatience);
    QVERIFY(shown("1. Look at the file\n2. Make both larger"));
    QVERIFY(shown("grep -c return numbers.py"));
    picture("approval");
    child<QAbstractButton>("allowOnce")->click();
    QTRY_COMPARE_WITH_TIMEOUT(hunks().size(), 2, kPatience);
    QVERIFY(!child<QWidget>("approval"));
    QCOMPARE(onDisk(), kBefore);
    const auto labels = window_->findChildren<QLabel*>();
    QVERIFY(std::ranges::any_of(labels, [](const QLabel* l) {
      return l->isVisible() && l->text().contains("tokens written") && l->text().endsWith(" EUR");
    }));
    picture("review");

    // By keys: the first hunk is accepted, the second one rejected.
    QTRY_COMPARE(QApplication::focusWidget(), hunks()[0]);
    QTest::keyClick(hunks()[0], Qt::Key_A);
    QCOMPARE(QApplication::focusWidget(), hunks()[1]);
    QTest::keyClick(hunks()[1], Qt::Key_R);
    QCOMPARE(child<QAbstractButton>("writeHunks")->text(), "Apply One Hunk");
    child<QAbstractButton>("writeHunks")->click();
    QTRY_COMPARE_WITH_TIMEOUT(onDisk(), with("11", "2"), kPatience);
    QTRY_VERIFY(child<QAbstractButton>("undoHunk"));
    picture("applied");
    child<QAbstractButton>("undoWritten")->click();
    QTRY_COMPARE_WITH_TIMEOUT(onDisk(), kBefore, kPatience);
  }

  void anEditedHunkIsWrittenAsTheUserWroteIt() {
    instruct("Make both larger");
    QTRY_COMPARE_WITH_TIMEOUT(hunks().size(), 2, kPatience);
    QTRY_COMPARE(QApplication::focusWidget(), hunks()[0]);
    QTest::keyClick(hunks()[0], Qt::Key_E);
    QTRY_VERIFY(child<QPlainTextEdit>("hunkEditor"));
    auto* editor = child<QPlainTextEdit>("hunkEditor");
    QCOMPARE(editor->toPlainText(), "    return 11\n");
    editor->selectAll();
    QTest::keyClicks(editor, "    return 111  # mine");
    picture("editing");
    QTest::keyClick(editor, Qt::Key_Return, Qt::ControlModifier);
    QVERIFY(!child<QPlainTextEdit>("hunkEditor"));
    QTest::keyClick(hunks()[0], Qt::Key_Return, Qt::ControlModifier);  // apply
    QTRY_COMPARE_WITH_TIMEOUT(onDisk(), with("111  # mine", "2"), kPatience);
  }

  void aCommentIsWhatTheRunGoesOnWith() {
    turns_ = {kBoth[0], kDone, edit("return 22\n", "return 23\n"), kDone};
    instruct("Make both larger");
    QTRY_COMPARE_WITH_TIMEOUT(hunks().size(), 2, kPatience);
    QTRY_COMPARE(QApplication::focusWidget(), hunks()[0]);
    QTest::keyClick(hunks()[0], Qt::Key_N);
    QTest::keyClick(hunks()[1], Qt::Key_C);
    QTRY_VERIFY(child<QPlainTextEdit>("hunkComment"));
    auto* editor = child<QPlainTextEdit>("hunkComment");
    QTest::keyClicks(editor, "23, please");
    child<QAbstractButton>("keepEditor")->click();
    QVERIFY(shown("You: 23, please"));
    picture("comment");
    child<QAbstractButton>("sendComments")->click();
    QTRY_VERIFY_WITH_TIMEOUT(!hunks().isEmpty() && hunks().last()->accessibleDescription().contains("23"), kPatience);
    QVERIFY(!shown("You: 23, please"));
    child<QAbstractButton>("acceptAll")->click();
    child<QAbstractButton>("writeHunks")->click();
    QTRY_COMPARE_WITH_TIMEOUT(onDisk(), with("11", "23"), kPatience);
  }

  void instructionsOfTheRepositoryAreShownAndAskedAboutOnce() {
    write("AGENTS.md", "# For agents\n\nNumbers are written in decimal.\n");
    instruct("Make both larger");
    QTRY_VERIFY_WITH_TIMEOUT(child<QWidget>("trust"), kPatience);
    QCOMPARE(child<QPlainTextEdit>("instructionsText")->toPlainText(),
             "# For agents\n\nNumbers are written in decimal.\n");
    picture("trust");
    child<QAbstractButton>("ignoreInstructions")->click();
    QTRY_COMPARE_WITH_TIMEOUT(hunks().size(), 2, kPatience);
    QVERIFY(!newestStart().contains("decimal"));
    instruct("Make both larger");
    QTRY_VERIFY_WITH_TIMEOUT(runs() == 2 && hunks().size() == 2, kPatience);  // without another question
    // What is said now is something else.
    write("AGENTS.md", "Numbers are written in octal.\n");
    instruct("Make both larger");
    QTRY_VERIFY_WITH_TIMEOUT(child<QWidget>("trust"), kPatience);
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_Escape);  // is no answer
    QTRY_VERIFY(shown("Stopped."));
    instruct("Make both larger");
    QTRY_VERIFY_WITH_TIMEOUT(child<QWidget>("trust"), kPatience);
    child<QAbstractButton>("followInstructions")->click();
    QTRY_VERIFY_WITH_TIMEOUT(runs() == 3, kPatience);
    QVERIFY(newestStart().contains("Numbers are written in octal."));
  }

  void everyButtonHasANameAndIsReachedByTab() {
    turns_ = {call("run", {{"command", "true"}}), kBoth[0], kDone};
    instruct("Make both larger");
    QTRY_VERIFY_WITH_TIMEOUT(child<QWidget>("approval"), kPatience);
    QCOMPARE(unreached(), "");
    child<QAbstractButton>("allowOnce")->click();
    QTRY_COMPARE_WITH_TIMEOUT(hunks().size(), 2, kPatience);
    QTRY_COMPARE(QApplication::focusWidget(), hunks()[0]);
    QCOMPARE(unreached(), "");
    QTest::keyClick(hunks()[0], Qt::Key_C);
    QTRY_VERIFY(child<QPlainTextEdit>("hunkComment"));
    QCOMPARE(unreached(), "");
    QTest::keyClicks(child<QPlainTextEdit>("hunkComment"), "why?");
    QTest::keyClick(child<QPlainTextEdit>("hunkComment"), Qt::Key_Return, Qt::ControlModifier);
    QTest::keyClick(hunks()[0], Qt::Key_A);
    QCOMPARE(unreached(), "");
    child<QAbstractButton>("writeHunks")->click();
    QTRY_VERIFY_WITH_TIMEOUT(child<QAbstractButton>("undoHunk"), kPatience);
    QCOMPARE(unreached(), "");
  }

 private:
  static constexpr int kPatience = 30'000;  // ms

  void write(const QString& path, const QByteArray& text) const {
    QFile file(root_ + '/' + path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(text);
  }
  void git(const QStringList& arguments) const {
    QCOMPARE(QProcess::execute("git", QStringList{"-C", root_} + arguments), 0);
  }
  QByteArray onDisk() const {
    QFile file(root_ + "/numbers.py");
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
  }
  void instruct(const QString& text) {
    window_->findChild<QAction*>("actionChange")->trigger();
    QTRY_COMPARE(window_->findChild<QAbstractButton*>("askButton")->accessibleName(), "Start the change");
    auto* box = window_->findChild<QPlainTextEdit*>("question");
    QTest::keyClicks(box, text);
    QTest::keyClick(box, Qt::Key_Return);
  }
  // What is to be seen of this name; nullptr: nothing is.
  template <typename Widget>
  Widget* child(const char* name) const {
    for (auto* widget : window_->findChildren<Widget*>(name))
      if (widget->isVisible()) return widget;
    return nullptr;
  }
  QList<QWidget*> hunks() const {
    QList<QWidget*> cards;
    for (QWidget* card : window_->findChildren<QWidget*>("hunk"))
      if (card->isVisible()) cards << card;
    return cards;
  }
  bool shown(const QString& text) const {
    const auto labels = window_->findChildren<QLabel*>();
    return std::ranges::any_of(labels, [&](const QLabel* l) { return l->isVisible() && l->text() == text; });
  }
  // Of the record of runs.
  qsizetype runs() const {
    auto database = agent::RunDatabase::open(*agent::RunDatabase::default_file());
    const auto all = database->runs();
    return std::ranges::count(*all, "done", &agent::Run::status);
  }
  QString newestStart() const {
    auto database = agent::RunDatabase::open(*agent::RunDatabase::default_file());
    return QString::fromStdString(database->events(database->runs()->front().id)->front().json);
  }
  // The buttons to be seen that Tab does not come by or that have no name, going once around the window. Of buttons
  // that exclude each other, Tab goes to the chosen one.
  QString unreached() const {
    QList<QWidget*> visited;
    for (QWidget* at = QApplication::focusWidget(); at && !visited.contains(at); at = QApplication::focusWidget()) {
      visited << at;
      QTest::keyClick(at, Qt::Key_Tab);
    }
    QStringList names;
    for (QAbstractButton* button : window_->findChildren<QAbstractButton*>()) {
      if (!button->isVisible() || !button->isEnabled() || button->objectName() == "closeTab") continue;  // Ctrl+W
      const bool named = !button->text().isEmpty() || !button->accessibleName().isEmpty();
      const bool chosen_instead = button->group() && button->group()->checkedButton() != button;
      if (!named || (!visited.contains(button) && !chosen_instead)) names << button->objectName() + button->text();
    }
    return names.join(", ");
  }
  void picture(const QString& name) {
    const QString folder = qEnvironmentVariable("STRATA_SCREENSHOTS");
    if (folder.isEmpty()) return;
    for (const auto& [look, scheme] : {std::pair("light", ColourScheme::kLight), {"dark", ColourScheme::kDark}}) {
      chooseScheme(scheme);
      applyLook(*qApp);
      QTest::qWait(100);
      window_->grab().save(QString("%1/%2-%3.png").arg(folder, name, look));
    }
    chooseScheme(ColourScheme::kLight);
    applyLook(*qApp);
  }

  QTemporaryDir settings_;
  std::unique_ptr<QTemporaryDir> folder_;
  QString root_;
  std::vector<std::string> turns_;
  std::unique_ptr<ScriptedEngine> engine_;
  std::unique_ptr<AgentController> agent_;
  std::unique_ptr<ReviewController> review_;
  std::unique_ptr<MainWindow> window_;
};

QTEST_MAIN(ChangeFlowTest)
#include "change_flow_test.moc"
