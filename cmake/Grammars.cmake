# SPDX-License-Identifier: Apache-2.0
# strata_grammars: the tree-sitter core and the grammars of the languages we parse, as one static C library.
# STRATA_DEPS holds the unpacked source distributions (packaging/fetch-grammars). Each grammar gives a function
# tree_sitter_<language>(). C# and YAML are missing because their distributions lack the scanner's source.
if(TARGET strata_grammars)
  return()
endif()
set(STRATA_LANGUAGES bash c cmake cpp css cuda go html java javascript json kotlin lua markdown php python ruby rust
                     scala toml tsx typescript)

file(GLOB core ${STRATA_DEPS}/tree_sitter-*/tree_sitter/core/lib)
file(GLOB parsers ${STRATA_DEPS}/tree_sitter_language_pack-*/parsers)
if(NOT core OR NOT parsers)
  message(FATAL_ERROR "STRATA_DEPS (${STRATA_DEPS}) has no tree-sitter sources; `./run` and `./test` fetch them, or call "
                      "packaging/fetch-grammars and pass the folder it prints as -DSTRATA_DEPS=...")
endif()

add_library(strata_grammars STATIC ${core}/src/lib.c)
target_include_directories(strata_grammars SYSTEM PUBLIC ${core}/include)
target_include_directories(strata_grammars PRIVATE ${core}/src)
# Generated tables: optimising them further only costs time, and sanitizers in them multiply it. c11 lacks what the core
# takes from POSIX and BSD.
target_compile_options(strata_grammars PRIVATE -O1 -w -fno-sanitize=all)
target_compile_definitions(strata_grammars PRIVATE _DEFAULT_SOURCE)
set_target_properties(strata_grammars PROPERTIES C_STANDARD 11 POSITION_INDEPENDENT_CODE ON)

foreach(language IN LISTS STRATA_LANGUAGES)
  file(GLOB sources ${parsers}/${language}/src/parser.c ${parsers}/${language}/src/scanner.c)
  if(NOT sources)
    message(FATAL_ERROR "${parsers} has no grammar for ${language}")
  endif()
  # Grammars bring their own tree_sitter/parser.h, which differ between versions of the generator.
  set_source_files_properties(${sources} PROPERTIES INCLUDE_DIRECTORIES ${parsers}/${language}/src)
  target_sources(strata_grammars PRIVATE ${sources})
endforeach()
