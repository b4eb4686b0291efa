#include <obs-module.h>

OBS_DECLARE_MODULE()
OBS_MODULE_USE_DEFAULT_LOCALE("obs-mirrorme", "en-US")

bool obs_module_load() { return true; }
