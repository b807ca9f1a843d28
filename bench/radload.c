/* radload: a RADIUS load generator for measurements on one machine. One thread, sendmmsg/recvmmsg, JSON on stdout.
 *
 *   cc -O2 -o radload radload.c -lcrypto
 *
 * Closed loop (the default): --outstanding requests are always on their way; an answer sends the next one.
 * Open loop (--rate): a request is due at its place in the schedule whether or not the server keeps up. Its latency
 * runs from that instant, not from when it could be sent, and a request that is lost is infinitely late (null).
 *
 * Modes: pap, chap, mschap2 (a random user each), acct (Start, --interims Interims, Stop, one session after another,
 * ids unique to the run), start (one Start for each user, then the end).
 *
 * Every answer is verified: Response Authenticator, Message-Authenticator where there is one, the rate limit of the
 * user's plan, and for MS-CHAPv2 the value of S= (RFC 2759 8.7) and that both MPPE keys (RFC 2548 2.4) are there.
 * User N is userNNNNNN with password pwNNNNNN in plan N % 10, whose Mikrotik-Rate-Limit is (p+1)*10M/(p+1)*20M.
 */
#define _GNU_SOURCE
#define OPENSSL_SUPPRESS_DEPRECATED
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/des.h>
#include <openssl/md4.h>
#include <openssl/md5.h>
#include <openssl/sha.h>

enum { LONGEST_RUN_S = 120, PLANS = 10, BATCH = 64, OUTBOX = 256, PACKET = 512, REPLY = 4096, SECRET = 64 };
enum { ACCESS_REQUEST = 1, ACCESS_ACCEPT = 2, ACCESS_REJECT = 3, ACCOUNTING_REQUEST = 4, ACCOUNTING_RESPONSE = 5 };
enum { HEADER = 20, AUTHENTICATOR = 4 };
enum attribute {
  USER_NAME = 1, USER_PASSWORD = 2, CHAP_PASSWORD = 3, NAS_IP_ADDRESS = 4, NAS_PORT = 5, SERVICE_TYPE = 6,
  FRAMED_PROTOCOL = 7, FRAMED_IP_ADDRESS = 8, VENDOR_SPECIFIC = 26, CALLED_STATION_ID = 30, CALLING_STATION_ID = 31,
  NAS_IDENTIFIER = 32, ACCT_STATUS_TYPE = 40, ACCT_DELAY_TIME = 41, ACCT_INPUT_OCTETS = 42, ACCT_OUTPUT_OCTETS = 43,
  ACCT_SESSION_ID = 44, ACCT_AUTHENTIC = 45, ACCT_SESSION_TIME = 46, ACCT_INPUT_PACKETS = 47,
  ACCT_OUTPUT_PACKETS = 48, ACCT_TERMINATE_CAUSE = 49, ACCT_INPUT_GIGAWORDS = 52, ACCT_OUTPUT_GIGAWORDS = 53,
  EVENT_TIMESTAMP = 55, CHAP_CHALLENGE = 60, NAS_PORT_TYPE = 61, MESSAGE_AUTHENTICATOR = 80, NAS_PORT_ID = 87
};
enum { MICROSOFT = 311, MS_CHAP_CHALLENGE = 11, MPPE_SEND_KEY = 16, MPPE_RECV_KEY = 17, MS_CHAP2_RESPONSE = 25,
       MS_CHAP2_SUCCESS = 26, MIKROTIK = 14988, MIKROTIK_RATE_LIMIT = 8 };
enum mode { PAP, CHAP, MSCHAP2, ACCT, START };
static const char *const MODES[] = {"pap", "chap", "mschap2", "acct", "start"};
enum kind { LOGIN = 0, SESSION_START = 1, SESSION_STOP = 2, SESSION_INTERIM = 3 }; /* Acct-Status-Type's numbers */
enum verdict { RIGHT, REJECTED, WRONG, NOT_OURS };
static const uint32_t INFINITE = UINT32_MAX;
static const double ROUNDING_S = 1e-6; /* a schedule is a sum of many small steps */

static struct {
  const char *host, *secret, *tag, *first_nas;
  int port, outstanding, sockets, users, retries, interims, nas, wrong_passwords;
  enum mode mode;
  double seconds, warm_up, timeout, rate;
  bool require_ma, duplicates;
} opt = {.host = "127.0.0.1", .secret = "testing123", .first_nas = "127.0.0.1", .port = 1812, .outstanding = 64,
         .sockets = 16, .users = 50000, .retries = 3, .interims = 1, .nas = 1, .seconds = 5, .warm_up = 1,
         .timeout = 3};

/* What is known of a shared secret before any packet: MD5 states with the key already in them. */
struct secret {
  char text[SECRET];
  size_t length;
  MD5_CTX inner, outer, prefix;
};

/* One socket. A RADIUS id belongs to one request at a time; `previous` recognises a late answer to the one before. */
struct line {
  int fd;
  uint32_t address; /* NAS-IP-Address, network order */
  struct secret secret;
  int owner[256]; /* index of the request that has this id, -1: nobody */
  unsigned char previous[256][16];
  uint8_t next_id;
  struct mmsghdr out[OUTBOX];
  struct iovec out_octets[OUTBOX];
  int queued;
};

/* One place for a request on its way; in acct mode also the session it belongs to. */
struct request {
  bool busy, wrong_password, asked_again;
  int line, id, tries, step;
  enum kind kind;
  uint32_t user;
  uint64_t session;
  double due, deadline; /* seconds, monotonic; due: when it should have been sent */
  int length, first_length;
  unsigned char packet[PACKET], authenticator[16], nt_response[24], challenge_hash[8];
  unsigned char *first_reply; /* --duplicates only */
};

static struct line *lines;
static struct request *requests;
static int *idle, idle_count, in_flight;
static unsigned char (*nt_hashes)[16], (*nt_hash_hashes)[16];
static char rate_limits[PLANS][32];
static int rate_limit_lengths[PLANS];
static char tag[32];
static uint64_t sessions;
static double measure_at, end_at;

static struct {
  uint64_t ok, rejected, forged, wrong, no_rate_limit, no_success, no_keys, lost, repeated, stray, with_ma, start,
      interim, stop, all_ok, all_start, all_interim, all_stop, same_duplicates, different_duplicates;
} count;
static struct { uint32_t *us; size_t length, room; } latencies;

static void die(const char *why) {
  fprintf(stderr, "radload: %s\n", why);
  exit(2);
}

static double seconds_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

/* ---------------------------------------------------------------- random numbers: xorshift128+, cheap and enough */

static uint64_t random_state[2] = {0x9E3779B97F4A7C15ull, 0xD1B54A32D192ED03ull};

static inline uint64_t random64(void) {
  uint64_t a = random_state[0], b = random_state[1];
  random_state[0] = b;
  a ^= a << 23;
  random_state[1] = a ^ b ^ (a >> 17) ^ (b >> 26);
  return random_state[1] + b;
}

static void random16(unsigned char *out) {
  uint64_t halves[2] = {random64(), random64()};
  memcpy(out, halves, 16);
}

static void seed_random(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  random_state[0] ^= (uint64_t)t.tv_nsec * 0x9E3779B97F4A7C15ull;
  random_state[1] ^= ((uint64_t)t.tv_sec << 20) ^ (uint64_t)getpid();
  for (int i = 0; i < 20; i++) random64();
}

/* ---------------------------------------------------------------- digests */

static void key_secret(struct secret *s) {
  unsigned char key[64] = {0}, block[64];
  memcpy(key, s->text, s->length); /* SECRET is not longer than MD5's block */
  for (int i = 0; i < 64; i++) block[i] = key[i] ^ 0x36;
  MD5_Init(&s->inner);
  MD5_Update(&s->inner, block, 64);
  for (int i = 0; i < 64; i++) block[i] = key[i] ^ 0x5c;
  MD5_Init(&s->outer);
  MD5_Update(&s->outer, block, 64);
  MD5_Init(&s->prefix);
  MD5_Update(&s->prefix, s->text, s->length);
}

static void hmac_md5(const struct secret *s, const unsigned char *octets, size_t length, unsigned char *out) {
  unsigned char inner[16];
  MD5_CTX c = s->inner;
  MD5_Update(&c, octets, length);
  MD5_Final(inner, &c);
  c = s->outer;
  MD5_Update(&c, inner, 16);
  MD5_Final(out, &c);
}

/* MD5 over packet + secret: the authenticator of accounting requests and of all answers (RFC 2866 3, RFC 2865 3). */
static void signature(const struct secret *s, const unsigned char *packet, size_t length, unsigned char *out) {
  MD5_CTX c;
  MD5_Init(&c);
  MD5_Update(&c, packet, length);
  MD5_Update(&c, s->text, s->length);
  MD5_Final(out, &c);
}

static void des_with_56_bits(const unsigned char *key, const unsigned char *in, unsigned char *out) {
  DES_key_schedule schedule;
  DES_cblock k = {key[0], key[0] << 7 | key[1] >> 1, key[1] << 6 | key[2] >> 2, key[2] << 5 | key[3] >> 3,
                  key[3] << 4 | key[4] >> 4, key[4] << 3 | key[5] >> 5, key[5] << 2 | key[6] >> 6, key[6] << 1};
  DES_set_key_unchecked(&k, &schedule);
  DES_ecb_encrypt((const_DES_cblock *)in, (DES_cblock *)out, &schedule, DES_ENCRYPT);
}

/* RFC 2759 8.5 */
static void challenge_response(const unsigned char *challenge, const unsigned char *hash, unsigned char *out) {
  unsigned char padded[21] = {0};
  memcpy(padded, hash, 16);
  for (int i = 0; i < 3; i++) des_with_56_bits(padded + 7 * i, challenge, out + 8 * i);
}

/* RFC 2759 8.7: the 40 digits behind S= */
static void authenticator_response(const struct request *r, char *out) {
  static const char MAGIC_1[] = "Magic server to client signing constant";
  static const char MAGIC_2[] = "Pad to make it do more than one iteration";
  unsigned char digest[20];
  SHA_CTX c;
  SHA1_Init(&c);
  SHA1_Update(&c, nt_hash_hashes[r->user], 16);
  SHA1_Update(&c, r->nt_response, 24);
  SHA1_Update(&c, MAGIC_1, sizeof MAGIC_1 - 1);
  SHA1_Final(digest, &c);
  SHA1_Init(&c);
  SHA1_Update(&c, digest, 20);
  SHA1_Update(&c, r->challenge_hash, 8);
  SHA1_Update(&c, MAGIC_2, sizeof MAGIC_2 - 1);
  SHA1_Final(digest, &c);
  for (int i = 0; i < 20; i++) {
    out[2 * i] = "0123456789ABCDEF"[digest[i] >> 4];
    out[2 * i + 1] = "0123456789ABCDEF"[digest[i] & 15];
  }
}

static void hash_passwords(void) {
  nt_hashes = malloc((size_t)opt.users * 16);
  nt_hash_hashes = malloc((size_t)opt.users * 16);
  for (int user = 0; user < opt.users; user++) {
    char password[32];
    unsigned char utf16[64];
    int length = sprintf(password, "pw%06d", user);
    for (int i = 0; i < length; i++) utf16[2 * i] = password[i], utf16[2 * i + 1] = 0;
    MD4(utf16, 2 * length, nt_hashes[user]);
    MD4(nt_hashes[user], 16, nt_hash_hashes[user]);
  }
}

/* ---------------------------------------------------------------- requests */

static unsigned char *put(unsigned char *at, enum attribute type, const void *value, int length) {
  at[0] = type;
  at[1] = length + 2;
  memcpy(at + 2, value, length);
  return at + length + 2;
}

static unsigned char *put_number(unsigned char *at, enum attribute type, uint32_t value) {
  value = htonl(value);
  return put(at, type, &value, 4);
}

static unsigned char *put_text(unsigned char *at, enum attribute type, const char *text) {
  return put(at, type, text, strlen(text));
}

static unsigned char *put_microsoft(unsigned char *at, int type, const unsigned char *value, int length) {
  unsigned char body[64] = {0, 0, MICROSOFT >> 8, MICROSOFT & 255, type, length + 2};
  memcpy(body + 6, value, length);
  return put(at, VENDOR_SPECIFIC, body, length + 6);
}

static unsigned char *put_pap(unsigned char *at, const struct request *r, const char *password) {
  unsigned char pad[16], hidden[16] = {0};
  MD5_CTX c = lines[r->line].secret.prefix;
  MD5_Update(&c, r->authenticator, 16);
  MD5_Final(pad, &c);
  memcpy(hidden, password, strlen(password)); /* passwords of the bench fit into one block */
  for (int i = 0; i < 16; i++) hidden[i] ^= pad[i];
  return put(at, USER_PASSWORD, hidden, 16);
}

static unsigned char *put_chap(unsigned char *at, const struct request *r, const char *password) {
  unsigned char challenge[16], response[17] = {r->id};
  random16(challenge);
  MD5_CTX c;
  MD5_Init(&c);
  MD5_Update(&c, response, 1);
  MD5_Update(&c, password, strlen(password));
  MD5_Update(&c, challenge, 16);
  MD5_Final(response + 1, &c);
  at = put(at, CHAP_PASSWORD, response, 17);
  return put(at, CHAP_CHALLENGE, challenge, 16);
}

static unsigned char *put_mschap2(unsigned char *at, struct request *r, const char *login) {
  unsigned char challenge[16], response[50] = {r->id}, digest[20], hash[16];
  unsigned char *peer_challenge = response + 2;
  random16(challenge);
  random16(peer_challenge);
  SHA_CTX c;
  SHA1_Init(&c);
  SHA1_Update(&c, peer_challenge, 16);
  SHA1_Update(&c, challenge, 16);
  SHA1_Update(&c, login, strlen(login));
  SHA1_Final(digest, &c);
  memcpy(r->challenge_hash, digest, 8);
  memcpy(hash, nt_hashes[r->user], 16);
  hash[0] ^= r->wrong_password;
  challenge_response(digest, hash, r->nt_response);
  memcpy(response + 26, r->nt_response, 24);
  at = put_microsoft(at, MS_CHAP_CHALLENGE, challenge, 16);
  return put_microsoft(at, MS_CHAP2_RESPONSE, response, 50);
}

static unsigned char *put_proof(unsigned char *at, struct request *r, const char *login) {
  char password[32];
  sprintf(password, "pw%06u", r->user);
  if (r->wrong_password) password[0] = 'X';
  if (opt.mode == PAP) return put_pap(at, r, password);
  if (opt.mode == CHAP) return put_chap(at, r, password);
  return put_mschap2(at, r, login);
}

/* What a MikroTik PPPoE concentrator says of a line. */
static unsigned char *put_identity(unsigned char *at, const struct request *r) {
  char mac[32];
  sprintf(mac, "02:00:%02X:%02X:%02X:%02X", r->user >> 24 & 255, r->user >> 16 & 255, r->user >> 8 & 255, r->user & 255);
  at = put(at, NAS_IP_ADDRESS, &lines[r->line].address, 4);
  at = put_number(at, NAS_PORT, 15728640 + r->user);
  at = put_number(at, NAS_PORT_TYPE, 15); /* Ethernet */
  at = put_number(at, SERVICE_TYPE, 2);   /* Framed */
  at = put_number(at, FRAMED_PROTOCOL, 1); /* PPP */
  at = put_text(at, CALLING_STATION_ID, mac);
  at = put_text(at, CALLED_STATION_ID, "pppoe-isp");
  at = put_text(at, NAS_PORT_ID, "ether1-vlan100");
  return put_text(at, NAS_IDENTIFIER, "bras-1");
}

static unsigned char *put_session(unsigned char *at, const struct request *r) {
  char id[48];
  sprintf(id, "%s%012llx", tag, (unsigned long long)r->session);
  at = put_text(at, ACCT_SESSION_ID, id);
  at = put_number(at, ACCT_STATUS_TYPE, r->kind);
  at = put_number(at, ACCT_AUTHENTIC, 1); /* RADIUS */
  at = put_number(at, FRAMED_IP_ADDRESS, 0x0a000000u + (uint32_t)(r->session & 0xffffff));
  at = put_number(at, EVENT_TIMESTAMP, (uint32_t)time(NULL));
  at = put_number(at, ACCT_DELAY_TIME, 0);
  if (r->kind == SESSION_START) return at;
  uint32_t online = r->step * 300; /* seconds, as if interims came every five minutes */
  at = put_number(at, ACCT_SESSION_TIME, online);
  at = put_number(at, ACCT_INPUT_OCTETS, online * 1000 + 7);
  at = put_number(at, ACCT_OUTPUT_OCTETS, online * 9000 + 11);
  at = put_number(at, ACCT_INPUT_GIGAWORDS, 0);
  at = put_number(at, ACCT_OUTPUT_GIGAWORDS, 1);
  at = put_number(at, ACCT_INPUT_PACKETS, online * 10);
  at = put_number(at, ACCT_OUTPUT_PACKETS, online * 12);
  return r->kind == SESSION_STOP ? put_number(at, ACCT_TERMINATE_CAUSE, 1) : at;
}

static void build(struct request *r) {
  const struct secret *secret = &lines[r->line].secret;
  static const unsigned char zeros[16];
  char login[32];
  bool accounting = r->kind != LOGIN;
  unsigned char *at = r->packet + HEADER, *ma = at + 2;
  sprintf(login, "user%06u", r->user);
  if (accounting) memset(r->authenticator, 0, 16);
  else random16(r->authenticator);
  r->packet[0] = accounting ? ACCOUNTING_REQUEST : ACCESS_REQUEST;
  r->packet[1] = r->id;
  memcpy(r->packet + AUTHENTICATOR, r->authenticator, 16);
  at = put(at, MESSAGE_AUTHENTICATOR, zeros, 16);
  at = put_text(at, USER_NAME, login);
  if (!accounting) at = put_proof(at, r, login);
  at = put_identity(at, r);
  if (accounting) at = put_session(at, r);
  r->length = at - r->packet;
  r->packet[2] = r->length >> 8;
  r->packet[3] = r->length & 255;
  hmac_md5(secret, r->packet, r->length, ma);
  if (accounting) {
    signature(secret, r->packet, r->length, r->authenticator);
    memcpy(r->packet + AUTHENTICATOR, r->authenticator, 16);
  }
}

/* ---------------------------------------------------------------- answers */

struct found { bool ma, rate_limit, success, send_key, recv_key; };

/* The reply's authenticator field holds the request's while this runs, as RFC 3579 3.2 wants it for Access-Accept.
 * For Accounting-Response no RFC says what to put there; servers take the request's or zeros, and both are right. */
static bool right_message_authenticator(const struct secret *secret, const struct request *r, unsigned char *reply,
                                        int length, unsigned char *value) {
  unsigned char sent[16], computed[16];
  memcpy(sent, value, 16);
  memset(value, 0, 16);
  hmac_md5(secret, reply, length, computed);
  bool right = !memcmp(computed, sent, 16);
  if (!right && reply[0] == ACCOUNTING_RESPONSE) {
    memset(reply + AUTHENTICATOR, 0, 16);
    hmac_md5(secret, reply, length, computed);
    right = !memcmp(computed, sent, 16);
    memcpy(reply + AUTHENTICATOR, r->authenticator, 16);
  }
  memcpy(value, sent, 16);
  return right;
}

static bool right_success(const struct request *r, const unsigned char *value, int length) {
  char digits[40];
  if (length < 43 || value[1] != 'S' || value[2] != '=') return false;
  authenticator_response(r, digits);
  return !memcmp(value + 3, digits, 40);
}

/* 2 octets of salt, then whole blocks. */
static bool right_key(int length) { return length >= 18 && (length - 2) % 16 == 0; }

static void read_vendor(const struct request *r, const unsigned char *value, int length, struct found *found) {
  if (length < 6) return;
  uint32_t vendor = (uint32_t)value[0] << 24 | value[1] << 16 | value[2] << 8 | value[3];
  for (int at = 4; at + 2 <= length && value[at + 1] >= 2 && at + value[at + 1] <= length; at += value[at + 1]) {
    int type = value[at], size = value[at + 1] - 2, plan = r->user % PLANS;
    const unsigned char *inner = value + at + 2;
    if (vendor == MIKROTIK && type == MIKROTIK_RATE_LIMIT)
      found->rate_limit = size == rate_limit_lengths[plan] && !memcmp(inner, rate_limits[plan], size);
    if (vendor != MICROSOFT) continue;
    if (type == MS_CHAP2_SUCCESS) found->success = right_success(r, inner, size);
    if (type == MPPE_SEND_KEY) found->send_key = right_key(size);
    if (type == MPPE_RECV_KEY) found->recv_key = right_key(size);
  }
}

/* Walks the attributes; false: malformed, or a Message-Authenticator that is not right. */
static bool read_attributes(const struct request *r, unsigned char *reply, int length, struct found *found) {
  for (int at = HEADER; at < length; at += reply[at + 1]) {
    if (at + 2 > length || reply[at + 1] < 2 || at + reply[at + 1] > length) return false;
    int type = reply[at], size = reply[at + 1] - 2;
    if (type == MESSAGE_AUTHENTICATOR) {
      if (size != 16 || !right_message_authenticator(&lines[r->line].secret, r, reply, length, reply + at + 2))
        return false;
      found->ma = true;
    } else if (type == VENDOR_SPECIFIC) {
      read_vendor(r, reply + at + 2, size, found);
    }
  }
  return true;
}

static bool right_response_authenticator(const struct secret *secret, const unsigned char *authenticator,
                                         unsigned char *reply, int length) {
  unsigned char sent[16], computed[16];
  memcpy(sent, reply + AUTHENTICATOR, 16);
  memcpy(reply + AUTHENTICATOR, authenticator, 16);
  signature(secret, reply, length, computed);
  memcpy(reply + AUTHENTICATOR, sent, 16);
  return !memcmp(sent, computed, 16);
}

/* An Access-Accept must carry what the user's plan and method ask for; each thing missing has a counter of its own. */
static bool right_accept(const struct request *r, const struct found *found) {
  bool keys = found->send_key && found->recv_key, right = !r->wrong_password && found->rate_limit;
  count.no_rate_limit += !found->rate_limit;
  if (opt.mode == MSCHAP2) {
    count.no_success += !found->success;
    count.no_keys += !keys;
    right = right && found->success && keys;
  }
  return right;
}

static enum verdict verify(struct request *r, unsigned char *reply, int length) {
  const struct line *line = &lines[r->line];
  struct found found = {0};
  unsigned char sent[16];
  if (length < HEADER || (reply[2] << 8 | reply[3]) != length) return count.forged++, NOT_OURS;
  if (!right_response_authenticator(&line->secret, r->authenticator, reply, length)) {
    bool late = right_response_authenticator(&line->secret, line->previous[r->id], reply, length);
    if (late) count.stray++;
    else count.forged++;
    return NOT_OURS;
  }
  memcpy(sent, reply + AUTHENTICATOR, 16);
  memcpy(reply + AUTHENTICATOR, r->authenticator, 16);
  bool sound = read_attributes(r, reply, length, &found);
  memcpy(reply + AUTHENTICATOR, sent, 16);
  count.with_ma += found.ma;
  if (!sound || (opt.require_ma && r->kind == LOGIN && !found.ma)) return count.forged++, NOT_OURS;
  if (r->kind != LOGIN) return reply[0] == ACCOUNTING_RESPONSE ? RIGHT : WRONG;
  if (reply[0] == ACCESS_REJECT) return r->wrong_password ? RIGHT : REJECTED;
  return reply[0] == ACCESS_ACCEPT && right_accept(r, &found) ? RIGHT : WRONG;
}

/* ---------------------------------------------------------------- sockets */

static void open_line(struct line *line, int number, const struct sockaddr_in *server, int events) {
  int octets = 4 << 20;
  struct sockaddr_in source = {.sin_family = AF_INET};
  inet_pton(AF_INET, opt.first_nas, &source.sin_addr);
  source.sin_addr.s_addr = htonl(ntohl(source.sin_addr.s_addr) + number % opt.nas);
  line->address = source.sin_addr.s_addr;
  /* several NAS have secrets of their own: testing123-000, testing123-001, ... */
  line->secret.length = opt.nas == 1 ? snprintf(line->secret.text, SECRET, "%s", opt.secret)
                                     : snprintf(line->secret.text, SECRET, "%s-%03d", opt.secret, number % opt.nas);
  if (line->secret.length >= SECRET) die("the secret is too long");
  key_secret(&line->secret);
  line->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  setsockopt(line->fd, SOL_SOCKET, SO_RCVBUF, &octets, sizeof octets);
  if (line->fd < 0 || bind(line->fd, (void *)&source, sizeof source)) die("cannot bind a socket");
  if (connect(line->fd, (void *)server, sizeof *server)) die("cannot connect a socket");
  for (int id = 0; id < 256; id++) line->owner[id] = -1;
  line->next_id = random64();
  for (int i = 0; i < OUTBOX; i++) {
    line->out[i].msg_hdr.msg_iov = &line->out_octets[i];
    line->out[i].msg_hdr.msg_iovlen = 1;
  }
  epoll_ctl(events, EPOLL_CTL_ADD, line->fd, &(struct epoll_event){.events = EPOLLIN, .data.u32 = number});
}

static void flush(struct line *line) {
  int sent = 0;
  while (sent < line->queued) {
    int done = sendmmsg(line->fd, line->out + sent, line->queued - sent, 0);
    if (done > 0) {
      sent += done;
    } else if (errno == EAGAIN) {
      poll(&(struct pollfd){line->fd, POLLOUT, 0}, 1, 5);
    } else {
      break; /* a server that is away: its requests time out and are repeated */
    }
  }
  line->queued = 0;
}

static void queue(struct request *r) {
  struct line *line = &lines[r->line];
  if (line->queued == OUTBOX) flush(line);
  line->out_octets[line->queued++] = (struct iovec){r->packet, r->length};
}

/* A free id on the next socket that has one. */
static void take_id(struct request *r, int number) {
  static int next_line;
  for (int i = 0; i < opt.sockets; i++) {
    int chosen = next_line++ % opt.sockets;
    struct line *line = &lines[chosen];
    for (int k = 0; k < 256; k++) {
      int id = line->next_id++;
      if (line->owner[id] >= 0) continue;
      line->owner[id] = number;
      r->line = chosen;
      r->id = id;
      return;
    }
  }
  die("no free ids: more --sockets");
}

/* ---------------------------------------------------------------- the course of a request */

static void remember(double latency_s) {
  if (latencies.length == latencies.room) {
    latencies.room = latencies.room ? latencies.room * 2 : 1 << 20;
    latencies.us = realloc(latencies.us, latencies.room * sizeof *latencies.us);
    if (!latencies.us) die("out of memory");
  }
  double us = latency_s * 1e6;
  latencies.us[latencies.length++] = us >= INFINITE ? INFINITE : (uint32_t)us;
}

static void choose(struct request *r) {
  if (opt.mode == ACCT || opt.mode == START) {
    if (r->step == 0) {
      r->session = sessions++;
      r->user = opt.mode == START ? r->session : random64() % opt.users;
      r->kind = SESSION_START;
    } else {
      r->kind = r->step > opt.interims ? SESSION_STOP : SESSION_INTERIM;
    }
  } else {
    r->user = random64() % opt.users;
    r->wrong_password = opt.wrong_passwords && random64() % 100 < (unsigned)opt.wrong_passwords;
  }
}

static void begin(struct request *r, int number, double due, double now) {
  choose(r);
  take_id(r, number);
  build(r);
  r->busy = true;
  r->asked_again = false;
  r->tries = 0;
  r->due = due;
  r->deadline = now + opt.timeout;
  in_flight++;
  queue(r);
}

static void release(struct request *r, int number) {
  struct line *line = &lines[r->line];
  line->owner[r->id] = -1;
  memcpy(line->previous[r->id], r->authenticator, 16);
  r->busy = false;
  in_flight--;
  idle[idle_count++] = number;
}

static void lose(struct request *r, int number) {
  count.lost++;
  if (r->due >= measure_at) remember(1e9);
  r->step = 0; /* its session is given up */
  release(r, number);
}

static void tally(const struct request *r, enum verdict verdict, double now) {
  bool right = verdict == RIGHT;
  count.all_ok += right;
  count.all_start += right && r->kind == SESSION_START;
  count.all_interim += right && r->kind == SESSION_INTERIM;
  count.all_stop += right && r->kind == SESSION_STOP;
  count.rejected += verdict == REJECTED;
  count.wrong += verdict == WRONG;
  /* A closed loop counts what was answered in the window, an open loop what was due in it. */
  double moment = opt.rate > 0 ? r->due : now;
  if (moment < measure_at || moment >= end_at) return;
  remember(now - r->due);
  count.ok += right;
  count.start += right && r->kind == SESSION_START;
  count.interim += right && r->kind == SESSION_INTERIM;
  count.stop += right && r->kind == SESSION_STOP;
}

/* --duplicates: the same request once more after its answer, and the second answer must be the first, octet by octet.
 * With MS-CHAPv2 only a server that kept its answer can do that: the keys are salted at random. */
static bool awaits_duplicate(struct request *r, const unsigned char *reply, int length, double now) {
  if (!opt.duplicates) return false;
  if (r->asked_again) {
    bool same = length == r->first_length && !memcmp(reply, r->first_reply, length);
    count.same_duplicates += same;
    count.different_duplicates += !same;
    return false;
  }
  memcpy(r->first_reply, reply, length);
  r->first_length = length;
  r->asked_again = true;
  r->deadline = now + opt.timeout;
  queue(r);
  return true;
}

static void answered(int line, unsigned char *reply, int length, double now) {
  int number = length < HEADER ? -1 : lines[line].owner[reply[1]];
  if (number < 0) {
    count.stray++;
    return;
  }
  struct request *r = &requests[number];
  enum verdict verdict = verify(r, reply, length);
  if (verdict == NOT_OURS || awaits_duplicate(r, reply, length, now)) return;
  tally(r, verdict, now);
  if (opt.mode == ACCT) r->step = r->kind == SESSION_STOP ? 0 : r->step + 1;
  release(r, number);
}

static void receive(int line) {
  static unsigned char octets[BATCH][REPLY];
  static struct iovec vectors[BATCH];
  static struct mmsghdr messages[BATCH];
  int got;
  if (!messages[0].msg_hdr.msg_iov)
    for (int i = 0; i < BATCH; i++) {
      vectors[i] = (struct iovec){octets[i], REPLY};
      messages[i].msg_hdr.msg_iov = &vectors[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
  do {
    got = recvmmsg(lines[line].fd, messages, BATCH, 0, NULL);
    double now = seconds_now();
    for (int i = 0; i < got; i++) answered(line, octets[i], messages[i].msg_len, now);
  } while (got == BATCH);
}

/* As a NAS does: the same octets again after the timeout, given up after the last try. */
static void repeat_or_lose(double now) {
  for (int i = 0; i < opt.outstanding; i++) {
    struct request *r = &requests[i];
    if (!r->busy || now <= r->deadline) continue;
    if (r->tries++ < opt.retries) {
      count.repeated++;
      r->deadline = now + opt.timeout;
      queue(r);
    } else {
      lose(r, i);
    }
  }
}

/* ---------------------------------------------------------------- the run */

static bool all_started(void) { return opt.mode == START && sessions == (uint64_t)opt.users; }

/* Sends what may be sent now; returns when the next one is due in the open loop. */
static double send_due(double now, double due) {
  while (idle_count && !all_started()) {
    if (opt.rate > 0 && (due > now || due >= end_at - ROUNDING_S)) break;
    int number = idle[--idle_count];
    begin(&requests[number], number, opt.rate > 0 ? due : now, now);
    if (opt.rate > 0) due += 1 / opt.rate;
  }
  return due;
}

static void wait_for_answers(int events, double wait_s) {
  struct epoll_event found[BATCH];
  struct timespec wait = {0, (long)(wait_s * 1e9)};
  int count_found = epoll_pwait2(events, found, BATCH, &wait, NULL);
  for (int i = 0; i < count_found; i++) receive(found[i].data.u32);
}

static double wait_for(double due, bool stopping) {
  double wait = 0.005;
  if (stopping) return 0.001;
  if (opt.rate > 0 && idle_count) {
    double until_due = due - seconds_now();
    if (until_due < wait) wait = until_due > 0 ? until_due : 0;
  }
  return wait;
}

/* What was due and could not even be sent, and what is still unanswered, is lost. */
static void lose_the_rest(double due) {
  for (; opt.rate > 0 && due < end_at - ROUNDING_S; due += 1 / opt.rate) {
    count.lost++;
    remember(1e9);
  }
  for (int i = 0; i < opt.outstanding; i++)
    if (requests[i].busy) lose(&requests[i], i);
}

/* Runs to the end; returns seconds measured. `usage` is what the process had used when measuring began. */
static double run(int events, struct rusage *usage) {
  double began = seconds_now(), due = began, looked = began, give_up_at = 0;
  bool measuring = false;
  measure_at = began + opt.warm_up;
  end_at = measure_at + opt.seconds;
  for (;;) {
    double now = seconds_now();
    if (!measuring && now >= measure_at) {
      getrusage(RUSAGE_SELF, usage);
      measuring = true;
    }
    if (!give_up_at && (now >= end_at || (all_started() && !in_flight)))
      give_up_at = now + (opt.retries + 1) * opt.timeout + 1;
    /* What fell due while we waited for the end is still sent. */
    if (!give_up_at || opt.rate > 0) due = send_due(now, due);
    if (give_up_at && (in_flight == 0 || now > give_up_at)) break;
    for (int i = 0; i < opt.sockets; i++)
      if (lines[i].queued) flush(&lines[i]);
    wait_for_answers(events, wait_for(due, give_up_at > 0));
    if (now - looked > 0.02) {
      looked = now;
      repeat_or_lose(now);
    }
  }
  lose_the_rest(due);
  return opt.mode == START ? seconds_now() - began : opt.seconds;
}

/* ---------------------------------------------------------------- the report */

static int by_size(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return x < y ? -1 : x > y;
}

static double cpu_s(const struct rusage *u) {
  return u->ru_utime.tv_sec + u->ru_stime.tv_sec + (u->ru_utime.tv_usec + u->ru_stime.tv_usec) * 1e-6;
}

static void print_latency(const char *name, double part) {
  uint32_t us = latencies.length ? latencies.us[(size_t)((latencies.length - 1) * part)] : INFINITE;
  if (us == INFINITE) printf("\"%s\":null,", name);
  else printf("\"%s\":%u,", name, us);
}

static void print_count(const char *name, uint64_t value) {
  printf("\"%s\":%llu,", name, (unsigned long long)value);
}

static void report(double seconds, const struct rusage *before) {
  struct rusage after;
  getrusage(RUSAGE_SELF, &after);
  double cpu = cpu_s(&after) - cpu_s(before);
  qsort(latencies.us, latencies.length, sizeof *latencies.us, by_size);
  printf("{\"mode\":\"%s\",\"outstanding\":%d,\"sockets\":%d,\"rate_target\":%.0f,\"secs\":%.2f,", MODES[opt.mode],
         opt.outstanding, opt.sockets, opt.rate, seconds);
  print_count("ok", count.ok);
  printf("\"rps\":%.1f,", count.ok / seconds);
  print_latency("p50_us", .5);
  print_latency("p95_us", .95);
  print_latency("p99_us", .99);
  print_latency("p999_us", .999);
  print_latency("max_us", 1);
  print_count("rejected", count.rejected);
  print_count("bad_authenticator", count.forged);
  print_count("bad_attr", count.wrong);
  print_count("no_rate_limit", count.no_rate_limit);
  print_count("no_success", count.no_success);
  print_count("no_keys", count.no_keys);
  print_count("lost", count.lost);
  print_count("retransmits", count.repeated);
  print_count("stray", count.stray);
  print_count("replies_with_ma", count.with_ma);
  print_count("same_duplicates", count.same_duplicates);
  print_count("different_duplicates", count.different_duplicates);
  print_count("start", count.start);
  print_count("interim", count.interim);
  print_count("stop", count.stop);
  print_count("all_ok", count.all_ok);
  print_count("all_start_ack", count.all_start);
  print_count("all_interim_ack", count.all_interim);
  print_count("all_stop_ack", count.all_stop);
  printf("\"tag\":\"%s\",\"gen_cpu_pct\":%.1f,\"gen_us_per_req\":%.2f}\n", tag, 100 * cpu / seconds,
         latencies.length ? cpu * 1e6 / latencies.length : 0);
}

/* ---------------------------------------------------------------- options */

static enum mode mode_named(const char *name) {
  for (int i = 0; i < (int)(sizeof MODES / sizeof *MODES); i++)
    if (!strcmp(MODES[i], name)) return i;
  die("--mode is pap, chap, mschap2, acct or start");
  return PAP;
}

static void read_options(int argc, char **argv) {
  static const struct option names[] = {
      {"host", 1, 0, 'h'}, {"port", 1, 0, 'p'}, {"secret", 1, 0, 's'}, {"mode", 1, 0, 'm'}, {"outstanding", 1, 0, 'c'},
      {"sockets", 1, 0, 'S'}, {"seconds", 1, 0, 'd'}, {"warm-up", 1, 0, 'w'}, {"users", 1, 0, 'u'},
      {"timeout", 1, 0, 't'}, {"retries", 1, 0, 'r'}, {"rate", 1, 0, 'R'}, {"interims", 1, 0, 'i'}, {"tag", 1, 0, 'T'},
      {"wrong-passwords", 1, 0, 'b'}, {"nas", 1, 0, 'n'}, {"first-nas", 1, 0, 'A'}, {"require-ma", 0, 0, 'M'},
      {"duplicates", 0, 0, 'D'}, {0}};
  int got;
  while ((got = getopt_long(argc, argv, "", names, NULL)) != -1) switch (got) {
      case 'h': opt.host = optarg; break;
      case 'p': opt.port = atoi(optarg); break;
      case 's': opt.secret = optarg; break;
      case 'm': opt.mode = mode_named(optarg); break;
      case 'c': opt.outstanding = atoi(optarg); break;
      case 'S': opt.sockets = atoi(optarg); break;
      case 'd': opt.seconds = atof(optarg); break;
      case 'w': opt.warm_up = atof(optarg); break;
      case 'u': opt.users = atoi(optarg); break;
      case 't': opt.timeout = atof(optarg); break;
      case 'r': opt.retries = atoi(optarg); break;
      case 'R': opt.rate = atof(optarg); break;
      case 'i': opt.interims = atoi(optarg); break;
      case 'T': opt.tag = optarg; break;
      case 'b': opt.wrong_passwords = atoi(optarg); break; /* percent */
      case 'n': opt.nas = atoi(optarg); break;
      case 'A': opt.first_nas = optarg; break;
      case 'M': opt.require_ma = true; break;
      case 'D': opt.duplicates = true; break;
      default: exit(2);
    }
  if (opt.outstanding < 1 || opt.sockets < 1 || opt.users < 1 || opt.nas < 1 || opt.seconds <= 0 || opt.warm_up < 0)
    die("numbers must be positive");
  if (opt.warm_up + opt.seconds > LONGEST_RUN_S) die("at most 120 seconds, warm-up included");
}

static void prepare(int events) {
  struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(opt.port)};
  if (inet_pton(AF_INET, opt.host, &server.sin_addr) != 1) die("--host is an IPv4 address");
  if (opt.tag) snprintf(tag, sizeof tag, "%s", opt.tag);
  else snprintf(tag, sizeof tag, "%08x", (unsigned)random64());
  for (int plan = 0; plan < PLANS; plan++)
    rate_limit_lengths[plan] = sprintf(rate_limits[plan], "%dM/%dM", (plan + 1) * 10, (plan + 1) * 20);
  if (opt.mode == MSCHAP2) hash_passwords();
  lines = calloc(opt.sockets, sizeof *lines);
  requests = calloc(opt.outstanding, sizeof *requests);
  idle = malloc(opt.outstanding * sizeof *idle);
  if (!lines || !requests || !idle) die("out of memory");
  for (int i = 0; i < opt.sockets; i++) open_line(&lines[i], i, &server, events);
  for (int i = 0; opt.duplicates && i < opt.outstanding; i++) requests[i].first_reply = malloc(REPLY);
  while (idle_count < opt.outstanding) idle[idle_count] = opt.outstanding - 1 - idle_count, idle_count++;
}

int main(int argc, char **argv) {
  struct rusage before = {0};
  int events = epoll_create1(0);
  prctl(PR_SET_PDEATHSIG, SIGKILL); /* whoever started us is gone: nobody reads the figures */
  read_options(argc, argv);
  alarm(LONGEST_RUN_S + 60 + (int)((opt.retries + 1) * opt.timeout)); /* the last resort */
  seed_random();
  prepare(events);
  double seconds = run(events, &before);
  report(seconds, &before);
  return 0;
}
