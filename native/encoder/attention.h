// softmax(Q K^T / sqrt(d)) V of one head, twelve queries at a time. Every sum is made in the order in which onnxruntime
// makes it (see encoder.h), up to 512 tokens; longer sums it splits.
#pragma once

#include "elementwise.h"

namespace encoder {

constexpr size_t HEAD = 32;
constexpr size_t ATTENTION_ROWS = 12;

// Behind them onnxruntime adds in another order.
constexpr size_t MOST_TOKENS = 512;
// Between two rows of scores: a constant, so that twelve rows need one address, and no power of two, which would put
// them all into the same places of the cache.
constexpr size_t SCORES = MOST_TOKENS + LANES;

constexpr size_t paddedKeys(size_t tokens) { return (tokens + 2 * LANES - 1) / (2 * LANES) * (2 * LANES); }

// As TileSums in gemm.h.
template <size_t ROWS>
struct FloatSums {
  FloatSums<ROWS - 1> above;
  __m512 first, second;

  ENCODER_INLINE void clear() {
    above.clear();
    first = second = _mm512_setzero_ps();
  }

  ENCODER_INLINE void add(const float* rows, size_t stride, __m512 one, __m512 two) {
    above.add(rows, stride, one, two);
    const __m512 factor = _mm512_set1_ps(rows[(ROWS - 1) * stride]);
    first = _mm512_fmadd_ps(factor, one, first);
    second = _mm512_fmadd_ps(factor, two, second);
  }

  template <typename Take>
  ENCODER_INLINE void give(const Take& take) const {
    above.give(take);
    take(ROWS - 1, first, second);
  }
};

template <>
struct FloatSums<0> {
  ENCODER_INLINE void clear() {}
  ENCODER_INLINE void add(const float*, size_t, __m512, __m512) {}
  template <typename Take>
  ENCODER_INLINE void give(const Take&) const {}
};

// Rows of `left` (`stride` numbers apart) times two vectors of columns of `right`, over `terms`.
template <size_t ROWS, typename Take>
ENCODER_INLINE inline void multiplyFloats(const float* left, size_t stride, const float* right, size_t rightStride,
                                          size_t terms, const Take& take) {
  FloatSums<ROWS> sums;
  sums.clear();
  for (size_t term = 0; term < terms; term += 1, right += rightStride) {
    sums.add(left + term, stride, _mm512_load_ps(right), _mm512_load_ps(right + LANES));
  }
  sums.give(take);
}

// Sixteen sums in this order.
inline float sumOf(__m512 sums) {
  const __m256 eight = _mm256_add_ps(_mm512_extractf32x8_ps(sums, 1), _mm512_castps512_ps256(sums));
  const __m256 pairs = _mm256_hadd_ps(eight, eight);
  const __m256 fours = _mm256_hadd_ps(pairs, pairs);
  return _mm_cvtss_f32(_mm_add_ss(_mm256_castps256_ps128(fours), _mm256_extractf128_ps(fours, 1)));
}

// The greatest of so many numbers.
inline __m512 greatestOf(const float* scores, size_t whole, __mmask16 tail) {
  __m512 most = _mm512_mask_load_ps(_mm512_set1_ps(-3.4e38f), tail, scores + whole);
  for (size_t at = 0; at < whole; at += LANES) most = _mm512_max_ps(most, _mm512_load_ps(scores + at));
  return _mm512_set1_ps(_mm512_reduce_max_ps(most));
}

// In place; what lies behind the last key is left undefined. Step by step for all rows: what ends a step of one row has
// a long way to go, and the same step of the next need not wait for it.
template <size_t ROWS>
inline void softmax(float* scores, size_t keys, float scale) {
  const size_t whole = keys / LANES * LANES;
  const __mmask16 tail = static_cast<__mmask16>((1u << (keys - whole)) - 1);
  const __m512 factor = _mm512_set1_ps(scale);
  __m512 greatest[ROWS], inverse[ROWS];
  for (size_t row = 0; row < ROWS; row += 1) {
    greatest[row] = _mm512_mul_ps(greatestOf(scores + row * SCORES, whole, tail), factor);
  }
  for (size_t row = 0; row < ROWS; row += 1) {
    float* shares = scores + row * SCORES;
    __m512 sums = _mm512_setzero_ps();
    const auto shareOf = [&](__m512 score) ENCODER_INLINE {
      return exponentialOf(_mm512_sub_ps(_mm512_mul_ps(score, factor), greatest[row]));
    };
    for (size_t at = 0; at < whole; at += LANES) {
      const __m512 share = shareOf(_mm512_load_ps(shares + at));
      _mm512_store_ps(shares + at, share);
      sums = _mm512_add_ps(sums, share);
    }
    if (tail) {
      const __m512 share = shareOf(_mm512_maskz_load_ps(tail, shares + whole));
      _mm512_store_ps(shares + whole, share);
      sums = _mm512_mask_add_ps(sums, tail, sums, share);
    }
    inverse[row] = _mm512_set1_ps(1.0f / sumOf(sums));
  }
  for (size_t row = 0; row < ROWS; row += 1) {
    float* shares = scores + row * SCORES;
    for (size_t at = 0; at < keys; at += LANES) {
      _mm512_store_ps(shares + at, _mm512_mul_ps(_mm512_load_ps(shares + at), inverse[row]));
    }
  }
}

// Sixteen rows of sixteen numbers, so that columns stand where rows stood: pairs of rows, then fours, then the quarters of the
// registers. A gather would take several times as long, on some processors many times.
ENCODER_INLINE inline void transpose(__m512 (&rows)[LANES]) {
  __m512 pairs[LANES];
  repeat<LANES / 2>([&](auto each) ENCODER_INLINE {
    constexpr size_t at = 2 * each.value;
    pairs[at] = _mm512_unpacklo_ps(rows[at], rows[at + 1]);
    pairs[at + 1] = _mm512_unpackhi_ps(rows[at], rows[at + 1]);
  });
  __m512 fours[LANES];
  repeat<LANES / 2>([&](auto each) ENCODER_INLINE {
    constexpr size_t at = each.value / 2 * 4 + each.value % 2;
    const __m512d one = _mm512_castps_pd(pairs[at]), other = _mm512_castps_pd(pairs[at + 2]);
    fours[each.value * 2] = _mm512_castpd_ps(_mm512_unpacklo_pd(one, other));
    fours[each.value * 2 + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(one, other));
  });
  constexpr int EVEN = 0x88, ODD = 0xdd;
  repeat<4>([&](auto each) ENCODER_INLINE {
    constexpr size_t at = each.value;
    const __m512 one = _mm512_shuffle_f32x4(fours[at], fours[at + 4], EVEN);
    const __m512 two = _mm512_shuffle_f32x4(fours[at + 8], fours[at + 12], EVEN);
    const __m512 three = _mm512_shuffle_f32x4(fours[at], fours[at + 4], ODD);
    const __m512 four = _mm512_shuffle_f32x4(fours[at + 8], fours[at + 12], ODD);
    rows[at] = _mm512_shuffle_f32x4(one, two, EVEN);
    rows[at + 4] = _mm512_shuffle_f32x4(three, four, EVEN);
    rows[at + 8] = _mm512_shuffle_f32x4(one, two, ODD);
    rows[at + 12] = _mm512_shuffle_f32x4(three, four, ODD);
  });
}

// [tokens][HEAD] to [HEAD][paddedKeys(tokens)], zero behind the last.
inline void transposeKeys(const float* keys, size_t tokens, float* turned) {
  const size_t padded = paddedKeys(tokens);
  for (size_t key = 0; key < padded; key += LANES) {
    for (size_t at = 0; at < HEAD; at += LANES) {
      __m512 rows[LANES];
      repeat<LANES>([&](auto row) ENCODER_INLINE {
        const size_t from = key + row.value;
        rows[row.value] = from < tokens ? _mm512_load_ps(keys + from * HEAD + at) : _mm512_setzero_ps();
      });
      transpose(rows);
      repeat<LANES>([&](auto row) ENCODER_INLINE {
        _mm512_store_ps(turned + (at + row.value) * padded + key, rows[row.value]);
      });
    }
  }
}

// Queries and values are [tokens][HEAD], keys [HEAD][paddedKeys(tokens)].
struct Head {
  const float* queries;
  const float* keys;
  const float* values;
  size_t tokens;
};

template <size_t ROWS>
inline void attendRows(const Head& head, size_t first, float* scores, float* context, size_t stride, Range& range) {
  const size_t keys = paddedKeys(head.tokens);
  const float* queries = head.queries + first * HEAD;
  for (size_t key = 0; key < keys; key += 2 * LANES) {
    const auto keep = [&](size_t row, __m512 one, __m512 other) ENCODER_INLINE {
      _mm512_store_ps(scores + row * SCORES + key, one);
      _mm512_store_ps(scores + row * SCORES + key + LANES, other);
    };
    multiplyFloats<ROWS>(queries, HEAD, head.keys + key, keys, HEAD, keep);
  }
  const float scale = 1.0f / std::sqrt(static_cast<float>(HEAD));
  softmax<ROWS>(scores, head.tokens, scale);
  const auto keep = [&](size_t row, __m512 one, __m512 other) ENCODER_INLINE {
    _mm512_store_ps(context + (first + row) * stride, one);
    _mm512_store_ps(context + (first + row) * stride + LANES, other);
    range.note(one);
    range.note(other);
  };
  multiplyFloats<ROWS>(scores, SCORES, head.values, HEAD, head.tokens, keep);
}

inline void attend(const Head& head, float* scores, float* context, size_t stride, Range& range) {
  size_t first = 0;
  for (; first + ATTENTION_ROWS <= head.tokens; first += ATTENTION_ROWS) {
    attendRows<ATTENTION_ROWS>(head, first, scores, context, stride, range);
  }
  for (; first + 4 <= head.tokens; first += 4) attendRows<4>(head, first, scores, context, stride, range);
  for (; first < head.tokens; first += 1) attendRows<1>(head, first, scores, context, stride, range);
}

}  // namespace encoder
