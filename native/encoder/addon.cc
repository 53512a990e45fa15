// The encoder for JavaScript, as src/embed/native-encoder.ts describes it. Exports nothing where this machine lacks the
// instructions, or the compiler did not know them. Every shape, length and token is checked here.
#include <memory>
#include <stdexcept>
#include <vector>

#include "../call.h"
#include "encoder.h"

namespace {

using encoder::LayerTensors;
using encoder::Shape;
using kindred::Call;
using kindred::check;
using kindred::Elements;
using kindred::elementsOf;

// Takes one tensor after the other from a list.
class TensorList {
 public:
  TensorList(napi_env env, napi_value list) : env_(env), list_(list) {
    check(napi_get_array_length(env, list, &length_), "the tensors must be a list");
  }

  template <typename Element>
  const Element* take(size_t length) {
    napi_value array = nullptr;
    if (next_ >= length_) throw std::invalid_argument("a tensor is missing");
    check(napi_get_element(env_, list_, next_++, &array), "a tensor is missing");
    const Elements<Element> found = elementsOf<Element>(env_, array);
    if (found.length != length) throw std::invalid_argument("a tensor is of another length");
    return found.data;
  }

  encoder::ProductTensors product(size_t terms, size_t columns) {
    const int8_t* weights = take<int8_t>(terms * columns);
    const float* scales = take<float>(columns);
    return {weights, scales, take<float>(columns)};
  }

  encoder::NormTensors norm(size_t columns) {
    const float* weights = take<float>(columns);
    return {weights, take<float>(columns)};
  }

  encoder::TableTensors table(size_t rows, size_t columns) {
    const uint8_t* numbers = take<uint8_t>(rows * columns);
    const float scale = *take<float>(1);
    return {numbers, scale, *take<uint8_t>(1)};
  }

  void end() const {
    if (next_ != length_) throw std::invalid_argument("there are tensors too many");
  }

 private:
  napi_env env_;
  napi_value list_;
  uint32_t length_ = 0;
  uint32_t next_ = 0;
};

Shape shapeOf(const Elements<uint32_t>& sizes) {
  if (sizes.length != 7) throw std::invalid_argument("a shape has seven numbers");
  const uint32_t* at = sizes.data;
  const Shape shape = {at[0], at[1], at[2], at[3], at[4], at[5], at[6]};
  if (!encoder::fits(shape)) throw std::invalid_argument("the kernels do not fit this shape");
  return shape;
}

LayerTensors layerOf(TensorList& tensors, const Shape& shape) {
  LayerTensors layer;
  layer.query = tensors.product(shape.hidden, shape.hidden);
  layer.key = tensors.product(shape.hidden, shape.hidden);
  layer.value = tensors.product(shape.hidden, shape.hidden);
  layer.output = tensors.product(shape.hidden, shape.hidden);
  layer.attentionNorm = tensors.norm(shape.hidden);
  layer.up = tensors.product(shape.hidden, shape.intermediate);
  layer.down = tensors.product(shape.intermediate, shape.hidden);
  layer.norm = tensors.norm(shape.hidden);
  return layer;
}

struct Model {
  Shape shape;
  std::unique_ptr<encoder::Encoder> network;
};

std::unique_ptr<Model> modelOf(napi_env env, napi_value sizes, napi_value list) {
  const Shape shape = shapeOf(elementsOf<uint32_t>(env, sizes));
  TensorList tensors(env, list);
  encoder::Tensors all;
  all.word = tensors.table(shape.vocabulary, shape.hidden);
  all.type = tensors.table(1, shape.hidden);
  all.position = tensors.table(shape.positions, shape.hidden);
  all.norm = tensors.norm(shape.hidden);
  all.epsilon = *tensors.take<float>(1);
  std::vector<LayerTensors> layers;
  for (size_t at = 0; at < shape.layers; at += 1) layers.push_back(layerOf(tensors, shape));
  all.layers = layers.data();
  tensors.end();
  return std::make_unique<Model>(Model{shape, encoder::makeEncoder(shape, all)});
}

// (shape, tensors): what they hold is copied.
napi_value construct(const Call& call) {
  return call.wrap<Model>(modelOf(call.env, call.value(0), call.value(1)));
}

// (ids, rows): writes a vector for each token. V8 calls it on nothing but what `new` made.
napi_value run(const Call& call) {
  const Model& model = call.unwrapped<Model>();
  const auto ids = call.array<uint32_t>(0);
  const auto rows = call.array<float>(1);
  const bool isBounded = ids.length >= 1 && ids.length <= model.shape.maxTokens;
  if (!isBounded) throw std::out_of_range("a text has too few or too many tokens");
  if (rows.length != ids.length * model.shape.hidden) throw std::invalid_argument("the rows are of another length");
  for (size_t at = 0; at < ids.length; at += 1) {
    if (ids.data[at] >= model.shape.vocabulary) throw std::out_of_range("a token is not in the vocabulary");
  }
  model.network->run(ids.data, ids.length, rows.data);
  return nullptr;
}

napi_value init(napi_env env, napi_value exports) {
  if (!encoder::isSupported()) return exports;
  const napi_property_descriptor methods[] = {kindred::method<run>("run")};
  napi_value type = nullptr;
  napi_define_class(env, "Encoder", NAPI_AUTO_LENGTH, kindred::guarded<construct>, nullptr, 1, methods, &type);
  napi_set_named_property(env, exports, "Encoder", type);
  return exports;
}

}  // namespace

NAPI_MODULE(NODE_GYP_MODULE_NAME, init)
