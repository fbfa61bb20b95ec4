# SPDX-License-Identifier: Apache-2.0
# tests/bench/bench_<name>.c: prints one JSON line per figure, {"bench","metric","value","unit",
# "peer","peer_value","ratio"}; ratio > 1 means better than the peer measured in the same run.
# Built under the preset `bench` only (./dev bench [NAME]).
file(GLOB benches CONFIGURE_DEPENDS bench/bench_*.c)
foreach(file ${benches})
  get_filename_component(name ${file} NAME_WE)
  add_executable(${name} ${file})
  target_link_libraries(${name} ${roles} ${below})
  if(name STREQUAL bench_match) # the peer it is measured against
    pkg_check_modules(HYPERSCAN REQUIRED IMPORTED_TARGET libhs)
    target_link_libraries(${name} PkgConfig::HYPERSCAN)
  endif()
endforeach()
