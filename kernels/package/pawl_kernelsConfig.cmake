# SPDX-License-Identifier: MIT
# find_package(pawl_kernels) gives the target pawl::kernels.
include(CMakeFindDependencyMacro)
find_dependency(Threads)
include(${CMAKE_CURRENT_LIST_DIR}/pawl_kernelsTargets.cmake)
