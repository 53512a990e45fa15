// What our addons share: a call of JavaScript, its arguments checked one by one as they are read, and exceptions that do
// not pass the border between C++ and JavaScript.
#pragma once

#ifndef NAPI_VERSION
#define NAPI_VERSION 8
#endif
#include <node_api.h>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace kindred {

inline void check(napi_status status, const char* what) {
  if (status != napi_ok) throw std::invalid_argument(what);
}

template <typename Element>
constexpr napi_typedarray_type typeOf();
template <>
constexpr napi_typedarray_type typeOf<int8_t>() { return napi_int8_array; }
template <>
constexpr napi_typedarray_type typeOf<uint8_t>() { return napi_uint8_array; }
template <>
constexpr napi_typedarray_type typeOf<uint32_t>() { return napi_uint32_array; }
template <>
constexpr napi_typedarray_type typeOf<float>() { return napi_float32_array; }
template <>
constexpr napi_typedarray_type typeOf<double>() { return napi_float64_array; }

// Of a typed array.
template <typename Element>
struct Elements {
  Element* data;
  size_t length;
};

template <typename Element>
Elements<Element> elementsOf(napi_env env, napi_value array) {
  napi_typedarray_type type;
  size_t length = 0;
  void* data = nullptr;
  const napi_status status = napi_get_typedarray_info(env, array, &type, &length, &data, nullptr, nullptr);
  check(status, "an argument must be a typed array");
  if (type != typeOf<Element>()) throw std::invalid_argument("a typed array is of another type");
  return {static_cast<Element*>(data), length};
}

class Call {
 public:
  Call(napi_env env, napi_callback_info info) : env(env) {
    check(napi_get_cb_info(env, info, &count, values, &self, nullptr), "no call");
  }

  // What `wrap` put behind the object.
  template <typename Type>
  Type& unwrapped() const {
    void* found = nullptr;
    check(napi_unwrap(env, self, &found), "this is another object");
    return *static_cast<Type*>(found);
  }

  // Gives the object that `new` makes what stands behind it, which ends with it.
  template <typename Type, typename Owner>
  napi_value wrap(Owner owner) const {
    const auto finalize = [](napi_env, void* data, void*) { delete static_cast<Type*>(data); };
    check(napi_wrap(env, self, owner.get(), finalize, nullptr, nullptr), "no object");
    owner.release();
    return self;
  }

  napi_value value(size_t at) const {
    if (at >= count) throw std::invalid_argument("an argument is missing");
    return values[at];
  }

  // Whether it was given.
  bool has(size_t at) const {
    napi_valuetype type = napi_undefined;
    return at < count && napi_typeof(env, values[at], &type) == napi_ok && type != napi_undefined;
  }

  size_t size(size_t at) const {
    double number = 0;
    check(napi_get_value_double(env, value(at), &number), "an argument must be a number");
    if (!(number >= 0 && number <= 4294967295.0)) throw std::out_of_range("a number is no uint32");
    return static_cast<size_t>(number);
  }

  std::string text(size_t at) const {
    size_t length = 0;
    check(napi_get_value_string_utf8(env, value(at), nullptr, 0, &length), "an argument must be a string");
    std::string text(length, '\0');
    check(napi_get_value_string_utf8(env, value(at), &text[0], length + 1, &length), "an argument must be a string");
    return text;
  }

  template <typename Element>
  Elements<Element> array(size_t at) const {
    return elementsOf<Element>(env, value(at));
  }

  // The elements of a typed array that has at least `least` of them.
  template <typename Element>
  Element* array(size_t at, size_t least) const {
    const Elements<Element> found = array<Element>(at);
    if (found.length < least) throw std::invalid_argument("a typed array is too short");
    return found.data;
  }

  napi_value number(double value) const {
    napi_value result = nullptr;
    check(napi_create_double(env, value, &result), "no number");
    return result;
  }

  napi_value boolean(bool value) const {
    napi_value result = nullptr;
    check(napi_get_boolean(env, value, &result), "no boolean");
    return result;
  }

  template <typename Element>
  napi_value newArray(size_t length, Element** elements) const {
    napi_value buffer = nullptr, result = nullptr;
    void* data = nullptr;
    check(napi_create_arraybuffer(env, length * sizeof(Element), &data, &buffer), "no memory for an array");
    check(napi_create_typedarray(env, typeOf<Element>(), length, buffer, 0, &result), "no memory for an array");
    *elements = static_cast<Element*>(data);
    return result;
  }

  napi_env env;
  napi_value self = nullptr;

 private:
  static constexpr size_t MAX = 7;
  size_t count = MAX;
  napi_value values[MAX];
};

template <napi_value (*body)(const Call&)>
napi_value guarded(napi_env env, napi_callback_info info) {
  try {
    return body(Call(env, info));
  } catch (const std::exception& error) {
    napi_throw_error(env, nullptr, error.what());
  } catch (...) {
    napi_throw_error(env, nullptr, "native code failed");
  }
  return nullptr;
}

template <napi_value (*body)(const Call&)>
napi_property_descriptor method(const char* name, napi_property_attributes attributes = napi_default_method) {
  return {name, nullptr, guarded<body>, nullptr, nullptr, nullptr, attributes, nullptr};
}

}  // namespace kindred
