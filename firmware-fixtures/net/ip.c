/* IP input with reassembly, IP output with fragmentation, ICMP (RFC 791, 792, 1122). No forwarding. */
#include <errno.h>
#include <observe.h>
#include <stdio.h>
#include <string.h>

#include "bsdnet.h"
#include "inet.h"

#define IPDEFTTL 64
#define IPFRAGTTL 60 /* slow time-outs (500 ms): 30 s */
#define IP_MAXPACKET 65535

struct ifqueue ipintrq = {.ifq_maxlen = IFQ_MAXLEN};
struct ipstat ipstat;
struct icmpstat icmpstat;
static uint16_t ip_id;

/* A datagram being put together; lives in an mbuf. Its fragments hang on ipq_frags by m_nextpkt, by offset. */
struct ipq {
  struct ipq *ipq_next;
  struct mbuf *ipq_frags;
  struct mbuf *ipq_self;
  struct in_addr ipq_src, ipq_dst;
  uint16_t ipq_id;
  uint8_t ipq_p;
  uint8_t ipq_ttl;
};

static struct ipq *ipq_list;
static int nipq;

OBSERVE("ipintrq.head", &ipintrq.ifq_head);
OBSERVE("ipintrq.len", &ipintrq.ifq_len);
OBSERVE("ipq.list", &ipq_list);
OBSERVE("ipq.next", offsetof(struct ipq, ipq_next));
OBSERVE("ipq.frags", offsetof(struct ipq, ipq_frags));
OBSERVE("ipq.self", offsetof(struct ipq, ipq_self));

void ip_init(void) {
  ip_id = 1;
}

/* ---- reassembly ---- */

static void ipq_free(struct ipq *gone) {
  for (struct ipq **p = &ipq_list; *p != NULL; p = &(*p)->ipq_next)
    if (*p == gone) {
      *p = gone->ipq_next;
      break;
    }
  for (struct mbuf *m = gone->ipq_frags, *next; m != NULL; m = next) {
    next = m->m_nextpkt;
    m->m_nextpkt = NULL;
    m_freem(m);
    ipstat.ips_fragdropped++;
  }
  nipq--;
  m_free(gone->ipq_self);
}

static unsigned frag_offset(const struct mbuf *m) {
  return (unsigned)(mtod(m, struct ip *)->ip_off & IP_OFFMASK) * 8;
}

static unsigned frag_length(const struct mbuf *m) {
  const struct ip *ip = mtod(m, struct ip *);
  return (unsigned)ip->ip_len - (unsigned)IP_HEADER_BYTES(ip);
}

static int frag_more(const struct mbuf *m) {
  return (mtod(m, struct ip *)->ip_off & IP_MF) != 0;
}

/* Takes a fragment; the whole datagram when this was the last piece missing, else NULL. */
static struct mbuf *ip_reass(struct mbuf *m) {
  const struct ip *ip = mtod(m, struct ip *);
  unsigned offset = frag_offset(m), length = frag_length(m);

  ipstat.ips_fragments++;
  /* All pieces but the last are multiples of 8, and the whole fits a datagram. */
  if (length == 0 || (frag_more(m) && (length & 7)) || offset + length + 20 > IP_MAXPACKET) {
    ipstat.ips_fragdropped++;
    m_freem(m);
    return NULL;
  }
  struct ipq *q = ipq_list;
  while (q != NULL && !(q->ipq_id == ip->ip_id && q->ipq_p == ip->ip_p && q->ipq_src.s_addr == ip->ip_src.s_addr &&
                        q->ipq_dst.s_addr == ip->ip_dst.s_addr))
    q = q->ipq_next;
  if (q == NULL) {
    if (nipq >= nmbclusters / 4) {
      ipstat.ips_fragdropped++;
      m_freem(m);
      return NULL;
    }
    struct mbuf *self = m_get(M_DONTWAIT, MT_FTABLE);
    if (self == NULL) {
      m_freem(m);
      return NULL;
    }
    q = mtod(self, struct ipq *);
    memset(q, 0, sizeof *q);
    q->ipq_self = self;
    q->ipq_src = ip->ip_src;
    q->ipq_dst = ip->ip_dst;
    q->ipq_id = ip->ip_id;
    q->ipq_p = ip->ip_p;
    q->ipq_ttl = IPFRAGTTL;
    q->ipq_next = ipq_list;
    ipq_list = q;
    nipq++;
  }
  /* In its place by offset. Overlaps are not trimmed: no honest sender makes them, so the newcomer is dropped. */
  struct mbuf **place = &q->ipq_frags;
  unsigned end_before = 0;
  while (*place != NULL && frag_offset(*place) < offset) {
    end_before = frag_offset(*place) + frag_length(*place);
    place = &(*place)->m_nextpkt;
  }
  if (end_before > offset || (*place != NULL && offset + length > frag_offset(*place))) {
    ipstat.ips_fragdropped++;
    m_freem(m);
    return NULL;
  }
  m->m_nextpkt = *place;
  *place = m;

  unsigned next = 0;
  struct mbuf *last = NULL;
  for (struct mbuf *f = q->ipq_frags; f != NULL; f = f->m_nextpkt) {
    if (frag_offset(f) != next) return NULL;
    next += frag_length(f);
    last = f;
  }
  if (last == NULL || frag_more(last)) return NULL;

  /* Complete: the first fragment's header stays, the others' go. */
  struct mbuf *whole = q->ipq_frags;
  struct mbuf *rest = whole->m_nextpkt;
  q->ipq_frags = NULL;
  ipq_free(q);
  whole->m_nextpkt = NULL;
  while (rest != NULL) {
    struct mbuf *piece = rest;
    rest = piece->m_nextpkt;
    piece->m_nextpkt = NULL;
    m_adj(piece, IP_HEADER_BYTES(mtod(piece, struct ip *)));
    struct mbuf *tail = whole;
    while (tail->m_next != NULL) tail = tail->m_next;
    tail->m_next = piece;
    whole->m_pkthdr.len += piece->m_pkthdr.len;
    piece->m_flags &= (uint16_t)~M_PKTHDR;
  }
  struct ip *head = mtod(whole, struct ip *);
  head->ip_len = (uint16_t)whole->m_pkthdr.len;
  head->ip_off = 0;
  ipstat.ips_reassembled++;
  return whole;
}

void ip_slowtimo(void) {
  for (struct ipq *q = ipq_list, *next; q != NULL; q = next) {
    next = q->ipq_next;
    if (--q->ipq_ttl == 0) {
      ipstat.ips_fragtimeout++;
      ipq_free(q);
    }
  }
}

void ip_drain(void) {
  while (ipq_list != NULL) ipq_free(ipq_list);
}

/* ---- input ---- */

static void ip_packet(struct mbuf *m) {
  struct ifnet *ifp = m->m_pkthdr.rcvif;
  ipstat.ips_total++;
  if (m->m_pkthdr.len < (int)sizeof(struct ip)) {
    ipstat.ips_tooshort++;
    goto drop;
  }
  if (m->m_len < (int)sizeof(struct ip) && (m = m_pullup(m, sizeof(struct ip))) == NULL) return;
  struct ip *ip = mtod(m, struct ip *);
  if (ip->ip_vhl >> 4 != 4) {
    ipstat.ips_badvers++;
    goto drop;
  }
  int hlen = IP_HEADER_BYTES(ip);
  if (hlen < (int)sizeof(struct ip)) {
    ipstat.ips_badhlen++;
    goto drop;
  }
  if (m->m_len < hlen) {
    if ((m = m_pullup(m, hlen)) == NULL) return;
    ip = mtod(m, struct ip *);
  }
  if (in_cksum(m, 0, hlen, 0) != 0) {
    ipstat.ips_badsum++;
    goto drop;
  }
  if (ip->ip_len < hlen) {
    ipstat.ips_badlen++;
    goto drop;
  }
  if (m->m_pkthdr.len < ip->ip_len) {
    ipstat.ips_tooshort++;
    goto drop;
  }
  if (m->m_pkthdr.len > ip->ip_len) m_adj(m, ip->ip_len - m->m_pkthdr.len); /* Ethernet's padding */

  if (hlen > (int)sizeof(struct ip)) {
    ipstat.ips_options++;
    const uint8_t *option = (const uint8_t *)(ip + 1), *end = (const uint8_t *)ip + hlen;
    /* Source routes are refused, whatever else is there is skipped. */
    while (option < end && *option != 0) {
      if (*option == 1) {
        option++;
        continue;
      }
      if (*option == 0x83 || *option == 0x89 || option + 1 >= end || option[1] < 2) goto drop;
      option += option[1];
    }
  }
  /* Nobody on the wire may speak from the loopback network. */
  if (!(ifp->if_flags & IFF_LOOPBACK) &&
      ((ip->ip_dst.s_addr >> 24) == 127 || (ip->ip_src.s_addr >> 24) == 127))
    goto drop;
  if (!in_is_ours(ip->ip_dst) && !in_broadcast(ip->ip_dst, ifp)) {
    ipstat.ips_cantforward++;
    goto drop;
  }
  if (ip->ip_off & (IP_MF | IP_OFFMASK)) {
    if ((m = ip_reass(m)) == NULL) return;
    ip = mtod(m, struct ip *);
    hlen = IP_HEADER_BYTES(ip);
  }
  for (int i = 0; i < inetsw_count; i++)
    if (inetsw[i]->pr_input != NULL && inetsw[i]->pr_protocol == ip->ip_p) {
      ipstat.ips_delivered++;
      inetsw[i]->pr_input(m, hlen);
      return;
    }
  ipstat.ips_noproto++;
  icmp_error(m, ICMP_UNREACH, ICMP_UNREACH_PROTOCOL, 0);
  return;
drop:
  m_freem(m);
}

void ipintr(void) {
  struct mbuf *m;
  while ((m = if_dequeue(&ipintrq)) != NULL) ip_packet(m);
}

/* ---- output ---- */

static int send_fragments(struct ifnet *ifp, struct mbuf *m, struct in_addr hop) {
  struct ip *ip = mtod(m, struct ip *);
  int hlen = IP_HEADER_BYTES(ip);
  int step = (ifp->if_mtu - hlen) & ~7;
  int total = ip->ip_len - hlen;
  int error = 0;
  if (step < 8) {
    m_freem(m);
    return EMSGSIZE;
  }
  ipstat.ips_fragmented++;
  for (int offset = 0; offset < total && error == 0; offset += step) {
    int n = total - offset < step ? total - offset : step;
    struct mbuf *head = m_gethdr(M_DONTWAIT, MT_HEADER);
    if (head == NULL) {
      error = ENOBUFS;
      break;
    }
    head->m_data += MAX_LINKHDR;
    head->m_len = sizeof(struct ip);
    head->m_flags |= m->m_flags & (M_BCAST | M_MCAST);
    struct ip *fip = mtod(head, struct ip *);
    memcpy(fip, ip, sizeof *fip); /* options, if any, stay in the first piece only in spirit: we send none */
    fip->ip_vhl = 0x45;
    fip->ip_len = (uint16_t)(n + (int)sizeof *fip);
    fip->ip_off = (uint16_t)(((ip->ip_off & IP_OFFMASK) + offset / 8) | (offset + n < total ? IP_MF : ip->ip_off & IP_MF));
    fip->ip_sum = 0;
    head->m_next = m_copym(m, hlen + offset, n, M_DONTWAIT);
    if (head->m_next == NULL) {
      m_freem(head);
      error = ENOBUFS;
      break;
    }
    head->m_pkthdr.len = head->m_len + n;
    fip->ip_sum = in_cksum(head, 0, sizeof *fip, 0);
    ipstat.ips_ofragments++;
    error = ifp->if_output(ifp, head, hop);
  }
  if (error != 0) ipstat.ips_odropped++;
  m_freem(m);
  return error;
}

int ip_output(struct mbuf *m, int flags) {
  struct ip *ip = mtod(m, struct ip *);
  struct in_addr hop;
  int hlen = ip->ip_vhl == 0 ? (int)sizeof *ip : IP_HEADER_BYTES(ip);
  struct ifnet *ifp = in_route(ip->ip_dst, &hop);

  if (ip->ip_vhl == 0) ip->ip_vhl = 0x45;
  ip->ip_off &= IP_DF;
  ip->ip_id = ip_id++;
  ipstat.ips_localout++;
  if (ifp == NULL) {
    ipstat.ips_noroute++;
    m_freem(m);
    return ENETUNREACH;
  }
  if (ip->ip_src.s_addr == INADDR_ANY) ip->ip_src = ifp->if_addr;
  if (in_broadcast(ip->ip_dst, ifp)) {
    if (!(flags & IP_ALLOWBROADCAST)) {
      m_freem(m);
      return EACCES;
    }
    if (ip->ip_len > ifp->if_mtu) {
      m_freem(m);
      return EMSGSIZE;
    }
    m->m_flags |= M_BCAST;
  }
  ip->ip_sum = 0;
  if (ip->ip_len <= ifp->if_mtu) {
    ip->ip_sum = in_cksum(m, 0, hlen, 0);
    int error = ifp->if_output(ifp, m, hop);
    if (error != 0) ipstat.ips_odropped++;
    return error;
  }
  if (ip->ip_off & IP_DF) {
    ipstat.ips_cantfrag++;
    m_freem(m);
    return EMSGSIZE;
  }
  return send_fragments(ifp, m, hop);
}

/* ---- ICMP ---- */

static void icmp_send(struct mbuf *m, int hlen) {
  struct icmp *icp = (struct icmp *)(void *)(m->m_data + hlen);
  icp->icmp_cksum = 0;
  icp->icmp_cksum = in_cksum(m, hlen, m->m_pkthdr.len - hlen, 0);
  if (icp->icmp_type < 19) icmpstat.icps_out[icp->icmp_type]++;
  ip_output(m, 0);
}

/* Turns a request round in its own buffer. */
static void icmp_reflect(struct mbuf *m, int hlen) {
  struct ip *ip = mtod(m, struct ip *);
  struct in_addr to = ip->ip_src;
  if (to.s_addr == INADDR_ANY || to.s_addr == INADDR_BROADCAST || IN_MULTICAST(to.s_addr)) {
    m_freem(m);
    return;
  }
  ip->ip_src = in_is_ours(ip->ip_dst) ? ip->ip_dst : m->m_pkthdr.rcvif->if_addr;
  ip->ip_dst = to;
  ip->ip_ttl = 255;
  ip->ip_off = 0;
  m->m_flags &= (uint16_t)~(M_BCAST | M_MCAST);
  icmpstat.icps_reflect++;
  icmp_send(m, hlen);
}

void icmp_error(struct mbuf *m, int type, int code, int next_mtu) {
  const struct ip *old = mtod(m, const struct ip *);
  int hlen = IP_HEADER_BYTES(old);
  icmpstat.icps_error++;
  /* Never about an error, a later fragment, or something not sent to one host by one host (RFC 1122, 3.2.2). */
  if ((old->ip_off & IP_OFFMASK) || (m->m_flags & (M_BCAST | M_MCAST)) || old->ip_src.s_addr == INADDR_ANY ||
      IN_MULTICAST(old->ip_src.s_addr) || old->ip_src.s_addr == INADDR_BROADCAST) {
    m_freem(m);
    return;
  }
  if (old->ip_p == IPPROTO_ICMP) {
    uint8_t inner = 0;
    m_copydata(m, hlen, 1, (char *)&inner);
    if (inner != ICMP_ECHO && inner != ICMP_TSTAMP) {
      icmpstat.icps_oldicmp++;
      m_freem(m);
      return;
    }
  }
  int quoted = hlen + 8;
  if (quoted > m->m_pkthdr.len) quoted = m->m_pkthdr.len;
  struct mbuf *n = m_gethdr(M_DONTWAIT, MT_HEADER);
  if (n == NULL || (int)sizeof(struct ip) + ICMP_MINLEN + quoted > MHLEN) {
    if (n != NULL) m_free(n);
    m_freem(m);
    return;
  }
  n->m_len = (int)sizeof(struct ip) + ICMP_MINLEN + quoted;
  n->m_pkthdr.len = n->m_len;
  n->m_pkthdr.rcvif = m->m_pkthdr.rcvif;
  MH_ALIGN(n, n->m_len);
  struct ip *ip = mtod(n, struct ip *);
  memset(ip, 0, sizeof *ip + ICMP_MINLEN);
  struct icmp *icp = (struct icmp *)(ip + 1);
  icp->icmp_type = (uint8_t)type;
  icp->icmp_code = (uint8_t)code;
  icp->icmp_word = (uint32_t)next_mtu;
  m_copydata(m, 0, quoted, (char *)(icp) + ICMP_MINLEN);
  ip->ip_vhl = 0x45;
  ip->ip_len = (uint16_t)n->m_len;
  ip->ip_p = IPPROTO_ICMP;
  ip->ip_src = old->ip_src; /* as if it were the request, for icmp_reflect */
  ip->ip_dst = old->ip_dst;
  m_freem(m);
  icmp_reflect(n, sizeof *ip);
}

void icmp_input(struct mbuf *m, int hlen) {
  int length = m->m_pkthdr.len - hlen;
  if (length < ICMP_MINLEN) {
    icmpstat.icps_tooshort++;
    goto drop;
  }
  int wanted = hlen + (length < (int)(ICMP_MINLEN + sizeof(struct ip) + 8) ? length : (int)(ICMP_MINLEN + sizeof(struct ip) + 8));
  if (m->m_len < wanted && (m = m_pullup(m, wanted)) == NULL) return;
  if (in_cksum(m, hlen, length, 0) != 0) {
    icmpstat.icps_checksum++;
    goto drop;
  }
  struct icmp *icp = (struct icmp *)(void *)(m->m_data + hlen);
  if (icp->icmp_type < 19) icmpstat.icps_in[icp->icmp_type]++;
  int code;
  switch (icp->icmp_type) {
    case ICMP_ECHO:
      icp->icmp_type = ICMP_ECHOREPLY;
      icmp_reflect(m, hlen);
      return;
    case ICMP_UNREACH: {
      static const uint8_t codes[] = {PRC_UNREACH_NET, PRC_UNREACH_HOST, PRC_UNREACH_PROTOCOL, PRC_UNREACH_PORT, PRC_MSGSIZE};
      code = icp->icmp_code < sizeof codes ? codes[icp->icmp_code] : PRC_UNREACH_NET;
      break;
    }
    case ICMP_SOURCEQUENCH:
      code = PRC_QUENCH;
      break;
    case ICMP_TIMXCEED:
      code = PRC_TIMXCEED;
      break;
    default:
      goto drop;
  }
  if (length < ICMP_MINLEN + (int)sizeof(struct ip) + 8 || IP_HEADER_BYTES(&icp->icmp_ip) != sizeof(struct ip)) {
    icmpstat.icps_badcode++;
    goto drop;
  }
  for (int i = 0; i < inetsw_count; i++)
    if (inetsw[i]->pr_ctlinput != NULL && inetsw[i]->pr_protocol == icp->icmp_ip.ip_p)
      inetsw[i]->pr_ctlinput(code, icp->icmp_ip.ip_dst, &icp->icmp_ip);
drop:
  m_freem(m);
}

/* ---- reports ---- */

#define SHOW(text, value) \
  do {                    \
    if ((value) != 0) printf("%26s:%-9lu\n", text, (unsigned long)(value)); \
  } while (0)

void rtems_bsdnet_show_ip_stats(void) {
  printf("************ IP Statistics ************\n");
  SHOW("total packets received", ipstat.ips_total);
  SHOW("bad header checksums", ipstat.ips_badsum);
  SHOW("packets too short", ipstat.ips_tooshort);
  SHOW("bad header lengths", ipstat.ips_badhlen);
  SHOW("bad lengths", ipstat.ips_badlen);
  SHOW("bad versions", ipstat.ips_badvers);
  SHOW("fragments received", ipstat.ips_fragments);
  SHOW("fragments dropped", ipstat.ips_fragdropped);
  SHOW("fragments timed out", ipstat.ips_fragtimeout);
  SHOW("reassembled", ipstat.ips_reassembled);
  SHOW("not for this host", ipstat.ips_cantforward);
  SHOW("unknown protocol", ipstat.ips_noproto);
  SHOW("delivered", ipstat.ips_delivered);
  SHOW("sent", ipstat.ips_localout);
  SHOW("output failed", ipstat.ips_odropped);
  SHOW("fragmented", ipstat.ips_fragmented);
  SHOW("fragments made", ipstat.ips_ofragments);
  SHOW("no route", ipstat.ips_noroute);
  printf("\n");
}

void rtems_bsdnet_show_icmp_stats(void) {
  static const char *const names[19] = {[0] = "echo reply",   [3] = "unreachable", [4] = "source quench",
                                        [5] = "redirect",     [8] = "echo",        [11] = "time exceeded",
                                        [12] = "parameter problem"};
  printf("************ ICMP Statistics ************\n");
  SHOW("bad checksums", icmpstat.icps_checksum);
  SHOW("too short", icmpstat.icps_tooshort);
  for (int i = 0; i < 19; i++) {
    if (icmpstat.icps_in[i] != 0) printf("%18s in:%-9lu\n", names[i] != NULL ? names[i] : "other", (unsigned long)icmpstat.icps_in[i]);
    if (icmpstat.icps_out[i] != 0) printf("%18s out:%-9lu\n", names[i] != NULL ? names[i] : "other", (unsigned long)icmpstat.icps_out[i]);
  }
  printf("\n");
}

void rtems_bsdnet_show_udp_stats(void) {
  printf("************ UDP Statistics ************\n");
  SHOW("datagrams received", udpstat.udps_ipackets);
  SHOW("too short", udpstat.udps_hdrops);
  SHOW("bad checksums", udpstat.udps_badsum);
  SHOW("bad lengths", udpstat.udps_badlen);
  SHOW("no socket", udpstat.udps_noport);
  SHOW("no socket, broadcast", udpstat.udps_noportbcast);
  SHOW("socket buffer full", udpstat.udps_fullsock);
  SHOW("datagrams sent", udpstat.udps_opackets);
  printf("\n");
}
