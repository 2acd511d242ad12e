# SPDX-License-Identifier: MIT
# find_package(pawl_codecs) gives the target pawl::codecs.
include(CMakeFindDependencyMacro)
find_dependency(Threads)
include(${CMAKE_CURRENT_LIST_DIR}/pawl_codecsTargets.cmake)
