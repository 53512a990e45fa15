// Vectors in a byte a number: a quarter of the memory that a search of the graph has to read, which is what it waits for.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace kindred {

constexpr size_t BLOCK = 64;
// A cache line; a row takes whole ones, and what it does not fill is 0.
struct alignas(BLOCK) Block {
  int8_t values[BLOCK];
};

constexpr float LARGEST = 127;
// Processors multiply unsigned by signed bytes, so those of a query are moved up by this much.
constexpr int32_t MOVED = 128;

// A row each: value n stands for scale * values[n].
struct Scale {
  float scale = 0;
  // Of its values.
  int32_t sum = 0;
};

#if defined(__GNUC__)
// By itself, because its loop is all that counts: merged into its caller it would share registers with that.
#define KINDRED_ALONE __attribute__((noinline))
#else
#define KINDRED_ALONE
#endif

KINDRED_ALONE static int32_t productOf(const uint8_t* a, const int8_t* b, size_t size) {
  int32_t product = 0;
  for (size_t at = 0; at < size; at += 1) product += a[at] * b[at];
  return product;
}

struct EncodedQuery {
  std::vector<uint8_t> values;
  float scale = 0;
};

class Codes {
 public:
  explicit Codes(size_t dimension) : dimension(dimension), blocks((dimension + BLOCK - 1) / BLOCK) {}

  void encode(size_t row, const float* vector) {
    if (row >= scales.size()) {
      scales.resize(row + 1);
      rows.resize((row + 1) * blocks);
    }
    int8_t* values = valuesOf(row);
    Scale& about = scales[row];
    about = {scaleOf(vector), 0};
    for (size_t at = 0; at < dimension; at += 1) {
      values[at] = valueOf(vector[at], about.scale);
      about.sum += values[at];
    }
  }

  void encodeQuery(const float* vector, EncodedQuery& query) const {
    query.scale = scaleOf(vector);
    query.values.assign(blocks * BLOCK, 0);
    for (size_t at = 0; at < dimension; at += 1) query.values[at] = valueOf(vector[at], query.scale) + MOVED;
  }

  // The same of the vector of a row.
  void queryOf(size_t row, EncodedQuery& query) const {
    query.scale = scales[row].scale;
    query.values.assign(blocks * BLOCK, 0);
    const int8_t* values = valuesOf(row);
    for (size_t at = 0; at < dimension; at += 1) query.values[at] = values[at] + MOVED;
  }

  // 1 - the inner product, nearly.
  float distance(const EncodedQuery& query, size_t row) const {
    const int32_t product = productOf(query.values.data(), valuesOf(row), blocks * BLOCK);
    const Scale& about = scales[row];
    return 1.0f - query.scale * about.scale * static_cast<float>(product - MOVED * about.sum);
  }

  void fetchAhead(size_t row) const {
#if defined(__GNUC__)
    for (size_t block = 0; block < blocks; block += 1) __builtin_prefetch(&rows[row * blocks + block]);
    __builtin_prefetch(&scales[row]);
#endif
  }

 private:
  float scaleOf(const float* vector) const {
    float largest = 0;
    for (size_t at = 0; at < dimension; at += 1) largest = std::max(largest, std::fabs(vector[at]));
    // A damaged vector is like none.
    return std::isfinite(largest) ? largest / LARGEST : 0;
  }

  static int8_t valueOf(float value, float scale) {
    return scale > 0 && std::isfinite(value) ? static_cast<int8_t>(std::lrintf(value / scale)) : 0;
  }

  int8_t* valuesOf(size_t row) { return rows[row * blocks].values; }
  const int8_t* valuesOf(size_t row) const { return rows[row * blocks].values; }

  size_t dimension;
  size_t blocks;
  std::vector<Block> rows;
  std::vector<Scale> scales;
};

}  // namespace kindred
