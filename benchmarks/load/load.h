/* What the sink is made of: options, browsers, the publisher and the counters. */
#ifndef LOAD_H
#define LOAD_H
#include "wire.h"
#include <sys/resource.h>

#define TOPIC "pitboard/v1/bench-%03d/pc-1/telemetry"

enum { AGES = 5000000, MAX_LINES = 4096 };
static const uint64_t EPOCH = 1000000000000000000ull; /* so that `t_ns` always has 19 digits */
static const uint64_t IDLE_NS = 1000000000ull;

typedef struct {
  int is_mqtt, port, browsers, sessions, is_deflating, is_at_once, mqtt_port, window;
  double max_hz, rate;
  const char *corpus;
} options;

typedef struct {
  int fd, number, session, is_open, is_ready, is_current;
  uint64_t received, seq;
  tail ws, mqtt;
} browser;

static inline void options_read(options *set, int argc, char **argv) {
  for (int option; (option = getopt(argc, argv, "m:p:n:s:h:zaP:f:r:w:")) != -1;) switch (option) {
      case 'm': set->is_mqtt = !strcmp(optarg, "mqttws"); break;
      case 'p': set->port = atoi(optarg); break;
      case 'n': set->browsers = atoi(optarg); break;
      case 's': set->sessions = atoi(optarg); break;
      case 'h': set->max_hz = atof(optarg); break;
      case 'z': set->is_deflating = 1; break;
      case 'a': set->is_at_once = 1; break;
      case 'P': set->mqtt_port = atoi(optarg); break;
      case 'f': set->corpus = optarg; break;
      case 'r': set->rate = atof(optarg); break;
      case 'w': set->window = atoi(optarg); break;
      default: exit(2);
    }
}

/* ---- browsers ---- */

static inline int dial(int port) {
  struct sockaddr_in address = loopback(port);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0 || connect(fd, (void *)&address, sizeof address)) die("connect");
  set_up_socket(fd);
  return fd;
}

static inline void ws_send(int fd, int opcode, const uint8_t *payload, size_t n) {
  uint8_t out[600];
  size_t head = ws_head(out, opcode, n, 1);
  memcpy(out + head, payload, n);
  send_all(fd, out, head + n);
}

static inline void request_upgrade(browser *b, const options *set) {
  char out[512];
  int n = snprintf(out, sizeof out,
                   "GET /%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\n"
                   "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                   "Sec-WebSocket-Version: 13\r\n%s%s\r\n",
                   set->is_mqtt ? "mqtt" : "ws", set->port,
                   set->is_mqtt ? "Sec-WebSocket-Protocol: mqtt\r\n" : "",
                   set->is_deflating ? "Sec-WebSocket-Extensions: permessage-deflate; "
                                       "client_max_window_bits\r\n"
                                     : "");
  send_all(b->fd, out, n);
}

static inline void join(browser *b, double max_hz) {
  char out[120], limit[30] = "";
  if (max_hz > 0) snprintf(limit, sizeof limit, ",\"max_hz\":%g", max_hz);
  int n = snprintf(out, sizeof out, "{\"type\":\"join_session\",\"session_id\":\"bench-%03d\"%s}",
                   b->session, limit);
  ws_send(b->fd, 1, (uint8_t *)out, n);
}

static inline int starts_with(const ws_frame *frame, const char *text) {
  size_t n = strlen(text);
  return frame->len >= n && !memcmp(frame->payload, text, n);
}

/* The number that follows *name* near the begin of a message; 0 if it is not there. */
static inline uint64_t number_after(const uint8_t *at, size_t n, const char *name) {
  const uint8_t *found = memmem(at, n < 400 ? n : 400, name, strlen(name));
  return found ? strtoull((const char *)found + strlen(name), NULL, 10) : 0;
}

/* ---- the publisher ---- */

static const uint64_t FIRST_SEQ = 1000000000; /* ten digits, as in the corpus */

typedef struct {
  char *text, *session, *birth, *seq, *t_ns;
  size_t len;
} line;

typedef struct {
  int fd, lines;
  line line[MAX_LINES];
  uint64_t sent; /* messages, over all sessions */
  uint8_t waiting[MAX_PACKET];
  size_t len;
} publisher;

static inline char *place(char *text, const char *name) {
  char *found = strstr(text, name);
  return found ? found + strlen(name) : NULL;
}

static inline void publisher_open(publisher *p, int port, const char *corpus) {
  FILE *file = fopen(corpus, "r");
  if (!file) die(corpus);
  char *text = NULL;
  size_t cap = 0;
  for (ssize_t n; p->lines < MAX_LINES && (n = getline(&text, &cap, file)) > 0; p->lines++) {
    if (text[n - 1] == '\n') text[--n] = 0;
    char *own = strdup(text);
    p->line[p->lines] =
        (line){own, place(own, "\"session_id\":\"bench-"), place(own, "\"birth\":"),
               place(own, "\"seq\":"), place(own, "\"t_ns\":"), n};
    /* A new birth, or the bridge would take `seq` for old after another run. */
    char digits[24];
    snprintf(digits, sizeof digits, "%010lld", (long long)time(NULL));
    memcpy(p->line[p->lines].birth, digits, 10);
  }
  fclose(file);
  if (!p->lines) die("corpus");
  uint8_t out[100];
  char id[32];
  snprintf(id, sizeof id, "publisher-%d", getpid());
  p->fd = dial(port);
  /* What waits in the publisher's own kernel would count as age. */
  setsockopt(p->fd, SOL_SOCKET, SO_SNDBUF, &(int){32768}, sizeof(int));
  send_all(p->fd, out, mqtt_connect(out, id));
}

/* Whether all that was published has left. */
static inline int flush(publisher *p) {
  size_t done = 0;
  while (done < p->len) {
    ssize_t sent = send(p->fd, p->waiting + done, p->len - done, MSG_NOSIGNAL);
    if (sent < 0 && errno == EAGAIN) break;
    if (sent < 0) die("publish");
    done += sent;
  }
  memmove(p->waiting, p->waiting + done, p->len -= done);
  return !p->len;
}

static inline void publish(publisher *p, int sessions) {
  int session = p->sent % sessions;
  uint64_t seq = FIRST_SEQ + p->sent / sessions;
  line *next = &p->line[p->sent / sessions % p->lines];
  char digits[24], topic[60];
  while (!flush(p)) nanosleep(&(struct timespec){0, 50000}, NULL);
  snprintf(digits, sizeof digits, "%03d", session);
  memcpy(next->session, digits, 3);
  snprintf(digits, sizeof digits, "%010llu", (unsigned long long)seq);
  memcpy(next->seq, digits, 10);
  snprintf(digits, sizeof digits, "%019llu", (unsigned long long)(EPOCH + now_ns()));
  if (next->t_ns) memcpy(next->t_ns, digits, 19);
  snprintf(topic, sizeof topic, TOPIC, session);
  p->len = mqtt_publish(p->waiting, topic, next->text, next->len);
  p->sent++;
  flush(p);
}

/* How many messages of the only session every browser has. */
static inline uint64_t slowest(const browser *browsers, int n, uint64_t sent) {
  uint64_t least = sent;
  for (int i = 0; i < n; i++) {
    uint64_t has = browsers[i].seq >= FIRST_SEQ ? browsers[i].seq - FIRST_SEQ + 1 : 0;
    if (has < least) least = has;
  }
  return least;
}

/* ---- counters ---- */

typedef struct {
  uint64_t delivered, bytes, sent_before, began_ns, aged;
  double cpu_before;
  int is_compressed;
  uint32_t *ages; /* deliveries by age in us; the last one counts all that are older */
} counters;

static inline double own_cpu_s(void) {
  struct rusage use;
  getrusage(RUSAGE_SELF, &use);
  return use.ru_utime.tv_sec + use.ru_stime.tv_sec +
         (use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

static inline void counters_start(counters *count, const publisher *p) {
  if (!count->ages && !(count->ages = calloc(AGES, sizeof *count->ages))) die("calloc");
  memset(count->ages, 0, AGES * sizeof *count->ages);
  count->delivered = count->bytes = count->aged = 0;
  count->sent_before = p->sent;
  count->cpu_before = own_cpu_s();
  count->began_ns = now_ns();
}

static inline void count_delivery(counters *count, size_t bytes) {
  count->delivered++;
  count->bytes += bytes;
}

static inline void count_age(counters *count, uint64_t us) {
  count->aged++;
  count->ages[us < AGES ? us : AGES - 1]++;
}

/* The age in ms that a share of the deliveries did not exceed. */
static inline double age_ms(const counters *count, double share) {
  uint64_t so_far = 0;
  for (int us = 0; us < AGES; us++)
    if ((so_far += count->ages[us]) && so_far >= share * count->aged) return us / 1e3;
  return 0;
}

static inline void counters_print(const counters *count, const publisher *p,
                                  const browser *browsers, int n) {
  uint64_t least = n ? browsers[0].received : 0;
  for (int i = 0; i < n; i++)
    if (browsers[i].received < least) least = browsers[i].received;
  printf("{\"elapsed_s\":%.6f,\"published\":%llu,\"delivered\":%llu,\"bytes\":%llu,\"aged\":%llu,"
         "\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f,\"least_received\":%llu,"
         "\"sink_cpu_s\":%.3f,\"is_compressed\":%s}\n",
         (now_ns() - count->began_ns) / 1e9, (unsigned long long)(p->sent - count->sent_before),
         (unsigned long long)count->delivered, (unsigned long long)count->bytes,
         (unsigned long long)count->aged, age_ms(count, .5), age_ms(count, .99), age_ms(count, 1),
         (unsigned long long)least, own_cpu_s() - count->cpu_before,
         count->is_compressed ? "true" : "false");
  fflush(stdout);
}
#endif
