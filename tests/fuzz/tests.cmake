# SPDX-License-Identifier: Apache-2.0
# tests/fuzz/fuzz_<module>.c, each with LLVMFuzzerTestOneInput, is built twice:
# - under the preset `fuzz` (clang) with libFuzzer, for ./dev fuzz;
# - else with replay.c, which runs tests/fuzz/corpus/<module>/* in every test run.
add_custom_target(fuzzers)  # all of them, and nothing else
file(GLOB fuzz_targets CONFIGURE_DEPENDS fuzz/fuzz_*.c)
foreach(file ${fuzz_targets})
  get_filename_component(name ${file} NAME_WE)
  string(REGEX REPLACE "^fuzz_" "" module ${name})
  set(corpus ${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${module})
  if(NOT EXISTS ${corpus})
    set(corpus)
  endif()
  if(HY_FUZZ)
    add_executable(${name} ${file})
    target_link_libraries(${name} ${roles} ${below})
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  else()
    add_executable(${name} ${file} fuzz/replay.c)
    target_link_libraries(${name} ${roles} ${below})
    add_test(NAME fuzz.${module} COMMAND ${name} ${corpus} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(fuzz.${module} PROPERTIES LABELS fuzz TIMEOUT 120)
  endif()
  add_dependencies(fuzzers ${name})
  if(module STREQUAL match AND HYPERSCAN_FOUND)
    target_link_libraries(${name} PkgConfig::HYPERSCAN)
    target_compile_definitions(${name} PRIVATE HY_HYPERSCAN)
  endif()
endforeach()
