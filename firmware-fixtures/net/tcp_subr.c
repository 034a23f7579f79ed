/* TCP control blocks: making, dropping, closing; segment size; errors from below; report. */
#include <errno.h>
#include <observe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bsdnet.h"
#include "tcp.h"

struct inpcbinfo tcb;
struct tcpstat tcpstat;
uint32_t tcp_iss;
unsigned tcp_sendspace = 16384;
unsigned tcp_recvspace = 16384;
int tcp_dropfree;

const char *const tcp_state_names[] = {"CLOSED",     "LISTEN",  "SYN_SENT", "SYN_RCVD",   "ESTABLISHED", "CLOSE_WAIT",
                                       "FIN_WAIT_1", "CLOSING", "LAST_ACK", "FIN_WAIT_2", "TIME_WAIT"};

OBSERVE("tcb.head", &tcb.head); /* all TCP inpcbs, by inp.next */
OBSERVE("inp.next", offsetof(struct inpcb, inp_next));
OBSERVE("tp.state", offsetof(struct tcpcb, t_state));
OBSERVE("tp.template", offsetof(struct tcpcb, t_template));
OBSERVE("tp.reass", offsetof(struct tcpcb, t_reass));
OBSERVE("tp.rxtshift", offsetof(struct tcpcb, t_rxtshift));
OBSERVE("tp.rxtcur", offsetof(struct tcpcb, t_rxtcur));
OBSERVE("tp.idle", offsetof(struct tcpcb, t_idle));
OBSERVE("tp.timers", offsetof(struct tcpcb, t_timer));
OBSERVE("tp.snd_una", offsetof(struct tcpcb, snd_una));
OBSERVE("tp.snd_nxt", offsetof(struct tcpcb, snd_nxt));
OBSERVE("tp.snd_max", offsetof(struct tcpcb, snd_max));
OBSERVE("tp.snd_wnd", offsetof(struct tcpcb, snd_wnd));
OBSERVE("tp.snd_cwnd", offsetof(struct tcpcb, snd_cwnd));
OBSERVE("tp.rcv_nxt", offsetof(struct tcpcb, rcv_nxt));
/* The numbers tp.state takes, in order. */
OBSERVE("tcps.names", &tcp_state_names);

void tcp_init(void) {
  tcp_iss = 1;
}

struct tcpcb *tcp_newtcpcb(struct inpcb *inp) {
  struct tcpcb *tp = rtems_bsdnet_malloc(sizeof *tp, 0);
  if (tp == NULL) return NULL;
  tp->t_maxseg = TCP_MSS_DEFAULT;
  tp->t_inpcb = inp;
  tp->t_srtt = 0;
  /* No sample yet: such that the first time-out is the base value. */
  tp->t_rttvar = (TCPTV_RTOBASE << TCP_RTTVAR_SHIFT) / 4;
  tp->t_rttmin = TCPTV_MIN;
  tp->t_rxtcur = TCPTV_RTOBASE;
  /* Open: no slow start, until tcp_mss finds the peer beyond a gateway or a segment is lost. */
  tp->snd_cwnd = TCP_MAXWIN;
  tp->snd_ssthresh = TCP_MAXWIN;
  inp->inp_ppcb = tp;
  return tp;
}

struct mbuf *tcp_template(struct tcpcb *tp) {
  const struct inpcb *inp = tp->t_inpcb;
  struct mbuf *m = tp->t_template;
  if (m == NULL && (m = m_get(M_DONTWAIT, MT_HEADER)) == NULL) return NULL;
  m->m_len = TCP_HEADERS;
  struct ip *ip = mtod(m, struct ip *);
  struct tcphdr *th = (struct tcphdr *)(ip + 1);
  memset(ip, 0, (size_t)TCP_HEADERS);
  ip->ip_vhl = 0x45;
  ip->ip_ttl = 64;
  ip->ip_p = IPPROTO_TCP;
  ip->ip_src = inp->inp_laddr;
  ip->ip_dst = inp->inp_faddr;
  th->th_sport = inp->inp_lport;
  th->th_dport = inp->inp_fport;
  th->th_off = 5 << 4;
  tp->t_template = m;
  return m;
}

void tcp_respond(struct in_addr from, uint16_t from_port, struct in_addr to, uint16_t to_port, uint32_t seq, uint32_t ack,
                 int flags, unsigned window) {
  struct mbuf *m = m_gethdr(M_DONTWAIT, MT_HEADER);
  if (m == NULL) return;
  m->m_data += MAX_LINKHDR;
  m->m_len = m->m_pkthdr.len = TCP_HEADERS;
  struct ip *ip = mtod(m, struct ip *);
  struct tcphdr *th = (struct tcphdr *)(ip + 1);
  memset(ip, 0, (size_t)TCP_HEADERS);
  ip->ip_vhl = 0x45;
  ip->ip_ttl = 64;
  ip->ip_p = IPPROTO_TCP;
  ip->ip_len = (uint16_t)TCP_HEADERS;
  ip->ip_src = from;
  ip->ip_dst = to;
  th->th_sport = from_port;
  th->th_dport = to_port;
  th->th_seq = seq;
  th->th_ack = ack;
  th->th_off = 5 << 4;
  th->th_flags = (uint8_t)flags;
  th->th_win = (uint16_t)window;
  th->th_sum = in_cksum(m, sizeof *ip, sizeof *th, in_pseudo(from, to, IPPROTO_TCP, sizeof *th));
  tcpstat.sndtotal++;
  tcpstat.sndctrl++;
  ip_output(m, 0);
}

int tcp_mssopt(const struct tcpcb *tp) {
  struct in_addr hop;
  const struct ifnet *ifp = in_route(tp->t_inpcb->inp_faddr, &hop);
  int mss = (ifp != NULL ? ifp->if_mtu : TCP_MSS_DEFAULT + TCP_HEADERS) - TCP_HEADERS;
  return mss > 0xFFFF ? 0xFFFF : mss;
}

/* Rounds a buffer up to whole segments; a buffer smaller than a segment makes the segments smaller instead. */
static int round_buffer(struct sockbuf *sb, int mss) {
  int size = (int)sb->sb_hiwat;
  if (size < mss) return size;
  int rounded = (size + mss - 1) / mss * mss;
  if (rounded > SB_MAX) rounded = SB_MAX;
  if (rounded != size) sbreserve(sb, (unsigned)rounded);
  return mss;
}

void tcp_mss(struct tcpcb *tp, int offer) {
  struct socket *so = tp->t_inpcb->inp_socket;
  int local = in_localaddr(tp->t_inpcb->inp_faddr);
  int mss = tcp_mssopt(tp);
  if (!local && mss > TCP_MSS_DEFAULT) mss = TCP_MSS_DEFAULT;
  if (offer == 0) offer = TCP_MSS_DEFAULT;
  if (offer < 64) offer = 64; /* a guard against nonsense */
  if (mss > offer) mss = offer;
  mss = round_buffer(&so->so_snd, mss);
  round_buffer(&so->so_rcv, mss);
  tp->t_maxseg = (uint16_t)mss;
  if (!local) tp->snd_cwnd = (uint32_t)mss;
}

void tcp_quench(struct tcpcb *tp) {
  tp->snd_cwnd = tp->t_maxseg;
}

void tcp_reass_free(struct tcpcb *tp) {
  while (tp->t_reass != NULL) {
    struct mbuf *m = tp->t_reass;
    tp->t_reass = m->m_nextpkt;
    m->m_nextpkt = NULL;
    m_freem(m);
  }
}

/*
 * Frees the reassembly queue, the template and the two control blocks, and wakes the user. so_snd and so_rcv keep their
 * data until the user closes the socket (rtems-legacy-networking.md section 5).
 */
void tcp_close(struct tcpcb *tp) {
  struct inpcb *inp = tp->t_inpcb;
  tcp_reass_free(tp);
  if (tp->t_template != NULL) m_free(tp->t_template);
  inp->inp_ppcb = NULL;
  rtems_bsdnet_free(tp);
  soisdisconnected(inp->inp_socket);
  in_pcbdetach(inp, &tcb);
  tcpstat.closed++;
}

void tcp_drop(struct tcpcb *tp, int error) {
  struct socket *so = tp->t_inpcb->inp_socket;
  if (TCPS_HAVERCVDSYN(tp->t_state)) {
    tp->t_state = TCPS_CLOSED;
    tcp_output(tp); /* the reset */
    tcpstat.drops++;
  } else {
    tcpstat.conndrops++;
  }
  if (error == ETIMEDOUT && tp->t_softerror != 0) error = tp->t_softerror;
  so->so_error = (int16_t)error;
  tcp_close(tp);
}

/*
 * The remedy of 2004: when a connection dies of silence, its buffers are emptied although the user still holds the
 * socket. By sbdrop, because the user may be waiting for a cluster with so_snd locked, where sbflush panics. The chain
 * that such a user has in hand is still lost in tcp_usr_send: one mbuf and one cluster for each recovery.
 */
void tcp_timeout_drop(struct tcpcb *tp) {
  if (tcp_dropfree) {
    struct socket *so = tp->t_inpcb->inp_socket;
    sbdrop(&so->so_snd, so->so_snd.sb_cc);
    sbdrop(&so->so_rcv, so->so_rcv.sb_cc);
    tp->snd_nxt = tp->snd_una; /* nothing left to refer to */
  }
  tcp_drop(tp, ETIMEDOUT);
}

/* ICMP told of trouble with something we sent. */
void tcp_ctlinput(int code, struct in_addr peer, const void *inner_ip) {
  const struct ip *ip = inner_ip;
  const struct tcphdr *th = (const struct tcphdr *)(const void *)(ip + 1);
  struct inpcb *inp = in_pcblookup(&tcb, peer, th->th_dport, ip->ip_src, th->th_sport, 0);
  if (inp == NULL || inp->inp_ppcb == NULL) return;
  struct tcpcb *tp = intotcpcb(inp);
  struct socket *so = inp->inp_socket;
  if (code == PRC_QUENCH) {
    tcp_quench(tp);
    return;
  }
  int error = code == PRC_UNREACH_PORT || code == PRC_UNREACH_PROTOCOL ? ECONNREFUSED
              : code == PRC_MSGSIZE                                    ? EMSGSIZE
                                                                       : EHOSTUNREACH;
  /* An established connection rides it out; one being made gives up when it lasts. */
  if (TCPS_HAVEESTABLISHED(tp->t_state) && (error == EHOSTUNREACH || error == EMSGSIZE)) return;
  if (!TCPS_HAVEESTABLISHED(tp->t_state) && tp->t_rxtshift > 3 && tp->t_softerror != 0) {
    so->so_error = (int16_t)error;
    soconnwakeup(so);
  } else {
    tp->t_softerror = (int16_t)error;
  }
  sorwakeup(so);
  sowwakeup(so);
}

/* Nothing to give: reassembly queues are kept under pressure (section 2). */
void tcp_drain(void) {
}

#define SHOW(text, value)                                                            \
  do {                                                                               \
    if ((value) != 0) printf("%38s:%-9lu\n", text, (unsigned long)(value)); \
  } while (0)

void rtems_bsdnet_show_tcp_stats(void) {
  const struct tcpstat *s = &tcpstat;
  printf("************ TCP Statistics ************\n");
  SHOW("connections initiated", s->connattempt);
  SHOW("connections accepted", s->accepts);
  SHOW("connections established", s->connects);
  SHOW("connections dropped", s->drops);
  SHOW("embryonic connections dropped", s->conndrops);
  SHOW("connections closed", s->closed);
  SHOW("segments timed", s->segstimed);
  SHOW("round-trip times updated", s->rttupdated);
  SHOW("delayed acknowledgements sent", s->delack);
  SHOW("connections dropped by time-out", s->timeoutdrop);
  SHOW("retransmission time-outs", s->rexmttimeo);
  SHOW("persist time-outs", s->persisttimeo);
  SHOW("keepalive time-outs", s->keeptimeo);
  SHOW("keepalive probes sent", s->keepprobe);
  SHOW("connections dropped by keepalive", s->keepdrops);
  SHOW("segments sent", s->sndtotal);
  SHOW("data segments sent", s->sndpack);
  SHOW("data bytes sent", s->sndbyte);
  SHOW("data segments sent again", s->sndrexmitpack);
  SHOW("data bytes sent again", s->sndrexmitbyte);
  SHOW("acknowledgements sent", s->sndacks);
  SHOW("window probes sent", s->sndprobe);
  SHOW("window updates sent", s->sndwinup);
  SHOW("control segments sent", s->sndctrl);
  SHOW("segments not made for want of mbufs", s->sndnobufs);
  SHOW("segments received", s->rcvtotal);
  SHOW("segments received in order", s->rcvpack);
  SHOW("bytes received in order", s->rcvbyte);
  SHOW("bad checksums", s->rcvbadsum);
  SHOW("bad offsets", s->rcvbadoff);
  SHOW("too short", s->rcvshort);
  SHOW("duplicate segments", s->rcvduppack);
  SHOW("out-of-order segments", s->rcvoopack);
  SHOW("segments beyond the window", s->rcvpackafterwin);
  SHOW("segments after close", s->rcvafterclose);
  SHOW("window probes received", s->rcvwinprobe);
  SHOW("duplicate acknowledgements", s->rcvdupack);
  SHOW("acknowledgements of unsent data", s->rcvacktoomuch);
  SHOW("acknowledgements received", s->rcvackpack);
  SHOW("bytes acknowledged", s->rcvackbyte);
  SHOW("window updates received", s->rcvwinupd);
  SHOW("fast retransmissions", s->fastrexmt);
  SHOW("connections refused, backlog full", s->listendrop);
  SHOW("pieces lost in send (no control block)", s->sendlost);
  printf("\n");
}
