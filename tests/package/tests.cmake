# SPDX-License-Identifier: Apache-2.0
# The packages themselves are tried by bare.sh, which needs root and a mirror of Debian.
add_test(NAME package.manual COMMAND ${CMAKE_CURRENT_LIST_DIR}/manual.sh)
set_tests_properties(package.manual PROPERTIES ENVIRONMENT HUIYING=$<TARGET_FILE:huiying>)
add_test(NAME package.docs COMMAND ${CMAKE_CURRENT_LIST_DIR}/docs.sh WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
set_tests_properties(package.docs PROPERTIES ENVIRONMENT HUIYING=$<TARGET_FILE:huiying>)
