// SPDX-License-Identifier: Apache-2.0
// An EngineController that does nothing but write down what it was asked; the test plays the engine by emitting
// signals.
#pragma once

#include "ui/engine_controller.h"

class ScriptedEngine : public strata::ui::EngineController {
 public:
  void openRepository(const QString& folder) override { calls << QStringLiteral("open ") + folder; }
  void refresh() override { calls << QStringLiteral("refresh"); }
  void ask(const QString& question) override { calls << QStringLiteral("ask ") + question; }
  void cancelAnswer() override { calls << QStringLiteral("cancel"); }
  void pauseReading() override { calls << QStringLiteral("pause"); }
  void resumeReading() override { calls << QStringLiteral("resume"); }
  void stopReading() override { calls << QStringLiteral("stop"); }
  void setReadsOnBattery(bool reads) override { calls << (reads ? "on battery too" : "not on battery"); }
  void preferFile(const QString& path) override { calls << QStringLiteral("prefer ") + path; }
  void clearConversation() override { calls << QStringLiteral("clear"); }
  QStringList calls;
};
