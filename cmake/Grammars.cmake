# SPDX-License-Identifier: Apache-2.0
# strata_grammars: the tree-sitter core and the grammars of the languages we parse, as one static C library.
# STRATA_DEPS holds the unpacked source distributions (packaging/fetch-grammars). Each grammar gives a function
# tree_sitter_<language>(). Most come from the language pack; C# and YAML have distributions of their own.
if(TARGET strata_grammars)
  return()
endif()
set(STRATA_LANGUAGES bash c c_sharp cmake cpp css cuda dockerfile go html java javascript json kotlin lua make markdown
                     php proto python qmljs ruby rust scala sql swift toml tsx typescript xml yaml)

file(GLOB core ${STRATA_DEPS}/tree_sitter-*/tree_sitter/core/lib)
file(GLOB parsers ${STRATA_DEPS}/tree_sitter_language_pack-*/parsers)
if(NOT core OR NOT parsers)
  message(FATAL_ERROR "STRATA_DEPS (${STRATA_DEPS}) has no tree-sitter sources; `./run` and `./test` fetch them, or call "
                      "packaging/fetch-grammars and pass the folder it prints as -DSTRATA_DEPS=...")
endif()

add_library(strata_grammars STATIC ${core}/src/lib.c)
target_include_directories(strata_grammars SYSTEM PUBLIC ${core}/include)
target_include_directories(strata_grammars PRIVATE ${core}/src)
# Generated tables: optimising them further only costs time, and sanitizers in them multiply it. The core is where the
# time of parsing goes; nobody interposes its functions, so they may be inlined. c11 lacks what it takes from POSIX and
# BSD.
target_compile_options(strata_grammars PRIVATE -O1 -w -fno-sanitize=all)
set_source_files_properties(${core}/src/lib.c PROPERTIES COMPILE_OPTIONS "-O3;-fno-semantic-interposition")
target_compile_definitions(strata_grammars PRIVATE _DEFAULT_SOURCE)
set_target_properties(strata_grammars PROPERTIES C_STANDARD 11 POSITION_INDEPENDENT_CODE ON)

# Mistakes in scanners. SQL's forgets to free what it replaces, once for each dollar-quoted string; the others write
# beyond the buffer for their state, or end the program, where code is nested some hundred levels deep.
set(mend_sql "  state->start_tag = NULL;\n  // A length of 1")
set(mended_sql "  free(state->start_tag);\n  state->start_tag = NULL;\n  // A length of 1")
set(mend_yaml "typ_itr != typ_end && size < TREE_SITTER_SERIALIZATION_BUFFER_SIZE;")
set(mended_yaml "typ_itr != typ_end && size + 4 <= TREE_SITTER_SERIALIZATION_BUFFER_SIZE;")
set(mend_python "iter < scanner->indents.size && size < TREE_SITTER_SERIALIZATION_BUFFER_SIZE;")
set(mended_python "iter < scanner->indents.size && size + 2 <= TREE_SITTER_SERIALIZATION_BUFFER_SIZE;")
set(mend_ruby "size + 2 + heredoc->word.size >= TREE_SITTER_SERIALIZATION_BUFFER_SIZE")
set(mended_ruby "size + 4 + heredoc->word.size >= TREE_SITTER_SERIALIZATION_BUFFER_SIZE")
set(mend_kotlin "  if (stack->size >= TREE_SITTER_SERIALIZATION_BUFFER_SIZE) abort();\n  array_push(stack, (Delimiter)(triple ? (chr + 1) : chr));\n}\n\nstatic inline Delimiter stack_pop(Stack *stack) {\n  if (stack->size == 0) abort();")
set(mended_kotlin "  if (stack->size >= TREE_SITTER_SERIALIZATION_BUFFER_SIZE) return;\n  array_push(stack, (Delimiter)(triple ? (chr + 1) : chr));\n}\n\nstatic inline Delimiter stack_pop(Stack *stack) {\n  if (stack->size == 0) return 0;")
set(mend_markdown "size_t blocks_count = s->open_blocks.size;\n    if (blocks_count > 0) {")
set(mended_markdown "size_t blocks_count = s->open_blocks.size;\n    const size_t room = (TREE_SITTER_SERIALIZATION_BUFFER_SIZE - size) / sizeof(Block);\n    if (blocks_count > room) blocks_count = room;\n    if (blocks_count > 0) {")

foreach(language IN LISTS STRATA_LANGUAGES)
  file(GLOB folder ${parsers}/${language}/src ${STRATA_DEPS}/tree_sitter_${language}-*/src)
  file(GLOB sources ${folder}/parser.c ${folder}/scanner.c)
  if(DEFINED mend_${language})
    file(READ ${folder}/scanner.c scanner)
    string(REPLACE "${mend_${language}}" "${mended_${language}}" mended "${scanner}")
    if(mended STREQUAL scanner)
      message(FATAL_ERROR "${folder}/scanner.c is not the version with the mistake; drop what mends it here")
    endif()
    file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/${language}_scanner.c CONTENT "${mended}" @ONLY)
    set(sources ${folder}/parser.c ${CMAKE_CURRENT_BINARY_DIR}/${language}_scanner.c)
  endif()
  if(NOT sources)
    message(FATAL_ERROR "${STRATA_DEPS} has no grammar for ${language}")
  endif()
  # Grammars bring their own tree_sitter/parser.h, which differ between versions of the generator. C#'s distribution
  # forgot them (any of the same generator will do), and YAML's the table that tells numbers from words.
  set(includes ${folder})
  if(language STREQUAL c_sharp)
    list(APPEND includes ${parsers}/java/src)
  elseif(language STREQUAL yaml)
    list(APPEND includes ${CMAKE_CURRENT_LIST_DIR}/yaml)
  endif()
  set_source_files_properties(${sources} PROPERTIES INCLUDE_DIRECTORIES "${includes}")
  target_sources(strata_grammars PRIVATE ${sources})
endforeach()
