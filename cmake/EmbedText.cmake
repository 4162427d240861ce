# SPDX-License-Identifier: Apache-2.0
# strata_embed_text(target name file): the text of `file` as `extern const std::string_view name` of namespace
# strata::resources, compiled into `target`. The binary needs no resource folder at run time.
function(strata_embed_text target name file)
  get_filename_component(path ${file} ABSOLUTE BASE_DIR ${CMAKE_SOURCE_DIR})
  set(out ${CMAKE_CURRENT_BINARY_DIR}/${name}.embedded.cc)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
  file(READ ${path} text)
  # In pieces: compilers limit the length of one string literal.
  string(LENGTH "${text}" length)
  set(literals "")
  set(at 0)
  while(at LESS length)
    string(SUBSTRING "${text}" ${at} 12000 piece)
    string(APPEND literals "\nR\"strata_text(${piece})strata_text\"")
    math(EXPR at "${at} + 12000")
  endwhile()
  if(literals STREQUAL "")
    set(literals "\"\"")
  endif()
  file(CONFIGURE OUTPUT ${out} CONTENT
"// Made from @file@ by EmbedText.cmake.
#include <string_view>
namespace strata::resources {
extern const std::string_view @name@;
const std::string_view @name@ = @literals@;
}
" @ONLY)
  target_sources(${target} PRIVATE ${out})
endfunction()
