// kernel/scan.ts's bounds for processors that multiply 16-bit integers and add them up in one instruction, over the same memory:
// src/ann/vector-memory.ts says where things stand in it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "simd.h"

#if defined(KERNELS_CAN_BE_BUILT)

namespace kernels {

// Rows of 8-bit integers side by side: components and zeros, then the scale, the error and the length of what they stand for.
struct CodeRows {
  const char* first;
  // Components, a multiple of 16; a row has as many bytes and 16 more.
  size_t padded, stride;

  const char* at(uint32_t row) const { return first + row * stride; }
};

// A query in 16-bit steps, with zeros behind them to a multiple of 32.
struct Query {
  const int16_t* steps;
  // What a step stands for; the most that a row's error, and the most that its length can add to the similarity.
  float scale, reach, slack;
};

constexpr double LARGEST_CODE = 127, MOST_STEPS = 32767, MOST_SUM = 2147483647;
// Half the distance from 1 to the next number in single precision.
constexpr double UNIT_ROUNDOFF = 1.0 / (1 << 24);

KERNEL_VECTORS inline __m512d eightOf(const float* values, size_t at, size_t count) {
  const __mmask8 there = count - at < 8 ? (1u << (count - at)) - 1 : 0xff;
  return _mm512_cvtps_pd(_mm256_maskz_loadu_ps(there, values + at));
}

// Writes the steps of a vector, `room` of them, and says how far they reach: by the bound of src/ann/scanner.ts, which tells why
// it is one. `boundsOfFour` rounds as often as the kernel does.
KERNEL_VECTORS inline Query aim(const float* vector, size_t dimension, int16_t* steps, size_t room) {
  __m512d largest = _mm512_setzero_pd(), squares = _mm512_setzero_pd(), lost = _mm512_setzero_pd();
  for (size_t at = 0; at < dimension; at += 8) {
    const __m512d values = eightOf(vector, at, dimension);
    largest = _mm512_max_pd(largest, _mm512_abs_pd(values));
    squares = _mm512_add_pd(squares, _mm512_mul_pd(values, values));
  }
  const double sum = MOST_SUM / (LARGEST_CODE * dimension), highest = _mm512_reduce_max_pd(largest);
  // So small that no sum of products leaves 32 bits.
  const double most = sum < MOST_STEPS ? static_cast<double>(static_cast<int>(sum)) : MOST_STEPS;
  const double scale = highest > 0 ? highest / most : 1;
  for (size_t at = 0; at < room; at += 8) {
    const __m512d values = at < dimension ? eightOf(vector, at, dimension) : _mm512_setzero_pd();
    const __m256i rounded = _mm512_cvtpd_epi32(_mm512_div_pd(values, _mm512_set1_pd(scale)));
    const __m512d meant = _mm512_mul_pd(_mm512_cvtepi32_pd(rounded), _mm512_set1_pd(scale));
    const __m512d off = _mm512_sub_pd(values, meant);
    lost = _mm512_add_pd(lost, _mm512_mul_pd(off, off));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(steps + at), _mm256_cvtepi32_epi16(rounded));
  }
  const double length = __builtin_sqrt(_mm512_reduce_add_pd(squares)), rounding = 2 * (dimension + 8) * UNIT_ROUNDOFF;
  const double slack = __builtin_sqrt(_mm512_reduce_add_pd(lost)) + length * rounding;
  return {steps, static_cast<float>(scale), static_cast<float>(length * (1 + rounding)), static_cast<float>(slack)};
}

KERNEL_VECTORS inline __m128i sumOfLanes(__m512i lanes) {
  const __m256i eight = _mm256_add_epi32(_mm512_castsi512_si256(lanes), _mm512_extracti64x4_epi64(lanes, 1));
  return _mm_add_epi32(_mm256_castsi256_si128(eight), _mm256_extracti128_si256(eight, 1));
}

// Rows whose codes are looked at at a time.
constexpr size_t ABREAST = 4;

// No dot product of the query and one of four rows is above these.
KERNEL_VECTORS inline __m128 boundsOfFour(const CodeRows& codes, const Query& query, const char* const* rows) {
  __m512i sums[ABREAST] = {_mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512()};
  // The last of them may be what stands behind the codes, and is multiplied by zeros.
  for (size_t at = 0; at < codes.padded; at += 32) {
    const __m512i steps = _mm512_loadu_si512(query.steps + at);
#pragma GCC unroll 4
    for (size_t each = 0; each < ABREAST; each += 1) {
      const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(rows[each] + at));
      sums[each] = _mm512_dpwssd_epi32(sums[each], _mm512_cvtepi8_epi16(bytes), steps);
    }
  }
  const __m128i low = _mm_hadd_epi32(sumOfLanes(sums[0]), sumOfLanes(sums[1]));
  const __m128i high = _mm_hadd_epi32(sumOfLanes(sums[2]), sumOfLanes(sums[3]));
  const auto behind = [&](size_t each) { return reinterpret_cast<const float*>(rows[each] + codes.padded); };
  __m128 scale = _mm_loadu_ps(behind(0)), error = _mm_loadu_ps(behind(1));
  __m128 length = _mm_loadu_ps(behind(2)), none = _mm_loadu_ps(behind(3));
  _MM_TRANSPOSE4_PS(scale, error, length, none);
  const __m128 near = _mm_mul_ps(_mm_cvtepi32_ps(_mm_hadd_epi32(low, high)), _mm_mul_ps(_mm_set1_ps(query.scale), scale));
  const __m128 reached = _mm_add_ps(near, _mm_mul_ps(_mm_set1_ps(query.reach), error));
  return _mm_add_ps(reached, _mm_mul_ps(_mm_set1_ps(query.slack), length));
}

// So many rows before they are looked at their codes are asked of the memory.
constexpr size_t CODES_AHEAD = 8;

// Writes the bounds of rows; there is room for a multiple of four of them.
KERNEL_VECTORS inline void bounds(const CodeRows& codes, const Query& query, const uint32_t* listed, size_t count, float* values) {
  for (size_t at = 0; at < count; at += ABREAST) {
    const char* rows[ABREAST];
    for (size_t each = 0; each < ABREAST; each += 1) {
      // The last one stands in for those behind it.
      rows[each] = codes.at(listed[at + each < count ? at + each : count - 1]);
      const size_t ahead = at + each + CODES_AHEAD;
      if (ahead >= count) continue;
      const char* row = codes.at(listed[ahead]);
      for (size_t line = 0; line < codes.stride + 63; line += 64) __builtin_prefetch(row + line);
    }
    _mm_storeu_ps(values + at, boundsOfFour(codes, query, rows));
  }
}

// Lists the places of those values that are not less than `least`, also where a value is no number; how many. There is room for
// 16 more than there are.
KERNEL_VECTORS inline size_t placesFrom(const float* values, size_t count, float least, uint32_t* places) {
  size_t found = 0;
  __m512i at = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  for (size_t from = 0; from < count; from += 16) {
    const __mmask16 there = count - from < 16 ? (1u << (count - from)) - 1 : 0xffff;
    const __m512 given = _mm512_maskz_loadu_ps(there, values + from);
    const __mmask16 wanted = _mm512_mask_cmp_ps_mask(there, given, _mm512_set1_ps(least), _CMP_NLT_UQ);
    // Not compressed into memory, which some processors do slowly.
    _mm512_storeu_si512(places + found, _mm512_maskz_compress_epi32(wanted, at));
    found += __builtin_popcount(wanted);
    at = _mm512_add_epi32(at, _mm512_set1_epi32(16));
  }
  return found;
}

}  // namespace kernels

#endif
