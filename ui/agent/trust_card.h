// SPDX-License-Identifier: Apache-2.0
// What a repository says to agents, word for word, and whether that is to be followed.
#pragma once

#include "agent/run/trust.h"
#include "ui/agent/question_card.h"

namespace strata::ui {

class TrustCard : public QuestionCard {
  Q_OBJECT
 public:
  explicit TrustCard(const agent::Instructions& instructions, QWidget* parent = nullptr);

 signals:
  void answered(bool follow);
};

}  // namespace strata::ui
