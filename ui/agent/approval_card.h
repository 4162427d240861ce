// SPDX-License-Identifier: Apache-2.0
// The agent wants to run something that has to be allowed.
#pragma once

#include "agent/run/run.h"
#include "ui/agent/question_card.h"

namespace strata::ui {

class ApprovalCard : public QuestionCard {
  Q_OBJECT
 public:
  explicit ApprovalCard(const agent::ApprovalRequest& request, QWidget* parent = nullptr);

 signals:
  void answered(strata::agent::Approval answer);
};

}  // namespace strata::ui
