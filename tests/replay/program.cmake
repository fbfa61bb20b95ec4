# SPDX-License-Identifier: Apache-2.0
add_executable(replay replay/replay.c)
target_link_libraries(replay ${roles} ${below})
