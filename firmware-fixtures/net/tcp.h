/* TCP's control block, states, timers and sequence arithmetic (RFC 793, 1122). Without RFC 1323 options. */
#ifndef NET_TCP_H
#define NET_TCP_H

#include <stdint.h>

#include "inet.h"

/* t_state */
enum {
  TCPS_CLOSED,
  TCPS_LISTEN,
  TCPS_SYN_SENT,
  TCPS_SYN_RECEIVED,
  TCPS_ESTABLISHED,
  TCPS_CLOSE_WAIT,
  TCPS_FIN_WAIT_1,
  TCPS_CLOSING,
  TCPS_LAST_ACK,
  TCPS_FIN_WAIT_2,
  TCPS_TIME_WAIT
};
#define TCPS_HAVERCVDSYN(s) ((s) >= TCPS_SYN_RECEIVED)
#define TCPS_HAVEESTABLISHED(s) ((s) >= TCPS_ESTABLISHED)
#define TCPS_HAVERCVDFIN(s) \
  ((s) == TCPS_CLOSE_WAIT || (s) == TCPS_CLOSING || (s) == TCPS_LAST_ACK || (s) == TCPS_TIME_WAIT)

/* Timers count slow time-outs of 500 ms; 0 = off. */
enum { TCPT_REXMT, TCPT_PERSIST, TCPT_KEEP, TCPT_2MSL, TCPT_NTIMERS };
#define PR_SLOWHZ 2
#define TCPTV_MSL (30 * PR_SLOWHZ)
#define TCPTV_RTOBASE (3 * PR_SLOWHZ)
#define TCPTV_MIN (1 * PR_SLOWHZ)
#define TCPTV_REXMTMAX (64 * PR_SLOWHZ)
#define TCPTV_PERSMIN (5 * PR_SLOWHZ)
#define TCPTV_PERSMAX (60 * PR_SLOWHZ)
#define TCPTV_KEEP_INIT (75 * PR_SLOWHZ)
#define TCP_MAXRXTSHIFT 12

/* Fixed point: t_srtt in 1/32, t_rttvar in 1/16, differences in 1/4 of a slow time-out. */
#define TCP_RTT_SHIFT 5
#define TCP_RTTVAR_SHIFT 4
#define TCP_DELTA_SHIFT 2

#define TCP_MSS_DEFAULT 512
#define TCP_MAXWIN 65535
#define TCP_HEADERS ((int)(sizeof(struct ip) + sizeof(struct tcphdr)))

/* t_flags */
#define TF_ACKNOW 0x0001
#define TF_DELACK 0x0002
#define TF_NODELAY 0x0004
#define TF_SENTFIN 0x0010

/*
 * Out-of-order segments wait as packets linked by m_nextpkt. Their packet header, of no other use by then, says where
 * they belong: the sequence number in the place of rcvif, the length, and a flag for a FIN at the end.
 */
#define M_FIN 0x1000
#define REASS_SEQ(m) (*(uint32_t *)(void *)&(m)->m_pkthdr.rcvif)
#define REASS_LEN(m) ((m)->m_pkthdr.len)

struct tcpcb {
  int32_t t_state; /* first: netstat reads it through inp_ppcb */
  int16_t t_timer[TCPT_NTIMERS];
  int16_t t_rxtshift; /* retransmissions in a row */
  int16_t t_rxtcur;   /* current retransmission time, slow time-outs */
  int16_t t_dupacks;
  uint16_t t_maxseg;
  uint16_t t_flags;
  uint8_t t_force; /* one byte must go out (persist) */
  struct mbuf *t_template; /* IP and TCP header with what never changes */
  struct inpcb *t_inpcb;
  struct mbuf *t_reass; /* out-of-order segments, by sequence number */

  uint32_t snd_una, snd_nxt, snd_max, iss;
  uint32_t snd_wl1, snd_wl2;
  uint32_t snd_wnd, max_sndwnd;
  uint32_t snd_cwnd, snd_ssthresh;
  uint32_t rcv_nxt, rcv_adv, rcv_wnd, irs;

  int32_t t_idle; /* slow time-outs since something came */
  int16_t t_rtt;  /* running measurement, 0 = none */
  int16_t t_rttmin;
  uint32_t t_rtseq;
  int32_t t_srtt, t_rttvar;
  int16_t t_softerror;
};

#define intotcpcb(inp) ((struct tcpcb *)(inp)->inp_ppcb)
#define sototcpcb(so) (intotcpcb(sotoinpcb(so)))

#define SEQ_LT(a, b) ((int32_t)((a) - (b)) < 0)
#define SEQ_LEQ(a, b) ((int32_t)((a) - (b)) <= 0)
#define SEQ_GT(a, b) ((int32_t)((a) - (b)) > 0)
#define SEQ_GEQ(a, b) ((int32_t)((a) - (b)) >= 0)

struct tcpstat {
  uint32_t connattempt, accepts, connects, drops, conndrops, closed, segstimed, rttupdated, delack, timeoutdrop,
      rexmttimeo, persisttimeo, keeptimeo, keepprobe, keepdrops, sndtotal, sndpack, sndbyte, sndrexmitpack,
      sndrexmitbyte, sndacks, sndprobe, sndwinup, sndctrl, sndnobufs, rcvtotal, rcvpack, rcvbyte, rcvbadsum, rcvbadoff,
      rcvshort, rcvduppack, rcvdupbyte, rcvoopack, rcvoobyte, rcvpackafterwin, rcvafterclose, rcvwinprobe, rcvdupack,
      rcvackpack, rcvackbyte, rcvacktoomuch, rcvwinupd, fastrexmt, listendrop, sendlost;
};

extern struct tcpstat tcpstat;
extern uint32_t tcp_iss;
#define TCP_ISSINCR 125000

extern int tcp_keepidle, tcp_keepintvl, tcp_maxidle; /* slow time-outs */

int tcp_output(struct tcpcb *tp);
struct tcpcb *tcp_newtcpcb(struct inpcb *inp);
/* Both end the control block; the socket stays for its user. */
void tcp_close(struct tcpcb *tp);
void tcp_drop(struct tcpcb *tp, int error);
/* A drop because the peer did not answer: where the remedy `dropfree` frees the socket buffers. */
void tcp_timeout_drop(struct tcpcb *tp);
void tcp_canceltimers(struct tcpcb *tp);
void tcp_setpersist(struct tcpcb *tp);
int tcp_rexmtval(const struct tcpcb *tp);
void tcp_set_rxtcur(struct tcpcb *tp, int value);
void tcp_quench(struct tcpcb *tp);
/* Chooses the segment size from the peer's offer (0 = none made) and rounds the buffers up to multiples of it. */
void tcp_mss(struct tcpcb *tp, int offer);
int tcp_mssopt(const struct tcpcb *tp);
struct mbuf *tcp_template(struct tcpcb *tp);
/* A segment without data outside the normal flow: resets, keepalive probes. */
void tcp_respond(struct in_addr from, uint16_t from_port, struct in_addr to, uint16_t to_port, uint32_t seq, uint32_t ack,
                 int flags, unsigned window);
void tcp_reass_free(struct tcpcb *tp);

#endif
