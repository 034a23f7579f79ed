/* Addresses, routes, control blocks, checksum, loopback and the protocol switch. */
#include <arpa/inet.h>
#include <errno.h>
#include <observe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bsdnet.h"
#include "inet.h"

OBSERVE("inp.laddr", offsetof(struct inpcb, inp_laddr));
OBSERVE("inp.faddr", offsetof(struct inpcb, inp_faddr));
OBSERVE("inp.lport", offsetof(struct inpcb, inp_lport));
OBSERVE("inp.fport", offsetof(struct inpcb, inp_fport));
OBSERVE("inp.ppcb", offsetof(struct inpcb, inp_ppcb));
OBSERVE("inp.socket", offsetof(struct inpcb, inp_socket));

/* ---- protocol switch: the raw IP entry has no user requests, only timers and draining ---- */

static const struct protosw ip_protosw = {
    .pr_name = "ip", .pr_init = ip_init, .pr_slowtimo = ip_slowtimo, .pr_drain = ip_drain};
static const struct protosw icmp_protosw = {
    .pr_name = "icmp", .pr_protocol = IPPROTO_ICMP, .pr_input = icmp_input};
static const struct protosw udp_protosw = {.pr_name = "udp",
                                           .pr_type = SOCK_DGRAM,
                                           .pr_protocol = IPPROTO_UDP,
                                           .pr_flags = PR_ATOMIC | PR_ADDR,
                                           .pr_usrreqs = &udp_usrreqs,
                                           .pr_input = udp_input,
                                           .pr_ctlinput = udp_ctlinput};
static const struct protosw tcp_protosw = {.pr_name = "tcp",
                                           .pr_type = SOCK_STREAM,
                                           .pr_protocol = IPPROTO_TCP,
                                           .pr_flags = PR_CONNREQUIRED | PR_WANTRCVD,
                                           .pr_usrreqs = &tcp_usrreqs,
                                           .pr_input = tcp_input,
                                           .pr_ctlinput = tcp_ctlinput,
                                           .pr_init = tcp_init,
                                           .pr_fasttimo = tcp_fasttimo,
                                           .pr_slowtimo = tcp_slowtimo,
                                           .pr_drain = tcp_drain};

const struct protosw *const inetsw[] = {&ip_protosw, &icmp_protosw, &udp_protosw, &tcp_protosw};
const int inetsw_count = sizeof inetsw / sizeof inetsw[0];

/* ---- checksum ---- */

/* Sum of big-endian half-words of `length` bytes, as if they began on an even offset; not yet folded to 16 bits. */
static uint32_t sum_bytes(const uint8_t *p, int length) {
  uint32_t sum = 0, carry = 0;
  if (length >= 2 && ((uintptr_t)p & 2)) {
    sum = *(const uint16_t *)(const void *)p;
    p += 2;
    length -= 2;
  }
  const uint32_t *w = (const uint32_t *)(const void *)p;
#define ADD(i) (sum += w[i], carry += sum < w[i])
  for (; length >= 16; length -= 16, w += 4) {
    ADD(0);
    ADD(1);
    ADD(2);
    ADD(3);
  }
  for (; length >= 4; length -= 4, w++) ADD(0);
#undef ADD
  p = (const uint8_t *)w;
  sum = (sum >> 16) + (sum & 0xFFFF) + carry;
  if (length >= 2) {
    sum += *(const uint16_t *)(const void *)p;
    p += 2;
    length -= 2;
  }
  if (length > 0) sum += (uint32_t)*p << 8;
  return sum;
}

static uint32_t fold(uint32_t sum) {
  sum = (sum >> 16) + (sum & 0xFFFF);
  return (sum >> 16) + (sum & 0xFFFF);
}

uint16_t in_cksum(const struct mbuf *m, int offset, int length, uint32_t sum) {
  int odd = 0;
  sum = fold(sum);
  for (; m != NULL && length > 0; m = m->m_next) {
    if (offset >= m->m_len) {
      offset -= m->m_len;
      continue;
    }
    int n = m->m_len - offset;
    if (n > length) n = length;
    uint32_t part = fold(sum_bytes((const uint8_t *)m->m_data + offset, n));
    if (odd) part = ((part & 0xFF) << 8) | (part >> 8);
    sum = fold(sum + part);
    odd ^= n & 1;
    length -= n;
    offset = 0;
  }
  return (uint16_t)~fold(sum);
}

uint32_t in_pseudo(struct in_addr source, struct in_addr destination, int protocol, int length) {
  return (source.s_addr >> 16) + (source.s_addr & 0xFFFF) + (destination.s_addr >> 16) + (destination.s_addr & 0xFFFF) +
         (uint32_t)protocol + (uint32_t)length;
}

/* ---- interfaces, addresses, routes ---- */

struct ifnet *ifnet_list;
static struct in_addr gateway;
static struct ifnet loopback;

void if_attach(struct ifnet *ifp) {
  if (ifp->if_snd.ifq_maxlen == 0) ifp->if_snd.ifq_maxlen = IFQ_MAXLEN;
  struct ifnet **p = &ifnet_list;
  while (*p != NULL && *p != ifp) p = &(*p)->if_next;
  if (*p == NULL) {
    *p = ifp;
    ifp->if_next = NULL;
  }
}

struct ifnet *ifunit(const char *name) {
  for (struct ifnet *ifp = ifnet_list; ifp != NULL; ifp = ifp->if_next) {
    char full[16];
    snprintf(full, sizeof full, "%s%d", ifp->if_name, ifp->if_unit);
    if (strcmp(full, name) == 0) return ifp;
  }
  return NULL;
}

void in_ifinit(struct ifnet *ifp, struct in_addr address, struct in_addr netmask) {
  ifp->if_addr = address;
  ifp->if_netmask = netmask;
  ifp->if_broadaddr.s_addr = address.s_addr | ~netmask.s_addr;
}

void in_set_gateway(struct in_addr address) {
  gateway = address;
}

static int on_subnet(struct in_addr a, const struct ifnet *ifp) {
  return ifp->if_addr.s_addr != 0 && (a.s_addr & ifp->if_netmask.s_addr) == (ifp->if_addr.s_addr & ifp->if_netmask.s_addr);
}

int in_is_ours(struct in_addr a) {
  for (const struct ifnet *ifp = ifnet_list; ifp != NULL; ifp = ifp->if_next)
    if (a.s_addr != 0 && a.s_addr == ifp->if_addr.s_addr) return 1;
  return 0;
}

int in_localaddr(struct in_addr a) {
  for (const struct ifnet *ifp = ifnet_list; ifp != NULL; ifp = ifp->if_next)
    if (on_subnet(a, ifp)) return 1;
  return 0;
}

int in_broadcast(struct in_addr a, const struct ifnet *ifp) {
  if (a.s_addr == INADDR_BROADCAST) return 1;
  if (!(ifp->if_flags & IFF_BROADCAST) || ifp->if_addr.s_addr == 0) return 0;
  /* all ones or (the 4.2BSD form) all zeros in the host part */
  return a.s_addr == ifp->if_broadaddr.s_addr || a.s_addr == (ifp->if_addr.s_addr & ifp->if_netmask.s_addr);
}

struct ifnet *in_route(struct in_addr destination, struct in_addr *next_hop) {
  *next_hop = destination;
  if (in_is_ours(destination) || on_subnet(destination, &loopback)) return &loopback;
  for (struct ifnet *ifp = ifnet_list; ifp != NULL; ifp = ifp->if_next) {
    if (ifp == &loopback || !(ifp->if_flags & IFF_UP)) continue;
    if (on_subnet(destination, ifp) || destination.s_addr == INADDR_BROADCAST || IN_MULTICAST(destination.s_addr))
      return ifp;
  }
  for (struct ifnet *ifp = ifnet_list; ifp != NULL; ifp = ifp->if_next)
    if (ifp != &loopback && (ifp->if_flags & IFF_UP) && gateway.s_addr != 0 && on_subnet(gateway, ifp)) {
      *next_hop = gateway;
      return ifp;
    }
  return NULL;
}

static int looutput(struct ifnet *ifp, struct mbuf *m, struct in_addr next_hop) {
  (void)next_hop;
  loopback.if_opackets++;
  loopback.if_obytes += (uint32_t)m->m_pkthdr.len;
  if (IF_QFULL(&ipintrq)) {
    IF_DROP(&ipintrq);
    m_freem(m);
    return ENOBUFS;
  }
  m->m_pkthdr.rcvif = ifp;
  loopback.if_ipackets++;
  loopback.if_ibytes += (uint32_t)m->m_pkthdr.len;
  if_enqueue(&ipintrq, m);
  schednetisr(NETISR_IP);
  return 0;
}

void loopback_attach(void) {
  loopback.if_name = "lo";
  loopback.if_unit = 0;
  loopback.if_mtu = 16384;
  loopback.if_flags = IFF_UP | IFF_RUNNING | IFF_LOOPBACK;
  loopback.if_output = looutput;
  if_attach(&loopback);
  struct in_addr address = {INADDR_LOOPBACK}, netmask = {0xFF000000};
  in_ifinit(&loopback, address, netmask);
}

void rtems_bsdnet_show_inet_routes(void) {
  char a[16], b[16];
  printf("Destination     Gateway         Interface\n");
  for (const struct ifnet *ifp = ifnet_list; ifp != NULL; ifp = ifp->if_next) {
    struct in_addr net = {ifp->if_addr.s_addr & ifp->if_netmask.s_addr};
    printf("%-15s %-15s %s%d\n", inet_ntoa_r(net, a), inet_ntoa_r(ifp->if_netmask, b), ifp->if_name, ifp->if_unit);
  }
  if (gateway.s_addr != 0) printf("default         %s\n", inet_ntoa_r(gateway, a));
}

void rtems_bsdnet_show_if_stats(void) {
  char a[16], b[16], c[16];
  for (const struct ifnet *ifp = ifnet_list; ifp != NULL; ifp = ifp->if_next) {
    printf("************ INTERFACE STATISTICS ************\n");
    printf("***** %s%d *****\n", ifp->if_name, ifp->if_unit);
    printf("Address:%s  Broadcast:%s  Net mask:%s\n", inet_ntoa_r(ifp->if_addr, a), inet_ntoa_r(ifp->if_broadaddr, b),
           inet_ntoa_r(ifp->if_netmask, c));
    printf("Flags:%s%s%s%s%s%s\n", ifp->if_flags & IFF_UP ? " Up" : "", ifp->if_flags & IFF_BROADCAST ? " Broadcast" : "",
           ifp->if_flags & IFF_LOOPBACK ? " Loopback" : "", ifp->if_flags & IFF_RUNNING ? " Running" : "",
           ifp->if_flags & IFF_OACTIVE ? " Active" : "", ifp->if_flags & IFF_SIMPLEX ? " Simplex" : "");
    printf("Send queue limit:%d   length:%d   Dropped:%d\n", ifp->if_snd.ifq_maxlen, ifp->if_snd.ifq_len,
           ifp->if_snd.ifq_drops);
    printf("In: packets:%lu bytes:%lu multicast:%lu errors:%lu dropped:%lu unknown protocol:%lu\n",
           (unsigned long)ifp->if_ipackets, (unsigned long)ifp->if_ibytes, (unsigned long)ifp->if_imcasts,
           (unsigned long)ifp->if_ierrors, (unsigned long)ifp->if_iqdrops, (unsigned long)ifp->if_noproto);
    printf("Out: packets:%lu bytes:%lu multicast:%lu errors:%lu collisions:%lu\n", (unsigned long)ifp->if_opackets,
           (unsigned long)ifp->if_obytes, (unsigned long)ifp->if_omcasts, (unsigned long)ifp->if_oerrors,
           (unsigned long)ifp->if_collisions);
  }
}

/* ---- control blocks ---- */

int in_pcballoc(struct socket *so, struct inpcbinfo *info) {
  struct inpcb *inp = rtems_bsdnet_malloc(sizeof *inp, 0);
  if (inp == NULL) return ENOBUFS;
  inp->inp_socket = so;
  inp->inp_next = info->head;
  info->head = inp;
  so->so_pcb = inp;
  return 0;
}

/* Does another block of this protocol stand in the way of binding address and port? */
static int local_conflict(const struct inpcb *self, const struct inpcbinfo *info, struct in_addr address, uint16_t port,
                          int reuse) {
  for (const struct inpcb *p = info->head; p != NULL; p = p->inp_next) {
    if (p == self || p->inp_lport != port) continue;
    if (reuse) {
      /* With SO_REUSEADDR only a listener (or unconnected socket) on the very same address is in the way. */
      if (p->inp_faddr.s_addr == INADDR_ANY && p->inp_laddr.s_addr == address.s_addr) return 1;
    } else if (address.s_addr == INADDR_ANY || p->inp_laddr.s_addr == INADDR_ANY ||
               p->inp_laddr.s_addr == address.s_addr) {
      return 1;
    }
  }
  return 0;
}

int in_pcbbind(struct inpcb *inp, struct inpcbinfo *info, struct mbuf *nam) {
  struct in_addr address = {INADDR_ANY};
  uint16_t port = 0;
  int reuse = inp->inp_socket->so_options & SO_REUSEADDR;

  if (inp->inp_lport != 0 || inp->inp_laddr.s_addr != INADDR_ANY) return EINVAL;
  if (nam != NULL) {
    const struct sockaddr_in *sin = mtod(nam, const struct sockaddr_in *);
    if (sin->sin_family != AF_INET && sin->sin_family != AF_UNSPEC) return EAFNOSUPPORT;
    address = sin->sin_addr;
    port = sin->sin_port;
    if (address.s_addr != INADDR_ANY && address.s_addr != INADDR_BROADCAST && !in_is_ours(address)) {
      int ok = 0;
      for (const struct ifnet *ifp = ifnet_list; ifp != NULL; ifp = ifp->if_next) ok |= in_broadcast(address, ifp);
      if (!ok) return EADDRNOTAVAIL;
    }
    if (port != 0 && local_conflict(inp, info, address, port, reuse)) return EADDRINUSE;
  }
  if (port == 0) {
    int tries = IPPORT_EPHEMERAL_LAST - IPPORT_EPHEMERAL_FIRST + 1;
    do {
      if (tries-- <= 0) return EADDRNOTAVAIL;
      info->last_port++;
      if (info->last_port < IPPORT_EPHEMERAL_FIRST || info->last_port > IPPORT_EPHEMERAL_LAST)
        info->last_port = IPPORT_EPHEMERAL_FIRST;
      port = info->last_port;
    } while (local_conflict(inp, info, address, port, 0));
  }
  inp->inp_laddr = address;
  inp->inp_lport = port;
  return 0;
}

int in_pcbconnect(struct inpcb *inp, struct inpcbinfo *info, struct mbuf *nam) {
  const struct sockaddr_in *sin = mtod(nam, const struct sockaddr_in *);
  struct in_addr to = sin->sin_addr, hop;
  if (sin->sin_family != AF_INET) return EAFNOSUPPORT;
  if (sin->sin_port == 0) return EADDRNOTAVAIL;
  if (to.s_addr == INADDR_ANY) to.s_addr = INADDR_LOOPBACK; /* this host */
  struct ifnet *ifp = in_route(to, &hop);
  if (ifp == NULL) return ENETUNREACH;
  struct in_addr from = inp->inp_laddr;
  if (from.s_addr == INADDR_ANY) from = in_is_ours(to) ? to : ifp->if_addr;
  for (const struct inpcb *p = info->head; p != NULL; p = p->inp_next)
    if (p != inp && inp->inp_lport != 0 && p->inp_lport == inp->inp_lport && p->inp_fport == sin->sin_port &&
        p->inp_faddr.s_addr == to.s_addr && p->inp_laddr.s_addr == from.s_addr)
      return EADDRINUSE;
  if (inp->inp_lport == 0) {
    int error = in_pcbbind(inp, info, NULL);
    if (error != 0) return error;
  }
  inp->inp_laddr = from;
  inp->inp_faddr = to;
  inp->inp_fport = sin->sin_port;
  return 0;
}

void in_pcbdisconnect(struct inpcb *inp) {
  inp->inp_faddr.s_addr = INADDR_ANY;
  inp->inp_fport = 0;
}

void in_pcbdetach(struct inpcb *inp, struct inpcbinfo *info) {
  struct socket *so = inp->inp_socket;
  for (struct inpcb **p = &info->head; *p != NULL; p = &(*p)->inp_next)
    if (*p == inp) {
      *p = inp->inp_next;
      break;
    }
  so->so_pcb = NULL;
  rtems_bsdnet_free(inp);
  sofree(so);
}

struct inpcb *in_pcblookup(struct inpcbinfo *info, struct in_addr faddr, uint16_t fport, struct in_addr laddr,
                           uint16_t lport, int wildcard) {
  struct inpcb *best = NULL;
  int best_score = -1;
  for (struct inpcb *p = info->head; p != NULL; p = p->inp_next) {
    if (p->inp_lport != lport) continue;
    int score = 0;
    if (p->inp_faddr.s_addr != INADDR_ANY) {
      if (p->inp_faddr.s_addr != faddr.s_addr || p->inp_fport != fport) continue;
      score += 2;
    } else if (!wildcard) {
      continue;
    }
    if (p->inp_laddr.s_addr != INADDR_ANY) {
      if (p->inp_laddr.s_addr != laddr.s_addr) continue;
      score += 1;
    }
    if (score == 3) return p;
    if (score > best_score) {
      best = p;
      best_score = score;
    }
  }
  return best;
}

static void put_address(struct mbuf *nam, struct in_addr address, uint16_t port) {
  struct sockaddr_in *sin = mtod(nam, struct sockaddr_in *);
  memset(sin, 0, sizeof *sin);
  sin->sin_len = sizeof *sin;
  sin->sin_family = AF_INET;
  sin->sin_port = port;
  sin->sin_addr = address;
  nam->m_len = sizeof *sin;
}

int in_setsockaddr(struct socket *so, struct mbuf *nam) {
  const struct inpcb *inp = sotoinpcb(so);
  if (inp == NULL) return EINVAL;
  put_address(nam, inp->inp_laddr, inp->inp_lport);
  return 0;
}

int in_setpeeraddr(struct socket *so, struct mbuf *nam) {
  const struct inpcb *inp = sotoinpcb(so);
  if (inp == NULL || inp->inp_faddr.s_addr == INADDR_ANY) return ENOTCONN;
  put_address(nam, inp->inp_faddr, inp->inp_fport);
  return 0;
}

/* ---- text ---- */

int inet_aton(const char *text, struct in_addr *address) {
  uint32_t value = 0;
  for (int part = 0; part < 4; part++) {
    uint32_t byte = 0;
    int digits = 0;
    for (; *text >= '0' && *text <= '9' && digits < 4; text++, digits++) byte = byte * 10 + (uint32_t)(*text - '0');
    if (digits == 0 || byte > 255) return 0;
    value = value << 8 | byte;
    if (part < 3 && *text++ != '.') return 0;
  }
  if (*text != 0) return 0;
  address->s_addr = value;
  return 1;
}

in_addr_t inet_addr(const char *text) {
  struct in_addr a;
  return inet_aton(text, &a) ? a.s_addr : INADDR_NONE;
}

char *inet_ntoa_r(struct in_addr a, char *text) {
  snprintf(text, 16, "%u.%u.%u.%u", (unsigned)(a.s_addr >> 24), (unsigned)(a.s_addr >> 16 & 255),
           (unsigned)(a.s_addr >> 8 & 255), (unsigned)(a.s_addr & 255));
  return text;
}

char *inet_ntoa(struct in_addr a) {
  static char text[4][16];
  static unsigned next;
  return inet_ntoa_r(a, text[next++ & 3]);
}

/* ---- netstat ---- */

static const char *endpoint(struct in_addr address, uint16_t port, char *text, size_t size) {
  char host[16], number[8];
  if (address.s_addr == INADDR_ANY)
    strcpy(host, "*");
  else
    inet_ntoa_r(address, host);
  if (port == 0)
    strcpy(number, "*");
  else
    snprintf(number, sizeof number, "%u", port);
  snprintf(text, size, "%s.%s", host, number);
  return text;
}

/* Copied under the semaphore, printed without it: a slow console must not hold up the network. */
struct line {
  const char *name, *state;
  struct in_addr laddr, faddr;
  uint16_t lport, fport;
  uint32_t receive, send;
};

void rtems_bsdnet_show_inet_sockets(void) {
  rtems_bsdnet_semaphore_obtain();
  unsigned count = 0, n = 0;
  for (const struct socket *so = socket_list; so != NULL; so = so->so_next) count++;
  struct line *lines = rtems_bsdnet_malloc(count * sizeof *lines + 1, 0);
  for (const struct socket *so = socket_list; lines != NULL && so != NULL; so = so->so_next) {
    const struct inpcb *inp = sotoinpcb(so);
    struct line *line = &lines[n++];
    line->name = so->so_proto->pr_name;
    line->state = inp == NULL ? "(dropped)" : "";
    line->receive = so->so_rcv.sb_cc;
    line->send = so->so_snd.sb_cc;
    if (inp != NULL) {
      line->laddr = inp->inp_laddr;
      line->lport = inp->inp_lport;
      line->faddr = inp->inp_faddr;
      line->fport = inp->inp_fport;
      if (so->so_type == SOCK_STREAM && inp->inp_ppcb != NULL) line->state = tcp_state_names[*(int32_t *)inp->inp_ppcb];
    }
  }
  rtems_bsdnet_semaphore_release();
  printf("Proto Recv-Q Send-Q Local Address          Foreign Address        State\n");
  for (unsigned i = 0; i < n; i++) {
    char local[24], foreign[24];
    printf("%-5s %6lu %6lu %-22s %-22s %s\n", lines[i].name, (unsigned long)lines[i].receive, (unsigned long)lines[i].send,
           endpoint(lines[i].laddr, lines[i].lport, local, sizeof local),
           endpoint(lines[i].faddr, lines[i].fport, foreign, sizeof foreign), lines[i].state);
  }
  free(lines);
}
