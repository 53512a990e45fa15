// kernel/sentences.ts's comparison for processors that multiply 16-bit integers and add them up in one instruction, over the
// same memory: src/store/sentence-memory.ts says where things stand in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

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

KERNEL_VECTORS inline double cosineTo(const SentenceRows& rows, const char* row) {
  __m512i high = _mm512_setzero_si512(), low = _mm512_setzero_si512();
  size_t at = 0;
  for (; at + 32 <= rows.padded; at += 32) {
    const __m512i codes = _mm512_cvtepi8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(row + at)));
    high = _mm512_dpwssd_epi32(high, codes, _mm512_loadu_si512(rows.high + at));
    low = _mm512_dpwssd_epi32(low, codes, _mm512_loadu_si512(rows.low + at));
  }
  if (at < rows.padded) {
    const __m256i codes = _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(row + at)));
    const auto load = [at](const int16_t* part) { return reinterpret_cast<const __m256i*>(part + at); };
    const __m256i highs = _mm256_madd_epi16(codes, _mm256_loadu_si256(load(rows.high)));
    const __m256i lows = _mm256_madd_epi16(codes, _mm256_loadu_si256(load(rows.low)));
    high = _mm512_add_epi32(high, _mm512_inserti64x4(_mm512_setzero_si512(), highs, 0));
    low = _mm512_add_epi32(low, _mm512_inserti64x4(_mm512_setzero_si512(), lows, 0));
  }
  const double product = _mm512_reduce_add_epi32(high) * rows.highScale + _mm512_reduce_add_epi32(low) * rows.lowScale;
  float norm;
  std::memcpy(&norm, row + rows.padded, sizeof(norm));
  if (!(norm > 0)) return -1;
  // Rounding may carry a cosine past 1.
  const double cosine = product / norm;
  return cosine > 1 ? 1 : cosine < -1 ? -1 : cosine;
}

// The cosine similarity to each row of the sets, one behind the other.
KERNEL_VECTORS inline void compareSentences(const SentenceRows& rows, const RowSet* sets, size_t count, double* values) {
  RowCursor ahead(sets, count);
  for (size_t fetched = 0; fetched < AHEAD; fetched += 1) fetchRow(rows, ahead);
  for (RowCursor cursor(sets, count); !cursor.isDone(); cursor.next()) {
    fetchRow(rows, ahead);
    *values++ = cosineTo(rows, rows.at(cursor.row()));
  }
}

}  // namespace kernels

#endif
