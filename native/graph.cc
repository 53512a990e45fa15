// hnswlib's graph for JavaScript, as src/ann/native-graph.ts describes it. hnswlib itself comes with hnswlib-node. Beside
// that binding this one takes and gives typed arrays, which halves the time of a search, and turns every C++ exception
// into one of JavaScript.
#include <algorithm>
#include <atomic>
#include <cstring>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>

#include "call.h"
#include "insertion.h"
#include "search-ahead.h"
#include "walk.h"
#include "work.h"

namespace {

using kindred::Call;
using kindred::check;
using kindred::Index;

// The second thread of all our addons, once JavaScript has handed it over.
std::atomic<kindred::Helper*> helper{nullptr};

struct Graph {
  explicit Graph(size_t dimension) : dimension(dimension), space(dimension), codes(dimension) {}
  size_t dimension;
  hnswlib::InnerProductSpace space;
  std::unique_ptr<Index> index;
  // Of each node of the index.
  kindred::Codes codes;
  kindred::Walk walk;
  // From the first time on that something is to be searched ahead.
  std::shared_ptr<kindred::SearchAhead> ahead;
  // Of the point that is added next, where it was prepared.
  std::unique_ptr<kindred::Insertion> insertion;
  // Held by whoever changes the graph, and by the thread that prepares a point.
  std::mutex changing;
  size_t changes = 0;

  ~Graph() { stopAhead(); }

  void stopAhead() {
    if (ahead) ahead->forget();
    ahead.reset();
  }

  void replace(std::unique_ptr<Index> other, kindred::Codes others) {
    stopAhead();
    const auto held = change();
    index = std::move(other);
    codes = std::move(others);
  }

  Index& opened() const {
    if (!index) throw std::logic_error("the graph has neither been made nor read");
    return *index;
  }

  // Null where there is nobody to search ahead: whoever asks searches.
  kindred::SearchAhead* aheadOf() {
    if (!helper) return nullptr;
    if (!ahead) ahead = std::make_shared<kindred::SearchAhead>(*helper, opened(), codes);
    return ahead.get();
  }

  // What was prepared until then is out of date.
  std::unique_lock<std::mutex> change() {
    std::unique_lock<std::mutex> held(changing);
    changes += 1;
    insertion.reset();
    return held;
  }

  // Before what searches read changes.
  std::unique_lock<std::mutex> still() {
    if (ahead) ahead->forget();
    return change();
  }
};

Graph& graphOf(const Call& call) { return call.unwrapped<Graph>(); }

napi_value construct(const Call& call) { return call.wrap<Graph>(std::make_unique<Graph>(call.size(0))); }

napi_value create(const Call& call) {
  Graph& graph = graphOf(call);
  auto index = std::make_unique<Index>(&graph.space, call.size(0), call.size(1), call.size(2));
  graph.replace(std::move(index), kindred::Codes(graph.dimension));
  return nullptr;
}

// (vector, label): finds on another thread what `add` will link it to, so that it takes little.
class PrepareWork : public kindred::Work {
 public:
  PrepareWork(Graph& graph, const float* vector, size_t label) : graph(graph) {
    if (graph.insertion && graph.insertion->isOf(vector, label)) return;
    // Another one may be under way, for the same place.
    const auto held = graph.change();
    insertion = kindred::Insertion::begin(graph.opened(), vector, label);
    begun = graph.changes;
  }

 protected:
  void run() override {
    const std::lock_guard<std::mutex> held(graph.changing);
    if (insertion && graph.changes == begun) insertion->find();
  }

  void finish() override {
    if (insertion && graph.changes == begun) graph.insertion = std::move(insertion);
  }

 private:
  Graph& graph;
  std::unique_ptr<kindred::Insertion> insertion;
  size_t begun = 0;
};

napi_value prepare(const Call& call) {
  Graph& graph = graphOf(call);
  return kindred::Work::begin(call, std::make_unique<PrepareWork>(graph, call.array<float>(0, graph.dimension), call.size(1)));
}

napi_value add(const Call& call) {
  Graph& graph = graphOf(call);
  Index& index = graph.opened();
  const float* vector = call.array<float>(0, graph.dimension);
  const size_t label = call.size(1);
  const auto prepared = std::move(graph.insertion);
  const auto held = graph.still();
  if (prepared && prepared->isOf(vector, label)) prepared->link();
  else index.addPoint(vector, label);
  graph.codes.encode(index.label_lookup_.at(label), vector);
  return nullptr;
}

napi_value markDelete(const Call& call) {
  Graph& graph = graphOf(call);
  const auto held = graph.still();
  graph.opened().markDelete(call.size(0));
  return nullptr;
}

napi_value resize(const Call& call) {
  Graph& graph = graphOf(call);
  const auto held = graph.still();
  graph.opened().resizeIndex(call.size(0));
  return nullptr;
}

// Forgets what was begun ahead; false while another thread is at a search, which a change would have to wait for.
napi_value forgetAhead(const Call& call) {
  Graph& graph = graphOf(call);
  return call.boolean(!graph.ahead || graph.ahead->tryForget());
}

napi_value capacity(const Call& call) { return call.number(graphOf(call).opened().getMaxElements()); }

napi_value count(const Call& call) { return call.number(graphOf(call).opened().getCurrentElementCount()); }

napi_value labels(const Call& call) {
  Index& index = graphOf(call).opened();
  uint32_t* elements = nullptr;
  napi_value result = call.newArray(index.getCurrentElementCount(), &elements);
  for (size_t id = 0; id < index.getCurrentElementCount(); id += 1) elements[id] = index.getExternalLabel(id);
  return result;
}

// Undefined for a label that is unknown or marked as deleted.
napi_value point(const Call& call) {
  Graph& graph = graphOf(call);
  Index& index = graph.opened();
  auto found = index.label_lookup_.find(call.size(0));
  if (found == index.label_lookup_.end() || index.isMarkedDeleted(found->second)) return nullptr;
  float* elements = nullptr;
  napi_value result = call.newArray(graph.dimension, &elements);
  std::memcpy(elements, index.getDataByInternalId(found->second), graph.dimension * sizeof(float));
  return result;
}

napi_value setEf(const Call& call) {
  graphOf(call).opened().setEf(call.size(0));
  return nullptr;
}

// Of each its label, and its distance or similarity.
napi_value giveNearest(const Call& call, const std::vector<kindred::Near>& nearest, size_t k, double* found) {
  const Index& index = graphOf(call).opened();
  const size_t count = std::min(k, nearest.size());
  for (size_t at = 0; at < count; at += 1) {
    *found++ = index.getExternalLabel(nearest[at].second);
    *found++ = nearest[at].first;
  }
  return call.number(count);
}

// (query, k, found): writes label and distance of each to `found`, nearest first, and says how many there are.
napi_value search(const Call& call) {
  Graph& graph = graphOf(call);
  const Index& index = graph.opened();
  const float* query = call.array<float>(0, graph.dimension);
  const size_t k = call.size(1);
  double* found = call.array<double>(2, 2 * k);
  return giveNearest(call, graph.walk.search(index, graph.codes, query, k, std::max(index.ef_, k)), k, found);
}

napi_value giveLabels(const Call& call, const std::vector<kindred::Id>& nodes, size_t k, uint32_t* labels) {
  const Index& index = graphOf(call).opened();
  const size_t count = std::min(k, nodes.size());
  for (size_t at = 0; at < count; at += 1) labels[at] = index.getExternalLabel(nodes[at]);
  return call.number(count);
}

// (query, k, labels): writes the labels of what a search keeps, `k` of them at most, in no order that means anything.
napi_value around(const Call& call) {
  Graph& graph = graphOf(call);
  const Index& index = graph.opened();
  const float* query = call.array<float>(0, graph.dimension);
  const size_t k = call.size(1);
  uint32_t* labels = call.array<uint32_t>(2, k);
  const size_t width = std::max(index.ef_, k);
  const auto* known = graph.ahead ? graph.ahead->takeAround(query, width) : nullptr;
  return giveLabels(call, known ? *known : graph.walk.around(index, graph.codes, query, width), k, labels);
}

// (query, k, found): the same, and the similarity of each as the kernels give it, nearest first. Undefined where they cannot run.
napi_value compared(const Call& call) {
  if (!kindred::canCompare()) return nullptr;
  Graph& graph = graphOf(call);
  const Index& index = graph.opened();
  const float* query = call.array<float>(0, graph.dimension);
  const size_t k = call.size(1);
  double* found = call.array<double>(2, 2 * k);
  const size_t width = std::max(index.ef_, k);
  const auto* known = graph.ahead ? graph.ahead->takeCompared(query, width) : nullptr;
  return giveNearest(call, known ? *known : graph.walk.compared(index, graph.codes, query, width, helper), k, found);
}

// (label, k, labels): as `around`, for the point of a label. Undefined where there is no such point.
napi_value aroundFrom(const Call& call) {
  Graph& graph = graphOf(call);
  const Index& index = graph.opened();
  const size_t k = call.size(1);
  uint32_t* labels = call.array<uint32_t>(2, k);
  const auto point = index.label_lookup_.find(call.size(0));
  if (point == index.label_lookup_.end()) return nullptr;
  const size_t width = std::max(index.ef_, k);
  const auto* known = graph.ahead ? graph.ahead->takeAroundFrom(point->second, width) : nullptr;
  return giveLabels(call, known ? *known : graph.walk.aroundFrom(index, graph.codes, point->second, width), k, labels);
}

// (label, k, found): as `search`, for the point of a label, itself among them. Undefined where there is no such point.
napi_value searchFrom(const Call& call) {
  Graph& graph = graphOf(call);
  const Index& index = graph.opened();
  const size_t k = call.size(1);
  double* found = call.array<double>(2, 2 * k);
  const auto point = index.label_lookup_.find(call.size(0));
  if (point == index.label_lookup_.end()) return nullptr;
  const kindred::SearchFrom asked = {point->second, k, std::max(index.ef_, k)};
  const auto* known = graph.ahead ? graph.ahead->takeFrom(asked) : nullptr;
  return giveNearest(call, known ? *known : graph.walk.searchFrom(index, graph.codes, asked), k, found);
}

// (label, k): begins such a search on another thread, as wide as the next one will be.
napi_value searchAhead(const Call& call) {
  Graph& graph = graphOf(call);
  const Index& index = graph.opened();
  const size_t k = call.size(1);
  const auto point = index.label_lookup_.find(call.size(0));
  if (point == index.label_lookup_.end()) return nullptr;
  if (auto* ahead = graph.aheadOf()) ahead->beginFrom({point->second, k, std::max(index.ef_, k)});
  return nullptr;
}

// (query, k, label): begins what `around` will be asked, or `aroundFrom` where there is such a point.
napi_value aroundAhead(const Call& call) {
  Graph& graph = graphOf(call);
  const Index& index = graph.opened();
  const float* query = call.array<float>(0, graph.dimension);
  const size_t width = std::max(index.ef_, call.size(1));
  const auto point = call.has(2) ? index.label_lookup_.find(call.size(2)) : index.label_lookup_.end();
  auto* ahead = graph.aheadOf();
  if (!ahead) return nullptr;
  if (point == index.label_lookup_.end()) ahead->beginAround(query, graph.dimension, width);
  else ahead->beginAroundFrom(point->second, width);
  return nullptr;
}

// (query, k): begins what `compared` will be asked, or `around` where that cannot be.
napi_value comparedAhead(const Call& call) {
  Graph& graph = graphOf(call);
  const float* query = call.array<float>(0, graph.dimension);
  const size_t width = std::max(graph.opened().ef_, call.size(1));
  if (auto* ahead = graph.aheadOf()) ahead->beginCompared(query, graph.dimension, width);
  return nullptr;
}

// Reading or writing a file.
class FileWork : public kindred::Work {
 public:
  FileWork(Graph& graph, std::string path, bool reads) : graph(graph), path(std::move(path)), reads(reads), codes(graph.dimension) {}

 protected:
  void run() override {
    if (!reads) return graph.opened().saveIndex(path);
    loaded = std::make_unique<Index>(&graph.space, path);
    const size_t count = loaded->getCurrentElementCount();
    // The last first: room for all is made once.
    for (size_t id = count; id > 0; id -= 1) {
      codes.encode(id - 1, reinterpret_cast<const float*>(loaded->getDataByInternalId(id - 1)));
    }
  }

  void finish() override {
    if (reads) graph.replace(std::move(loaded), std::move(codes));
  }

 private:
  Graph& graph;
  std::string path;
  bool reads;
  std::unique_ptr<Index> loaded;
  kindred::Codes codes;
};

napi_value workOnFile(const Call& call, bool reads) {
  Graph& graph = graphOf(call);
  if (!reads) graph.opened();
  return kindred::Work::begin(call, std::make_unique<FileWork>(graph, call.text(0), reads));
}

napi_value read(const Call& call) { return workOnFile(call, true); }

napi_value write(const Call& call) { return workOnFile(call, false); }

// (helper): the second thread that the kernels' addon exports.
napi_value useHelper(const Call& call) {
  if (auto* given = kindred::Helper::ofHandle(call.env, call.value(0))) helper = given;
  return nullptr;
}

napi_value init(napi_env env, napi_value exports) {
  using kindred::method;
  const napi_property_descriptor methods[] = {
      method<create>("create"), method<add>("add"),           method<markDelete>("markDelete"),
      method<resize>("resize"), method<capacity>("capacity"), method<count>("count"),
      method<labels>("labels"), method<point>("point"),       method<setEf>("setEf"),
      method<search>("search"), method<searchFrom>("searchFrom"), method<read>("read"),
      method<write>("write"),   method<around>("around"), method<searchAhead>("searchAhead"),
      method<aroundAhead>("aroundAhead"), method<aroundFrom>("aroundFrom"),
      method<compared>("compared"), method<comparedAhead>("comparedAhead"),
      method<forgetAhead>("forgetAhead"), method<prepare>("prepare"),
  };
  napi_value type = nullptr;
  const size_t length = sizeof(methods) / sizeof(methods[0]);
  napi_define_class(env, "Graph", NAPI_AUTO_LENGTH, kindred::guarded<construct>, nullptr, length, methods, &type);
  napi_set_named_property(env, exports, "Graph", type);
  const napi_property_descriptor functions[] = {method<useHelper>("useHelper", napi_enumerable)};
  napi_define_properties(env, exports, 1, functions);
  return exports;
}

}  // namespace

NAPI_MODULE(NODE_GYP_MODULE_NAME, init)
