#include <obs-module.h>
OBS_DECLARE_MODULE()
bool obs_module_load(void) { return true; }
