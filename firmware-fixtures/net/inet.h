/* What the Internet protocols share: headers on the wire, protocol control blocks, entry points, statistics. */
#ifndef NET_INET_H
#define NET_INET_H

#include <stddef.h>
#include <stdint.h>

#include <netinet/in.h>

#include "if.h"
#include "mbuf.h"
#include "socketvar.h"

/* Room that headers below IP may need in front of a packet (Ethernet's 14, long-word aligned). */
#define MAX_LINKHDR 16

/* ---- wire formats (RFC 791, 792, 768, 793, 826) ---- */

struct ip {
  uint8_t ip_vhl; /* 4 bits version, 4 bits header length in words */
  uint8_t ip_tos;
  uint16_t ip_len;
  uint16_t ip_id;
  uint16_t ip_off;
  uint8_t ip_ttl;
  uint8_t ip_p;
  uint16_t ip_sum;
  struct in_addr ip_src, ip_dst;
} __attribute__((packed, aligned(2)));

#define IP_DF 0x4000
#define IP_MF 0x2000
#define IP_OFFMASK 0x1FFF
#define IP_HEADER_BYTES(ip) (((ip)->ip_vhl & 15) * 4)

struct icmp {
  uint8_t icmp_type, icmp_code;
  uint16_t icmp_cksum;
  uint32_t icmp_word; /* identifier and sequence, or void, or next MTU */
  struct ip icmp_ip;  /* errors: header of the packet that caused it */
} __attribute__((packed, aligned(2)));

#define ICMP_ECHOREPLY 0
#define ICMP_UNREACH 3
#define ICMP_SOURCEQUENCH 4
#define ICMP_REDIRECT 5
#define ICMP_ECHO 8
#define ICMP_TIMXCEED 11
#define ICMP_PARAMPROB 12
#define ICMP_TSTAMP 13
#define ICMP_UNREACH_PROTOCOL 2
#define ICMP_UNREACH_PORT 3
#define ICMP_UNREACH_NEEDFRAG 4
#define ICMP_TIMXCEED_REASS 1
#define ICMP_MINLEN 8

struct udphdr {
  uint16_t uh_sport, uh_dport, uh_ulen, uh_sum;
} __attribute__((packed, aligned(2)));

struct tcphdr {
  uint16_t th_sport, th_dport;
  uint32_t th_seq, th_ack;
  uint8_t th_off; /* high 4 bits: header length in words */
  uint8_t th_flags;
  uint16_t th_win, th_sum, th_urp;
} __attribute__((packed, aligned(2)));

#define TH_FIN 0x01
#define TH_SYN 0x02
#define TH_RST 0x04
#define TH_PUSH 0x08
#define TH_ACK 0x10
#define TH_URG 0x20

struct ether_arp {
  uint16_t ar_hrd, ar_pro;
  uint8_t ar_hln, ar_pln;
  uint16_t ar_op;
  uint8_t arp_sha[6];
  struct in_addr arp_spa;
  uint8_t arp_tha[6];
  struct in_addr arp_tpa;
} __attribute__((packed, aligned(2)));

/* ---- protocol control blocks ---- */

struct inpcb {
  struct inpcb *inp_next;
  struct in_addr inp_laddr, inp_faddr;
  uint16_t inp_lport, inp_fport;
  struct socket *inp_socket;
  void *inp_ppcb; /* struct tcpcb for TCP */
};

struct inpcbinfo {
  struct inpcb *head;
  uint16_t last_port;
};

#define sotoinpcb(so) ((struct inpcb *)(so)->so_pcb)

extern struct inpcbinfo tcb, udb;

int in_pcballoc(struct socket *so, struct inpcbinfo *info);
int in_pcbbind(struct inpcb *inp, struct inpcbinfo *info, struct mbuf *nam);
int in_pcbconnect(struct inpcb *inp, struct inpcbinfo *info, struct mbuf *nam);
void in_pcbdisconnect(struct inpcb *inp);
/* Takes the block off the list and frees it; the socket loses its so_pcb (and itself, when nobody else has it). */
void in_pcbdetach(struct inpcb *inp, struct inpcbinfo *info);
struct inpcb *in_pcblookup(struct inpcbinfo *info, struct in_addr faddr, uint16_t fport, struct in_addr laddr,
                           uint16_t lport, int wildcard);
int in_setsockaddr(struct socket *so, struct mbuf *nam);
int in_setpeeraddr(struct socket *so, struct mbuf *nam);

/* ---- addresses and routes ---- */

void in_ifinit(struct ifnet *ifp, struct in_addr address, struct in_addr netmask);
void in_set_gateway(struct in_addr gateway);
/* Interface and next hop to a destination; NULL when there is no route. */
struct ifnet *in_route(struct in_addr destination, struct in_addr *next_hop);
int in_localaddr(struct in_addr a); /* on a network that this host is attached to */
int in_broadcast(struct in_addr a, const struct ifnet *ifp);
int in_is_ours(struct in_addr a);
void loopback_attach(void);

/* ---- input and output ---- */

extern struct ifqueue ipintrq, arpintrq;

/* Internet checksum over part of a chain; `sum` is a partial sum to start from (pseudo-header). */
uint16_t in_cksum(const struct mbuf *m, int offset, int length, uint32_t sum);
uint32_t in_pseudo(struct in_addr source, struct in_addr destination, int protocol, int length);

void ipintr(void);
/* m starts with an IP header of which length, offset flags, TOS, TTL, protocol and addresses are set. Takes m. */
int ip_output(struct mbuf *m, int flags);
#define IP_ALLOWBROADCAST 0x20
#define IP_ROUTETOIF 0x10
void ip_init(void);
void ip_slowtimo(void);
void ip_drain(void);

void icmp_input(struct mbuf *m, int header_length);
/* Answers packet m (starting with its IP header) with an ICMP error. Takes m. */
void icmp_error(struct mbuf *m, int type, int code, int next_mtu);

void arp_init(void);
void arpintr(void);
void arp_announce(struct ifnet *ifp);
/* 1: `mac` filled in; 0: m is held or dropped until the answer comes. */
int arpresolve(struct arpcom *ac, struct mbuf *m, struct in_addr to, uint8_t mac[6]);

void udp_input(struct mbuf *m, int header_length);
void udp_ctlinput(int code, struct in_addr peer, const void *inner_ip);
extern const struct pr_usrreqs udp_usrreqs;

void tcp_init(void);
void tcp_input(struct mbuf *m, int header_length);
void tcp_ctlinput(int code, struct in_addr peer, const void *inner_ip);
void tcp_fasttimo(void);
void tcp_slowtimo(void);
void tcp_drain(void);
/* Seconds, seconds, probes; 0 keeps the default (7200, 75, 8). */
void tcp_set_keepalive(unsigned idle, unsigned interval, unsigned count);
extern const struct pr_usrreqs tcp_usrreqs;
extern const char *const tcp_state_names[];

/* ---- statistics ---- */

struct ipstat {
  uint32_t ips_total, ips_badsum, ips_tooshort, ips_badhlen, ips_badlen, ips_badvers, ips_fragments, ips_fragdropped,
      ips_fragtimeout, ips_cantforward, ips_noproto, ips_delivered, ips_localout, ips_odropped, ips_reassembled,
      ips_fragmented, ips_ofragments, ips_cantfrag, ips_noroute, ips_options;
};
struct icmpstat {
  uint32_t icps_error, icps_oldicmp, icps_badcode, icps_tooshort, icps_checksum, icps_reflect, icps_in[19], icps_out[19];
};
struct udpstat {
  uint32_t udps_ipackets, udps_hdrops, udps_badsum, udps_badlen, udps_noport, udps_noportbcast, udps_fullsock,
      udps_opackets;
};
extern struct ipstat ipstat;
extern struct icmpstat icmpstat;
extern struct udpstat udpstat;

#endif
