# SPDX-License-Identifier: Apache-2.0
# huiying-notify, the desktop agent: runs in a person's session, so it is an executable of its own
# and links nothing of the service but core/.
pkg_check_modules(DESKTOP REQUIRED IMPORTED_TARGET gio-2.0 gio-unix-2.0 libcurl)
file(GLOB notify_sources CONFIGURE_DEPENDS alerts/desktop/*.c)
list(FILTER notify_sources EXCLUDE REGEX "desktop/main.c")
add_library(hy_notify STATIC ${notify_sources})
target_link_libraries(hy_notify PUBLIC hy_core PkgConfig::DEPS PkgConfig::DESKTOP)
add_executable(huiying-notify alerts/desktop/main.c)
target_link_libraries(huiying-notify hy_notify)
