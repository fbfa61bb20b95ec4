# SPDX-License-Identifier: Apache-2.0
# Years of an office on a virtual clock, and the same figures reckoned in Python: a small generated
# history here, a folder of real data by ./dev replay DIR.
include(replay/program.cmake)
add_test(NAME replay.generated COMMAND python3 ${CMAKE_SOURCE_DIR}/tests/replay/replay.py
  --replay $<TARGET_FILE:replay> --huiying $<TARGET_FILE:huiying>)
set_tests_properties(replay.generated PROPERTIES TIMEOUT 300)
