// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "ui/code/fuzzy_match.h"
#include "ui/reading/reading_bar.h"

using namespace strata::ui;

class FuzzyMatchTest : public QObject {
  Q_OBJECT

 private slots:
  void best_data() {
    QTest::addColumn<QString>("pattern");
    QTest::addColumn<QString>("first");
    QTest::newRow("name before folder") << "main" << "app/main.cc";
    QTest::newRow("starts of words") << "cv" << "ui/code_view.h";
    QTest::newRow("case does not matter") << "README" << "docs/readme.md";
    QTest::newRow("folder and name") << "docread" << "docs/readme.md";
    QTest::newRow("nothing") << "zzz" << "";
  }
  void best() {
    QFETCH(QString, pattern);
    const QStringList files{"main/other.cc", "app/main.cc", "ui/code_view.h", "docs/readme.md", "ui/canvas.h"};
    QTEST(fuzzyBest(pattern, files, 5).value(0), "first");
  }

  void durations() {
    QCOMPARE(describeDuration(44.6), "45 s");
    QCOMPARE(describeDuration(179), "3 min");
    QCOMPARE(describeDuration(2 * 3600 + 600), "2 h 10 min");
    QCOMPARE(describeDuration(-1), "?");
  }
};

QTEST_GUILESS_MAIN(FuzzyMatchTest)
#include "fuzzy_match_test.moc"
