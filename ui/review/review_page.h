// SPDX-License-Identifier: Apache-2.0
// The review beside the code: the list of what can be reviewed, or one review. Wires both to the ReviewController.
#pragma once

#include <QStackedWidget>

#include "ui/review/review_controller.h"

namespace strata::ui {

class ReviewView;
class RunsPage;

class ReviewPage : public QStackedWidget {
  Q_OBJECT
 public:
  // `controller` outlives the page.
  explicit ReviewPage(ReviewController* controller, QWidget* parent = nullptr);

  void showList();  // with another repository, too
  ReviewView* view() const { return view_; }
  // What is open now, if anything: 0 is the work tree.
  std::optional<qint64> shown() const;
  void focusReview();

 signals:
  void shownAnew();  // a review was opened: the page wants to be seen

 private:
  ReviewController* controller_;
  RunsPage* list_;
  ReviewView* view_;
};

}  // namespace strata::ui
