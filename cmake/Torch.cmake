# libtorch as imported targets. The wheel's own TorchConfig demands a CUDA toolkit even for a CPU program,
# so the libraries and include folders are named here. Its headers come last (-idirafter): they carry an
# old protobuf and another fmt.
set(torch_root "${MIRRORME_TORCH_DIR}/torch")
if(NOT EXISTS "${torch_root}/lib/libtorch_cpu.so")
  message(FATAL_ERROR "libtorch is not in ${MIRRORME_TORCH_DIR}. Run: bash cmake/setup.sh "
                      "(or point MIRRORME_TORCH_DIR at a folder that holds torch/lib and torch/include, "
                      "or build the rest with -DMIRRORME_TORCH=OFF).")
endif()
add_library(torch::cpu INTERFACE IMPORTED)
target_compile_options(torch::cpu INTERFACE
  "$<$<COMPILE_LANGUAGE:CXX>:SHELL:-idirafter ${torch_root}/include>"
  "$<$<COMPILE_LANGUAGE:CXX>:SHELL:-idirafter ${torch_root}/include/torch/csrc/api/include>"
  -D_GLIBCXX_USE_CXX11_ABI=1)
target_link_libraries(torch::cpu INTERFACE "${torch_root}/lib/libtorch_cpu.so" "${torch_root}/lib/libc10.so")
# CMake writes the libraries' folder into what is built, and takes it out of what is installed (Packaging.cmake).
target_link_options(torch::cpu INTERFACE -Wl,--allow-shlib-undefined
  "-Wl,-rpath-link,${torch_root}/lib:${MIRRORME_TORCH_DIR}/nvidia/cu13/lib:${MIRRORME_TORCH_DIR}/nvidia/cuda_runtime/lib")

# One precompiled <torch/torch.h> for every room that uses torch (18 s a translation unit without it).
file(GENERATE OUTPUT "${CMAKE_BINARY_DIR}/torch_pch.cpp" CONTENT "// carries the precompiled header of torch\n")
add_library(torch_pch STATIC "${CMAKE_BINARY_DIR}/torch_pch.cpp")
target_link_libraries(torch_pch PUBLIC torch::cpu mirrorme_warnings)
target_precompile_headers(torch_pch PRIVATE <torch/torch.h> <nlohmann/json.hpp>)

# torch::cuda, for libmirrorme-cuda.so alone. Both libraries must be named between --no-as-needed: nothing refers
# to them by symbol, and without them torch says there is no GPU.
if(MIRRORME_CUDA)
  if(NOT EXISTS "${torch_root}/lib/libtorch_cuda.so")
    message(FATAL_ERROR "The CUDA half of libtorch is not in ${MIRRORME_TORCH_DIR}. Run: bash cmake/setup.sh --cuda "
                        "(or build the kernels alone with -DMIRRORME_TORCH=OFF).")
  endif()
  add_library(torch::cuda INTERFACE IMPORTED)
  target_link_libraries(torch::cuda INTERFACE torch::cpu)
  target_link_options(torch::cuda INTERFACE -Wl,--no-as-needed "${torch_root}/lib/libtorch_cuda.so"
    "${torch_root}/lib/libc10_cuda.so" -Wl,--as-needed)
endif()

# GCC refuses a precompiled header made with -fPIC in a program compiled with -fPIE, so programs take -fPIC as well.
function(mirrorme_use_torch_pch target)
  target_precompile_headers(${target} REUSE_FROM torch_pch)
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
  target_compile_options(${target} PRIVATE -fPIC)
endfunction()
