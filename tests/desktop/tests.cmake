# SPDX-License-Identifier: Apache-2.0
# The agent on a real session bus of its own, without a display.
find_program(DBUS_RUN_SESSION dbus-run-session REQUIRED)
find_program(NODE node REQUIRED)
add_executable(fake_notifications desktop/fake_notifications.c)
target_link_libraries(fake_notifications hy_notify)
add_test(NAME desktop.agent COMMAND ${CMAKE_COMMAND} -E env --unset=DISPLAY ${DBUS_RUN_SESSION} -- ${NODE}
  ${CMAKE_CURRENT_SOURCE_DIR}/desktop/desktop_test.mjs $<TARGET_FILE:huiying-notify> $<TARGET_FILE:fake_notifications>)
set_tests_properties(desktop.agent PROPERTIES LABELS desktop TIMEOUT 180)
