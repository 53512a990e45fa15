// Products of eight-bit integers: activations of [0, 255], weights of [-128, 127], sums of 32 bits. No sum overflows up
// to 65,000 terms, so they are exact in whatever order.
#pragma once

#include "simd.h"

namespace encoder {

// Vectors of columns, and rows, whose sums are held in registers at a time: 24 of the 32.
constexpr size_t PANEL_VECTORS = 3;
constexpr size_t PANEL = PANEL_VECTORS * LANES;
constexpr size_t TILE_ROWS = 8;
// Terms that one instruction adds to each sum.
constexpr size_t TERMS = 4;

// Weights in the order in which they are read: by panels of columns, in these by groups of terms, the terms of a column
// side by side.
struct Product {
  size_t terms = 0;
  size_t columns = 0;
  AlignedArray<int8_t> weights;
  // Of each column: what a step of the weights stands for, what is added, and the sum of the weights.
  AlignedArray<float> scales;
  AlignedArray<float> biases;
  AlignedArray<int32_t> sums;
};

// What turns the integer sums of a panel's columns into floats.
struct Dequantizer {
  __m512i offset[PANEL_VECTORS];
  __m512 scale[PANEL_VECTORS];
  __m512 bias[PANEL_VECTORS];

  Dequantizer(const Product& product, size_t column, const Quantized& input) {
    for (size_t at = 0; at < PANEL_VECTORS; at += 1) {
      const size_t first = column + at * LANES;
      const __m512i sums = _mm512_load_si512(product.sums.data() + first);
      offset[at] = _mm512_mullo_epi32(sums, _mm512_set1_epi32(input.zeroPoint));
      scale[at] = _mm512_mul_ps(_mm512_set1_ps(input.scale), _mm512_load_ps(product.scales.data() + first));
      bias[at] = _mm512_load_ps(product.biases.data() + first);
    }
  }

  __m512 floats(__m512i sums, size_t at) const {
    const __m512 exact = _mm512_cvtepi32_ps(_mm512_sub_epi32(sums, offset[at]));
    return _mm512_add_ps(_mm512_mul_ps(exact, scale[at]), bias[at]);
  }
};

// Sums of so many rows by three vectors of columns. Made of itself rather than of an array: compilers keep the members
// of a structure in registers, and an array on the stack.
template <size_t ROWS>
struct TileSums {
  TileSums<ROWS - 1> above;
  __m512i first, second, third;

  ENCODER_INLINE void clear() {
    above.clear();
    first = second = third = _mm512_setzero_si512();
  }

  ENCODER_INLINE void add(const uint8_t* rows, size_t stride, __m512i one, __m512i two, __m512i three) {
    above.add(rows, stride, one, two, three);
    int32_t group;
    __builtin_memcpy(&group, rows + (ROWS - 1) * stride, sizeof group);
    const __m512i terms = _mm512_set1_epi32(group);
    first = _mm512_dpbusd_epi32(first, terms, one);
    second = _mm512_dpbusd_epi32(second, terms, two);
    third = _mm512_dpbusd_epi32(third, terms, three);
  }

  ENCODER_INLINE void store(int32_t (*sums)[PANEL]) const {
    above.store(sums);
    _mm512_store_si512(sums[ROWS - 1], first);
    _mm512_store_si512(sums[ROWS - 1] + LANES, second);
    _mm512_store_si512(sums[ROWS - 1] + 2 * LANES, third);
  }
};

template <>
struct TileSums<0> {
  ENCODER_INLINE void clear() {}
  ENCODER_INLINE void add(const uint8_t*, size_t, __m512i, __m512i, __m512i) {}
  ENCODER_INLINE void store(int32_t (*)[PANEL]) const {}
};

// Bytes that the weights are asked for ahead of their use: eight groups of terms. Behind a panel is the next one.
constexpr size_t AHEAD = 8 * TERMS * PANEL;

// Not part of its caller: what that keeps in registers would push the sums out.
template <size_t ROWS>
__attribute__((noinline)) void multiplyTile(const uint8_t* rows, size_t terms, const int8_t* panel,
                                            int32_t (*found)[PANEL]) {
  TileSums<ROWS> sums;
  sums.clear();
  for (size_t term = 0; term < terms; term += TERMS, panel += TERMS * PANEL) {
    for (size_t at = 0; at < TERMS * PANEL; at += CACHE_LINE) {
      _mm_prefetch(reinterpret_cast<const char*>(panel) + AHEAD + at, _MM_HINT_T0);
    }
    const __m512i one = _mm512_load_si512(panel), two = _mm512_load_si512(panel + CACHE_LINE);
    sums.add(rows + term, terms, one, two, _mm512_load_si512(panel + 2 * CACHE_LINE));
  }
  sums.store(found);
}

using MultiplyTile = void (*)(const uint8_t* rows, size_t terms, const int8_t* panel, int32_t (*found)[PANEL]);

// By the number of rows.
constexpr MultiplyTile TILES[] = {nullptr,         multiplyTile<1>, multiplyTile<2>, multiplyTile<3>, multiplyTile<4>,
                                  multiplyTile<5>, multiplyTile<6>, multiplyTile<7>, multiplyTile<8>};

// Some columns of a product, whole panels.
struct Columns {
  size_t from, to;
};

// The product of so many rows with the weights, plus the bias. `take(row, column, values)` gets sixteen columns.
template <typename Take>
inline void multiply(const Quantized& input, size_t rows, const Product& product, Columns columns, const Take& take) {
  const size_t terms = product.terms;
  alignas(CACHE_LINE) int32_t sums[TILE_ROWS][PANEL];
  for (size_t column = columns.from; column < columns.to; column += PANEL) {
    const Dequantizer dequantizer(product, column, input);
    for (size_t first = 0; first < rows; first += TILE_ROWS) {
      const size_t count = std::min(TILE_ROWS, rows - first);
      TILES[count](input.numbers + first * terms, terms, product.weights.data() + column * terms, sums);
      for (size_t at = 0; at < PANEL_VECTORS; at += 1) {
        for (size_t row = 0; row < count; row += 1) {
          take(first + row, column + at * LANES, dequantizer.floats(_mm512_load_si512(sums[row] + at * LANES), at));
        }
      }
    }
  }
}

}  // namespace encoder
