# What is installed and where (cmake --install), and the two packages made of it:
#   cpack --config build/release/CPackConfig.cmake   obs-mirrorme_VERSION_amd64.deb, for everybody on the machine
#   cmake --build build/release --target user_package   obs-mirrorme-VERSION-linux-x86_64.tar.gz, for one user, no root needed
# The engine has its libtorch beside it in lib/ ($ORIGIN); everything else is the system's.

# The modules and the engine that there are, with one name: what cmake/demo.sh --obs builds.
set(obs_parts "")
foreach(part mirrorme obs-mirrorme obs-mirrorme-ui)
  if(TARGET ${part})
    list(APPEND obs_parts ${part})
  endif()
endforeach()
add_custom_target(obs DEPENDS ${obs_parts})

# Installing and packing take what is built and build nothing more (tests!): build target obs first.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)

# OBS looks in its own prefix alone, which is the system's.
if(CMAKE_INSTALL_PREFIX_INITIALIZED_TO_DEFAULT)
  set_property(CACHE CMAKE_INSTALL_PREFIX PROPERTY VALUE /usr)
endif()
if(NOT TARGET obs-mirrorme OR NOT TARGET mirrorme)
  return()
endif()
include(GNUInstallDirs)
# Modules belong beside libobs. CMAKE_INSTALL_LIBDIR will not do: a folder that was first configured for another prefix keeps what that one's was.
cmake_path(SET obs_modules NORMALIZE "${libobs_DIR}/../../obs-plugins")
cmake_path(RELATIVE_PATH obs_modules BASE_DIRECTORY /usr)

file(READ "${PROJECT_SOURCE_DIR}/data/manifest.json" manifest)
string(JSON manifest_version GET "${manifest}" version)
if(NOT manifest_version STREQUAL PROJECT_VERSION)
  message(FATAL_ERROR "data/manifest.json says version ${manifest_version}, CMakeLists.txt says ${PROJECT_VERSION}")
endif()

# What libtorch_cpu.so needs beside itself on a machine without a GPU (cmake/Torch.cmake), and the terms it comes under.
set(torch_libraries torch/lib/libtorch_cpu.so torch/lib/libc10.so torch/lib/libgomp.so.1 nvidia/cu13/lib/libcupti.so.13 nvidia/cu13/lib/libcudart.so.13)
list(TRANSFORM torch_libraries PREPEND "${MIRRORME_TORCH_DIR}/")
set(torch_licences "${MIRRORME_TORCH_DIR}/licenses")

# mirrorme_install(COMPONENT MODULES dir DATA dir PANEL_DATA dir ENGINE dir MODELS dir LICENCES dir)
# DATA is what the module reads, MODELS what the engine reads; they may be the same folder.
function(mirrorme_install component)
  cmake_parse_arguments(I "" "MODULE;PANEL;DATA;PANEL_DATA;ENGINE;MODELS;LICENCES" "" ${ARGN})
  set(options COMPONENT ${component})
  if(component STREQUAL "user")
    list(APPEND options EXCLUDE_FROM_ALL)
  endif()
  set(data "${PROJECT_SOURCE_DIR}/data")
  install(TARGETS obs-mirrorme LIBRARY DESTINATION "${I_MODULE}" ${options})
  install(FILES "${data}/manifest.json" DESTINATION "${I_DATA}" ${options})
  install(FILES "${data}/demo/hello.wav" DESTINATION "${I_DATA}/demo" ${options})
  foreach(folder locale effects gestures avatars)
    if(EXISTS "${data}/${folder}")
      install(DIRECTORY "${data}/${folder}" DESTINATION "${I_DATA}" ${options})
    endif()
  endforeach()
  if(TARGET obs-mirrorme-ui)
    install(TARGETS obs-mirrorme-ui LIBRARY DESTINATION "${I_PANEL}" ${options})
    install(DIRECTORY "${PROJECT_SOURCE_DIR}/ui/locale" DESTINATION "${I_PANEL_DATA}" ${options})
  endif()
  install(TARGETS mirrorme RUNTIME DESTINATION "${I_ENGINE}" ${options})
  foreach(library IN LISTS torch_libraries)
    install(PROGRAMS "${library}" DESTINATION "${I_ENGINE}/lib" ${options})
  endforeach()
  if(TARGET mirrorme-cuda)
    install(TARGETS mirrorme-cuda LIBRARY DESTINATION "${I_ENGINE}/lib" ${options})
  endif()
  install(PROGRAMS "${PROJECT_SOURCE_DIR}/cmake/package/setup-cuda.sh" DESTINATION "${I_ENGINE}" ${options})
  install(FILES "${PROJECT_SOURCE_DIR}/cmake/package/wheels.sh" "${PROJECT_SOURCE_DIR}/cmake/libtorch-cuda.txt" DESTINATION "${I_ENGINE}" ${options})
  install(DIRECTORY "${data}/models" DESTINATION "${I_MODELS}" ${options})
  if(NOT I_MODELS STREQUAL I_DATA)
    install(DIRECTORY "${data}/gestures" DESTINATION "${I_MODELS}" ${options})
  endif()
  install(CODE "if(NOT EXISTS \"${torch_licences}/torch/LICENSE\")
    message(FATAL_ERROR \"libtorch may not be passed on without its licence texts, which an older cmake/setup.sh has not unpacked: \"
                        \"remove ${MIRRORME_TORCH_DIR} and run cmake/setup.sh again\")
  endif()" ${options})
  install(DIRECTORY "${torch_licences}/" DESTINATION "${I_LICENCES}" ${options})
  install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" "${PROJECT_SOURCE_DIR}/cmake/package/copyright" DESTINATION "${I_LICENCES}" ${options})
endfunction()
set_target_properties(mirrorme PROPERTIES INSTALL_RPATH "$ORIGIN/lib")

set(obs_data "${CMAKE_INSTALL_DATADIR}/obs/obs-plugins")
set(engine "${CMAKE_INSTALL_LIBEXECDIR}/obs-mirrorme")
mirrorme_install(system
  MODULE "${obs_modules}" PANEL "${obs_modules}"
  DATA "${obs_data}/obs-mirrorme" PANEL_DATA "${obs_data}/obs-mirrorme-ui"
  ENGINE "${engine}" MODELS "${CMAKE_INSTALL_DATADIR}/obs-mirrorme" LICENCES "${CMAKE_INSTALL_DATADIR}/doc/obs-mirrorme")
install(CODE "file(MAKE_DIRECTORY \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}\")
  file(CREATE_LINK \"../${engine}/mirrorme\" \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}/mirrorme\" SYMBOLIC)" COMPONENT system)

# ---- for everybody: .deb ------------------------------------------------------------------------------------
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME obs-mirrorme)
set(CPACK_PACKAGE_VENDOR "The obs-mirrorme authors")
set(CPACK_PACKAGE_CONTACT "The obs-mirrorme authors <obs-mirrorme@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_COMPONENTS_ALL system)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION video)
set(CPACK_DEBIAN_COMPRESSION_TYPE zstd)  # half a gigabyte of libtorch: minutes with xz
set(CPACK_DEBIAN_PACKAGE_DEPENDS obs-studio)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS "${MIRRORME_TORCH_DIR}/torch/lib;${MIRRORME_TORCH_DIR}/nvidia/cu13/lib")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA "${PROJECT_SOURCE_DIR}/cmake/package/postrm")
include(CPack)

# ---- for one user: the layout of ~/.config/obs-studio/plugins ------------------------------------------------
mirrorme_install(user
  MODULE plugins/obs-mirrorme/bin/64bit PANEL plugins/obs-mirrorme-ui/bin/64bit
  DATA plugins/obs-mirrorme/data PANEL_DATA plugins/obs-mirrorme-ui/data
  ENGINE plugins/obs-mirrorme/bin/64bit MODELS plugins/obs-mirrorme/data LICENCES plugins/obs-mirrorme/data/licenses)
install(PROGRAMS "${PROJECT_SOURCE_DIR}/cmake/package/install.sh" DESTINATION . COMPONENT user EXCLUDE_FROM_ALL)
set(user_name "obs-mirrorme-${PROJECT_VERSION}-linux-x86_64")
set(user_stage "${PROJECT_BINARY_DIR}/user_package/${user_name}")
add_custom_target(user_package
  COMMAND ${CMAKE_COMMAND} -E rm -rf "${user_stage}"
  COMMAND ${CMAKE_COMMAND} --install "${PROJECT_BINARY_DIR}" --component user --strip --prefix "${user_stage}"
  COMMAND ${CMAKE_COMMAND} -E tar czf "${PROJECT_BINARY_DIR}/${user_name}.tar.gz" "${user_name}"
  WORKING_DIRECTORY "${PROJECT_BINARY_DIR}/user_package"
  DEPENDS ${obs_parts}
  COMMENT "Packing ${user_name}.tar.gz" VERBATIM)
file(MAKE_DIRECTORY "${PROJECT_BINARY_DIR}/user_package")
