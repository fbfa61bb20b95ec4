# SPDX-License-Identifier: Apache-2.0
find_program(NODE node)
if(NODE)
  add_test(NAME sites.self COMMAND ${NODE} --test tests/sites/sites.test.mjs WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  add_test(NAME sites.verdicts COMMAND ${NODE} --test tests/sites/verdicts.test.mjs WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(sites.self PROPERTIES TIMEOUT 60)
  set_tests_properties(sites.verdicts PROPERTIES ENVIRONMENT HUIYING=$<TARGET_FILE:huiying> TIMEOUT 60)
endif()
