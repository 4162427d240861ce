// SPDX-License-Identifier: Apache-2.0
// The repositories opened last, newest first, in the user's settings.
#pragma once

#include <QStringList>

namespace strata::ui {

QStringList recentRepositories();  // those that still exist
void rememberRepository(const QString& folder);

}  // namespace strata::ui
