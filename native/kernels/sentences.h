// kernel/sentences.ts's comparison for processors that multiply 16-bit integers and add them up in one instruction, over the
// same memory: src/store/sentence-memory.ts says where things stand in it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>

#include "simd.h"

#if defined(KERNELS_CAN_BE_BUILT)

namespace kernels {

// Rows that stand side by side, and where what they come to begins.
struct RowSet {
  uint32_t row, count;
};

struct SentenceRows {
  // Of the vector: 16-bit integers, those of the first part and those of the second.
  const int16_t *high, *low;
  double highScale, lowScale;
  const char* rows;
  // Components of a row, a multiple of 16; behind them stands its length.
  size_t padded, stride;

  const char* at(size_t row) const { return rows + row * stride; }
};

// Of a memory whose rows begin at `firstRow`; see kernel/sentences.ts.
inline SentenceRows sentenceRows(const char* memory, size_t padded, size_t firstRow) {
  const char* high = memory + padded * sizeof(float);
  const char* low = high + padded * sizeof(int16_t);
  double scales[2];
  std::memcpy(scales, low + padded * sizeof(int16_t), sizeof(scales));
  const auto part = [](const char* from) { return reinterpret_cast<const int16_t*>(from); };
  return {part(high), part(low), scales[0], scales[1], memory + firstRow, padded, padded + 16};
}

// So many rows before they are compared with they are asked of the memory.
constexpr size_t AHEAD = 12;
constexpr size_t LINE = 64;

// Walks over the rows of all sets.
struct RowCursor {
  const RowSet *set, *end;
  uint32_t at = 0;

  RowCursor(const RowSet* sets, size_t count) : set(sets), end(sets + count) { skipEmpty(); }
  bool isDone() const { return set == end; }
  size_t row() const { return size_t(set->row) + at; }
  void next() {
    at += 1;
    skipEmpty();
  }

 private:
  void skipEmpty() {
    while (set != end && at >= set->count) {
      set += 1;
      at = 0;
    }
  }
};

inline void fetchRow(const SentenceRows& rows, RowCursor& cursor) {
  if (cursor.isDone()) return;
  const char* row = rows.at(cursor.row());
  for (size_t at = 0; at < rows.stride + LINE - 1; at += LINE) __builtin_prefetch(row + at);
  cursor.next();
}

// Rows that are compared with at once: what is read of the vector serves all of them, and none waits for its own last sum.
constexpr size_t ROWS_AT_ONCE = 4;

// The sums of four registers of 32-bit integers.
KERNEL_VECTORS inline __m128i sumsOf(const __m512i (&registers)[ROWS_AT_ONCE]) {
  __m256i halves[ROWS_AT_ONCE];
  for (size_t at = 0; at < ROWS_AT_ONCE; at += 1) {
    const __m512i& both = registers[at];
    halves[at] = _mm256_add_epi32(_mm512_castsi512_si256(both), _mm512_extracti64x4_epi64(both, 1));
  }
  const __m256i pairs = _mm256_hadd_epi32(halves[0], halves[1]), others = _mm256_hadd_epi32(halves[2], halves[3]);
  const __m256i sums = _mm256_hadd_epi32(pairs, others);
  return _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
}

// The cosine similarities to four rows; -1 to one without length.
KERNEL_VECTORS inline __m256d cosinesTo(const SentenceRows& rows, const char* const (&row)[ROWS_AT_ONCE]) {
  __m512i high[ROWS_AT_ONCE], low[ROWS_AT_ONCE];
  for (size_t of = 0; of < ROWS_AT_ONCE; of += 1) high[of] = low[of] = _mm512_setzero_si512();
  for (size_t at = 0; at < rows.padded; at += 32) {
    // The last 16 where there are no 32 left.
    const __mmask32 rest = rows.padded - at < 32 ? 0xffff : 0xffffffff;
    const __m512i highs = _mm512_maskz_loadu_epi16(rest, rows.high + at), lows = _mm512_maskz_loadu_epi16(rest, rows.low + at);
    for (size_t of = 0; of < ROWS_AT_ONCE; of += 1) {
      const __m512i codes = _mm512_cvtepi8_epi16(_mm256_maskz_loadu_epi8(rest, row[of] + at));
      high[of] = _mm512_dpwssd_epi32(high[of], codes, highs);
      low[of] = _mm512_dpwssd_epi32(low[of], codes, lows);
    }
  }
  float lengths[ROWS_AT_ONCE];
  for (size_t of = 0; of < ROWS_AT_ONCE; of += 1) std::memcpy(&lengths[of], row[of] + rows.padded, sizeof(float));
  const __m256d highSums = _mm256_cvtepi32_pd(sumsOf(high)), lowSums = _mm256_cvtepi32_pd(sumsOf(low));
  const __m256d products = _mm256_add_pd(_mm256_mul_pd(highSums, _mm256_set1_pd(rows.highScale)),
                                         _mm256_mul_pd(lowSums, _mm256_set1_pd(rows.lowScale)));
  const __m256d norms = _mm256_cvtps_pd(_mm_loadu_ps(lengths)), one = _mm256_set1_pd(1), opposite = _mm256_set1_pd(-1);
  // Rounding may carry a cosine past 1. What is no number stays none.
  const __m256d cosines = _mm256_max_pd(opposite, _mm256_min_pd(one, _mm256_div_pd(products, norms)));
  return _mm256_mask_blend_pd(_mm256_cmp_pd_mask(norms, _mm256_setzero_pd(), _CMP_GT_OQ), opposite, cosines);
}

// The cosine similarity to each row of the sets, one behind the other.
KERNEL_VECTORS inline void compareSentences(const SentenceRows& rows, const RowSet* sets, size_t count, double* values) {
  RowCursor ahead(sets, count);
  for (size_t fetched = 0; fetched < AHEAD; fetched += 1) fetchRow(rows, ahead);
  for (RowCursor cursor(sets, count); !cursor.isDone();) {
    const char* const first = rows.at(cursor.row());
    const char* row[ROWS_AT_ONCE] = {first, first, first, first};
    size_t taken = 0;
    for (; taken < ROWS_AT_ONCE && !cursor.isDone(); taken += 1, cursor.next()) {
      fetchRow(rows, ahead);
      row[taken] = rows.at(cursor.row());
    }
    _mm256_mask_storeu_pd(values, (1u << taken) - 1, cosinesTo(rows, row));
    values += taken;
  }
}

// Of each set the highest of its values but the first so many; NaN where there are no others.
inline void writeNearest(const RowSet* sets, size_t count, size_t leading, const double* values, double* nearest) {
  for (size_t at = 0; at < count; values += sets[at].count, at += 1) {
    const double* const end = values + sets[at].count;
    nearest[at] = std::numeric_limits<double>::quiet_NaN();
    if (sets[at].count > leading) nearest[at] = *std::max_element(values + leading, end);
  }
}

}  // namespace kernels

#endif
