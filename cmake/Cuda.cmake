# nvcc and what it compiles for. Machine code for every generation since Ampere (a later minor number runs it), and intermediate code of
# two: 90 for the data centre's Blackwell (100), 120 for what comes after.
find_program(CMAKE_CUDA_COMPILER NAMES nvcc HINTS ENV CUDACXX PATHS /usr/local/cuda/bin "${MIRRORME_TORCH_DIR}/nvidia/cu13/bin")
if(NOT CMAKE_CUDA_COMPILER)
  message(FATAL_ERROR "MIRRORME_CUDA=ON, but nvcc is neither on PATH nor in /usr/local/cuda/bin. Run: bash cmake/setup.sh --cuda "
                      "(or name it with -DCMAKE_CUDA_COMPILER=FILE).")
endif()
if(NOT CMAKE_CUDA_ARCHITECTURES)
  set(CMAKE_CUDA_ARCHITECTURES 80-real 89-real 90 120)
endif()
enable_language(CUDA)
set(CMAKE_CUDA_STANDARD 20)
if(NOT CMAKE_CUDA20_STANDARD_COMPILE_OPTION)  # CMake 3.25 does not know that nvcc can
  set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION "-std=c++20")
  set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION "-std=c++20")
endif()
