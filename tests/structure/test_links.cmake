# The configuration stops at a link that cmake/Rooms.cmake does not allow, however it is written.
# One real project (in links/) is configured once per case; CASE picks the lines that make its targets.
function(configure case expected)
  set(build "${SCRATCH}/links/${case}")
  file(REMOVE_RECURSE "${build}")
  execute_process(COMMAND ${CMAKE_COMMAND} -G "${GENERATOR}" -S "${ROOT}/tests/structure/links" -B "${build}" "-DROOT=${ROOT}" -DCASE=${case} "-DCMAKE_CXX_COMPILER=${CXX}"
                  RESULT_VARIABLE failed OUTPUT_VARIABLE out ERROR_VARIABLE err)
  string(REGEX REPLACE "[ \n]+" " " output "${out}${err}")  # CMake wraps its messages
  if(expected STREQUAL "")
    if(failed)
      message(SEND_ERROR "case ${case} must configure, but: ${output}")
    endif()
    return()
  endif()
  string(FIND "${output}" "${expected}" at)
  if(NOT failed OR at EQUAL -1)
    message(SEND_ERROR "case ${case}: expected '${expected}', got (${failed}): ${output}")
  endif()
endfunction()

configure(downward "")
configure(upward "room flow may not link room engine (allowed: core)")
configure(behind_its_back "room core may not link room flow (allowed: )")
configure(torch "room flow is torch-free and may not link torch::cpu")
configure(unknown_room "mirrorme_room(attic ...): not in cmake/Rooms.cmake")
configure(table_with_a_circle "the edges of core come back to it")
configure(table_lets_torch_in "torch-free room flow may not have an edge to stages")
