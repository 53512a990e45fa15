// The instruction set that the loops are compiled for, whatever the compiler's flags say: the machine is asked before they
// run. Only functions marked with KERNEL_VECTORS have it, and these call nothing of the standard library.
#pragma once

#if defined(__x86_64__) && (defined(__clang__) ? __clang_major__ >= 9 : defined(__GNUC__) && __GNUC__ >= 9)
#define KERNELS_CAN_BE_BUILT 1
#define KERNEL_VECTORS __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,popcnt")))

#include <immintrin.h>

namespace kernels {

inline bool canRun() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");
}

}  // namespace kernels

#endif
