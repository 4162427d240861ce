// SPDX-License-Identifier: Apache-2.0
// Takes the place of a generated file that tree-sitter-yaml's source distribution lacks: there it tells numbers, booleans
// and null from words. The index only wants keys, so every plain scalar is a string here.
#include <stdint.h>

#define HAS_TIMESTAMP 0
#define SCH_STT_FRZ -1

typedef enum { RS_STR, RS_NULL, RS_BOOL, RS_INT, RS_FLOAT } ResultSchema;

static int8_t adv_sch_stt(int8_t sch_stt, int32_t cur_chr, ResultSchema* rlt_sch) {
  (void)sch_stt, (void)cur_chr;
  *rlt_sch = RS_STR;
  return SCH_STT_FRZ;
}
