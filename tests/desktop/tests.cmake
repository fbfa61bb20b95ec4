# SPDX-License-Identifier: Apache-2.0
# The agent on a real session bus of its own, without a display.
find_program(DBUS_RUN_SESSION dbus-run-session REQUIRED)
find_program(NODE node REQUIRED)
add_executable(fake_notifications desktop/fake_notifications.c)
target_link_libraries(fake_notifications hy_notify)
add_library(fake_boot SHARED desktop/fake_boot.c)
if(HY_SANITIZE)
  target_link_options(fake_boot PRIVATE -fno-sanitize=all)
  target_compile_options(fake_boot PRIVATE -fno-sanitize=all)
endif()
set(on_a_bus ${CMAKE_COMMAND} -E env --unset=DISPLAY ${DBUS_RUN_SESSION} -- ${NODE})
add_test(NAME desktop.agent WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} COMMAND ${on_a_bus} tests/desktop/agent_test.mjs
  $<TARGET_FILE:huiying-notify> $<TARGET_FILE:fake_notifications> $<TARGET_FILE:fake_boot>)
add_test(NAME desktop.story WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} COMMAND ${on_a_bus} tests/desktop/story_test.mjs
  $<TARGET_FILE:huiying> $<TARGET_FILE:huiying-notify> $<TARGET_FILE:fake_notifications>)
set_tests_properties(desktop.agent desktop.story PROPERTIES LABELS desktop TIMEOUT 180)
