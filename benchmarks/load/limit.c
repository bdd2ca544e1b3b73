/* The least that one process can pay for a fan-out: epoll and one send for each browser.
 *
 *   limit PORT MQTT_PORT
 *
 * Whoever connects to PORT is upgraded to a WebSocket and gets every message that a publisher
 * sends to MQTT_PORT; nothing is checked, nothing is kept. */
#include "wire.h"

static int browsers[1 << 16], count, epoll;
static const char UPGRADE[] =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
static const char SNAPSHOT[] = "{\"type\":\"snapshot\"}";
static const char BEFORE[] =
    "{\"type\":\"telemetry_update\",\"received_at\":1781376001000,\"retained\":false,\"data\":";

static void watch(int fd) {
  struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event)) die("epoll_ctl");
}

static int listen_on(int port) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = loopback(port);
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
  if (bind(fd, (void *)&address, sizeof address) || listen(fd, 4096)) die("listen");
  watch(fd);
  return fd;
}

static int take_in(int listener) {
  int fd = accept(listener, NULL, NULL);
  if (fd < 0) die("accept");
  set_up_socket(fd);
  watch(fd);
  return fd;
}

/* A frame of the bridge's shape and size. */
static void fan_out(uint8_t *payload, size_t n) {
  static uint8_t frame[MAX_PACKET + 200];
  size_t before = sizeof BEFORE - 1, size = ws_head(frame, 1, before + n + 1, 0);
  memcpy(frame + size, BEFORE, before);
  memcpy(frame + size + before, payload, n);
  size += before + n + 1;
  frame[size - 1] = '}';
  for (int i = 0; i < count; i++) send_all(browsers[i], frame, size);
}

static void read_publisher(int fd) {
  static uint8_t in[ROOM];
  static size_t len;
  ssize_t n = recv(fd, in + len, sizeof in - len, 0);
  if (n <= 0) exit(0);
  len += n;
  size_t done = 0;
  for (mqtt_packet packet; mqtt_read(in + done, len - done, &packet); done += packet.size) {
    if (packet.type == CONNECT) send_all(fd, (uint8_t[]){CONNACK << 4, 2, 0, 0}, 4);
    if (packet.type != PUBLISH) continue;
    size_t size;
    uint8_t *payload = mqtt_payload(&packet, &size);
    fan_out(payload, size);
  }
  memmove(in, in + done, len -= done);
}

static void read_browser(int fd) {
  char in[4096];
  ssize_t n = recv(fd, in, sizeof in, 0);
  if (n > 0 && in[0] == 'G') {
    browsers[count++] = fd;
    send_all(fd, UPGRADE, sizeof UPGRADE - 1);
    send_all(fd, (uint8_t[]){0x81, sizeof SNAPSHOT - 1}, 2);
    send_all(fd, SNAPSHOT, sizeof SNAPSHOT - 1);
  } else if (n == 0) {
    exit(0);
  }
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  epoll = epoll_create1(0);
  int for_browsers = listen_on(atoi(argv[1])), for_publisher = listen_on(atoi(argv[2]));
  int publisher = -1;
  static struct epoll_event events[512];
  for (;;) {
    int ready = epoll_wait(epoll, events, 512, -1);
    for (int i = 0; i < ready; i++) {
      int fd = events[i].data.fd;
      if (fd == for_browsers)
        take_in(fd);
      else if (fd == for_publisher)
        publisher = take_in(fd);
      else if (fd == publisher)
        read_publisher(fd);
      else
        read_browser(fd);
    }
  }
}
