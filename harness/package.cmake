# SPDX-License-Identifier: MIT
# pawl_package(NAME DESCRIPTION text ROOTS function... ARCHIVES target... HEADERS file... [LIBS lib...] [COMPONENT name]
#              TEST script): libpawl_NAME, for other C and C++ projects.
#
# A static library, made of the very objects that the program measures and checks: nothing is compiled a second time with
# other flags (a shared one would have to be, with -fPIC), and there is no binary interface to promise at version 0. It
# is one relocatable object: what the ROOTS (functions that must be in it: the rest comes with these) need of the archives
# is linked together, then every name but those in exports.txt beside the caller is made local, so that a program may well
# have an err_set() of its own, and two of our libraries. HEADERS are from the project's top; LIBS are linked by name. The
# TEST compares exports.txt with the headers, and uses what was installed.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

function(pawl_package name)
  cmake_parse_arguments(ARG "" "DESCRIPTION;COMPONENT;TEST" "ROOTS;ARCHIVES;HEADERS;LIBS" ${ARGN})
  set(target pawl_${name}_package)
  set(object ${CMAKE_CURRENT_BINARY_DIR}/pawl_${name}.o)
  set(globals ${CMAKE_CURRENT_SOURCE_DIR}/exports.txt)
  list(TRANSFORM ARG_ROOTS PREPEND "-Wl,-u,")
  list(TRANSFORM ARG_ARCHIVES REPLACE "(.+)" "$<TARGET_FILE:\\1>")
  add_custom_command(
    OUTPUT ${object}
    COMMAND ${CMAKE_C_COMPILER} -r -nostdlib -o ${object}.all ${ARG_ROOTS}
            -Wl,--start-group ${ARG_ARCHIVES} -Wl,--end-group
    COMMAND ${CMAKE_OBJCOPY} --keep-global-symbols=${globals} ${object}.all ${object}
    DEPENDS ${ARG_ARCHIVES} ${globals}
    COMMENT "Linking pawl_${name}.o"
    VERBATIM COMMAND_EXPAND_LISTS)
  add_library(${target} STATIC ${object})
  set_target_properties(${target} PROPERTIES
    LINKER_LANGUAGE C OUTPUT_NAME pawl_${name} EXPORT_NAME ${name} ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
  target_include_directories(${target} INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/pawl>)
  target_link_libraries(${target} INTERFACE Threads::Threads ${ARG_LIBS})

  if(ARG_COMPONENT)
    set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME ${ARG_COMPONENT}) # of all that is installed here
  endif()
  install(TARGETS ${target} EXPORT pawl_${name})
  install(FILES ${PROJECT_SOURCE_DIR}/harness/base/err_struct.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/pawl/base
          RENAME err.h)
  foreach(header ${ARG_HEADERS})
    get_filename_component(room ${header} DIRECTORY)
    string(REGEX REPLACE "^harness/" "" room ${room})
    install(FILES ${PROJECT_SOURCE_DIR}/${header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/pawl/${room})
  endforeach()
  pawl_package_files(${name} "${ARG_DESCRIPTION}" "${ARG_LIBS}")
  add_test(NAME ${ARG_TEST} COMMAND ${PROJECT_SOURCE_DIR}/ci/${ARG_TEST} ${PROJECT_BINARY_DIR})
  set_tests_properties(${ARG_TEST} PROPERTIES TIMEOUT 120 ENVIRONMENT
    "CC=${CMAKE_C_COMPILER};CXX=${CMAKE_CXX_COMPILER};SANITIZE=${PAWL_SANITIZE};LIBDIR=${CMAKE_INSTALL_LIBDIR}")
endfunction()

# How CMake and pkg-config find it.
function(pawl_package_files name description libs)
  set(templates ${PROJECT_SOURCE_DIR}/harness)
  set(cmake_folder ${CMAKE_INSTALL_LIBDIR}/cmake/pawl_${name})
  install(EXPORT pawl_${name} NAMESPACE pawl:: FILE pawl_${name}Targets.cmake DESTINATION ${cmake_folder})
  write_basic_package_version_file(pawl_${name}ConfigVersion.cmake COMPATIBILITY SameMinorVersion)
  configure_file(${templates}/package_config.cmake.in pawl_${name}Config.cmake @ONLY)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/pawl_${name}Config.cmake
          ${CMAKE_CURRENT_BINARY_DIR}/pawl_${name}ConfigVersion.cmake DESTINATION ${cmake_folder})

  # The prefix follows from where the .pc file lies: an installed tree may be moved. Not so where a folder was configured
  # as an absolute path: it is meant to stay there.
  if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}" OR IS_ABSOLUTE "${CMAKE_INSTALL_INCLUDEDIR}")
    set(pc_prefix ${CMAKE_INSTALL_PREFIX})
    set(pc_libdir ${CMAKE_INSTALL_FULL_LIBDIR})
    set(pc_includedir ${CMAKE_INSTALL_FULL_INCLUDEDIR})
  else()
    file(RELATIVE_PATH up /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
    set(pc_prefix "\${pcfiledir}/${up}")
    set(pc_libdir "\${prefix}/${CMAKE_INSTALL_LIBDIR}")
    set(pc_includedir "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
  endif()
  list(TRANSFORM libs PREPEND "-l")
  list(JOIN libs " " pc_libs)
  configure_file(${templates}/package.pc.in pawl_${name}.pc @ONLY)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/pawl_${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endfunction()
