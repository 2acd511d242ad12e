# SPDX-License-Identifier: MIT
cmake_minimum_required(VERSION 3.25)
# cmake -DSOURCE=dir -DOUT=file.c -DCOMPILER=... -DFLAGS=... -P version.cmake: writes OUT where it would change.
set(dirty false)
if(EXISTS ${SOURCE}/.pawl-commit) # taken out of git by `gate --against`: a git around it is another project's
  file(STRINGS ${SOURCE}/.pawl-commit commit LIMIT_COUNT 1)
  set(failed 0)
else()
  execute_process(COMMAND git -C ${SOURCE} rev-parse HEAD OUTPUT_VARIABLE commit ERROR_QUIET RESULT_VARIABLE failed
                  OUTPUT_STRIP_TRAILING_WHITESPACE)
  execute_process(COMMAND git -C ${SOURCE} status --porcelain --untracked-files=no OUTPUT_VARIABLE changes ERROR_QUIET)
endif()
if(failed)
  set(commit "")
elseif(NOT "${changes}" STREQUAL "")
  set(dirty true)
endif()
string(SUBSTRING "${FLAGS}" 0 500 FLAGS)
string(REGEX REPLACE "([\\\\\"])" "\\\\\\1" FLAGS "${FLAGS}")
# Of fixed sizes and read at run time: the rest of the program must not depend on what is said here (version.h).
file(CONFIGURE OUTPUT ${OUT} @ONLY CONTENT "/* made by version.cmake */
#include \"cli/version.h\"
static const char commit[80] VERSION_DATA = \"@commit@\";
static const bool dirty VERSION_DATA = @dirty@;
static const char compiler[128] VERSION_DATA = \"@COMPILER@\";
static const char flags[1024] VERSION_DATA = \"@FLAGS@\";
const char *version_commit(void) { return commit; }
bool version_dirty(void) { return *(const volatile bool *)&dirty; }
const char *version_compiler(void) { return compiler; }
const char *version_flags(void) { return flags; }
")
