# SPDX-License-Identifier: Apache-2.0
# What is installed where, and the two Debian packages made of it: huiying (the service, for one
# machine of the office) and huiying-notify (the alert on a person's desktop).
include(GNUInstallDirs)
set(pack ${CMAKE_CURRENT_LIST_DIR})
set(made ${CMAKE_BINARY_DIR}/packaging)
file(MAKE_DIRECTORY ${made})

# Man pages and completions are written by the programs, from their tables of commands.
function(made_by program name)  # name of the file, arguments
  add_custom_command(OUTPUT ${made}/${name} COMMAND ${program} ${ARGN} > ${made}/${name}
    DEPENDS ${program} VERBATIM)
  add_custom_command(OUTPUT ${made}/${name}.gz COMMAND gzip -9nc ${made}/${name} > ${made}/${name}.gz
    DEPENDS ${made}/${name} VERBATIM)
endfunction()
made_by(huiying huiying.1 --man)
made_by(huiying huiying.bash --completion bash)
made_by(huiying _huiying --completion zsh)
made_by(huiying huiying.fish --completion fish)
made_by(huiying-notify huiying-notify.1 --man)
# Debian wants a list of changes and a copyright file in its own form.
add_custom_command(OUTPUT ${made}/changelog.Debian.gz COMMAND gzip -9nc ${pack}/debian/changelog > ${made}/changelog.Debian.gz
  DEPENDS ${pack}/debian/changelog VERBATIM)
add_custom_target(packaging ALL DEPENDS ${made}/huiying.1.gz ${made}/huiying-notify.1.gz ${made}/huiying.bash
  ${made}/_huiying ${made}/huiying.fish ${made}/changelog.Debian.gz)

function(service_files to)
  install(FILES ${ARGN} DESTINATION ${to} COMPONENT huiying)
endfunction()
install(TARGETS huiying DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT huiying)
service_files(${CMAKE_INSTALL_MANDIR}/man1 ${made}/huiying.1.gz)
service_files(${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions ${made}/_huiying)
service_files(${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d ${made}/huiying.fish)
install(FILES ${made}/huiying.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
  RENAME huiying COMPONENT huiying)
service_files(lib/systemd/system ${pack}/huiying.service ${pack}/huiying-role@.service)
install(FILES ${pack}/huiying.sysusers DESTINATION lib/sysusers.d RENAME huiying.conf COMPONENT huiying)
install(FILES ${pack}/huiying.tmpfiles DESTINATION lib/tmpfiles.d RENAME huiying.conf COMPONENT huiying)
install(FILES ${pack}/default DESTINATION /etc/default RENAME huiying COMPONENT huiying)
install(DIRECTORY ${pack}/office DESTINATION /etc/huiying COMPONENT huiying)
install(DIRECTORY rules/national rules/sample DESTINATION ${CMAKE_INSTALL_DATADIR}/huiying/rules COMPONENT huiying)
install(DIRECTORY packaging/observe DESTINATION ${CMAKE_INSTALL_DATADIR}/huiying COMPONENT huiying)
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT huiying)
service_files(${CMAKE_INSTALL_DOCDIR} README.md README.zh.md NOTICE ${pack}/debian/copyright ${made}/changelog.Debian.gz)

set(notify_doc ${CMAKE_INSTALL_DATADIR}/doc/huiying-notify)
install(TARGETS huiying-notify DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT huiying-notify)
install(FILES ${made}/huiying-notify.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT huiying-notify)
install(FILES ${pack}/desktop/huiying-notify.service DESTINATION lib/systemd/user COMPONENT huiying-notify)
# Started with every session of a desktop that systemd runs, as the .desktop file is by the others.
file(MAKE_DIRECTORY ${made}/graphical-session.target.wants)
file(CREATE_LINK ../huiying-notify.service ${made}/graphical-session.target.wants/huiying-notify.service SYMBOLIC)
install(DIRECTORY ${made}/graphical-session.target.wants DESTINATION lib/systemd/user COMPONENT huiying-notify)
install(FILES ${pack}/desktop/huiying-notify.desktop DESTINATION /etc/xdg/autostart COMPONENT huiying-notify)
install(FILES ${pack}/debian/copyright ${made}/changelog.Debian.gz docs/zh/桌面提醒.md DESTINATION ${notify_doc} COMPONENT huiying-notify)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME huiying)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PACKAGE_CONTACT "huiying maintainers <maintainers@huiying.example>")
set(CPACK_COMPONENTS_ALL huiying huiying-notify)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE
  WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_HUIYING_PACKAGE_NAME huiying)
set(CPACK_DEBIAN_HUIYING_PACKAGE_SECTION net)
set(CPACK_DEBIAN_HUIYING_PACKAGE_DEPENDS "redis-server (>= 5:7.0), systemd, ca-certificates")
set(CPACK_DEBIAN_HUIYING_DESCRIPTION "incidents and response clocks of a government press office
 Watches public news and forum pages, groups what concerns the government
 into incidents, starts the clocks the regulations set, alerts the people on
 duty until somebody answers, and keeps a timeliness record that can be
 verified without it.")
set(CPACK_DEBIAN_HUIYING_PACKAGE_CONTROL_EXTRA
  "${pack}/debian/postinst;${pack}/debian/prerm;${pack}/debian/postrm;${pack}/debian/conffiles")
set(CPACK_DEBIAN_HUIYING-NOTIFY_PACKAGE_NAME huiying-notify)
set(CPACK_DEBIAN_HUIYING-NOTIFY_PACKAGE_SECTION net)
set(CPACK_DEBIAN_HUIYING-NOTIFY_DESCRIPTION "desktop alerts of huiying
 Shows the alerts of the person on duty on the desktop, tells the service
 what was really shown, and says so when the service goes silent.")
set(CPACK_DEBIAN_HUIYING-NOTIFY_PACKAGE_CONTROL_EXTRA "${pack}/desktop/conffiles")
include(CPack)
