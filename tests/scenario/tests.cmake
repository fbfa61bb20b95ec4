# SPDX-License-Identifier: Apache-2.0
# tests/scenario/<name>.sh BINARY: the real service in a directory of its own (see lib.sh).
find_program(BASH bash REQUIRED)
file(GLOB scenarios CONFIGURE_DEPENDS scenario/*.sh)
list(FILTER scenarios EXCLUDE REGEX "lib.sh$")
foreach(file ${scenarios})
  get_filename_component(name ${file} NAME_WE)
  add_test(NAME scenario.${name} COMMAND ${BASH} ${file} $<TARGET_FILE:huiying> WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(scenario.${name} PROPERTIES LABELS scenario TIMEOUT 300 SKIP_RETURN_CODE 77)
endforeach()

# tests/scenario/<name>.c: the same with parts of the service driven one by one.
file(GLOB scenario_programs CONFIGURE_DEPENDS scenario/*.c)
foreach(file ${scenario_programs})
  get_filename_component(name ${file} NAME_WE)
  add_executable(scenario_${name} ${file})
  target_link_libraries(scenario_${name} ${roles} ${below} PkgConfig::CMOCKA)
  add_test(NAME scenario.${name} COMMAND scenario_${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(scenario.${name} PROPERTIES LABELS scenario TIMEOUT 300
    ENVIRONMENT HUIYING=$<TARGET_FILE:huiying>)
endforeach()

# With a board and the desktop agent of an officer: what asks for her is on her screen.
if(TARGET huiying-notify)
  set_tests_properties(scenario.keeper_model PROPERTIES
    ENVIRONMENT "HUIYING=$<TARGET_FILE:huiying>;HY_CHAOS_DESK=1")
endif()

# The delivery and its other side, in JavaScript because that side is.
find_program(NODE node REQUIRED)
add_test(NAME scenario.deliver COMMAND ${NODE} tests/scenario/deliver/deliver_test.mjs $<TARGET_FILE:huiying>
  WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
set_tests_properties(scenario.deliver PROPERTIES LABELS scenario TIMEOUT 300)
