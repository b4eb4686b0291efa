# nvcc compiles every kernel for every generation, and what tests/gpu builds links and runs up to the question for a device.
#   cmake -DROOT=SOURCE_DIR -DSCRATCH=FOLDER -DGENERATOR=NAME [-DTORCH=FOLDER] -P test_cuda_build.cmake
# Prints "skipped: ..." where there is no nvcc; ctest looks for the word.
find_program(nvcc NAMES nvcc PATHS /usr/local/cuda/bin "${TORCH}/nvidia/cu13/bin")
if(NOT nvcc)
  message(STATUS "skipped: there is no nvcc on PATH, in /usr/local/cuda/bin or in ${TORCH}")
  return()
endif()
set(build "${SCRATCH}/cuda")

function(step)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE failed OUTPUT_VARIABLE out ERROR_VARIABLE err)
  if(failed)
    message(FATAL_ERROR "${ARGN}: ${failed}\n${out}${err}")
  endif()
  if("${out}${err}" MATCHES "[^\n]*warning[^\n]*")
    message(FATAL_ERROR "a warning: ${CMAKE_MATCH_0}")
  endif()
endfunction()
step(${CMAKE_COMMAND} -G "${GENERATOR}" -S "${ROOT}/tests/gpu" -B "${build}" "-DCMAKE_CUDA_COMPILER=${nvcc}" -DCMAKE_EXPORT_COMPILE_COMMANDS=ON)
step(${CMAKE_COMMAND} --build "${build}" --parallel 1)

# Machine code of each generation, and intermediate code of the two that later ones are made from.
file(STRINGS "${build}/compile_commands.json" commands REGEX "modulated_norm[.]cu")
foreach(wanted sm_80 sm_89 sm_90 sm_120 compute_90 compute_120)
  if(NOT commands MATCHES "code=[^ ]*${wanted}[],]")
    message(SEND_ERROR "modulated_norm.cu was not compiled for ${wanted}: ${commands}")
  endif()
endforeach()

execute_process(COMMAND "${build}/properties_on_device" 3 RESULT_VARIABLE result OUTPUT_VARIABLE out ERROR_VARIABLE err)
message(STATUS "properties_on_device: ${out}${err}")
if(NOT result MATCHES "^(0|4)$")  # 4: no device, and it says so
  message(FATAL_ERROR "properties_on_device ended with ${result}")
endif()
