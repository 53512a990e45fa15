// Instruction sets that the kernels are compiled for, whatever the compiler's flags say: the machine is asked before
// they run. Included after every header of the standard library, so that nothing of it is compiled for them.
#pragma once

#if defined(__x86_64__) && (defined(__clang__) ? __clang_major__ >= 9 : defined(__GNUC__) && __GNUC__ >= 9)
#define ENCODER_HAS_KERNELS 1
#define ENCODER_INLINE __attribute__((always_inline))

#include <immintrin.h>

#if defined(__clang__)
#define ENCODER_TARGET "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma"
#pragma clang attribute push(__attribute__((target(ENCODER_TARGET))), apply_to = function)
#else
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma")
#endif

namespace encoder {

// Numbers of a vector register.
constexpr size_t LANES = 16;

// Eight-bit numbers that stand for floats: (number - zeroPoint) * scale.
struct Quantized {
  const uint8_t* numbers;
  float scale;
  uint8_t zeroPoint;
};

// Calls `body` with each index as a constant: only so do sums that lie in an array stay in registers.
template <size_t COUNT, typename Body>
ENCODER_INLINE inline void repeat(const Body& body) {
  if constexpr (COUNT > 0) {
    repeat<COUNT - 1>(body);
    body(std::integral_constant<size_t, COUNT - 1>());
  }
}

// The least and the greatest of what a tensor holds, with zero, as DynamicQuantizeLinear takes them.
struct Range {
  __m512 least, greatest;

  // Implicit ones are compiled without the instructions above.
  Range() : least(_mm512_setzero_ps()), greatest(_mm512_setzero_ps()) {}

  void note(__m512 values) {
    least = _mm512_min_ps(least, values);
    greatest = _mm512_max_ps(greatest, values);
  }
};

}  // namespace encoder

#endif
