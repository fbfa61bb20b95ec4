# SPDX-License-Identifier: Apache-2.0
# The page in Debian's Chromium against the real binary and a private Redis.  Skipped, and CTest says
# so, where Node or Chromium are missing; the two test packages come from package-lock.json.
find_program(NODE node)
find_program(CHROMIUM chromium)
if(NODE AND CHROMIUM)
  if(NOT EXISTS ${CMAKE_SOURCE_DIR}/node_modules/playwright-core OR NOT EXISTS ${CMAKE_SOURCE_DIR}/node_modules/axe-core)
    message(STATUS "Fetching the packages of the browser tests (npm ci)")
    execute_process(COMMAND npm ci --ignore-scripts --no-progress --silent
      WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} RESULT_VARIABLE npm_failed)
    if(npm_failed)
      message(FATAL_ERROR "`npm ci` failed; the browser tests need playwright-core and axe-core")
    endif()
  endif()
  foreach(name strings http attack tls page live facts desk same first office below cases risk rules stats story)
    add_test(NAME browser.${name} COMMAND ${NODE} --test tests/browser/${name}.test.mjs
      WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(browser.${name} PROPERTIES LABELS browser TIMEOUT 300 RESOURCE_LOCK chromium
      ENVIRONMENT "HUIYING=$<TARGET_FILE:huiying>;CHROMIUM=${CHROMIUM};SHOTS=${CMAKE_BINARY_DIR}/screenshots")
  endforeach()
else()
  message(STATUS "no node or no chromium: the browser tests are left out")
endif()
