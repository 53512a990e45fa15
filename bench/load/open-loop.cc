// The open loop of client.mjs as a program of its own, for which as little as possible of the processor is needed: what
// sends a flood shares the cores with what is measured, and its own pauses would be counted as the server's.
// open-loop <IPv4 address> <port> <file of paths> <first> <rate> <ms> <connections> <drop: 0|1> <give up after ms>
// prints one line of JSON. Latencies are in milliseconds. SIGTERM ends it early.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <string>
#include <vector>

#include "../../native/scheduling.h"

namespace {

volatile std::sig_atomic_t isStopped = 0;

double nowMs() {
  using namespace std::chrono;
  return duration<double, std::milli>(steady_clock::now().time_since_epoch()).count();
}

struct Job {
  sockaddr_in server{};
  std::vector<std::string> requests;
  size_t first = 0;
  double rate = 0, ms = 0, giveUpMs = 0;
  int connections = 0;
  // What is due while no connection is free is left out, and a latency counts from when its request was sent.
  bool drops = false;
};

struct Connection {
  int fd = -1;
  bool isBusy = false;
  double since = 0;
  std::string unsent, answer;
};

struct Tally {
  std::vector<double> accepted, refused;
  size_t failed = 0, bytes = 0;

  void add(int status, size_t length, double ms) {
    bytes += length;
    if (status == 0) failed += 1;
    else (status < 400 ? accepted : refused).push_back(ms);
  }
};

// Where the value of a header begins, or null.
const char* header(const std::string& head, const char* name) {
  const size_t length = std::strlen(name);
  for (size_t at = head.find("\r\n"); at != std::string::npos; at = head.find("\r\n", at + 2)) {
    const char* line = head.c_str() + at + 2;
    if (strncasecmp(line, name, length) == 0 && line[length] == ':') return line + length + 1;
  }
  return nullptr;
}

bool endsWith(const std::string& text, const char* end) {
  const size_t length = std::strlen(end);
  return text.size() >= length && text.compare(text.size() - length, length, end) == 0;
}

struct Answer {
  // 0 while it is not all there.
  int status = 0;
  bool closes = false;
};

Answer readAnswer(const std::string& text) {
  const size_t end = text.find("\r\n\r\n");
  if (end == std::string::npos) return {};
  const std::string head = text.substr(0, end);
  const int status = std::atoi(head.c_str() + std::min<size_t>(9, head.size()));
  const char* connection = header(head, "connection");
  const bool closes = connection && strncasecmp(connection, " close", 6) == 0;
  const Answer whole{status, closes};
  if (status == 304 || status == 204) return whole;
  if (const char* length = header(head, "content-length"))
    return text.size() >= end + 4 + std::strtoull(length, nullptr, 10) ? whole : Answer{};
  // Chunked: nothing else was asked for, so it ends where what has arrived ends.
  return endsWith(text, "\r\n0\r\n\r\n") ? whole : Answer{};
}

class OpenLoop {
 public:
  explicit OpenLoop(const Job& job) : job_(job), connections_(job.connections), watched_(job.connections) {
    for (int at = 0; at < job.connections; at += 1) idle_.push_back(at);
  }

  void run() {
    const double startedAt = nowMs();
    double until = startedAt + job_.ms;
    auto total = static_cast<size_t>(job_.rate * job_.ms / 1000);
    size_t due = 0;
    for (;;) {
      double now = nowMs();
      if (isStopped && total > due) {
        total = due;
        until = now;
      }
      for (; due < total && startedAt + static_cast<double>(due) * 1000 / job_.rate <= now; due += 1) waiting_.push_back(now);
      dispatch();
      if (ended_ == total || now > until + job_.giveUpMs) break;
      look();
    }
    print((nowMs() - startedAt) / 1000, total - ended_);
  }

 private:
  void dispatch() {
    while (!waiting_.empty() && !idle_.empty()) {
      // In turn, as if each were somebody else's.
      const int at = idle_.front();
      idle_.pop_front();
      const double dueAt = waiting_.front();
      waiting_.pop_front();
      ask(connections_[at], dueAt);
    }
    if (!job_.drops) return;
    ended_ += waiting_.size();
    waiting_.clear();
  }

  void ask(Connection& one, double dueAt) {
    if (one.fd < 0) open(one);
    one.isBusy = true;
    one.answer.clear();
    one.unsent = job_.requests[next_];
    next_ = (next_ + 1) % job_.requests.size();
    one.since = job_.drops ? nowMs() : dueAt;
    sendOn(one);
  }

  void open(Connection& one) {
    one.fd = socket(AF_INET, SOCK_STREAM, 0);
    if (one.fd < 0) {
      std::perror("socket");
      std::exit(1);
    }
    fcntl(one.fd, F_SETFL, O_NONBLOCK);
    const int yes = 1;
    setsockopt(one.fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    // What comes of it is seen when it can be written to.
    (void)connect(one.fd, reinterpret_cast<const sockaddr*>(&job_.server), sizeof job_.server);
  }

  void sendOn(Connection& one) {
    const ssize_t sent = ::send(one.fd, one.unsent.data(), one.unsent.size(), 0);
    if (sent > 0) one.unsent.erase(0, static_cast<size_t>(sent));
  }

  void look() {
    for (size_t at = 0; at < connections_.size(); at += 1) {
      const Connection& one = connections_[at];
      watched_[at] = {one.fd, static_cast<short>(one.unsent.empty() ? POLLIN : POLLIN | POLLOUT), 0};
    }
    if (poll(watched_.data(), watched_.size(), 1) <= 0) return;
    for (size_t at = 0; at < connections_.size(); at += 1) {
      if (watched_[at].revents & POLLOUT) sendOn(connections_[at]);
      if (watched_[at].revents & ~POLLOUT) take(static_cast<int>(at));
    }
  }

  void take(int at) {
    Connection& one = connections_[at];
    char buffer[65536];
    const ssize_t got = recv(one.fd, buffer, sizeof buffer, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) return broke(at);
    one.answer.append(buffer, static_cast<size_t>(got));
    const Answer answer = readAnswer(one.answer);
    if (answer.status == 0) return;
    if (answer.closes) shut(one);
    end(at, answer.status);
  }

  void broke(int at) {
    shut(connections_[at]);
    if (connections_[at].isBusy) end(at, 0);
  }

  void end(int at, int status) {
    Connection& one = connections_[at];
    tally_.add(status, status == 0 ? 0 : one.answer.size(), nowMs() - one.since);
    one.isBusy = false;
    ended_ += 1;
    idle_.push_back(at);
  }

  void shut(Connection& one) {
    close(one.fd);
    one.fd = -1;
    one.unsent.clear();
  }

  // Nearest rank, as stats.mjs has it.
  static std::string quantile(std::vector<double>& values, double share) {
    if (values.empty()) return "null";
    std::sort(values.begin(), values.end());
    const auto rank = static_cast<size_t>(std::ceil(share * static_cast<double>(values.size())));
    return std::to_string(values[std::max<size_t>(rank, 1) - 1]);
  }

  void print(double seconds, size_t unanswered) {
    auto& [accepted, refused, failed, bytes] = tally_;
    const std::string of[] = {quantile(accepted, 0.5), quantile(accepted, 0.99), quantile(refused, 0.5), quantile(refused, 0.99)};
    std::printf(
        "{\"requests\":%zu,\"seconds\":%.6f,\"bytes\":%zu,\"failed\":%zu,\"unanswered\":%zu,\"refused\":%zu,\"p50\":%s,"
        "\"p99\":%s,\"refusals\":{\"count\":%zu,\"p50\":%s,\"p99\":%s}}\n",
        accepted.size() + refused.size(), seconds, bytes, failed, unanswered, refused.size(), of[0].c_str(),
        of[1].c_str(), refused.size(), of[2].c_str(), of[3].c_str());
  }

  const Job& job_;
  std::vector<Connection> connections_;
  std::vector<pollfd> watched_;
  std::deque<int> idle_;
  std::deque<double> waiting_;
  Tally tally_;
  size_t next_ = job_.first % job_.requests.size(), ended_ = 0;
};

std::vector<std::string> readRequests(const char* file, const std::string& host) {
  std::vector<std::string> requests;
  std::ifstream lines(file);
  for (std::string path; std::getline(lines, path);)
    if (!path.empty()) requests.push_back("GET " + path + " HTTP/1.1\r\nhost: " + host + "\r\n\r\n");
  return requests;
}

}  // namespace

int main(int count, char** given) {
  if (count != 10) return 2;
  Job job;
  job.server.sin_family = AF_INET;
  job.server.sin_port = htons(static_cast<uint16_t>(std::atoi(given[2])));
  if (inet_pton(AF_INET, given[1], &job.server.sin_addr) != 1) return 2;
  job.requests = readRequests(given[3], std::string(given[1]) + ":" + given[2]);
  if (job.requests.empty()) return 2;
  job.first = std::strtoull(given[4], nullptr, 10);
  job.rate = std::atof(given[5]);
  job.ms = std::atof(given[6]);
  job.connections = std::atoi(given[7]);
  job.drops = given[8][0] == '1';
  job.giveUpMs = std::atof(given[9]);
  // A client on another machine would not wait for a core either; an answer that has arrived is not late.
  kindred::takeShortSlices();
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGTERM, [](int) { isStopped = 1; });
  OpenLoop(job).run();
}
