#pragma once
// MIRRORME_SIMD before a function: the compiler makes one copy of it for each kind of processor below and the loader
// picks by CPUID (feature levels, not vendors: a level that is named after a processor is only chosen on that very one). Plain loops stay plain loops, and no file needs flags of its own.
// Sanitizers instrument the loader's resolver before their own start-up, so they get the plain copy.

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define MIRRORME_SIMD __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define MIRRORME_SIMD
#endif
