// SPDX-License-Identifier: Apache-2.0
// What the rest of Strata sees of the engine.
#pragma once

#include "engine/attention/retrieval_heads.h"
#include "engine/generate/sampler.h"
#include "engine/generate/segment_encoder.h"
#include "engine/generate/session.h"
#include "engine/memory/snapshot_store.h"
#include "engine/models/model.h"
#include "engine/text/chat_template.h"
#include "engine/text/tokenizer.h"
