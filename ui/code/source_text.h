// SPDX-License-Identifier: Apache-2.0
// Text of a repository's file for display: never from outside the repository, never a device, never too big to show.
#pragma once

#include <QString>

#include "base/result.h"

namespace strata::ui {

Result<QString> readSource(const QString& root, const QString& path);

}  // namespace strata::ui
