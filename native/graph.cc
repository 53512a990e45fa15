// hnswlib's graph for JavaScript, as src/ann/native-graph.ts describes it. hnswlib itself comes with hnswlib-node. Beside
// that binding this one takes and gives typed arrays, which halves the time of a search, and turns every C++ exception
// into one of JavaScript.
#define NAPI_VERSION 8
#include <node_api.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>

#include "walk.h"

namespace {

using kindred::Index;

struct Graph {
  explicit Graph(size_t dimension) : dimension(dimension), space(dimension), codes(dimension) {}
  size_t dimension;
  hnswlib::InnerProductSpace space;
  std::unique_ptr<Index> index;
  // Of each node of the index.
  kindred::Codes codes;
  kindred::Walk walk;

  Index& opened() const {
    if (!index) throw std::logic_error("the graph has neither been made nor read");
    return *index;
  }
};

void check(napi_status status, const char* what) {
  if (status != napi_ok) throw std::invalid_argument(what);
}

// The arguments of a call, checked one by one as they are read.
class Call {
 public:
  Call(napi_env env, napi_callback_info info) : env(env) {
    check(napi_get_cb_info(env, info, &count, values, &self, nullptr), "no call");
  }

  Graph& graph() const {
    void* found = nullptr;
    check(napi_unwrap(env, self, &found), "this is no graph");
    return *static_cast<Graph*>(found);
  }

  size_t size(size_t at) const {
    double number = 0;
    check(napi_get_value_double(env, at_(at), &number), "an argument must be a number");
    if (!(number >= 0 && number <= 4294967295.0)) throw std::out_of_range("a number is no uint32");
    return static_cast<size_t>(number);
  }

  std::string text(size_t at) const {
    size_t length = 0;
    check(napi_get_value_string_utf8(env, at_(at), nullptr, 0, &length), "an argument must be a string");
    std::string text(length, '\0');
    check(napi_get_value_string_utf8(env, at_(at), &text[0], length + 1, &length), "an argument must be a string");
    return text;
  }

  // The elements of a typed array that has at least `least` of them.
  template <typename Element>
  Element* array(size_t at, napi_typedarray_type wanted, size_t least) const {
    napi_typedarray_type type;
    size_t length = 0;
    void* data = nullptr;
    check(napi_get_typedarray_info(env, at_(at), &type, &length, &data, nullptr, nullptr), "an argument must be a typed array");
    if (type != wanted || length < least) throw std::invalid_argument("a typed array is of another type or too short");
    return static_cast<Element*>(data);
  }

  napi_value number(double value) const {
    napi_value result = nullptr;
    check(napi_create_double(env, value, &result), "no number");
    return result;
  }

  template <typename Element>
  napi_value newArray(napi_typedarray_type type, size_t length, Element** elements) const {
    napi_value buffer = nullptr, result = nullptr;
    void* data = nullptr;
    check(napi_create_arraybuffer(env, length * sizeof(Element), &data, &buffer), "no memory for an array");
    check(napi_create_typedarray(env, type, length, buffer, 0, &result), "no memory for an array");
    *elements = static_cast<Element*>(data);
    return result;
  }

  napi_env env;
  napi_value self = nullptr;

 private:
  napi_value at_(size_t at) const {
    if (at >= count) throw std::invalid_argument("an argument is missing");
    return values[at];
  }

  static constexpr size_t MAX = 3;
  size_t count = MAX;
  napi_value values[MAX];
};

// No exception may pass the border between C++ and JavaScript.
template <napi_value (*method)(const Call&)>
napi_value guarded(napi_env env, napi_callback_info info) {
  try {
    return method(Call(env, info));
  } catch (const std::exception& error) {
    napi_throw_error(env, "HNSW", error.what());
  } catch (...) {
    napi_throw_error(env, "HNSW", "hnswlib failed");
  }
  return nullptr;
}

napi_value construct(const Call& call) {
  auto graph = std::make_unique<Graph>(call.size(0));
  auto finalize = [](napi_env, void* data, void*) { delete static_cast<Graph*>(data); };
  check(napi_wrap(call.env, call.self, graph.get(), finalize, nullptr, nullptr), "no graph");
  graph.release();
  return call.self;
}

napi_value create(const Call& call) {
  Graph& graph = call.graph();
  graph.index = std::make_unique<Index>(&graph.space, call.size(0), call.size(1), call.size(2));
  graph.codes = kindred::Codes(graph.dimension);
  return nullptr;
}

napi_value add(const Call& call) {
  Graph& graph = call.graph();
  const float* vector = call.array<float>(0, napi_float32_array, graph.dimension);
  const size_t label = call.size(1);
  graph.opened().addPoint(vector, label);
  graph.codes.encode(graph.opened().label_lookup_.at(label), vector);
  return nullptr;
}

napi_value markDelete(const Call& call) {
  call.graph().opened().markDelete(call.size(0));
  return nullptr;
}

napi_value resize(const Call& call) {
  call.graph().opened().resizeIndex(call.size(0));
  return nullptr;
}

napi_value capacity(const Call& call) { return call.number(call.graph().opened().getMaxElements()); }

napi_value count(const Call& call) { return call.number(call.graph().opened().getCurrentElementCount()); }

napi_value labels(const Call& call) {
  Index& index = call.graph().opened();
  uint32_t* elements = nullptr;
  napi_value result = call.newArray(napi_uint32_array, index.getCurrentElementCount(), &elements);
  for (size_t id = 0; id < index.getCurrentElementCount(); id += 1) elements[id] = index.getExternalLabel(id);
  return result;
}

// Undefined for a label that is unknown or marked as deleted.
napi_value point(const Call& call) {
  Graph& graph = call.graph();
  Index& index = graph.opened();
  auto found = index.label_lookup_.find(call.size(0));
  if (found == index.label_lookup_.end() || index.isMarkedDeleted(found->second)) return nullptr;
  float* elements = nullptr;
  napi_value result = call.newArray(napi_float32_array, graph.dimension, &elements);
  std::memcpy(elements, index.getDataByInternalId(found->second), graph.dimension * sizeof(float));
  return result;
}

napi_value setEf(const Call& call) {
  call.graph().opened().setEf(call.size(0));
  return nullptr;
}

napi_value giveNearest(const Call& call, const std::vector<kindred::Near>& nearest, double* found) {
  const Index& index = call.graph().opened();
  for (const auto& [distance, node] : nearest) {
    *found++ = index.getExternalLabel(node);
    *found++ = distance;
  }
  return call.number(nearest.size());
}

// (query, k, found): writes label and distance of each to `found`, nearest first, and says how many there are.
napi_value search(const Call& call) {
  Graph& graph = call.graph();
  const Index& index = graph.opened();
  const float* query = call.array<float>(0, napi_float32_array, graph.dimension);
  const size_t k = call.size(1);
  double* found = call.array<double>(2, napi_float64_array, 2 * k);
  return giveNearest(call, graph.walk.search(index, graph.codes, query, k, std::max(index.ef_, k)), found);
}

// (label, k, found): the same for the point of a label, itself among them. Undefined where there is no such point.
napi_value searchFrom(const Call& call) {
  Graph& graph = call.graph();
  const Index& index = graph.opened();
  const size_t k = call.size(1);
  double* found = call.array<double>(2, napi_float64_array, 2 * k);
  const auto point = index.label_lookup_.find(call.size(0));
  if (point == index.label_lookup_.end()) return nullptr;
  return giveNearest(call, graph.walk.searchFrom(index, graph.codes, point->second, k, std::max(index.ef_, k)), found);
}

// Reading or writing a file on another thread.
struct FileWork {
  explicit FileWork(Graph& of) : graph(&of), codes(of.dimension) {}

  Graph* graph;
  std::string path;
  bool reads = false;
  std::string problem;
  std::unique_ptr<Index> loaded;
  kindred::Codes codes;
  napi_deferred deferred = nullptr;
  napi_async_work work = nullptr;
  // Keeps the graph alive until then.
  napi_ref self = nullptr;

  void run() {
    try {
      if (reads) load();
      else graph->opened().saveIndex(path);
    } catch (const std::exception& error) {
      problem = error.what();
    } catch (...) {
      problem = "hnswlib failed";
    }
  }

  void load() {
    loaded = std::make_unique<Index>(&graph->space, path);
    const size_t count = loaded->getCurrentElementCount();
    // The last first: room for all is made once.
    for (size_t id = count; id > 0; id -= 1) {
      codes.encode(id - 1, reinterpret_cast<const float*>(loaded->getDataByInternalId(id - 1)));
    }
  }

  void settle(napi_env env) {
    napi_value value = nullptr;
    if (problem.empty()) {
      if (reads) {
        graph->index = std::move(loaded);
        graph->codes = std::move(codes);
      }
      napi_get_undefined(env, &value);
      napi_resolve_deferred(env, deferred, value);
    } else {
      napi_value message = nullptr;
      napi_create_string_utf8(env, problem.c_str(), problem.size(), &message);
      napi_create_error(env, nullptr, message, &value);
      napi_reject_deferred(env, deferred, value);
    }
    napi_delete_reference(env, self);
    napi_delete_async_work(env, work);
    delete this;
  }
};

napi_value workOnFile(const Call& call, bool reads) {
  auto task = std::make_unique<FileWork>(call.graph());
  task->path = call.text(0);
  task->reads = reads;
  if (!reads) task->graph->opened();
  napi_value promise = nullptr, name = nullptr;
  check(napi_create_string_utf8(call.env, "hnswlib file", NAPI_AUTO_LENGTH, &name), "no name");
  auto execute = [](napi_env, void* data) { static_cast<FileWork*>(data)->run(); };
  auto complete = [](napi_env env, napi_status, void* data) { static_cast<FileWork*>(data)->settle(env); };
  check(napi_create_async_work(call.env, nullptr, name, execute, complete, task.get(), &task->work), "no thread");
  check(napi_create_reference(call.env, call.self, 1, &task->self), "no reference");
  check(napi_create_promise(call.env, &task->deferred, &promise), "no promise");
  check(napi_queue_async_work(call.env, task->work), "no thread");
  task.release();
  return promise;
}

napi_value read(const Call& call) { return workOnFile(call, true); }

napi_value write(const Call& call) { return workOnFile(call, false); }

template <napi_value (*body)(const Call&)>
napi_property_descriptor method(const char* name) {
  return {name, nullptr, guarded<body>, nullptr, nullptr, nullptr, napi_default_method, nullptr};
}

napi_value init(napi_env env, napi_value exports) {
  const napi_property_descriptor methods[] = {
      method<create>("create"), method<add>("add"),           method<markDelete>("markDelete"),
      method<resize>("resize"), method<capacity>("capacity"), method<count>("count"),
      method<labels>("labels"), method<point>("point"),       method<setEf>("setEf"),
      method<search>("search"), method<searchFrom>("searchFrom"), method<read>("read"),
      method<write>("write"),
  };
  napi_value type = nullptr;
  const size_t length = sizeof(methods) / sizeof(methods[0]);
  napi_define_class(env, "Graph", NAPI_AUTO_LENGTH, guarded<construct>, nullptr, length, methods, &type);
  napi_set_named_property(env, exports, "Graph", type);
  return exports;
}

}  // namespace

NAPI_MODULE(NODE_GYP_MODULE_NAME, init)
