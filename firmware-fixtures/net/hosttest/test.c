/*
 * The stack against itself over the loopback interface, with packets dropped, doubled and delayed on the way:
 * what arrives must be what was sent, and when all is closed the pools must be full again.
 */
#include <arpa/inet.h>
#include <boot_params.h>
#include <errno.h>
#include <fs.h>
#include <netinet/in.h>
#include <rtems.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../bsdnet.h"
#include "../if.h"
#include "../inet.h"
#include "../tcp.h"

void kernel_run(uint32_t limit);
void kernel_report(void);
void exit(int);

static struct open_file files[FD_MAX];
struct boot_params boot_params = {.mbufs = 262144, /* a send buffer of 50-byte pieces alone takes 512 */
                                  .clusters = 131072,
                                  .ip = 0xC0A8010A,
                                  .netmask = 0xFFFFFF00,
                                  .mac = {2, 0, 0, 0, 0, 1},
                                  .sndspace = 16384,
                                  .sbeff = 8,
                                  .netprio = 100,
                                  .tick = 10000};

int fd_install(const struct fd_ops *ops, void *object, int flags) {
  for (int i = 0; i < FD_MAX; i++)
    if (files[i].ops == NULL) {
      files[i] = (struct open_file){.ops = ops, .object = object, .flags = flags};
      return i;
    }
  return -ENFILE;
}

struct open_file *fd_lookup(int fd) {
  return fd < 0 || fd >= FD_MAX || files[fd].ops == NULL ? NULL : &files[fd];
}

static int close_fd(int fd) {
  int result = files[fd].ops->close(&files[fd]);
  files[fd].ops = NULL;
  return result;
}

static int failures;
#define CHECK(condition)                                                                  \
  do {                                                                                    \
    if (!(condition)) {                                                                   \
      printf("%s:%d: failed: %s (errno %d)\n", __FILE__, __LINE__, #condition, errno);    \
      failures++;                                                                         \
    }                                                                                     \
  } while (0)

/* ---- a lossy loopback ---- */

static uint32_t seed = 1;
static int loss, doubling, delay; /* per cent */
static int (*lo_output)(struct ifnet *, struct mbuf *, struct in_addr);
static struct mbuf *late;

static unsigned chance(void) {
  seed = seed * 1664525 + 1013904223;
  return (seed >> 16) % 100;
}

static int lossy_output(struct ifnet *ifp, struct mbuf *m, struct in_addr hop) {
  if ((int)chance() < loss) {
    m_freem(m);
    return 0;
  }
  if ((int)chance() < doubling) {
    struct mbuf *copy = m_copym(m, 0, M_COPYALL, M_DONTWAIT);
    if (copy != NULL) lo_output(ifp, copy, hop);
  }
  if (late == NULL && (int)chance() < delay) {
    late = m;
    return 0;
  }
  int result = lo_output(ifp, m, hop);
  if (late != NULL) {
    struct mbuf *held = late;
    late = NULL;
    lo_output(ifp, held, hop);
  }
  return result;
}

static void eth_start(struct ifnet *ifp) {
  struct mbuf *m;
  while ((m = if_dequeue(&ifp->if_snd)) != NULL) m_freem(m);
}

static void eth_init(void *softc) {
  ((struct ifnet *)softc)->if_flags |= IFF_RUNNING;
}

int rtems_scc1_driver_attach(struct rtems_bsdnet_ifconfig *config, int attaching) {
  static struct arpcom ac;
  (void)attaching;
  memcpy(ac.ac_enaddr, config->hardware_address, 6);
  ac.ac_if.if_name = "eth";
  ac.ac_if.if_unit = 1;
  ac.ac_if.if_softc = &ac.ac_if;
  ac.ac_if.if_init = eth_init;
  ac.ac_if.if_start = eth_start;
  ether_ifattach(&ac.ac_if);
  return 1;
}

/* ---- TCP both ways ---- */

#define BYTES 300000
static uint8_t pattern(unsigned i) {
  return (uint8_t)(i * 7 + (i >> 8) * 13);
}

static int chunk = 1024;
static int server_done, client_done;

static void server(rtems_task_argument port) {
  struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = (uint16_t)port};
  static uint8_t buffer[4096];
  int s = socket(AF_INET, SOCK_STREAM, 0);
  CHECK(s >= 0);
  int on = 1;
  setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  CHECK(bind(s, (struct sockaddr *)&sin, sizeof sin) == 0);
  CHECK(listen(s, 2) == 0);
  struct sockaddr_in peer;
  socklen_t length = sizeof peer;
  int c = accept(s, (struct sockaddr *)&peer, &length);
  CHECK(c >= 0);
  CHECK(peer.sin_addr.s_addr == INADDR_LOOPBACK);
  unsigned total = 0;
  int n;
  while ((n = recv(c, buffer, sizeof buffer, 0)) > 0) {
    for (int i = 0; i < n; i++)
      if (buffer[i] != pattern(total + (unsigned)i)) {
        CHECK(!"pattern");
        break;
      }
    total += (unsigned)n;
  }
  CHECK(n == 0);
  CHECK(total == BYTES);
  /* and back: its length */
  CHECK(send(c, &total, sizeof total, 0) == sizeof total);
  close_fd(c);
  close_fd(s);
  server_done = 1;
}

static void client(rtems_task_argument port) {
  struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = (uint16_t)port, .sin_addr = {INADDR_LOOPBACK}};
  static uint8_t buffer[4096];
  int s = socket(AF_INET, SOCK_STREAM, 0);
  CHECK(connect(s, (struct sockaddr *)&sin, sizeof sin) == 0);
  unsigned sent = 0;
  while (sent < BYTES) {
    unsigned n = BYTES - sent < (unsigned)chunk ? BYTES - sent : (unsigned)chunk;
    for (unsigned i = 0; i < n; i++) buffer[i] = pattern(sent + i);
    int r = send(s, buffer, n, 0);
    CHECK(r == (int)n);
    if (r <= 0) break;
    sent += (unsigned)r;
  }
  CHECK(shutdown(s, SHUT_WR) == 0);
  unsigned total = 0;
  CHECK(recv(s, &total, sizeof total, MSG_WAITALL) == sizeof total);
  CHECK(total == BYTES);
  CHECK(recv(s, &total, 1, 0) == 0);
  close_fd(s);
  client_done = 1;
}

static void spawn(const char *name, int priority, void (*entry)(rtems_task_argument), uint32_t argument) {
  rtems_id id;
  rtems_task_create(rtems_build_name(name[0], name[1], name[2], name[3]), (rtems_task_priority)priority, 8192, 0, 0, &id);
  rtems_task_start(id, entry, argument);
}

static void transfer(int port, int priority, int bytes_per_send, int l, int d, int r) {
  loss = l;
  doubling = d;
  delay = r;
  chunk = bytes_per_send;
  server_done = client_done = 0;
  spawn("SERV", 90, server, (uint32_t)port);
  rtems_task_wake_after(2);
  spawn("CLNT", priority, client, (uint32_t)port);
  int waited = 0;
  while (!(server_done && client_done) && waited++ < 3000) rtems_task_wake_after(100);
  CHECK(server_done && client_done);
  loss = doubling = delay = 0;
  printf("transfer port %d chunk %d loss %d%%: %d s, rexmt %lu fast %lu ooo %lu dup %lu\n", port, bytes_per_send, l,
         waited, (unsigned long)tcpstat.rexmttimeo, (unsigned long)tcpstat.fastrexmt, (unsigned long)tcpstat.rcvoopack,
         (unsigned long)tcpstat.rcvduppack);
}

/* ---- UDP, with fragments ---- */

static void udp_test(void) {
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = 5000}, from;
  socklen_t length = sizeof from;
  static uint8_t out[9000], in[9000];
  int s = socket(AF_INET, SOCK_DGRAM, 0), c = socket(AF_INET, SOCK_DGRAM, 0);
  CHECK(bind(s, (struct sockaddr *)&a, sizeof a) == 0);
  a.sin_addr.s_addr = INADDR_LOOPBACK;
  for (unsigned i = 0; i < sizeof out; i++) out[i] = pattern(i);
  CHECK(sendto(c, out, sizeof out, 0, (struct sockaddr *)&a, sizeof a) == (int)sizeof out);
  CHECK(recvfrom(s, in, sizeof in, 0, (struct sockaddr *)&from, &length) == (int)sizeof in);
  CHECK(memcmp(in, out, sizeof in) == 0);
  CHECK(ipstat.ips_reassembled == 1);
  CHECK(sendto(s, out, 100, 0, (struct sockaddr *)&from, sizeof from) == 100);
  CHECK(recv(c, in, sizeof in, 0) == 100);
  /* nobody there: a connected socket hears of it */
  a.sin_port = 5001;
  CHECK(connect(c, (struct sockaddr *)&a, sizeof a) == 0);
  CHECK(send(c, out, 10, 0) == 10);
  CHECK(recv(c, in, 10, 0) < 0 && errno == ECONNREFUSED);
  struct timeval tv = {1, 0};
  setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
  CHECK(recv(s, in, 10, 0) < 0 && errno == EWOULDBLOCK);
  close_fd(s);
  close_fd(c);
}

static void refused_test(void) {
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = 99, .sin_addr = {INADDR_LOOPBACK}};
  int s = socket(AF_INET, SOCK_STREAM, 0);
  CHECK(connect(s, (struct sockaddr *)&a, sizeof a) < 0 && errno == ECONNREFUSED);
  close_fd(s);
  /* silence: 75 s */
  a.sin_addr.s_addr = 0xC0A80163;
  s = socket(AF_INET, SOCK_STREAM, 0);
  uint32_t start = rtems_clock_get_ticks_since_boot();
  CHECK(connect(s, (struct sockaddr *)&a, sizeof a) < 0 && errno == ETIMEDOUT);
  uint32_t took = (rtems_clock_get_ticks_since_boot() - start) / 100;
  CHECK(took >= 74 && took <= 76);
  close_fd(s);
}

/* A peer that goes silent with data on the way: dropped after the twelfth retransmission. */
static void silent_server(rtems_task_argument port) {
  struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = (uint16_t)port};
  int s = socket(AF_INET, SOCK_STREAM, 0);
  CHECK(bind(s, (struct sockaddr *)&sin, sizeof sin) == 0);
  CHECK(listen(s, 2) == 0);
  int held_socket = accept(s, NULL, NULL);
  rtems_task_wake_after(200000);
  close_fd(held_socket);
  close_fd(s);
}

static void drop_test(int port, int dropfree) {
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = (uint16_t)port, .sin_addr = {INADDR_LOOPBACK}};
  static char block[8000];
  tcp_dropfree = dropfree;
  spawn("SILE", 90, silent_server, (uint32_t)port);
  rtems_task_wake_after(2);
  int s = socket(AF_INET, SOCK_STREAM, 0);
  CHECK(connect(s, (struct sockaddr *)&a, sizeof a) == 0);
  loss = 100;
  CHECK(send(s, block, sizeof block, 0) == sizeof block);
  uint32_t start = rtems_clock_get_ticks_since_boot();
  struct open_file *f = fd_lookup(s);
  struct socket *so = f->object;
  while (so->so_pcb != NULL) rtems_task_wake_after(50);
  uint32_t took = (rtems_clock_get_ticks_since_boot() - start) / 100;
  printf("silent peer: dropped after %lu s, so_snd.cc %lu\n", (unsigned long)took, (unsigned long)so->so_snd.sb_cc);
  CHECK(took >= 12 && took <= 560);
  CHECK(so->so_snd.sb_cc == (dropfree ? 0u : sizeof block));
  CHECK(send(s, block, 10, 0) < 0 && errno == EPIPE);
  loss = 0;
  close_fd(s);
  tcp_dropfree = 0;
}

static void main_task(rtems_task_argument unused) {
  (void)unused;
  CHECK(net_init(&boot_params) == 0);
  struct ifnet *lo = ifunit("lo0");
  lo_output = lo->if_output;
  lo->if_output = lossy_output;
  lo->if_mtu = 1500; /* Ethernet's, so that there are many segments */
  rtems_task_wake_after(10);
  transfer(2001, 90, 1024, 0, 0, 0);
  transfer(2002, 90, 300, 0, 0, 0);
  transfer(2003, 90, 100, 0, 0, 0);
  transfer(2004, 150, 4000, 0, 0, 0);
  transfer(2005, 90, 1024, 3, 0, 0);
  transfer(2006, 90, 300, 2, 3, 5);
  transfer(2007, 150, 50, 2, 3, 5);
  transfer(2008, 90, 1024, 10, 5, 20);
  transfer(2009, 150, 700, 5, 10, 30);
  udp_test();
  refused_test();
  rtems_bsdnet_show_inet_sockets();
  drop_test(2010, 0);
  drop_test(2011, 1);
  rtems_task_wake_after(300000);
  rtems_bsdnet_show_inet_sockets();
  rtems_bsdnet_show_mbuf_stats();
  rtems_bsdnet_show_tcp_stats();
  CHECK(mbstat.m_clfree == mbstat.m_clusters);
  CHECK(mbstat.m_mtypes[MT_FREE] == mbstat.m_mbufs);
  CHECK(socket_list == NULL);
  CHECK(tcb.head == NULL && udb.head == NULL);
  printf(failures ? "%d failures\n" : "all well\n", failures);
  kernel_report();
  exit(failures != 0);
}

int main(void) {
  rtems_id id;
  rtems_task_create(rtems_build_name('M', 'A', 'I', 'N'), 200, 8192, 0, 0, &id);
  rtems_task_start(id, main_task, 0);
  kernel_run(100000000);
  printf("stuck\n");
  kernel_report();
  return 2;
}
