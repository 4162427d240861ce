// SPDX-License-Identifier: Apache-2.0
#include "ui/application.h"

#include <QApplication>
#include <QStyleHints>

#include "ui/agent/agent_controller.h"
#include "ui/look.h"
#include "ui/main_window.h"
#include "ui/review/review_controller.h"
#include "ui/threaded_engine.h"

namespace strata::ui {

int run_window(int argc, char** argv, const StartOptions& options) {
  loadIcons();
  QApplication application(argc, argv);
  QApplication::setOrganizationName(QStringLiteral("strata"));
  QApplication::setApplicationName(QStringLiteral("strata"));
  QApplication::setApplicationDisplayName(QStringLiteral("Strata"));
  QApplication::setDesktopFileName(QStringLiteral("org.strata.Strata"));
  QApplication::setWindowIcon(applicationIcon());
  applyLook(application);

  ThreadedEngine engine(options.model, options.threads);
  AgentController agent(options.open_chat_model);
  ReviewController review;
  MainWindow window(&engine, &agent, &review);
  QObject::connect(&window, &MainWindow::lookChanged, &application, [&] { applyLook(application); });
  QObject::connect(QGuiApplication::styleHints(), &QStyleHints::colorSchemeChanged, &application,
                   [&] { applyLook(application); });
  window.show();
  if (!options.repository.empty()) window.openRepository(QString::fromStdString(options.repository.string()));
  return QApplication::exec();
}

}  // namespace strata::ui
