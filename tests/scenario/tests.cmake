# SPDX-License-Identifier: Apache-2.0
# tests/scenario/<name>.sh BINARY: the real service in a directory of its own (see lib.sh).
find_program(BASH bash REQUIRED)
file(GLOB scenarios CONFIGURE_DEPENDS scenario/*.sh)
list(FILTER scenarios EXCLUDE REGEX "lib.sh$")
foreach(file ${scenarios})
  get_filename_component(name ${file} NAME_WE)
  add_test(NAME scenario.${name} COMMAND ${BASH} ${file} $<TARGET_FILE:huiying> WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(scenario.${name} PROPERTIES LABELS scenario TIMEOUT 300)
endforeach()
