# SPDX-License-Identifier: Apache-2.0
# The board's pages: each file gzip'd and embedded into the binary by .incbin, no bundler.  A changed
# or new file is found by CMake at the next build.
set(web_dir ${CMAKE_SOURCE_DIR}/alerts/board/web)
set(web_out ${CMAKE_BINARY_DIR}/web)
set(node ${CMAKE_SOURCE_DIR}/node_modules)
if(NOT EXISTS ${node}/htm/preact/standalone.module.js OR NOT EXISTS ${node}/uplot/dist/uPlot.iife.min.js)
  message(STATUS "Fetching the two packages of the board's page (npm ci)")
  execute_process(COMMAND npm ci --omit=dev --ignore-scripts --no-progress --silent
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} RESULT_VARIABLE npm_failed)
  if(npm_failed)
    message(FATAL_ERROR "The board's page needs two packages of package-lock.json, and `npm ci` failed.  "
      "Install npm or let it reach its registry, then run in the project's folder:\n"
      "  npm ci --omit=dev --ignore-scripts")
  endif()
endif()

# path on the board | file
file(GLOB web_files RELATIVE ${web_dir} CONFIGURE_DEPENDS ${web_dir}/*.html ${web_dir}/*.js
  ${web_dir}/*.css ${web_dir}/*.svg)
foreach(file ${web_files})
  list(APPEND web_rows "/${file}|${web_dir}/${file}")
endforeach()
list(APPEND web_rows
  "/vendor/preact.js|${node}/htm/preact/standalone.module.js"
  "/vendor/preact.LICENSE.txt|${node}/htm/LICENSE"
  "/vendor/uplot.js|${node}/uplot/dist/uPlot.iife.min.js"
  "/vendor/uplot.css|${node}/uplot/dist/uPlot.min.css"
  "/vendor/uplot.LICENSE.txt|${node}/uplot/LICENSE")

set(web_type_html "text/html; charset=utf-8")
set(web_type_js "text/javascript; charset=utf-8")
set(web_type_css "text/css; charset=utf-8")
set(web_type_svg "image/svg+xml")
set(web_type_txt "text/plain; charset=utf-8")

set(asm "    .section .note.GNU-stack,\"\",%progbits\n    .section .rodata\n")
set(table "/* Made by alerts/board/web.cmake. */\n#include \"alerts/board/web.h\"\n\n")
set(rows "")
set(n 0)
foreach(row ${web_rows})
  string(REPLACE "|" ";" row ${row})
  list(GET row 0 path)
  list(GET row 1 file)
  string(REGEX REPLACE ".*\\." "" ext ${file})
  if(NOT DEFINED web_type_${ext})
    set(ext txt)
  endif()
  set(packed ${web_out}/${n}.gz)
  add_custom_command(OUTPUT ${packed} COMMAND gzip -9nc ${file} > ${packed} DEPENDS ${file} VERBATIM)
  list(APPEND web_packed ${packed})
  string(APPEND asm "    .global hy_web_${n}, hy_web_${n}_end\nhy_web_${n}:\n"
    "    .incbin \"${packed}\"\nhy_web_${n}_end:\n")
  string(APPEND table "extern const char hy_web_${n}[], hy_web_${n}_end[];\n")
  string(APPEND rows "    {\"${path}\", \"${web_type_${ext}}\", hy_web_${n}, hy_web_${n}_end},\n")
  math(EXPR n "${n} + 1")
endforeach()
string(APPEND table "\nconst struct hy_web_file hy_web_files[] = {\n${rows}};\n"
  "const size_t hy_web_files_n = sizeof(hy_web_files) / sizeof(hy_web_files[0]);\n")

file(MAKE_DIRECTORY ${web_out})
file(CONFIGURE OUTPUT ${web_out}/web.S CONTENT "${asm}" @ONLY)
file(CONFIGURE OUTPUT ${web_out}/web_table.c CONTENT "${table}" @ONLY)
set_source_files_properties(${web_out}/web.S PROPERTIES OBJECT_DEPENDS "${web_packed}")
target_sources(hy_alerts PRIVATE ${web_out}/web.S ${web_out}/web_table.c)
