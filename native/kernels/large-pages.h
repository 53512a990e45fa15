// Large pages, where the system gives them to who asks (Linux with transparent huge pages set to madvise).
#pragma once

#include <cstddef>
#include <cstdint>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace kernels {

// A hint: where it is not followed nothing is lost.
inline void useLargePages(void* start, size_t length) {
#if defined(__linux__)
  constexpr uintptr_t PAGE = 4096;
  const uintptr_t from = (reinterpret_cast<uintptr_t>(start) + PAGE - 1) / PAGE * PAGE;
  const uintptr_t to = (reinterpret_cast<uintptr_t>(start) + length) / PAGE * PAGE;
  if (to > from) madvise(reinterpret_cast<void*>(from), to - from, MADV_HUGEPAGE);
#endif
}

}  // namespace kernels
