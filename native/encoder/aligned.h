// Arrays whose first element lies on a cache line.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>

namespace encoder {

constexpr size_t CACHE_LINE = 64;

template <typename Element>
class AlignedArray {
 public:
  AlignedArray() = default;

  // All zero. Throws std::bad_alloc.
  explicit AlignedArray(size_t length) : length_(length) {
    const size_t bytes = (length * sizeof(Element) + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
    elements_.reset(static_cast<Element*>(std::aligned_alloc(CACHE_LINE, bytes)));
    if (!elements_) throw std::bad_alloc();
    std::fill_n(reinterpret_cast<char*>(elements_.get()), bytes, 0);
  }

  Element* data() { return elements_.get(); }
  const Element* data() const { return elements_.get(); }
  size_t size() const { return length_; }

 private:
  struct Free {
    void operator()(Element* elements) const { std::free(elements); }
  };
  std::unique_ptr<Element, Free> elements_;
  size_t length_ = 0;
};

}  // namespace encoder
