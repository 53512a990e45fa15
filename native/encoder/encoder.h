// A BERT encoder with eight-bit weights, for one text at a time: what the ONNX graph that src/embed/bert-graph.ts
// recognises computes, in fused steps.
//
// Its results are those of onnxruntime 1.30 on processors with AVX-512 and VNNI, to the last bit: the products of
// eight-bit numbers are exact, and all else (approximations of exp and erf, the order of sums, where a product is
// rounded before it is added) is done as there. A bit that differs anywhere would grow: the number next to it is
// quantised otherwise sooner or later, and so are the rows after it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace encoder {

struct Shape {
  size_t vocabulary, positions, hidden, heads, intermediate, layers, maxTokens;
};

// Weights as the ONNX file has them: [terms][columns].
struct ProductTensors {
  const int8_t* weights;
  const float* scales;
  const float* biases;
};

struct NormTensors {
  const float* weights;
  const float* biases;
};

// Rows of eight-bit numbers that stand for (number - zeroPoint) * scale.
struct TableTensors {
  const uint8_t* rows;
  float scale;
  uint8_t zeroPoint;
};

struct LayerTensors {
  ProductTensors query, key, value, output;
  NormTensors attentionNorm;
  ProductTensors up, down;
  NormTensors norm;
};

// `type` has the one row of the first text.
struct Tensors {
  TableTensors word, type, position;
  NormTensors norm;
  float epsilon;
  const LayerTensors* layers;
};

class Encoder {
 public:
  virtual ~Encoder() = default;
  // Writes `count` rows of `hidden` numbers. Every id is below `vocabulary`, and `count` from 1 to `maxTokens`.
  virtual void run(const uint32_t* ids, size_t count, float* rows) = 0;
};

// Whether this machine has the instructions.
bool isSupported();

// Whether the kernels can compute a network of this shape.
bool fits(const Shape& shape);

// Copies what it needs of the tensors. Throws std::bad_alloc. Only where it is supported, and for a shape that fits.
std::unique_ptr<Encoder> makeEncoder(const Shape& shape, const Tensors& tensors);

}  // namespace encoder
