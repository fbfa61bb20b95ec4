# SPDX-License-Identifier: Apache-2.0
# Every folder of tests/golden with a script `run` is one test; see tests/golden/golden.
file(GLOB areas LIST_DIRECTORIES true CONFIGURE_DEPENDS golden/*)
foreach(area ${areas})
  if(EXISTS ${area}/run)
    get_filename_component(name ${area} NAME)
    add_test(NAME golden.${name} COMMAND ${CMAKE_SOURCE_DIR}/tests/golden/golden ${name})
    set_tests_properties(golden.${name} PROPERTIES ENVIRONMENT HUIYING=$<TARGET_FILE:huiying> TIMEOUT 600)
  endif()
endforeach()
