set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()
if(CMAKE_CXX_FLAGS_RELEASE STREQUAL "-O3 -DNDEBUG")  # CMake's default; a room that gains by -O3 asks for it itself
  set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
endif()
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib")

# Note [ccache and the precompiled header]
# Paths under the source tree are hashed relative to the build folder, so that two build folders, and two
# clones, share results; that holds as long as no debug information carries the folder's name (Release).
# GCC's precompiled header is hashed as a file; it comes from the cache itself, so it is the same file
# everywhere. pch_defines and time_macros are what ccache's manual asks for with precompiled headers.
find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}" CCACHE_NOHASHDIR=1
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      ${CCACHE_PROGRAM})
endif()

# g++ 12 sees overlapping copies in std::string's operator+ that are not there (GCC bug 105651).
add_library(mirrorme_warnings INTERFACE)
target_compile_options(mirrorme_warnings INTERFACE
  "$<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra;-Wpedantic;-Wno-unknown-pragmas;$<$<BOOL:${MIRRORME_WERROR}>:-Werror;-Wno-error=restrict>>")

if(MIRRORME_SANITIZE)
  list(JOIN MIRRORME_SANITIZE "," sanitizers)
  add_compile_options(-fsanitize=${sanitizers} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${sanitizers})
endif()

# clang-tidy 14, Debian 12's, cannot parse the <ranges> of its own libstdc++ 12.
if(MIRRORME_TIDY)
  find_program(CLANG_TIDY_PROGRAM NAMES clang-tidy REQUIRED)
  execute_process(COMMAND "${CLANG_TIDY_PROGRAM}" --version OUTPUT_VARIABLE tidy_version)
  if(NOT tidy_version MATCHES "version ([0-9]+)" OR CMAKE_MATCH_1 LESS 16)
    message(FATAL_ERROR "${CLANG_TIDY_PROGRAM} is older than 16 and cannot parse libstdc++ 12. "
                        "Get a newer one (python3 -m venv build/tidy-env && build/tidy-env/bin/pip install clang-tidy) "
                        "and name it with -DCLANG_TIDY_PROGRAM=build/tidy-env/bin/clang-tidy.")
  endif()
  set(CMAKE_CXX_CLANG_TIDY "${CLANG_TIDY_PROGRAM}" --quiet)
  set(CMAKE_DISABLE_PRECOMPILE_HEADERS ON)  # clang cannot read GCC's
endif()
