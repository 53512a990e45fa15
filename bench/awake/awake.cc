// Keeps each processor that it may use awake: a thread on each counts, in the class of those who run only where nobody else
// wants to (sched(7), SCHED_IDLE). Prints a line once it does, and ends with whoever started it.
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstdio>
#include <thread>
#include <vector>

namespace {

void countOn(int processor) {
  cpu_set_t only;
  CPU_ZERO(&only);
  CPU_SET(processor, &only);
  pthread_setaffinity_np(pthread_self(), sizeof only, &only);
  for (volatile unsigned count = 0;; count = count + 1) {
  }
}

}  // namespace

int main() {
  const pid_t parent = getppid();
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) return 1;
  // Before there are threads, which inherit it.
  const sched_param none = {};
  cpu_set_t allowed;
  if (sched_setscheduler(0, SCHED_IDLE, &none) != 0 || sched_getaffinity(0, sizeof allowed, &allowed) != 0) return 1;
  std::vector<std::thread> threads;
  for (int processor = 0; processor < CPU_SETSIZE; processor += 1) {
    if (CPU_ISSET(processor, &allowed)) threads.emplace_back(countOn, processor);
  }
  std::puts("awake");
  std::fflush(stdout);
  for (auto& thread : threads) thread.join();
}
