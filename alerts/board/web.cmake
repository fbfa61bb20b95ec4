# SPDX-License-Identifier: Apache-2.0
# The board's pages, gzip'd and embedded into the binary by .incbin, no bundler.  A changed or new file
# is found by CMake at the next build; a module that the start imports goes into `web_start`.
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

# What the start needs, each behind what it imports: one module, /app.js (web_join.awk says how and
# why), and one sheet of styles.  Everything else is fetched when its page is opened.
set(web_start words.js words_cases.js words_office.js words_stats.js strings.js clock.js api.js store.js similar.js
  verbs.js acts.js parts.js matter.js advice.js dialog.js chart.js why.js claims.js records.js route.js search.js
  timeline.js incident.js triage.js keys.js views.js live.js pages.js sound.js app.js)
set(web_styles style.css office.css stats.css)
find_program(AWK awk REQUIRED)
file(MAKE_DIRECTORY ${web_out})
string(REPLACE ";" " " web_start_words "${web_start}")
list(TRANSFORM web_start PREPEND ${web_dir}/ OUTPUT_VARIABLE web_start_files)
list(TRANSFORM web_styles PREPEND ${web_dir}/ OUTPUT_VARIABLE web_style_files)

# Sets the rows' file: made by awk from one module or several.
function(web_module name)
  add_custom_command(OUTPUT ${web_out}/${name} COMMAND ${AWK} -v "start=${web_start_words}"
    -f ${CMAKE_CURRENT_SOURCE_DIR}/alerts/board/web_join.awk ${ARGN} > ${web_out}/${name}
    DEPENDS ${ARGN} ${CMAKE_CURRENT_SOURCE_DIR}/alerts/board/web_join.awk VERBATIM)
endfunction()

# path on the board | file
web_module(app.js ${web_start_files})
add_custom_command(OUTPUT ${web_out}/style.css COMMAND cat ${web_style_files} > ${web_out}/style.css
  DEPENDS ${web_style_files} VERBATIM)
list(APPEND web_rows "/app.js|${web_out}/app.js" "/style.css|${web_out}/style.css")
file(GLOB web_files RELATIVE ${web_dir} CONFIGURE_DEPENDS ${web_dir}/*.html ${web_dir}/*.js
  ${web_dir}/*.css ${web_dir}/*.svg)
list(REMOVE_ITEM web_files ${web_start} ${web_styles})
foreach(file ${web_files})
  if(file MATCHES "\\.js$")
    web_module(${file} ${web_dir}/${file})
    list(APPEND web_rows "/${file}|${web_out}/${file}")
  else()
    list(APPEND web_rows "/${file}|${web_dir}/${file}")
  endif()
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

file(CONFIGURE OUTPUT ${web_out}/web.S CONTENT "${asm}" @ONLY)
file(CONFIGURE OUTPUT ${web_out}/web_table.c CONTENT "${table}" @ONLY)
set_source_files_properties(${web_out}/web.S PROPERTIES OBJECT_DEPENDS "${web_packed}")
target_sources(hy_alerts PRIVATE ${web_out}/web.S ${web_out}/web_table.c)
