# SPDX-License-Identifier: Apache-2.0
# The tree against its own rules; nothing here depends on the compiler, so it runs once.
add_executable(layout layout/layout.c)
target_link_libraries(layout hy_core)
add_test(NAME layout.rules COMMAND layout WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})

set(flags -std=gnu17 -D_GNU_SOURCE -Wall -Wextra -Werror -Wno-missing-field-initializers
  -DHY_VERSION="x" -DHY_RULES_DIR="x" -include core/banned.h -I. ${DEPS_CFLAGS} ${DESKTOP_CFLAGS})
add_test(NAME layout.headers COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/layout/headers.sh ${CMAKE_C_COMPILER} ${flags}
  WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
add_test(NAME layout.circles COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/layout/circles.sh ${CMAKE_BINARY_DIR}
  WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
set_tests_properties(layout.rules layout.headers layout.circles PROPERTIES LABELS layout)
