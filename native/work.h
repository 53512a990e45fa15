// Something that another thread does, as a promise of JavaScript.
#pragma once

#include <exception>
#include <memory>
#include <string>

#include "call.h"

namespace kindred {

class Work {
 public:
  virtual ~Work() = default;

  // The object of JavaScript that was called stays until it has ended.
  static napi_value begin(const Call& call, std::unique_ptr<Work> work) {
    napi_value promise = nullptr, name = nullptr;
    check(napi_create_string_utf8(call.env, "kindred", NAPI_AUTO_LENGTH, &name), "no name");
    const auto execute = [](napi_env, void* data) { static_cast<Work*>(data)->attempt(); };
    const auto complete = [](napi_env env, napi_status, void* data) { static_cast<Work*>(data)->settle(env); };
    check(napi_create_async_work(call.env, nullptr, name, execute, complete, work.get(), &work->work), "no thread");
    check(napi_create_reference(call.env, call.self, 1, &work->self), "no reference");
    check(napi_create_promise(call.env, &work->deferred, &promise), "no promise");
    check(napi_queue_async_work(call.env, work->work), "no thread");
    work.release();
    return promise;
  }

 protected:
  // On another thread.
  virtual void run() = 0;

  // In the event loop, where that went well.
  virtual void finish() {}

 private:
  void attempt() {
    try {
      run();
    } catch (const std::exception& error) {
      problem = error.what();
    } catch (...) {
      problem = "native code failed";
    }
  }

  void settle(napi_env env) {
    napi_value value = nullptr;
    if (problem.empty()) {
      finish();
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

  std::string problem;
  napi_deferred deferred = nullptr;
  napi_async_work work = nullptr;
  napi_ref self = nullptr;
};

}  // namespace kindred
