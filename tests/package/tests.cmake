# SPDX-License-Identifier: Apache-2.0
# The packages themselves are tried by bare.sh, which needs root and a mirror of Debian.
add_test(NAME package.manual COMMAND ${CMAKE_CURRENT_LIST_DIR}/manual.sh)
set_tests_properties(package.manual PROPERTIES ENVIRONMENT HUIYING=$<TARGET_FILE:huiying>)
add_test(NAME package.docs COMMAND ${CMAKE_CURRENT_LIST_DIR}/docs.sh WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
set_tests_properties(package.docs PROPERTIES ENVIRONMENT HUIYING=$<TARGET_FILE:huiying>)
# Every command in the documents, on a machine of its own as far as namespaces go.
find_program(NODE node REQUIRED)
file(GLOB documents RELATIVE ${CMAKE_SOURCE_DIR} CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/README*.md ${CMAKE_SOURCE_DIR}/docs/*.md
  ${CMAKE_SOURCE_DIR}/docs/zh/*.md)
# In the order a reader meets them: what is tried first, what it writes, how it is tuned, how it is run.
set(guides docs/zh/规则编写.md docs/zh/回测和调参.md docs/zh/使用说明.md docs/zh/接口说明.md docs/zh/运行手册.md)
list(REMOVE_ITEM documents ${guides})
add_test(NAME package.commands COMMAND ${CMAKE_CURRENT_LIST_DIR}/commands/machine.sh ${CMAKE_SOURCE_DIR} $<TARGET_FILE:huiying>
  ${NODE} /src/tests/package/commands/commands.mjs ${documents} ${guides})
set_tests_properties(package.commands PROPERTIES LABELS scenario TIMEOUT 600 SKIP_RETURN_CODE 77)
# The service under the system calls of its unit, from its start to its end, crawling and being restored.
add_executable(filter package/filter.c)
target_compile_options(filter PRIVATE -fno-sanitize=all)
target_link_options(filter PRIVATE -fno-sanitize=all)
target_link_libraries(filter PkgConfig::DEPS)
foreach(name run_life backup)
  add_test(NAME package.filter_${name} COMMAND ${CMAKE_CURRENT_LIST_DIR}/filter.sh $<TARGET_FILE:filter> $<TARGET_FILE:huiying>
    tests/scenario/${name}.sh WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(package.filter_${name} PROPERTIES LABELS scenario TIMEOUT 300 SKIP_RETURN_CODE 77)
endforeach()
add_test(NAME package.watchdog COMMAND ${CMAKE_CURRENT_LIST_DIR}/watchdog.sh $<TARGET_FILE:huiying> WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
set_tests_properties(package.watchdog PROPERTIES LABELS scenario TIMEOUT 120)
add_test(NAME package.observe COMMAND ${CMAKE_CURRENT_LIST_DIR}/observe.sh $<TARGET_FILE:huiying> WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
set_tests_properties(package.observe PROPERTIES LABELS scenario TIMEOUT 300 SKIP_RETURN_CODE 77)
