/* WebSocket frames and MQTT 3.1.1 packets, as much as the load generators speak. */
#ifndef WIRE_H
#define WIRE_H
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ROOM = 1 << 18, MAX_PACKET = 1 << 16 };

/* The unfinished end of a stream, kept until the rest has come. */
typedef struct {
  uint8_t *at;
  size_t len, cap;
} tail;

static inline void die(const char *what) {
  perror(what);
  exit(2);
}

static inline void tail_set(tail *t, const uint8_t *from, size_t n) {
  if (n > t->cap && !(t->at = realloc(t->at, t->cap = n + 4096))) die("realloc");
  if (n) memmove(t->at, from, n);
  t->len = n;
}

static inline uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000ull + t.tv_nsec;
}

/* Write everything, however long the peer takes to make room. */
static inline void send_all(int fd, const void *from, size_t n) {
  for (const uint8_t *at = from; n;) {
    ssize_t sent = send(fd, at, n, MSG_NOSIGNAL);
    if (sent < 0 && (errno == EPIPE || errno == ECONNRESET)) exit(0); /* the round is over */
    if (sent < 0 && errno != EAGAIN) die("send");
    if (sent < 0) {
      nanosleep(&(struct timespec){0, 50000}, NULL);
      continue;
    }
    at += sent;
    n -= sent;
  }
}

static inline void set_up_socket(int fd) {
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
  fcntl(fd, F_SETFL, O_NONBLOCK);
}

static inline struct sockaddr_in loopback(int port) {
  return (struct sockaddr_in){.sin_family = AF_INET,
                              .sin_port = htons(port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

/* The head of a frame; a masked one has the key 0, so its payload stays as it is. */
static inline size_t ws_head(uint8_t *to, int opcode, size_t n, int is_masked) {
  size_t k = 0;
  to[k++] = 0x80 | opcode;
  to[k++] = (is_masked ? 0x80 : 0) | (n < 126 ? n : 126);
  if (n >= 126) to[k++] = n >> 8, to[k++] = n;
  if (is_masked) memset(to + k, 0, 4), k += 4;
  return k;
}

typedef struct {
  int opcode, is_compressed;
  uint8_t *payload;
  size_t len, size; /* of the payload, and of the whole frame */
} ws_frame;

/* Reads the unmasked frame at *at*; 0 while it is incomplete. */
static inline int ws_read(uint8_t *at, size_t n, ws_frame *frame) {
  if (n < 2) return 0;
  uint64_t len = at[1] & 127;
  size_t head = len == 126 ? 4 : len == 127 ? 10 : 2;
  if (n < head) return 0;
  if (head > 2) len = 0;
  for (size_t i = 2; i < head; i++) len = len << 8 | at[i];
  if (n - head < len) return 0;
  *frame = (ws_frame){at[0] & 15, at[0] >> 6 & 1, at + head, len, head + len};
  return 1;
}

enum { CONNECT = 1, CONNACK = 2, PUBLISH = 3, SUBACK = 9 };

typedef struct {
  int type, flags;
  uint8_t *body;
  size_t len, size; /* of the body, and of the whole packet */
} mqtt_packet;

/* Reads the packet at *at*; 0 while it is incomplete. */
static inline int mqtt_read(uint8_t *at, size_t n, mqtt_packet *packet) {
  size_t len = 0, i = 1;
  for (int shift = 0;; shift += 7) {
    if (i >= n || shift > 21) return 0;
    len |= (size_t)(at[i] & 127) << shift;
    if (!(at[i++] & 128)) break;
  }
  if (n - i < len) return 0;
  *packet = (mqtt_packet){at[0] >> 4, at[0] & 15, at + i, len, i + len};
  return 1;
}

/* The payload of a PUBLISH with QoS 0. */
static inline uint8_t *mqtt_payload(const mqtt_packet *packet, size_t *len) {
  size_t topic = packet->body[0] << 8 | packet->body[1];
  *len = packet->len - 2 - topic;
  return packet->body + 2 + topic;
}

static inline size_t mqtt_text(uint8_t *to, const char *text) {
  size_t n = strlen(text);
  to[0] = n >> 8, to[1] = n;
  memcpy(to + 2, text, n);
  return n + 2;
}

/* Keepalive 0: a load generator sends no pings. */
static inline size_t mqtt_connect(uint8_t *to, const char *client_id) {
  static const uint8_t head[] = {0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 0};
  memcpy(to + 2, head, sizeof head);
  size_t n = sizeof head + mqtt_text(to + 2 + sizeof head, client_id);
  to[0] = CONNECT << 4, to[1] = n;
  return n + 2;
}

static inline size_t mqtt_subscribe(uint8_t *to, const char *filter) {
  to[2] = 0, to[3] = 1;
  size_t n = 2 + mqtt_text(to + 4, filter);
  to[2 + n++] = 0;
  to[0] = 0x82, to[1] = n;
  return n + 2;
}

static inline size_t mqtt_publish(uint8_t *to, const char *topic, const char *payload, size_t n) {
  size_t rest = 2 + strlen(topic) + n, k = 0;
  to[k++] = PUBLISH << 4;
  do {
    to[k] = rest & 127;
    if (rest >>= 7) to[k] |= 128;
    k++;
  } while (rest);
  k += mqtt_text(to + k, topic);
  memcpy(to + k, payload, n);
  return k + n;
}
#endif
