// SPDX-License-Identifier: Apache-2.0
// A question of the agent, where it came up: what would be run, why it is asked, and the answers. Never in the way of
// anything else.
#pragma once

#include <QFrame>

#include "agent/run/run.h"

namespace strata::ui {

class ApprovalCard : public QFrame {
  Q_OBJECT
 public:
  explicit ApprovalCard(const agent::ApprovalRequest& request, QWidget* parent = nullptr);

 signals:
  void answered(strata::agent::Approval answer);
};

}  // namespace strata::ui
