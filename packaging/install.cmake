# SPDX-License-Identifier: Apache-2.0
# What is installed, and the Debian package (`cpack -G DEB` in the build folder; needs dpkg-dev). Included by app/.
include(GNUInstallDirs)
install(TARGETS strata RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
# fetch-model finds the catalogue and the lock files relative to itself, as in the source tree.
install(PROGRAMS ${CMAKE_SOURCE_DIR}/packaging/fetch-model DESTINATION ${CMAKE_INSTALL_DATADIR}/strata/packaging)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/packaging/locks DESTINATION ${CMAKE_INSTALL_DATADIR}/strata/packaging)
install(FILES ${CMAKE_SOURCE_DIR}/resources/models.json DESTINATION ${CMAKE_INSTALL_DATADIR}/strata/resources)
install(FILES ${CMAKE_SOURCE_DIR}/LICENSE ${CMAKE_SOURCE_DIR}/README.md ${CMAKE_SOURCE_DIR}/resources/calibration/LICENSE.cpython
        DESTINATION ${CMAKE_INSTALL_DOCDIR})
if(STRATA_GUI)
  install(FILES ${CMAKE_SOURCE_DIR}/packaging/org.strata.Strata.desktop DESTINATION ${CMAKE_INSTALL_DATADIR}/applications)
  install(FILES ${CMAKE_SOURCE_DIR}/packaging/org.strata.Strata.metainfo.xml DESTINATION ${CMAKE_INSTALL_DATADIR}/metainfo)
  install(FILES ${CMAKE_SOURCE_DIR}/resources/icons/org.strata.Strata.svg
          DESTINATION ${CMAKE_INSTALL_DATADIR}/icons/hicolor/scalable/apps)
endif()

set(CPACK_PACKAGE_NAME strata)
set(CPACK_PACKAGE_VENDOR "The Strata authors")
set(CPACK_PACKAGE_CONTACT "The Strata authors <strata@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Reads a whole repository and answers questions about it")
set(CPACK_RESOURCE_FILE_LICENSE ${CMAKE_SOURCE_DIR}/LICENSE)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "python3, python3-pip, curl")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "qt6-svg-plugins, bubblewrap")
include(CPack)
