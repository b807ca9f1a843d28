/* trapload: an open-loop sender of SNMP traps. One thread, sendmmsg, JSON on stdout.
 *
 *   cc -O2 -o trapload trapload.c
 *   trapload PORT RATE SECONDS SOURCES FIRST SUBJECTS REQUEST_AT INDEX_AT HEX
 *
 * HEX is one message; at REQUEST_AT and INDEX_AT it has 4 octets that are counted up: the request-id, and a number that
 * takes SUBJECTS values (1: every trap says the same). Sources are 127.0.0.FIRST and those behind it, in turn. Each trap
 * is due at its place in the schedule, whether or not anybody keeps up.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

enum { BATCH = 32, LONGEST = 2048, MOST_SOURCES = 200, TICK_NS = 500000 };
static const uint32_t FOUR_OCTETS = 0x10000000; /* counted up from here, a number keeps its length in BER */

static void die(const char *why) {
  fprintf(stderr, "trapload: %s\n", why);
  exit(2);
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

static size_t from_hex(const char *hex, unsigned char *out) {
  size_t length = strlen(hex) / 2;
  if (length > LONGEST) die("message too long");
  for (size_t i = 0; i < length; i++) {
    unsigned value;
    if (sscanf(hex + 2 * i, "%2x", &value) != 1) die("not hexadecimal");
    out[i] = (unsigned char)value;
  }
  return length;
}

static int socket_of(int number, int port) {
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in from = {.sin_family = AF_INET}, to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  from.sin_addr.s_addr = htonl(0x7f000000u + (uint32_t)number);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd < 0 || bind(fd, (struct sockaddr *)&from, sizeof from) || connect(fd, (struct sockaddr *)&to, sizeof to))
    die("no socket");
  return fd;
}

static void put(unsigned char *at, uint32_t value) {
  uint32_t octets = htonl(value);
  memcpy(at, &octets, 4);
}

int main(int argc, char **argv) {
  if (argc != 10) die("nine arguments");
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  int port = atoi(argv[1]), sources = atoi(argv[4]), first = atoi(argv[5]), request_at = atoi(argv[7]),
      index_at = atoi(argv[8]);
  double rate = atof(argv[2]), seconds = atof(argv[3]);
  uint32_t subjects = (uint32_t)atoi(argv[6]);
  if (sources < 1 || sources > MOST_SOURCES || subjects < 1 || rate <= 0) die("numbers out of range");

  static unsigned char message[LONGEST], copies[BATCH][LONGEST];
  static struct mmsghdr out[BATCH];
  static struct iovec octets[BATCH];
  size_t length = from_hex(argv[9], message);
  int fds[MOST_SOURCES];
  for (int i = 0; i < sources; i++) fds[i] = socket_of(first + i, port);
  for (int i = 0; i < BATCH; i++) {
    memcpy(copies[i], message, length);
    octets[i] = (struct iovec){copies[i], length};
    out[i].msg_hdr = (struct msghdr){.msg_iov = &octets[i], .msg_iovlen = 1};
  }

  uint64_t wanted = (uint64_t)(rate * seconds), sent = 0, refused = 0;
  double began = now(), latest = 0;
  for (int turn = 0; sent + refused < wanted; turn = (turn + 1) % sources) {
    uint64_t done = sent + refused, due = (uint64_t)((now() - began) * rate) + 1;
    while (due <= done) {
      nanosleep(&(struct timespec){0, TICK_NS}, NULL);
      due = (uint64_t)((now() - began) * rate) + 1;
    }
    double late = now() - began - (double)done / rate;
    if (late > latest) latest = late;
    uint64_t most = due < wanted ? due - done : wanted - done;
    int count = most < BATCH ? (int)most : BATCH;
    for (int i = 0; i < count; i++) {
      uint32_t number = (uint32_t)(done + (uint64_t)i);
      put(copies[i] + request_at, FOUR_OCTETS + (number & 0xfffffff));
      put(copies[i] + index_at, FOUR_OCTETS + number % subjects);
    }
    int took = sendmmsg(fds[turn], out, (unsigned)count, 0);
    if (took < 0) refused += (uint64_t)count; /* an ICMP error of before, or no memory */
    else sent += (uint64_t)took;
  }
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  printf("{\"sent\": %llu, \"refused\": %llu, \"seconds\": %.3f, \"latest_ms\": %.2f, \"cpu_s\": %.3f}\n",
         (unsigned long long)sent, (unsigned long long)refused, now() - began, latest * 1e3,
         used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1e-6);
  return 0;
}
