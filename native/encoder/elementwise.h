// What happens to each number or each row: exponential, Gelu, layer normalisation, quantisation.
#pragma once

#include "simd.h"

namespace encoder {

// Horner's scheme: the coefficient of the highest power first.
template <size_t COUNT>
ENCODER_INLINE inline __m512 polynomial(const float (&coefficients)[COUNT], __m512 x) {
  __m512 sum = _mm512_set1_ps(coefficients[0]);
  repeat<COUNT - 1>([&](auto at) ENCODER_INLINE {
    sum = _mm512_fmadd_ps(sum, x, _mm512_set1_ps(coefficients[at.value + 1]));
  });
  return sum;
}

// e^x as 2^n * e^r, where x = n ln 2 + r. Adding and taking away 1.5 * 2^23 rounds to a whole number.
template <size_t COUNT>
ENCODER_INLINE inline __m512 exponential(__m512 x, const float (&coefficients)[COUNT]) {
  const __m512 rounder = _mm512_set1_ps(12582912.0f);
  const __m512 n = _mm512_sub_ps(_mm512_fmadd_ps(x, _mm512_set1_ps(1.44269504f), rounder), rounder);
  __m512 r = _mm512_fmadd_ps(n, _mm512_set1_ps(-6.93145752e-1f), x);
  r = _mm512_fmadd_ps(n, _mm512_set1_ps(-1.42860677e-6f), r);
  return _mm512_scalef_ps(polynomial(coefficients, r), n);
}

// e^x for x <= 0. The coefficients are those of N. Juffa (forums.developer.nvidia.com, "A more accurate,
// performance-competitive implementation of expf()"), which onnxruntime uses.
inline __m512 exponentialOf(__m512 x) {
  constexpr float SERIES[] = {0x1.694p-10f, 0x1.125edcp-7f, 0x1.555b5ap-5f, 0x1.55545p-3f, 0x1.fffff6p-2f, 1.0f, 1.0f};
  return exponential(_mm512_max_ps(_mm512_set1_ps(-103.972084f), x), SERIES);
}

// The error function: a polynomial up to .92, from there on 1 - e^polynomial. The coefficients are those of N. Juffa
// (stackoverflow.com/questions/35148198), which onnxruntime uses.
inline __m512 errorFunction(__m512 x) {
  constexpr float NEAR[] = {-5.99104969e-4f, 4.99339588e-3f,  -2.67667342e-2f,
                            1.12818025e-1f,  -3.76124859e-1f, 1.28379151e-1f};
  constexpr float FAR[] = {1.72948930e-5f, -3.83208680e-4f, 3.88393435e-3f, -2.42545605e-2f,
                           1.06777847e-1f, 6.34846687e-1f,  1.28717512e-1f};
  constexpr float SERIES[] = {1.38319808e-3f, 8.37550033e-3f, 4.16689515e-2f, 1.66664466e-1f,
                              4.99999851e-1f, 1.0f,           1.0f};
  const __m512 size = _mm512_min_ps(_mm512_abs_ps(x), _mm512_set1_ps(3.925f));
  const __m512 near = _mm512_fmadd_ps(polynomial(NEAR, _mm512_mul_ps(size, size)), size, size);
  const __m512 power = _mm512_fmadd_ps(polynomial(FAR, size), size, size);
  const __m512 minusPower = _mm512_xor_ps(power, _mm512_set1_ps(-0.0f));
  const __m512 far = _mm512_sub_ps(_mm512_set1_ps(1.0f), exponential(minusPower, SERIES));
  const __mmask16 isFar = _mm512_cmp_ps_mask(size, _mm512_set1_ps(0.921875f), _CMP_GT_OQ);
  return _mm512_or_ps(_mm512_mask_blend_ps(isFar, near, far), _mm512_and_ps(x, _mm512_set1_ps(-0.0f)));
}

inline __m512 gelu(__m512 x) {
  const __m512 erf = errorFunction(_mm512_mul_ps(x, _mm512_set1_ps(0.707106781f)));
  return _mm512_mul_ps(_mm512_mul_ps(_mm512_set1_ps(0.5f), x), _mm512_add_ps(erf, _mm512_set1_ps(1.0f)));
}

inline float meanOf(const float* row, size_t columns) {
  __m512d even = _mm512_setzero_pd(), odd = _mm512_setzero_pd();
  for (size_t at = 0; at < columns; at += LANES) {
    even = _mm512_add_pd(even, _mm512_cvtps_pd(_mm256_load_ps(row + at)));
    odd = _mm512_add_pd(odd, _mm512_cvtps_pd(_mm256_load_ps(row + at + LANES / 2)));
  }
  return static_cast<float>(_mm512_reduce_add_pd(_mm512_add_pd(even, odd)) / static_cast<double>(columns));
}

// Eight sums of single precision, in this order; onnxruntime has a mean of double precision as well.
inline float varianceOf(const float* row, size_t columns, float mean) {
  const __m256 middle = _mm256_set1_ps(mean);
  __m256 sums = _mm256_setzero_ps();
  for (size_t at = 0; at < columns; at += LANES / 2) {
    const __m256 distance = _mm256_sub_ps(_mm256_load_ps(row + at), middle);
    sums = _mm256_fmadd_ps(distance, distance, sums);
  }
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(sums), _mm256_extractf128_ps(sums, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two))) / static_cast<float>(columns);
}

// Rows that are normalised together, step by step: a sum of one row is a long chain, and those of others fill its gaps.
constexpr size_t NORM_ROWS = 8;

// Mean 0 and variance 1 in each row, then weight and bias of each column.
inline void normaliseRows(float* rows, size_t count, const LayerNorm& norm, float epsilon, Range& range) {
  const size_t columns = norm.weights.size();
  float means[NORM_ROWS], inverses[NORM_ROWS];
  for (size_t first = 0; first < count; first += NORM_ROWS, rows += NORM_ROWS * columns) {
    const size_t together = std::min(NORM_ROWS, count - first);
    for (size_t row = 0; row < together; row += 1) means[row] = meanOf(rows + row * columns, columns);
    for (size_t row = 0; row < together; row += 1) {
      inverses[row] = 1.0f / std::sqrt(varianceOf(rows + row * columns, columns, means[row]) + epsilon);
    }
    for (size_t row = 0; row < together; row += 1) {
      const __m512 middle = _mm512_set1_ps(means[row]), inverse = _mm512_set1_ps(inverses[row]);
      float* values = rows + row * columns;
      for (size_t at = 0; at < columns; at += LANES) {
        const __m512 unit = _mm512_mul_ps(_mm512_sub_ps(_mm512_load_ps(values + at), middle), inverse);
        const __m512 weights = _mm512_load_ps(norm.weights.data() + at);
        const __m512 value = _mm512_fmadd_ps(unit, weights, _mm512_load_ps(norm.biases.data() + at));
        _mm512_store_ps(values + at, value);
        range.note(value);
      }
    }
  }
}

// DynamicQuantizeLinear of ONNX: [0, 255] spans the tensor's range, which holds zero; ties go to the even number.
inline Quantized quantize(const float* values, size_t length, const Range& range, uint8_t* numbers) {
  const float least = _mm512_reduce_min_ps(range.least);
  const float greatest = _mm512_reduce_max_ps(range.greatest);
  const float scale = greatest == least ? 1.0f : (greatest - least) / 255.0f;
  const float zeroPoint = std::nearbyint(std::min(255.0f, std::max(0.0f, -least / scale)));
  const __m512 divisor = _mm512_set1_ps(scale);
  const __m512 inverse = _mm512_set1_ps(1.0f / scale);
  const __m512i zero = _mm512_set1_epi32(static_cast<int32_t>(zeroPoint));
  for (size_t at = 0; at < length; at += LANES) {
    const __m512 value = _mm512_load_ps(values + at);
    // The quotient as a division rounds it: the product with the inverse, and what is left of it.
    const __m512 near = _mm512_mul_ps(value, inverse);
    const __m512 quotient = _mm512_fmadd_ps(_mm512_fnmadd_ps(near, divisor, value), inverse, near);
    const __m512i number = _mm512_add_epi32(_mm512_cvtps_epi32(quotient), zero);
    const __m128i bytes = _mm512_cvtusepi32_epi8(_mm512_max_epi32(number, _mm512_setzero_si512()));
    _mm_store_si128(reinterpret_cast<__m128i*>(numbers + at), bytes);
  }
  return {numbers, scale, static_cast<uint8_t>(zeroPoint)};
}

}  // namespace encoder
