/* Browsers that only count and publishers that only send, so that they cost less than what they
 * measure.
 *
 *   sink -m ws|mqttws -p PORT -n BROWSERS -s SESSIONS [-h MAX_HZ] [-z] [-a]
 *        -P MQTT_PORT -f CORPUS [-r RATE | -w WINDOW]
 *
 * Browser i watches session i mod SESSIONS; -z offers permessage-deflate, whose frames are counted
 * unread; -a connects them all at once instead of 64 at a time. Each line of CORPUS is a telemetry
 * message with places for session, `seq` and, if the age is to be measured, `t_ns`. Messages leave
 * at RATE a second over all sessions, or as soon as every browser has all but the last WINDOW of
 * the only session, or, with neither, as fast as the broker takes them.
 * Commands on stdin: `start`, `stop` (prints one line of JSON), `quit`. */
#include "load.h"

static options set = {.port = 9001, .browsers = 1, .sessions = 1};
static browser *browsers;
static publisher source;
static counters count;
static int epoll, ready_browsers, current_browsers, is_running;
static uint64_t dialed_at;
static uint8_t in[ROOM * 2];

static void on_telemetry(browser *b, const ws_frame *frame, const uint8_t *at, size_t n) {
  if (!b->is_current) {
    b->is_current = 1;
    if (++current_browsers == set.browsers)
      printf("CURRENT %.1f\n", (now_ns() - dialed_at) / 1e6), fflush(stdout);
  }
  if (!frame->is_compressed) b->seq = number_after(at, n, "\"seq\":");
  if (!is_running) return;
  b->received++;
  count_delivery(&count, frame->size);
  if (frame->is_compressed) return;
  uint64_t sent = number_after(at, n, "\"t_ns\":"), now = now_ns();
  if (sent) count_age(&count, (now - (sent - EPOCH)) / 1000);
}

static void become_ready(browser *b) {
  if (!b->is_ready) ready_browsers += b->is_ready = 1;
}

static void on_packet(browser *b, const ws_frame *frame, const mqtt_packet *packet) {
  uint8_t out[256];
  char filter[100];
  if (packet->type == CONNACK) {
    snprintf(filter, sizeof filter, TOPIC, b->session);
    ws_send(b->fd, 2, out, mqtt_subscribe(out, filter));
  } else if (packet->type == SUBACK) {
    become_ready(b);
  } else if (packet->type == PUBLISH) {
    size_t n;
    uint8_t *payload = mqtt_payload(packet, &n);
    on_telemetry(b, frame, payload, n);
  }
}

/* MQTT packets need not begin and end with WebSocket frames. */
static void on_mqtt_bytes(browser *b, const ws_frame *frame) {
  static uint8_t stream[ROOM * 2];
  memcpy(stream, b->mqtt.at, b->mqtt.len);
  memcpy(stream + b->mqtt.len, frame->payload, frame->len);
  size_t n = b->mqtt.len + frame->len, done = 0;
  for (mqtt_packet packet; mqtt_read(stream + done, n - done, &packet); done += packet.size)
    on_packet(b, frame, &packet);
  tail_set(&b->mqtt, stream + done, n - done);
}

static void on_frame(browser *b, const ws_frame *frame) {
  static const char snapshot[] = "{\"type\":\"snapshot\"", telemetry[] = "{\"type\":\"telemetry_";
  if (frame->opcode == 9) {
    ws_send(b->fd, 10, frame->payload, frame->len);
  } else if (frame->opcode == 8) {
    fprintf(stderr, "browser %d: closed by the server\n", b->number);
    exit(3);
  } else if (set.is_mqtt) {
    on_mqtt_bytes(b, frame);
  } else if (frame->is_compressed || starts_with(frame, telemetry)) {
    on_telemetry(b, frame, frame->payload, frame->len);
  } else if (starts_with(frame, snapshot)) {
    become_ready(b);
  }
}

/* The length of the HTTP answer; 0 while it is incomplete. */
static size_t on_upgrade(browser *b, uint8_t *at, size_t n) {
  uint8_t out[256], *end = memmem(at, n, "\r\n\r\n", 4);
  if (!end) return 0;
  if (!memmem(at, n, " 101 ", 5)) {
    fprintf(stderr, "browser %d: %.*s\n", b->number, (int)n, at);
    exit(3);
  }
  count.is_compressed = memmem(at, end - at, "permessage-deflate", 18) != NULL;
  b->is_open = 1;
  if (set.is_mqtt) {
    char id[32];
    snprintf(id, sizeof id, "browser-%d-%d", getpid(), b->number);
    ws_send(b->fd, 2, out, mqtt_connect(out, id));
  } else {
    join(b, set.max_hz);
  }
  return end + 4 - at;
}

static void on_readable(browser *b) {
  memcpy(in, b->ws.at, b->ws.len);
  ssize_t got = recv(b->fd, in + b->ws.len, sizeof in - b->ws.len, 0);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0) {
    fprintf(stderr, "browser %d: connection lost\n", b->number);
    exit(3);
  }
  size_t n = b->ws.len + got, done = 0;
  if (!b->is_open) done = on_upgrade(b, in, n);
  if (b->is_open)
    for (ws_frame frame; ws_read(in + done, n - done, &frame); done += frame.size)
      on_frame(b, &frame);
  tail_set(&b->ws, in + done, n - done);
}

static void watch(int fd, void *what) {
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = what};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event)) die("epoll_ctl");
}

static void dial_browsers(void) {
  static int dialed;
  if (!dialed) dialed_at = now_ns();
  for (; dialed < set.browsers && (set.is_at_once || dialed - ready_browsers < 64); dialed++) {
    browser *b = &browsers[dialed];
    b->number = dialed;
    b->session = dialed % set.sessions;
    b->fd = dial(set.port);
    watch(b->fd, b);
    request_upgrade(b, &set);
  }
}

/* How long the publisher may sleep, in ns. */
static uint64_t publish_due(void) {
  static uint64_t due, reached;
  if (!is_running || !source.fd) return IDLE_NS;
  if (set.rate > 0) {
    uint64_t now = now_ns();
    if (!due || now > due + IDLE_NS) due = now;
    for (; due <= now; due += 1e9 / set.rate) publish(&source, set.sessions);
    return due - now;
  }
  if (set.window) {
    uint64_t sent = source.sent;
    /* Looked for anew only when the slowest browser may have gone on. */
    if (sent >= reached + set.window) reached = slowest(browsers, set.browsers, sent);
    while (source.sent < reached + set.window) publish(&source, set.sessions);
    return IDLE_NS;
  }
  for (int burst = 0; burst < 32 && flush(&source); burst++) publish(&source, set.sessions);
  return flush(&source) ? 0 : 200000;
}

static void obey(void) {
  char line[64];
  ssize_t n = read(0, line, sizeof line - 1);
  if (n <= 0) exit(0);
  line[n] = 0;
  if (strstr(line, "start")) {
    for (int i = 0; i < set.browsers; i++) browsers[i].received = 0;
    counters_start(&count, &source);
    is_running = 1;
  }
  if (strstr(line, "stop")) {
    counters_print(&count, &source, browsers, set.browsers);
    is_running = 0;
  }
  if (strstr(line, "quit")) exit(0);
}

int main(int argc, char **argv) {
  options_read(&set, argc, argv);
  browsers = calloc(set.browsers + 1, sizeof *browsers);
  epoll = epoll_create1(0);
  watch(0, NULL);
  if (set.mqtt_port) publisher_open(&source, set.mqtt_port, set.corpus);
  static struct epoll_event events[512];
  for (int is_told = 0;;) {
    dial_browsers();
    if (!is_told && ready_browsers == set.browsers) is_told = printf("READY\n"), fflush(stdout);
    uint64_t ns = publish_due();
    struct timespec sleep = {ns / 1000000000, ns % 1000000000};
    int n = epoll_pwait2(epoll, events, 512, &sleep, NULL);
    for (int i = 0; i < n; i++) {
      if (events[i].data.ptr)
        on_readable(events[i].data.ptr);
      else
        obey();
    }
  }
}
