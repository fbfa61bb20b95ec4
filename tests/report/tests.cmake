# SPDX-License-Identifier: Apache-2.0
# Reports as printed pages; skipped where there is no browser.
add_test(NAME report.print COMMAND sh ${CMAKE_SOURCE_DIR}/tests/report/print.sh $<TARGET_FILE:huiying>)
set_tests_properties(report.print PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 180 LABELS browser)
