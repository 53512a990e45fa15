// kernel/scan.ts's dot products for processors with registers of eight floats: the same sums in the same order, so that they
// have the same bits. What they wait for is memory, so the next rows are asked for meanwhile.
#pragma once

#include <cstddef>
#include <cstdint>

#include "simd.h"

#if defined(KERNELS_CAN_BE_BUILT)

namespace kernels {

// Rows of floats, each so many floats behind the one before, and what they are compared with.
struct Vectors {
  const float* first;
  const float* query;
  size_t dimension;
  size_t stride;

  const float* at(uint32_t row) const { return first + row * stride; }
};

// Rows that are compared with at a time: their sums do not wait for each other.
constexpr size_t TOGETHER = 4;

// As in the kernel: the sums of the first four of each eight components and those of the other four, and what is left.
KERNEL_VECTORS inline float wholeOf(__m256 sums, const Vectors& vectors, const float* row) {
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(sums), _mm256_extractf128_ps(sums, 1));
  float lanes[4];
  _mm_storeu_ps(lanes, four);
  float rest = 0;
  for (size_t at = vectors.dimension & ~size_t(7); at < vectors.dimension; at += 1) rest += vectors.query[at] * row[at];
  return ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) + rest;
}

KERNEL_VECTORS inline void compareFour(const Vectors& vectors, const float* const* rows, const float* const* next, float* values) {
  __m256 sums[TOGETHER] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps()};
  for (size_t at = 0; at + 8 <= vectors.dimension; at += 8) {
    const __m256 query = _mm256_loadu_ps(vectors.query + at);
#pragma GCC unroll 4
    for (size_t each = 0; each < TOGETHER; each += 1) {
      // A line holds sixteen.
      if (at % 16 == 0) __builtin_prefetch(next[each] + at);
      sums[each] = _mm256_add_ps(sums[each], _mm256_mul_ps(query, _mm256_loadu_ps(rows[each] + at)));
    }
  }
  for (size_t each = 0; each < TOGETHER; each += 1) values[each] = wholeOf(sums[each], vectors, rows[each]);
}

// The dot product of the query and each of the rows.
KERNEL_VECTORS inline void similarities(const Vectors& vectors, const uint32_t* listed, size_t count, float* values) {
  // The last one stands in for those behind it.
  const auto rowAt = [&](size_t at) { return vectors.at(listed[at < count ? at : count - 1]); };
  for (size_t at = 0; at < count; at += TOGETHER) {
    const float *rows[TOGETHER], *next[TOGETHER];
    for (size_t each = 0; each < TOGETHER; each += 1) {
      rows[each] = rowAt(at + each);
      next[each] = rowAt(at + TOGETHER + each);
    }
    float found[TOGETHER];
    compareFour(vectors, rows, next, found);
    for (size_t each = 0; each < TOGETHER && at + each < count; each += 1) values[at + each] = found[each];
  }
}

}  // namespace kernels

#endif
