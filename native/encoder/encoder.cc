#include "encoder.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <type_traits>
#include <vector>

#include "../scheduling.h"
#include "aligned.h"

namespace encoder {

struct LayerNorm {
  AlignedArray<float> weights;
  AlignedArray<float> biases;
};

}  // namespace encoder

#include "attention.h"
#include "elementwise.h"
#include "gemm.h"

#if ENCODER_HAS_KERNELS

namespace encoder {
namespace {

AlignedArray<float> copyOf(const float* from, size_t length) {
  AlignedArray<float> copy(length);
  std::copy_n(from, length, copy.data());
  return copy;
}

LayerNorm normOf(const NormTensors& tensors, size_t columns) {
  return {copyOf(tensors.weights, columns), copyOf(tensors.biases, columns)};
}

// Several products of the same input side by side: so many columns of the first, as many of the next, and again.
Product packed(const ProductTensors* parts, size_t count, size_t terms, size_t columnsEach, size_t together) {
  Product product;
  const size_t columns = count * columnsEach;
  product.terms = terms;
  product.columns = columns;
  product.weights = AlignedArray<int8_t>(terms * columns);
  product.scales = AlignedArray<float>(columns);
  product.biases = AlignedArray<float>(columns);
  product.sums = AlignedArray<int32_t>(columns);
  for (size_t column = 0; column < columns; column += 1) {
    const ProductTensors& part = parts[column / together % count];
    const size_t within = column / (count * together) * together + column % together;
    product.scales.data()[column] = part.scales[within];
    product.biases.data()[column] = part.biases[within];
    int8_t* panel = product.weights.data() + column / PANEL * PANEL * terms + column % PANEL * TERMS;
    int32_t sum = 0;
    for (size_t term = 0; term < terms; term += 1) {
      const int8_t weight = part.weights[term * columnsEach + within];
      panel[term / TERMS * TERMS * PANEL + term % TERMS] = weight;
      sum += weight;
    }
    product.sums.data()[column] = sum;
  }
  return product;
}

struct Table {
  std::vector<uint8_t> rows;
  float scale;
  int32_t zeroPoint;

  Table(const TableTensors& tensors, size_t length)
      : rows(tensors.rows, tensors.rows + length), scale(tensors.scale), zeroPoint(tensors.zeroPoint) {}

  __m512 at(size_t place) const {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(rows.data() + place));
    const __m512i numbers = _mm512_sub_epi32(_mm512_cvtepu8_epi32(bytes), _mm512_set1_epi32(zeroPoint));
    return _mm512_mul_ps(_mm512_cvtepi32_ps(numbers), _mm512_set1_ps(scale));
  }
};

struct Layer {
  Product queryKeyValue, output, up, down;
  LayerNorm attentionNorm, norm;
};

class VnniEncoder final : public Encoder {
 public:
  VnniEncoder(const Shape& shape, const Tensors& tensors)
      : shape_(shape),
        word_(tensors.word, shape.vocabulary * shape.hidden),
        type_(tensors.type, shape.hidden),
        position_(tensors.position, shape.positions * shape.hidden),
        norm_(normOf(tensors.norm, shape.hidden)),
        epsilon_(tensors.epsilon),
        hidden_(shape.maxTokens * shape.hidden),
        wide_(shape.maxTokens * std::max(shape.intermediate, 3 * HEAD)),
        context_(shape.maxTokens * shape.hidden),
        keys_(HEAD * paddedKeys(shape.maxTokens)),
        scores_(ATTENTION_ROWS * SCORES),
        numbers_(shape.maxTokens * std::max(shape.hidden, shape.intermediate)) {
    for (size_t at = 0; at < shape.layers; at += 1) layers_.push_back(layerOf(tensors.layers[at]));
  }

  void run(const uint32_t* ids, size_t count, float* rows) override {
    Range range = embed(ids, count);
    for (const Layer& layer : layers_) range = runLayer(layer, count, range);
    std::copy_n(hidden_.data(), count * shape_.hidden, rows);
  }

 private:
  Layer layerOf(const LayerTensors& from) const {
    const ProductTensors inputs[] = {from.query, from.key, from.value};
    return {packed(inputs, 3, shape_.hidden, shape_.hidden, HEAD),
            packed(&from.output, 1, shape_.hidden, shape_.hidden, shape_.hidden),
            packed(&from.up, 1, shape_.hidden, shape_.intermediate, shape_.intermediate),
            packed(&from.down, 1, shape_.intermediate, shape_.hidden, shape_.hidden),
            normOf(from.attentionNorm, shape_.hidden),
            normOf(from.norm, shape_.hidden)};
  }

  Range embed(const uint32_t* ids, size_t count) {
    Range range;
    for (size_t token = 0; token < count; token += 1) {
      float* row = hidden_.data() + token * shape_.hidden;
      for (size_t at = 0; at < shape_.hidden; at += LANES) {
        const __m512 ofText = _mm512_add_ps(word_.at(ids[token] * shape_.hidden + at), type_.at(at));
        _mm512_store_ps(row + at, _mm512_add_ps(ofText, position_.at(token * shape_.hidden + at)));
      }
    }
    normaliseRows(hidden_.data(), count, norm_, epsilon_, range);
    return range;
  }

  Range runLayer(const Layer& layer, size_t count, const Range& range) {
    const auto quantized = [&](const AlignedArray<float>& rows, size_t columns, const Range& rangeOfRows) {
      return quantize(rows.data(), count * columns, rangeOfRows, numbers_.data());
    };
    const Range context = runAttention(layer, count, quantized(hidden_, shape_.hidden, range));
    const Quantized mixed = quantized(context_, shape_.hidden, context);
    const Range attended = addNormalised(mixed, count, layer.output, layer.attentionNorm);
    const Range wide = widen(quantized(hidden_, shape_.hidden, attended), count, layer.up);
    return addNormalised(quantized(wide_, shape_.intermediate, wide), count, layer.down, layer.norm);
  }

  // Head by head: its queries, keys and values stay in the cache until they are used up.
  Range runAttention(const Layer& layer, size_t count, const Quantized& input) {
    Range range;
    float* parts[] = {wide_.data(), wide_.data() + count * HEAD, wide_.data() + 2 * count * HEAD};
    for (size_t at = 0; at < shape_.heads; at += 1) {
      yielding_.maybeYield();
      const size_t first = at * 3 * HEAD;
      const auto keep = [&](size_t row, size_t column, __m512 values) ENCODER_INLINE {
        const size_t within = column - first;
        _mm512_store_ps(parts[within / HEAD] + row * HEAD + within % HEAD, values);
      };
      multiply(input, count, layer.queryKeyValue, {first, first + 3 * HEAD}, keep);
      transposeKeys(parts[1], count, keys_.data());
      const Head head = {parts[0], keys_.data(), parts[2], count};
      attend(head, scores_.data(), context_.data() + at * HEAD, shape_.hidden, range);
    }
    return range;
  }

  template <typename Take>
  void multiplyAll(const Quantized& input, size_t count, const Product& product, const Take& take) {
    for (size_t column = 0; column < product.columns; column += PANEL) {
      yielding_.maybeYield();
      multiply(input, count, product, {column, column + PANEL}, take);
    }
  }

  // Adds the product to what came in, and normalises each row.
  Range addNormalised(const Quantized& input, size_t count, const Product& product, const LayerNorm& norm) {
    const size_t columns = shape_.hidden;
    multiplyAll(input, count, product, [&](size_t row, size_t column, __m512 values) ENCODER_INLINE {
      float* sum = hidden_.data() + row * columns + column;
      _mm512_store_ps(sum, _mm512_add_ps(values, _mm512_load_ps(sum)));
    });
    Range range;
    normaliseRows(hidden_.data(), count, norm, epsilon_, range);
    return range;
  }

  Range widen(const Quantized& input, size_t count, const Product& product) {
    Range range;
    multiplyAll(input, count, product, [&](size_t row, size_t column, __m512 values) ENCODER_INLINE {
      const __m512 active = gelu(values);
      _mm512_store_ps(wide_.data() + row * shape_.intermediate + column, active);
      range.note(active);
    });
    return range;
  }

  Shape shape_;
  Table word_, type_, position_;
  LayerNorm norm_;
  float epsilon_;
  std::vector<Layer> layers_;
  // The rows that go from layer to layer, and what lies between two steps of one.
  AlignedArray<float> hidden_, wide_, context_, keys_, scores_;
  AlignedArray<uint8_t> numbers_;
  kindred::Yielding yielding_;
};

}  // namespace

bool isSupported() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

// The bounds keep every product of sizes below 2^63, and every sum of products of eight bits below 2^31.
bool fits(const Shape& shape) {
  const auto isIn = [](size_t size, size_t most) { return size > 0 && size <= most; };
  const bool isBounded = isIn(shape.vocabulary, 1 << 24) && isIn(shape.positions, 1 << 16) &&
                         isIn(shape.hidden, 1 << 12) && isIn(shape.intermediate, 1 << 14) &&
                         isIn(shape.layers, 1 << 8) && isIn(shape.maxTokens, std::min(shape.positions, MOST_TOKENS));
  const bool isWhole = shape.hidden % PANEL == 0 && shape.intermediate % PANEL == 0;
  return isBounded && isWhole && shape.hidden == shape.heads * HEAD;
}

std::unique_ptr<Encoder> makeEncoder(const Shape& shape, const Tensors& tensors) {
  return std::make_unique<VnniEncoder>(shape, tensors);
}

}  // namespace encoder

#if defined(__clang__)
#pragma clang attribute pop
#endif

#else

namespace encoder {

bool isSupported() { return false; }
bool fits(const Shape&) { return false; }
std::unique_ptr<Encoder> makeEncoder(const Shape&, const Tensors&) { return nullptr; }

}  // namespace encoder

#endif
