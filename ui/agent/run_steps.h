// SPDX-License-Identifier: Apache-2.0
// The events of a run as lines for people. Values only.
#pragma once

#include <QString>
#include <QStringList>
#include <vector>

#include "agent/changes/run_database.h"

namespace strata::ui {

struct RunStep {
  enum class Kind {
    kPlan,    // detail: its steps, a line each
    kCall,    // of a tool; waits for its result
    kResult,  // of the call `id`
    kRemark,  // of the model, the user or the loop
    kCheck,
    kEnd,
  };
  Kind kind = Kind::kRemark;
  QString id;
  QString text;    // one line
  QString detail;  // everything, where that is more
  bool good = true;
  QString command = {};  // of a check
};

// What an event tells; nothing where it is of no use to a person.
std::vector<RunStep> stepsOf(const agent::RunEvent& event);

// A place an operation left alone, because it is not certain that it is meant.
struct LeftAlone {
  QString path;
  int line = 0;
  QString text, why;
  bool mention = false;  // in a comment, a string or a document
};
// Those of the results of a run.
std::vector<LeftAlone> leftAlone(const std::vector<agent::RunEvent>& events);

}  // namespace strata::ui
