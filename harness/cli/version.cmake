# SPDX-License-Identifier: MIT
cmake_minimum_required(VERSION 3.25)
# cmake -DSOURCE=dir -DOUT=file.c -DCOMPILER=... -DFLAGS=... -P version.cmake: writes OUT where it would change.
execute_process(COMMAND git -C ${SOURCE} rev-parse HEAD OUTPUT_VARIABLE commit ERROR_QUIET RESULT_VARIABLE failed
                OUTPUT_STRIP_TRAILING_WHITESPACE)
set(dirty false)
if(failed)
  set(commit "")
else()
  execute_process(COMMAND git -C ${SOURCE} status --porcelain --untracked-files=no OUTPUT_VARIABLE changes ERROR_QUIET)
  if(NOT changes STREQUAL "")
    set(dirty true)
  endif()
endif()
file(CONFIGURE OUTPUT ${OUT} @ONLY CONTENT "/* made by version.cmake */
#include \"cli/version.h\"
const char *version_commit(void) { return \"@commit@\"; }
bool version_dirty(void) { return @dirty@; }
const char *version_compiler(void) { return \"@COMPILER@\"; }
const char *version_flags(void) { return \"@FLAGS@\"; }
")
