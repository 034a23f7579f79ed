/* Ethernet framing and ARP (RFC 826, RFC 894). */
#include <arpa/inet.h>
#include <errno.h>
#include <observe.h>
#include <stdio.h>
#include <string.h>

#include "bsdnet.h"
#include "inet.h"

#define ARP_KEEP 1200    /* seconds a learned address is good for */
#define ARP_DOWN 20      /* seconds without asking after ARP_MAXTRIES questions */
#define ARP_MAXTRIES 5
#define ARP_SWEEP 300    /* seconds between looks for old entries */
#define ARP_ENTRIES 64   /* bound on the table */

#define ARPHRD_ETHER 1
#define ARPOP_REQUEST 1
#define ARPOP_REPLY 2

struct ifqueue arpintrq = {.ifq_maxlen = IFQ_MAXLEN};

/* One neighbour. An unresolved one holds the last packet for it. */
struct llinfo_arp {
  struct llinfo_arp *la_next;
  struct mbuf *la_hold;
  struct in_addr la_addr;
  uint8_t la_mac[6];
  uint8_t la_resolved;
  uint8_t la_asked;
  uint32_t la_expire;   /* second at which the entry (or the pause) ends */
  uint32_t la_lastask;  /* second of the last question */
};

static struct llinfo_arp *llinfo_list;
static unsigned llinfo_count;

OBSERVE("arpintrq.head", &arpintrq.ifq_head);
OBSERVE("arpintrq.len", &arpintrq.ifq_len);
OBSERVE("arp.list", &llinfo_list);
OBSERVE("arp.next", offsetof(struct llinfo_arp, la_next));
OBSERVE("arp.hold", offsetof(struct llinfo_arp, la_hold));
OBSERVE("arp.addr", offsetof(struct llinfo_arp, la_addr));
OBSERVE("ifnet.list", &ifnet_list);
OBSERVE("ifnet.next", offsetof(struct ifnet, if_next));
OBSERVE("ifnet.name", offsetof(struct ifnet, if_name));
OBSERVE("ifnet.unit", offsetof(struct ifnet, if_unit));
OBSERVE("ifnet.flags", offsetof(struct ifnet, if_flags));
OBSERVE("if_snd.head", offsetof(struct ifnet, if_snd.ifq_head));
OBSERVE("if_snd.len", offsetof(struct ifnet, if_snd.ifq_len));

static const uint8_t ether_broadcast[6] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};

static uint32_t now_seconds(void) {
  return rtems_clock_get_ticks_since_boot() / (uint32_t)hz;
}

/* ---- Ethernet ---- */

void ether_ifattach(struct ifnet *ifp) {
  ifp->if_mtu = ETHERMTU;
  ifp->if_flags |= IFF_BROADCAST | IFF_SIMPLEX;
  if (ifp->if_output == NULL) ifp->if_output = ether_output;
  if_attach(ifp);
}

int ether_transmit(struct ifnet *ifp, struct mbuf *m) {
  if (IF_QFULL(&ifp->if_snd)) {
    IF_DROP(&ifp->if_snd);
    m_freem(m);
    return ENOBUFS;
  }
  ifp->if_opackets++;
  ifp->if_obytes += (uint32_t)m->m_pkthdr.len;
  if (m->m_flags & (M_BCAST | M_MCAST)) ifp->if_omcasts++;
  if_enqueue(&ifp->if_snd, m);
  if (!(ifp->if_flags & IFF_OACTIVE)) ifp->if_start(ifp);
  return 0;
}

static struct mbuf *add_header(struct ifnet *ifp, struct mbuf *m, const uint8_t to[6], uint16_t type) {
  m = m_prepend(m, sizeof(struct ether_header), M_DONTWAIT);
  if (m == NULL) return NULL;
  struct ether_header *eh = mtod(m, struct ether_header *);
  memcpy(eh->ether_dhost, to, 6);
  memcpy(eh->ether_shost, ((struct arpcom *)ifp)->ac_enaddr, 6);
  eh->ether_type = type;
  return m;
}

int ether_output(struct ifnet *ifp, struct mbuf *m, struct in_addr next_hop) {
  uint8_t to[6];
  if ((ifp->if_flags & (IFF_UP | IFF_RUNNING)) != (IFF_UP | IFF_RUNNING)) {
    m_freem(m);
    return ENETDOWN;
  }
  if (in_broadcast(next_hop, ifp)) {
    m->m_flags |= M_BCAST;
    memcpy(to, ether_broadcast, 6);
    /* The controller does not hear its own frames: this host's copy goes round by software. */
    struct mbuf *copy = m_copym(m, 0, M_COPYALL, M_DONTWAIT);
    if (copy != NULL) {
      if (IF_QFULL(&ipintrq)) {
        IF_DROP(&ipintrq);
        m_freem(copy);
      } else {
        copy->m_pkthdr.rcvif = ifp;
        if_enqueue(&ipintrq, copy);
        schednetisr(NETISR_IP);
      }
    }
  } else if (IN_MULTICAST(next_hop.s_addr)) {
    m->m_flags |= M_MCAST;
    to[0] = 0x01;
    to[1] = 0x00;
    to[2] = 0x5E;
    to[3] = (uint8_t)(next_hop.s_addr >> 16 & 0x7F);
    to[4] = (uint8_t)(next_hop.s_addr >> 8);
    to[5] = (uint8_t)next_hop.s_addr;
  } else if (!arpresolve((struct arpcom *)ifp, m, next_hop, to)) {
    return 0; /* held until the answer */
  }
  m = add_header(ifp, m, to, ETHERTYPE_IP);
  return m == NULL ? ENOBUFS : ether_transmit(ifp, m);
}

void ether_input(struct ifnet *ifp, struct ether_header *eh, struct mbuf *m) {
  if (!(ifp->if_flags & IFF_UP)) {
    m_freem(m);
    return;
  }
  ifp->if_ipackets++;
  ifp->if_ibytes += (uint32_t)m->m_pkthdr.len + sizeof *eh;
  if (eh->ether_dhost[0] & 1) {
    m->m_flags |= memcmp(eh->ether_dhost, ether_broadcast, 6) == 0 ? M_BCAST : M_MCAST;
    ifp->if_imcasts++;
  } else if (memcmp(eh->ether_dhost, ((struct arpcom *)ifp)->ac_enaddr, 6) != 0) {
    m_freem(m); /* seen in promiscuous mode only */
    return;
  }
  struct ifqueue *queue;
  int isr;
  switch (eh->ether_type) {
    case ETHERTYPE_IP:
      queue = &ipintrq;
      isr = NETISR_IP;
      break;
    case ETHERTYPE_ARP:
      queue = &arpintrq;
      isr = NETISR_ARP;
      break;
    default:
      ifp->if_noproto++;
      m_freem(m);
      return;
  }
  schednetisr(isr);
  if (IF_QFULL(queue)) {
    IF_DROP(queue);
    ifp->if_iqdrops++;
    m_freem(m);
    return;
  }
  if_enqueue(queue, m);
}

/* ---- ARP ---- */

static struct llinfo_arp *arp_find(struct in_addr a) {
  struct llinfo_arp *la = llinfo_list;
  while (la != NULL && la->la_addr.s_addr != a.s_addr) la = la->la_next;
  return la;
}

static void arp_remove(struct llinfo_arp *gone) {
  for (struct llinfo_arp **p = &llinfo_list; *p != NULL; p = &(*p)->la_next)
    if (*p == gone) {
      *p = gone->la_next;
      if (gone->la_hold != NULL) m_freem(gone->la_hold);
      rtems_bsdnet_free(gone);
      llinfo_count--;
      return;
    }
}

static struct llinfo_arp *arp_create(struct in_addr a) {
  if (llinfo_count >= ARP_ENTRIES) {
    /* Make room at the expense of the entry that expires first. */
    struct llinfo_arp *oldest = llinfo_list;
    for (struct llinfo_arp *la = llinfo_list; la != NULL; la = la->la_next)
      if ((int32_t)(la->la_expire - oldest->la_expire) < 0) oldest = la;
    arp_remove(oldest);
  }
  struct llinfo_arp *la = rtems_bsdnet_malloc(sizeof *la, 0);
  if (la == NULL) return NULL;
  la->la_addr = a;
  la->la_next = llinfo_list;
  llinfo_list = la;
  llinfo_count++;
  return la;
}

static void arp_sweep(void *unused) {
  uint32_t now = now_seconds();
  for (struct llinfo_arp *la = llinfo_list, *next; la != NULL; la = next) {
    next = la->la_next;
    if ((int32_t)(now - la->la_expire) >= 0) arp_remove(la);
  }
  timeout(arp_sweep, unused, ARP_SWEEP * hz);
}

void arp_init(void) {
  timeout(arp_sweep, NULL, ARP_SWEEP * hz);
}

static void arp_send(struct arpcom *ac, int op, const uint8_t to[6], const uint8_t target_mac[6], struct in_addr source,
                     struct in_addr target) {
  struct mbuf *m = m_gethdr(M_DONTWAIT, MT_DATA);
  if (m == NULL) return;
  m->m_len = sizeof(struct ether_arp);
  m->m_pkthdr.len = m->m_len;
  MH_ALIGN(m, m->m_len);
  struct ether_arp *ea = mtod(m, struct ether_arp *);
  ea->ar_hrd = ARPHRD_ETHER;
  ea->ar_pro = ETHERTYPE_IP;
  ea->ar_hln = 6;
  ea->ar_pln = 4;
  ea->ar_op = (uint16_t)op;
  memcpy(ea->arp_sha, ac->ac_enaddr, 6);
  ea->arp_spa = source;
  memcpy(ea->arp_tha, target_mac, 6);
  ea->arp_tpa = target;
  if (to[0] & 1) m->m_flags |= M_BCAST;
  m = add_header(&ac->ac_if, m, to, ETHERTYPE_ARP);
  if (m != NULL) ether_transmit(&ac->ac_if, m);
}

static void arp_request(struct arpcom *ac, struct in_addr target) {
  static const uint8_t unknown[6];
  arp_send(ac, ARPOP_REQUEST, ether_broadcast, unknown, ac->ac_if.if_addr, target);
}

/* Gratuitous ARP: tells the neighbours, and finds a second user of the address. */
void arp_announce(struct ifnet *ifp) {
  if (ifp->if_addr.s_addr != 0) arp_request((struct arpcom *)ifp, ifp->if_addr);
}

int arpresolve(struct arpcom *ac, struct mbuf *m, struct in_addr to, uint8_t mac[6]) {
  uint32_t now = now_seconds();
  struct llinfo_arp *la = arp_find(to);
  if (la == NULL) la = arp_create(to);
  if (la == NULL) {
    m_freem(m);
    return 0;
  }
  if (la->la_resolved && (int32_t)(la->la_expire - now) > 0) {
    memcpy(mac, la->la_mac, 6);
    return 1;
  }
  if (la->la_hold != NULL) m_freem(la->la_hold);
  la->la_hold = m;
  if (la->la_resolved) {
    la->la_resolved = 0;
    la->la_asked = 0;
    la->la_expire = now;
  }
  /* One question a second, and a pause after several without an answer. */
  if (la->la_asked == 0 || la->la_lastask != now) {
    if (la->la_asked >= ARP_MAXTRIES) {
      if ((int32_t)(now - la->la_expire) < 0) return 0;
      la->la_asked = 0;
    }
    la->la_asked++;
    la->la_lastask = now;
    la->la_expire = now + ARP_DOWN;
    arp_request(ac, to);
  }
  return 0;
}

static void arp_packet(struct mbuf *m) {
  struct arpcom *ac = (struct arpcom *)m->m_pkthdr.rcvif;
  struct ether_arp ea;
  if (m->m_len < (int)sizeof ea && (m = m_pullup(m, sizeof ea)) == NULL) return;
  memcpy(&ea, m->m_data, sizeof ea);
  m_freem(m);
  if (ea.ar_hrd != ARPHRD_ETHER || ea.ar_pro != ETHERTYPE_IP || ea.ar_hln != 6 || ea.ar_pln != 4) return;
  if (memcmp(ea.arp_sha, ac->ac_enaddr, 6) == 0) return; /* our own */
  if (ea.arp_sha[0] & 1) return;                         /* no station has a group address */

  struct in_addr mine = ac->ac_if.if_addr;
  int for_us = mine.s_addr != 0 && ea.arp_tpa.s_addr == mine.s_addr;
  if (mine.s_addr != 0 && ea.arp_spa.s_addr == mine.s_addr) {
    char text[16];
    printf("duplicate IP address %s! sent from ethernet address: %02x:%02x:%02x:%02x:%02x:%02x\n", inet_ntoa_r(mine, text),
           ea.arp_sha[0], ea.arp_sha[1], ea.arp_sha[2], ea.arp_sha[3], ea.arp_sha[4], ea.arp_sha[5]);
  } else if (ea.arp_spa.s_addr != 0) {
    struct llinfo_arp *la = arp_find(ea.arp_spa);
    if (la == NULL && for_us) la = arp_create(ea.arp_spa);
    if (la != NULL) {
      memcpy(la->la_mac, ea.arp_sha, 6);
      la->la_resolved = 1;
      la->la_asked = 0;
      la->la_expire = now_seconds() + ARP_KEEP;
      struct mbuf *held = la->la_hold;
      la->la_hold = NULL;
      if (held != NULL) ether_output(&ac->ac_if, held, ea.arp_spa);
    }
  }
  if (ea.ar_op == ARPOP_REQUEST && for_us) arp_send(ac, ARPOP_REPLY, ea.arp_sha, ea.arp_sha, mine, ea.arp_spa);
}

void arpintr(void) {
  struct mbuf *m;
  while ((m = if_dequeue(&arpintrq)) != NULL) arp_packet(m);
}

void rtems_bsdnet_show_arp(void) {
  struct llinfo_arp table[ARP_ENTRIES / 4];
  unsigned n = 0;
  rtems_bsdnet_semaphore_obtain();
  uint32_t now = now_seconds();
  for (const struct llinfo_arp *la = llinfo_list; la != NULL && n < sizeof table / sizeof table[0]; la = la->la_next)
    table[n++] = *la;
  rtems_bsdnet_semaphore_release();
  printf("Address         Ethernet address   Expires\n");
  for (unsigned i = 0; i < n; i++) {
    const struct llinfo_arp *la = &table[i];
    char text[16];
    inet_ntoa_r(la->la_addr, text);
    if (la->la_resolved)
      printf("%-15s %02x:%02x:%02x:%02x:%02x:%02x  %ld s\n", text, la->la_mac[0], la->la_mac[1], la->la_mac[2], la->la_mac[3],
             la->la_mac[4], la->la_mac[5], (long)(int32_t)(la->la_expire - now));
    else
      printf("%-15s (incomplete)%s\n", text, la->la_hold != NULL ? "       holds a packet" : "");
  }
}
