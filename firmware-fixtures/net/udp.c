/* UDP (RFC 768). */
#include <errno.h>
#include <string.h>

#include "bsdnet.h"
#include "inet.h"

#define UDP_HEADERS ((int)(sizeof(struct ip) + sizeof(struct udphdr)))

struct inpcbinfo udb;
struct udpstat udpstat;
unsigned udp_sendspace = 9216;
unsigned udp_recvspace = 41600; /* 40 datagrams of 1 KiB with their addresses */

/* Gives a datagram (without headers) to a socket. */
static void deliver(struct inpcb *inp, const struct sockaddr_in *from, struct mbuf *m) {
  struct socket *so = inp->inp_socket;
  if (!sbappendaddr(&so->so_rcv, from, m)) {
    udpstat.udps_fullsock++;
    m_freem(m);
    return;
  }
  sorwakeup(so);
}

static int wants(const struct inpcb *inp, const struct ip *ip, const struct udphdr *uh) {
  if (inp->inp_lport != uh->uh_dport) return 0;
  if (inp->inp_laddr.s_addr != INADDR_ANY && inp->inp_laddr.s_addr != ip->ip_dst.s_addr) return 0;
  return inp->inp_faddr.s_addr == INADDR_ANY ||
         (inp->inp_faddr.s_addr == ip->ip_src.s_addr && inp->inp_fport == uh->uh_sport);
}

void udp_input(struct mbuf *m, int hlen) {
  udpstat.udps_ipackets++;
  int headers = hlen + (int)sizeof(struct udphdr);
  if (m->m_pkthdr.len < headers) {
    udpstat.udps_hdrops++;
    goto drop;
  }
  if (m->m_len < headers && (m = m_pullup(m, headers)) == NULL) {
    udpstat.udps_hdrops++;
    return;
  }
  struct ip ip = *mtod(m, struct ip *);
  struct udphdr uh = *(struct udphdr *)(void *)(m->m_data + hlen);
  int length = m->m_pkthdr.len - hlen;
  if (uh.uh_ulen < sizeof uh || uh.uh_ulen > length) {
    udpstat.udps_badlen++;
    goto drop;
  }
  if (length > uh.uh_ulen) m_adj(m, uh.uh_ulen - length);
  if (uh.uh_sum != 0 && in_cksum(m, hlen, uh.uh_ulen, in_pseudo(ip.ip_src, ip.ip_dst, IPPROTO_UDP, uh.uh_ulen)) != 0) {
    udpstat.udps_badsum++;
    goto drop;
  }
  struct sockaddr_in from = {.sin_len = sizeof from, .sin_family = AF_INET, .sin_port = uh.uh_sport, .sin_addr = ip.ip_src};

  if (m->m_flags & (M_BCAST | M_MCAST)) {
    /* Every socket that wants it gets one: copies for all but the last. */
    struct inpcb *last = NULL;
    for (struct inpcb *inp = udb.head; inp != NULL; inp = inp->inp_next) {
      if (!wants(inp, &ip, &uh)) continue;
      if (last != NULL) {
        struct mbuf *copy = m_copym(m, 0, M_COPYALL, M_DONTWAIT);
        if (copy != NULL) {
          m_adj(copy, headers);
          deliver(last, &from, copy);
        }
      }
      last = inp;
    }
    if (last == NULL) {
      udpstat.udps_noportbcast++;
      goto drop;
    }
    m_adj(m, headers);
    deliver(last, &from, m);
    return;
  }
  struct inpcb *inp = in_pcblookup(&udb, ip.ip_src, uh.uh_sport, ip.ip_dst, uh.uh_dport, 1);
  if (inp == NULL) {
    udpstat.udps_noport++;
    icmp_error(m, ICMP_UNREACH, ICMP_UNREACH_PORT, 0);
    return;
  }
  m_adj(m, headers);
  deliver(inp, &from, m);
  return;
drop:
  m_freem(m);
}

/* An ICMP error about something a connected socket sent. */
void udp_ctlinput(int code, struct in_addr peer, const void *inner_ip) {
  const struct ip *ip = inner_ip;
  const struct udphdr *uh = (const struct udphdr *)(const void *)(ip + 1);
  int error = code == PRC_UNREACH_PORT || code == PRC_UNREACH_PROTOCOL ? ECONNREFUSED
              : code == PRC_MSGSIZE                                    ? EMSGSIZE
              : code == PRC_QUENCH                                     ? 0
                                                                       : EHOSTUNREACH;
  if (error == 0) return;
  struct inpcb *inp = in_pcblookup(&udb, peer, uh->uh_dport, ip->ip_src, uh->uh_sport, 0);
  if (inp == NULL) return;
  inp->inp_socket->so_error = (int16_t)error;
  sorwakeup(inp->inp_socket);
  sowwakeup(inp->inp_socket);
}

static int udp_output(struct inpcb *inp, struct mbuf *m, struct mbuf *nam) {
  struct socket *so = inp->inp_socket;
  struct in_addr to = inp->inp_faddr, from = inp->inp_laddr;
  uint16_t port = inp->inp_fport;
  int length = m->m_pkthdr.len;
  int error = 0;

  if (nam != NULL) {
    const struct sockaddr_in *sin = mtod(nam, const struct sockaddr_in *);
    if (inp->inp_faddr.s_addr != INADDR_ANY) error = EISCONN;
    else if (sin->sin_family != AF_INET) error = EAFNOSUPPORT;
    else if (sin->sin_port == 0) error = EADDRNOTAVAIL;
    to = sin->sin_addr;
    port = sin->sin_port;
  } else if (inp->inp_faddr.s_addr == INADDR_ANY) {
    error = ENOTCONN;
  }
  if (error == 0 && inp->inp_lport == 0) error = in_pcbbind(inp, &udb, NULL);
  if (error == 0 && length + UDP_HEADERS > 65535) error = EMSGSIZE;
  struct in_addr hop;
  if (error == 0 && from.s_addr == INADDR_ANY) {
    struct ifnet *ifp = in_route(to, &hop);
    if (ifp == NULL)
      error = ENETUNREACH;
    else
      from = ifp->if_addr;
  }
  if (error != 0) {
    m_freem(m);
    return error;
  }
  m = m_prepend(m, UDP_HEADERS, M_DONTWAIT);
  if (m == NULL) return ENOBUFS;
  struct ip *ip = mtod(m, struct ip *);
  struct udphdr *uh = (struct udphdr *)(ip + 1);
  memset(ip, 0, sizeof *ip);
  ip->ip_len = (uint16_t)(length + UDP_HEADERS);
  ip->ip_ttl = 64;
  ip->ip_p = IPPROTO_UDP;
  ip->ip_src = from;
  ip->ip_dst = to;
  uh->uh_sport = inp->inp_lport;
  uh->uh_dport = port;
  uh->uh_ulen = (uint16_t)(length + (int)sizeof *uh);
  uh->uh_sum = 0;
  uh->uh_sum = in_cksum(m, sizeof *ip, uh->uh_ulen, in_pseudo(from, to, IPPROTO_UDP, uh->uh_ulen));
  if (uh->uh_sum == 0) uh->uh_sum = 0xFFFF; /* 0 would say "none" */
  udpstat.udps_opackets++;
  return ip_output(m, so->so_options & SO_BROADCAST ? IP_ALLOWBROADCAST : 0);
}

static int udp_attach(struct socket *so) {
  int error = soreserve(so, udp_sendspace, udp_recvspace);
  return error != 0 ? error : in_pcballoc(so, &udb);
}

static int udp_detach(struct socket *so) {
  struct inpcb *inp = sotoinpcb(so);
  if (inp != NULL) in_pcbdetach(inp, &udb);
  return 0;
}

static int udp_bind(struct socket *so, struct mbuf *nam) {
  struct inpcb *inp = sotoinpcb(so);
  return inp == NULL ? EINVAL : in_pcbbind(inp, &udb, nam);
}

static int udp_connect(struct socket *so, struct mbuf *nam) {
  struct inpcb *inp = sotoinpcb(so);
  if (inp == NULL) return EINVAL;
  int error = in_pcbconnect(inp, &udb, nam);
  if (error == 0) soisconnected(so);
  return error;
}

static int udp_disconnect(struct socket *so) {
  struct inpcb *inp = sotoinpcb(so);
  if (inp == NULL || inp->inp_faddr.s_addr == INADDR_ANY) return ENOTCONN;
  in_pcbdisconnect(inp);
  inp->inp_laddr.s_addr = INADDR_ANY;
  so->so_state &= (uint16_t)~SS_ISCONNECTED;
  return 0;
}

static int udp_shutdown(struct socket *so) {
  socantsendmore(so);
  return 0;
}

static int udp_send(struct socket *so, struct mbuf *m, struct mbuf *nam) {
  struct inpcb *inp = sotoinpcb(so);
  if (inp == NULL) {
    m_freem(m);
    return EINVAL;
  }
  return udp_output(inp, m, nam);
}

static int udp_abort(struct socket *so) {
  soisdisconnected(so);
  return udp_detach(so);
}

const struct pr_usrreqs udp_usrreqs = {
    .pru_attach = udp_attach,
    .pru_detach = udp_detach,
    .pru_bind = udp_bind,
    .pru_connect = udp_connect,
    .pru_disconnect = udp_disconnect,
    .pru_shutdown = udp_shutdown,
    .pru_send = udp_send,
    .pru_abort = udp_abort,
    .pru_sockaddr = in_setsockaddr,
    .pru_peeraddr = in_setpeeraddr,
};
