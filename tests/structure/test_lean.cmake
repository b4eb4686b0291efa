# PROGRAM's run-time libraries hold none that matches REFUSED.
execute_process(COMMAND ldd "${PROGRAM}" OUTPUT_VARIABLE libraries RESULT_VARIABLE failed)
if(failed OR NOT libraries MATCHES "libc[.]so")
  message(FATAL_ERROR "ldd ${PROGRAM} failed: ${libraries}")
endif()
if(libraries MATCHES "[^\n]*(${REFUSED})[^\n]*")
  message(FATAL_ERROR "${PROGRAM} loads what its room may not: ${CMAKE_MATCH_0}")
endif()
