# SPDX-License-Identifier: MIT
cmake_minimum_required(VERSION 3.25)
# cmake -DOUT=file.c -DTOP=dir [-DTHEIRS=dir] -DNAMES=a,b -DFILES=a.c,b.c -P places.cmake: writes `places`, where scenario_a
# begins in a.c, and so on. Line 1 where the file does not say "scenario scenario_a =". Paths are from TOP, or for what lies
# below it from THEIRS, another project's clone.
string(REPLACE "," ";" names "${NAMES}")
string(REPLACE "," ";" files "${FILES}")
set(rows "")
foreach(name file IN ZIP_LISTS names files)
  file(READ "${file}" code)
  string(FIND "${code}" "scenario scenario_${name} =" at)
  set(line 1)
  if(at GREATER 0)
    string(SUBSTRING "${code}" 0 ${at} before)
    string(REGEX MATCHALL "\n" newlines "${before}")
    list(LENGTH newlines line)
    math(EXPR line "${line} + 1")
  endif()
  set(is_theirs FALSE)
  if(THEIRS)
    cmake_path(IS_PREFIX THEIRS "${file}" is_theirs)
  endif()
  if(is_theirs)
    cmake_path(RELATIVE_PATH file BASE_DIRECTORY "${THEIRS}")
  else()
    cmake_path(RELATIVE_PATH file BASE_DIRECTORY "${TOP}")
  endif()
  string(REGEX REPLACE "([\\\\\"])" "\\\\\\1" file "${file}")
  string(APPEND rows "    { \"${file}\", ${line}, \"scenario_${name}\" },\n")
endforeach()
# What a program says of itself (version.h): a scenario that only moved within its file is the same code.
file(WRITE "${OUT}" "/* made by places.cmake */
#include \"cli/version.h\"
#include \"declare/registry.h\"
extern const struct place places[];
const struct place places[] VERSION_DATA = {
${rows}};
")
