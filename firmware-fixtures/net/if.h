/* Interfaces, packet queues and Ethernet, as drivers and the stack share them. */
#ifndef NET_IF_H
#define NET_IF_H

#include <stddef.h>
#include <stdint.h>

#include <netinet/in.h>

#include "mbuf.h"

#define IFQ_MAXLEN 50

struct ifqueue {
  struct mbuf *ifq_head;
  struct mbuf *ifq_tail;
  int ifq_len;
  int ifq_maxlen;
  int ifq_drops;
};

#define IF_QFULL(q) ((q)->ifq_len >= (q)->ifq_maxlen)
#define IF_DROP(q) ((q)->ifq_drops++)

static inline void if_enqueue(struct ifqueue *q, struct mbuf *m) {
  m->m_nextpkt = NULL;
  if (q->ifq_tail != NULL)
    q->ifq_tail->m_nextpkt = m;
  else
    q->ifq_head = m;
  q->ifq_tail = m;
  q->ifq_len++;
}

static inline struct mbuf *if_dequeue(struct ifqueue *q) {
  struct mbuf *m = q->ifq_head;
  if (m != NULL) {
    q->ifq_head = m->m_nextpkt;
    if (q->ifq_head == NULL) q->ifq_tail = NULL;
    m->m_nextpkt = NULL;
    q->ifq_len--;
  }
  return m;
}

#define IF_ENQUEUE(q, m) if_enqueue((q), (m))
#define IF_DEQUEUE(q, m) ((m) = if_dequeue(q))

/* if_flags */
#define IFF_UP 0x0001
#define IFF_BROADCAST 0x0002
#define IFF_LOOPBACK 0x0008
#define IFF_RUNNING 0x0040
#define IFF_PROMISC 0x0100
#define IFF_ALLMULTI 0x0200
#define IFF_OACTIVE 0x0400
#define IFF_SIMPLEX 0x0800
#define IFF_MULTICAST 0x8000

struct ifnet {
  void *if_softc;
  const char *if_name; /* "eth" */
  short if_unit;       /* 1 */
  unsigned short if_flags;
  int if_mtu;
  struct ifnet *if_next;
  struct in_addr if_addr; /* one Internet address per interface */
  struct in_addr if_netmask;
  struct in_addr if_broadaddr;
  int (*if_output)(struct ifnet *, struct mbuf *, struct in_addr next_hop);
  void (*if_start)(struct ifnet *); /* called with the network semaphore held */
  void (*if_init)(void *softc);
  struct ifqueue if_snd;
  uint32_t if_ipackets, if_ierrors, if_opackets, if_oerrors, if_collisions;
  uint32_t if_ibytes, if_obytes, if_imcasts, if_omcasts, if_iqdrops, if_noproto;
};

struct arpcom {
  struct ifnet ac_if; /* must stay first */
  uint8_t ac_enaddr[6];
};

#define ETHERMTU 1500
#define ETHER_ADDR_LEN 6
#define ETHERTYPE_IP 0x0800
#define ETHERTYPE_ARP 0x0806

struct ether_header {
  uint8_t ether_dhost[6];
  uint8_t ether_shost[6];
  uint16_t ether_type;
};

/* What a driver's attach routine gets (a small part of RTEMS's structure of this name). */
struct rtems_bsdnet_ifconfig {
  const char *name; /* "eth1" */
  int (*attach)(struct rtems_bsdnet_ifconfig *config, int attaching);
  const uint8_t *hardware_address; /* 6 bytes */
  int rbuf_count;                  /* receive ring, 0 = driver's default */
  int xbuf_count;                  /* transmit ring, 0 = driver's default */
};

extern struct ifnet *ifnet_list;

/* For drivers: fills in the Ethernet parts of ifp (output routine, mtu, queue) and links it into the list. */
void ether_ifattach(struct ifnet *ifp);
void if_attach(struct ifnet *ifp);
/*
 * A received frame without its header and FCS: m->m_data is the payload, m_len and m_pkthdr.len its length, rcvif set.
 * Network semaphore held. Takes the mbuf: queues it for ntwk or frees it.
 */
void ether_input(struct ifnet *ifp, struct ether_header *eh, struct mbuf *m);
int ether_output(struct ifnet *ifp, struct mbuf *m, struct in_addr next_hop);
/* Puts a finished frame (with Ethernet header) on if_snd and starts the driver; ENOBUFS when the queue is full. */
int ether_transmit(struct ifnet *ifp, struct mbuf *m);
struct ifnet *ifunit(const char *name);

#endif
