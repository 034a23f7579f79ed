/*
 * TCP input: RFC 793's "segment arrives", RFC 1122's corrections, fast retransmission. Each step is a function that
 * says whether the segment goes on to the next one.
 */
#include <errno.h>
#include <string.h>

#include "bsdnet.h"
#include "tcp.h"

#define REXMT_THRESHOLD 3

/* A received segment, taken apart. */
struct segment {
  struct mbuf *m; /* data only */
  struct in_addr src, dst;
  uint16_t sport, dport;
  uint32_t seq, ack;
  int length; /* of the data */
  uint32_t window;
  int flags;
  int mss; /* option, 0 = none */
  int group; /* came by broadcast or multicast */
};

enum verdict {
  GO_ON,        /* to the next step */
  DONE,         /* nothing more; the data is taken or to be freed */
  ACK_AND_DONE, /* tell the peer where we are */
  RESET         /* answer with a reset */
};

/* Data (and SYN, FIN) at or after rcv_nxt + rcv_wnd is beyond the window. */
static void set_rcv_wnd(struct tcpcb *tp) {
  int space = sbspace(&tp->t_inpcb->inp_socket->so_rcv);
  int offered = (int)(tp->rcv_adv - tp->rcv_nxt);
  if (space < 0) space = 0;
  tp->rcv_wnd = (uint32_t)(space > offered ? space : offered);
}

/* Takes `count` bytes of sequence space off the front; a SYN counts as the first. */
static void trim_front(struct segment *s, int count) {
  if (count > 0 && (s->flags & TH_SYN)) {
    s->flags &= ~TH_SYN;
    s->seq++;
    count--;
  }
  if (count > s->length) count = s->length;
  if (count > 0) {
    m_adj(s->m, count);
    s->seq += (uint32_t)count;
    s->length -= count;
  }
}

static void trim_back(struct segment *s, int count) {
  if (count > s->length) count = s->length;
  if (count > 0) {
    m_adj(s->m, -count);
    s->length -= count;
  }
  s->flags &= ~(TH_PUSH | TH_FIN);
}

static void respond_reset(const struct segment *s) {
  if ((s->flags & TH_RST) || s->group || IN_MULTICAST(s->dst.s_addr)) return;
  if (s->flags & TH_ACK) {
    tcp_respond(s->dst, s->dport, s->src, s->sport, s->ack, 0, TH_RST, 0);
  } else {
    uint32_t ack = s->seq + (uint32_t)s->length + ((s->flags & TH_SYN) ? 1 : 0);
    tcp_respond(s->dst, s->dport, s->src, s->sport, 0, ack, TH_RST | TH_ACK, 0);
  }
}

/* A round-trip measurement of `rtt` slow time-outs (1 = within the first) goes into mean and variation. */
static void xmit_timer(struct tcpcb *tp, int rtt) {
  tcpstat.rttupdated++;
  if (tp->t_srtt == 0) {
    tp->t_srtt = rtt << TCP_RTT_SHIFT;
    tp->t_rttvar = rtt << (TCP_RTTVAR_SHIFT - 1);
  } else {
    int error = ((rtt - 1) << TCP_DELTA_SHIFT) - (tp->t_srtt >> (TCP_RTT_SHIFT - TCP_DELTA_SHIFT));
    tp->t_srtt += error;
    if (tp->t_srtt <= 0) tp->t_srtt = 1;
    if (error < 0) error = -error;
    tp->t_rttvar += error - (tp->t_rttvar >> (TCP_RTTVAR_SHIFT - TCP_DELTA_SHIFT));
    if (tp->t_rttvar <= 0) tp->t_rttvar = 1;
  }
  tp->t_rtt = 0;
  tp->t_rxtshift = 0;
  tcp_set_rxtcur(tp, tcp_rexmtval(tp));
  tp->t_softerror = 0;
}

/* ---- taking the packet apart ---- */

static int parse_options(const uint8_t *p, int length) {
  int mss = 0;
  while (length > 0 && *p != 0) {
    if (*p == 1) {
      p++;
      length--;
      continue;
    }
    if (length < 2 || p[1] < 2 || p[1] > length) break;
    if (*p == 2 && p[1] == 4) mss = p[2] << 8 | p[3];
    length -= p[1];
    p += p[1];
  }
  return mss;
}

/* Checks and strips the headers; 0 when the packet was bad (then it is freed). */
static int take_apart(struct mbuf *m, int hlen, struct segment *s) {
  tcpstat.rcvtotal++;
  int total = m->m_pkthdr.len - hlen;
  if (total < (int)sizeof(struct tcphdr)) {
    tcpstat.rcvshort++;
    m_freem(m);
    return 0;
  }
  if (m->m_len < hlen + (int)sizeof(struct tcphdr) && (m = m_pullup(m, hlen + (int)sizeof(struct tcphdr))) == NULL) {
    tcpstat.rcvshort++;
    return 0;
  }
  const struct ip *ip = mtod(m, const struct ip *);
  if (in_cksum(m, hlen, total, in_pseudo(ip->ip_src, ip->ip_dst, IPPROTO_TCP, total)) != 0) {
    tcpstat.rcvbadsum++;
    m_freem(m);
    return 0;
  }
  const struct tcphdr *th = (const struct tcphdr *)(const void *)(m->m_data + hlen);
  int offset = (th->th_off >> 4) * 4;
  if (offset < (int)sizeof *th || offset > total) {
    tcpstat.rcvbadoff++;
    m_freem(m);
    return 0;
  }
  if (m->m_len < hlen + offset) {
    if ((m = m_pullup(m, hlen + offset)) == NULL) {
      tcpstat.rcvshort++;
      return 0;
    }
    ip = mtod(m, const struct ip *);
    th = (const struct tcphdr *)(const void *)(m->m_data + hlen);
  }
  s->src = ip->ip_src;
  s->dst = ip->ip_dst;
  s->sport = th->th_sport;
  s->dport = th->th_dport;
  s->seq = th->th_seq;
  s->ack = th->th_ack;
  s->flags = th->th_flags;
  s->window = th->th_win;
  s->length = total - offset;
  s->mss = parse_options((const uint8_t *)(th + 1), offset - (int)sizeof *th);
  s->group = (m->m_flags & (M_BCAST | M_MCAST)) != 0;
  m_adj(m, hlen + offset);
  s->m = m;
  return 1;
}

/* ---- reassembly ---- */

/* Gives everything contiguous to the socket; TH_FIN when the last of it ended with one. */
static int present(struct tcpcb *tp) {
  struct socket *so = tp->t_inpcb->inp_socket;
  int flags = 0;
  if (!TCPS_HAVEESTABLISHED(tp->t_state)) return 0;
  while (tp->t_reass != NULL && SEQ_LEQ(REASS_SEQ(tp->t_reass), tp->rcv_nxt)) {
    struct mbuf *m = tp->t_reass;
    int overlap = (int)(tp->rcv_nxt - REASS_SEQ(m));
    tp->t_reass = m->m_nextpkt;
    m->m_nextpkt = NULL;
    if (overlap > REASS_LEN(m)) { /* all old */
      m_freem(m);
      continue;
    }
    if (overlap > 0) m_adj(m, overlap);
    tp->rcv_nxt += (uint32_t)REASS_LEN(m);
    flags = (m->m_flags & M_FIN) ? TH_FIN : 0;
    m->m_flags &= (uint16_t)~M_FIN;
    if (so->so_state & SS_CANTRCVMORE)
      m_freem(m);
    else
      sbappend(&so->so_rcv, m);
  }
  sorwakeup(so);
  return flags;
}

/* Queues an out-of-order segment (or takes one that fills the gap); TH_FIN when one is now in order. Takes s->m. */
static int reassemble(struct tcpcb *tp, struct segment *s) {
  struct mbuf **place = &tp->t_reass;
  struct mbuf *m = s->m;
  if (SEQ_GT(s->seq, tp->rcv_nxt)) {
    tcpstat.rcvoopack++;
    tcpstat.rcvoobyte += (uint32_t)s->length;
  }
  while (*place != NULL && SEQ_LT(REASS_SEQ(*place), s->seq)) {
    /* Cut off what the queue has already. */
    int overlap = (int)(REASS_SEQ(*place) + (uint32_t)REASS_LEN(*place) - s->seq);
    if (overlap > 0) {
      if (overlap > s->length || (overlap == s->length && !(s->flags & TH_FIN))) {
        tcpstat.rcvduppack++;
        s->m = NULL;
        m_freem(m);
        return present(tp);
      }
      trim_front(s, overlap);
    }
    place = &(*place)->m_nextpkt;
  }
  /* And what the newcomer covers. */
  while (*place != NULL && s->length > 0) {
    struct mbuf *covered = *place;
    int overlap = (int)(s->seq + (uint32_t)s->length - REASS_SEQ(covered));
    if (overlap <= 0) break;
    if (overlap < REASS_LEN(covered)) {
      m_adj(covered, overlap);
      REASS_SEQ(covered) += (uint32_t)overlap;
      break;
    }
    if ((covered->m_flags & M_FIN) && overlap == REASS_LEN(covered)) s->flags |= TH_FIN;
    *place = covered->m_nextpkt;
    covered->m_nextpkt = NULL;
    m_freem(covered);
  }
  s->m = NULL;
  REASS_SEQ(m) = s->seq;
  REASS_LEN(m) = s->length;
  if (s->flags & TH_FIN) m->m_flags |= M_FIN;
  m->m_nextpkt = *place;
  *place = m;
  return present(tp);
}

/* ---- steps ---- */

/* For a listener: a SYN makes a new socket, whose control block answers. */
static enum verdict listen_input(struct inpcb *listener, struct segment *s) {
  if (s->flags & TH_RST) return DONE;
  if (s->flags & TH_ACK) return RESET;
  if (!(s->flags & TH_SYN) || s->group) return DONE;
  if (s->sport == s->dport && s->src.s_addr == s->dst.s_addr) return DONE; /* a packet that would talk to itself */

  struct socket *so = sonewconn(listener->inp_socket, 0);
  if (so == NULL) {
    tcpstat.listendrop++;
    return DONE; /* the peer tries again */
  }
  struct inpcb *inp = sotoinpcb(so);
  struct tcpcb *tp = intotcpcb(inp);
  inp->inp_laddr = s->dst;
  inp->inp_lport = s->dport;
  inp->inp_faddr = s->src;
  inp->inp_fport = s->sport;
  if (tcp_template(tp) == NULL) {
    tcp_drop(tp, ENOBUFS);
    return DONE;
  }
  tp->t_flags |= intotcpcb(listener)->t_flags & TF_NODELAY;
  tcp_mss(tp, s->mss);
  tp->iss = tcp_iss;
  tcp_iss += TCP_ISSINCR / 4;
  tp->snd_una = tp->snd_nxt = tp->snd_max = tp->iss;
  tp->irs = s->seq;
  tp->rcv_nxt = tp->rcv_adv = s->seq + 1;
  tp->snd_wl1 = s->seq - 1;
  tp->snd_wnd = s->window;
  tp->max_sndwnd = s->window;
  tp->t_state = TCPS_SYN_RECEIVED;
  tp->t_timer[TCPT_KEEP] = TCPTV_KEEP_INIT;
  tp->t_flags |= TF_ACKNOW;
  tcpstat.accepts++;
  tcp_output(tp);
  return DONE; /* data with a SYN is not kept; the peer sends it again */
}

static void established(struct tcpcb *tp) {
  tcpstat.connects++;
  tp->t_state = TCPS_ESTABLISHED;
  tp->t_timer[TCPT_KEEP] = (int16_t)tcp_keepidle;
  soisconnected(tp->t_inpcb->inp_socket);
}

static enum verdict syn_sent_input(struct tcpcb *tp, struct segment *s) {
  int acked = s->flags & TH_ACK;
  if (acked && (SEQ_LEQ(s->ack, tp->iss) || SEQ_GT(s->ack, tp->snd_max))) return RESET;
  if (s->flags & TH_RST) {
    if (acked) tcp_drop(tp, ECONNREFUSED);
    return DONE;
  }
  if (!(s->flags & TH_SYN)) return DONE;
  tp->irs = s->seq;
  tp->rcv_nxt = tp->rcv_adv = s->seq + 1;
  tp->t_flags |= TF_ACKNOW;
  tcp_mss(tp, s->mss);
  if (acked) {
    tp->snd_una = s->ack;
    if (SEQ_LT(tp->snd_nxt, tp->snd_una)) tp->snd_nxt = tp->snd_una;
    tp->t_timer[TCPT_REXMT] = 0;
    if (tp->t_rtt != 0) xmit_timer(tp, tp->t_rtt);
    established(tp);
  } else {
    /* Both sides called at once. */
    tp->t_timer[TCPT_REXMT] = 0;
    tp->t_state = TCPS_SYN_RECEIVED;
  }
  /* The SYN is used up; what follows it must fit the window. */
  s->seq++;
  s->flags &= ~TH_SYN;
  set_rcv_wnd(tp);
  if (s->length > (int)tp->rcv_wnd) trim_back(s, s->length - (int)tp->rcv_wnd);
  tp->snd_wl1 = s->seq - 1;
  return GO_ON;
}

/* Cuts the segment down to what is new and inside the receive window. */
static enum verdict trim_input(struct tcpcb *tp, struct segment *s) {
  int old = (int)(tp->rcv_nxt - s->seq);
  if (old > 0) {
    int with_syn = (s->flags & TH_SYN) ? 1 : 0;
    int whole = s->length + with_syn;
    if (old > whole || (old == whole && !(s->flags & TH_FIN))) {
      /* All of it is old (an old FIN, too): a retransmission or a keepalive probe. The ACK in it still counts. */
      s->flags &= ~TH_FIN;
      tp->t_flags |= TF_ACKNOW;
      old = whole;
      tcpstat.rcvduppack++;
      tcpstat.rcvdupbyte += (uint32_t)s->length;
    }
    trim_front(s, old);
  }
  struct socket *so = tp->t_inpcb->inp_socket;
  if ((so->so_state & SS_NOFDREF) && tp->t_state > TCPS_CLOSE_WAIT && s->length > 0) {
    /* Data for a user who is gone. */
    tcpstat.rcvafterclose++;
    tcp_close(tp);
    return RESET;
  }
  int beyond = (int)(s->seq + (uint32_t)s->length - (tp->rcv_nxt + tp->rcv_wnd));
  if (beyond > 0) {
    tcpstat.rcvpackafterwin++;
    if (beyond >= s->length) {
      /* Nothing fits. At the very edge it is a probe of a closed window. */
      if (tp->rcv_wnd != 0 || s->seq != tp->rcv_nxt) return ACK_AND_DONE;
      tp->t_flags |= TF_ACKNOW;
      tcpstat.rcvwinprobe++;
    }
    trim_back(s, beyond);
  }
  return GO_ON;
}

static enum verdict reset_input(struct tcpcb *tp) {
  struct socket *so = tp->t_inpcb->inp_socket;
  switch (tp->t_state) {
    case TCPS_SYN_RECEIVED:
      so->so_error = ECONNREFUSED;
      break;
    case TCPS_ESTABLISHED:
    case TCPS_FIN_WAIT_1:
    case TCPS_FIN_WAIT_2:
    case TCPS_CLOSE_WAIT:
      so->so_error = ECONNRESET;
      break;
    default:
      tcp_close(tp);
      return DONE;
  }
  tp->t_state = TCPS_CLOSED;
  tcpstat.drops++;
  tcp_close(tp);
  return DONE;
}

/* An ACK that acknowledges nothing new; the third in a row means that a segment was lost. */
static enum verdict duplicate_ack(struct tcpcb *tp, const struct segment *s) {
  if (s->length != 0 || s->window != tp->snd_wnd || (s->flags & TH_FIN)) {
    tp->t_dupacks = 0;
    return GO_ON;
  }
  tcpstat.rcvdupack++;
  if (tp->t_timer[TCPT_REXMT] == 0 || s->ack != tp->snd_una) {
    tp->t_dupacks = 0;
    return GO_ON;
  }
  tp->t_dupacks++;
  if (tp->t_dupacks == REXMT_THRESHOLD) {
    uint32_t next = tp->snd_nxt;
    uint32_t window = tp->snd_wnd < tp->snd_cwnd ? tp->snd_wnd : tp->snd_cwnd;
    uint32_t segments = window / 2 / tp->t_maxseg;
    if (segments < 2) segments = 2;
    tp->snd_ssthresh = segments * tp->t_maxseg;
    tp->t_timer[TCPT_REXMT] = 0;
    tp->t_rtt = 0;
    tp->snd_nxt = s->ack;
    tp->snd_cwnd = tp->t_maxseg; /* exactly the missing segment */
    tcpstat.fastrexmt++;
    tcp_output(tp);
    tp->snd_cwnd = tp->snd_ssthresh + (uint32_t)(tp->t_maxseg * tp->t_dupacks);
    if (SEQ_GT(next, tp->snd_nxt)) tp->snd_nxt = next;
    return DONE;
  }
  if (tp->t_dupacks > REXMT_THRESHOLD) {
    /* Each means that one more segment has left the network. */
    tp->snd_cwnd += tp->t_maxseg;
    tcp_output(tp);
    return DONE;
  }
  return GO_ON;
}

static void open_cwnd(struct tcpcb *tp) {
  uint32_t step = tp->t_maxseg;
  if (tp->snd_cwnd > tp->snd_ssthresh) step = step * step / tp->snd_cwnd;
  tp->snd_cwnd += step;
  if (tp->snd_cwnd > TCP_MAXWIN) tp->snd_cwnd = TCP_MAXWIN;
}

static enum verdict ack_input(struct tcpcb *tp, struct segment *s, int *need_output) {
  struct socket *so = tp->t_inpcb->inp_socket;

  if (tp->t_state == TCPS_SYN_RECEIVED) {
    if (SEQ_LEQ(s->ack, tp->snd_una) || SEQ_GT(s->ack, tp->snd_max)) return RESET;
    established(tp);
    tp->snd_wl1 = s->seq - 1;
  }
  if (SEQ_LEQ(s->ack, tp->snd_una)) return duplicate_ack(tp, s);
  if (tp->t_dupacks >= REXMT_THRESHOLD && tp->snd_cwnd > tp->snd_ssthresh) tp->snd_cwnd = tp->snd_ssthresh;
  tp->t_dupacks = 0;
  if (SEQ_GT(s->ack, tp->snd_max)) {
    tcpstat.rcvacktoomuch++;
    return ACK_AND_DONE;
  }
  uint32_t acked = s->ack - tp->snd_una;
  tcpstat.rcvackpack++;
  tcpstat.rcvackbyte += acked;
  if (tp->t_rtt != 0 && SEQ_GT(s->ack, tp->t_rtseq)) xmit_timer(tp, tp->t_rtt);
  if (s->ack == tp->snd_max) {
    tp->t_timer[TCPT_REXMT] = 0;
    *need_output = 1;
  } else if (tp->t_timer[TCPT_PERSIST] == 0) {
    tp->t_timer[TCPT_REXMT] = tp->t_rxtcur;
  }
  open_cwnd(tp);

  int fin_acked = 0;
  uint32_t data = acked;
  if (SEQ_LEQ(tp->snd_una, tp->iss) && SEQ_GT(s->ack, tp->iss)) data--; /* our SYN */
  if (data > so->so_snd.sb_cc) {
    data = so->so_snd.sb_cc;
    fin_acked = (tp->t_flags & TF_SENTFIN) != 0;
  }
  tp->snd_wnd = tp->snd_wnd > data ? tp->snd_wnd - data : 0;
  sbdrop(&so->so_snd, data);
  tp->snd_una = s->ack;
  if (SEQ_LT(tp->snd_nxt, tp->snd_una)) tp->snd_nxt = tp->snd_una;
  sowwakeup(so);

  switch (tp->t_state) {
    case TCPS_FIN_WAIT_1:
      if (fin_acked) {
        if (so->so_state & SS_CANTRCVMORE) {
          /* Nobody will read any more: do not wait for ever for the peer's FIN. */
          soisdisconnected(so);
          tp->t_timer[TCPT_2MSL] = (int16_t)tcp_maxidle;
        }
        tp->t_state = TCPS_FIN_WAIT_2;
      }
      break;
    case TCPS_CLOSING:
      if (fin_acked) {
        tp->t_state = TCPS_TIME_WAIT;
        tcp_canceltimers(tp);
        tp->t_timer[TCPT_2MSL] = 2 * TCPTV_MSL;
        soisdisconnected(so);
      }
      break;
    case TCPS_LAST_ACK:
      if (fin_acked) {
        tcp_close(tp);
        return DONE;
      }
      break;
    case TCPS_TIME_WAIT:
      tp->t_timer[TCPT_2MSL] = 2 * TCPTV_MSL;
      return ACK_AND_DONE;
    default:
      break;
  }
  return GO_ON;
}

static void window_input(struct tcpcb *tp, const struct segment *s, int *need_output) {
  int newer = SEQ_LT(tp->snd_wl1, s->seq) ||
              (tp->snd_wl1 == s->seq && (SEQ_LT(tp->snd_wl2, s->ack) ||
                                         (tp->snd_wl2 == s->ack && s->window > tp->snd_wnd)));
  if (!(s->flags & TH_ACK) || !newer) return;
  if (s->length == 0 && tp->snd_wl2 == s->ack && s->window > tp->snd_wnd) tcpstat.rcvwinupd++;
  tp->snd_wnd = s->window;
  tp->snd_wl1 = s->seq;
  tp->snd_wl2 = s->ack;
  if (tp->snd_wnd > tp->max_sndwnd) tp->max_sndwnd = tp->snd_wnd;
  *need_output = 1;
}

static void data_input(struct tcpcb *tp, struct segment *s) {
  struct socket *so = tp->t_inpcb->inp_socket;
  if ((s->length == 0 && !(s->flags & TH_FIN)) || TCPS_HAVERCVDFIN(tp->t_state)) {
    m_freem(s->m);
    s->m = NULL;
    s->flags &= ~TH_FIN;
    return;
  }
  if (s->seq == tp->rcv_nxt && tp->t_reass == NULL && tp->t_state == TCPS_ESTABLISHED) {
    if (s->length > 0) tp->t_flags |= TF_DELACK;
    tp->rcv_nxt += (uint32_t)s->length;
    tcpstat.rcvpack++;
    tcpstat.rcvbyte += (uint32_t)s->length;
    if (so->so_state & SS_CANTRCVMORE)
      m_freem(s->m);
    else
      sbappend(&so->so_rcv, s->m);
    s->m = NULL;
    sorwakeup(so);
  } else {
    s->flags = (s->flags & ~TH_FIN) | reassemble(tp, s);
    tp->t_flags |= TF_ACKNOW;
  }
}

static void fin_input(struct tcpcb *tp) {
  struct socket *so = tp->t_inpcb->inp_socket;
  if (!TCPS_HAVERCVDFIN(tp->t_state)) {
    socantrcvmore(so);
    tp->t_flags |= TF_ACKNOW;
    tp->rcv_nxt++;
  }
  switch (tp->t_state) {
    case TCPS_SYN_RECEIVED:
    case TCPS_ESTABLISHED:
      tp->t_state = TCPS_CLOSE_WAIT;
      break;
    case TCPS_FIN_WAIT_1:
      tp->t_state = TCPS_CLOSING;
      break;
    case TCPS_FIN_WAIT_2:
      tp->t_state = TCPS_TIME_WAIT;
      tcp_canceltimers(tp);
      tp->t_timer[TCPT_2MSL] = 2 * TCPTV_MSL;
      soisdisconnected(so);
      break;
    case TCPS_TIME_WAIT:
      tp->t_timer[TCPT_2MSL] = 2 * TCPTV_MSL;
      break;
    default:
      break;
  }
}

/* An existing connection's segment, from SYN_SENT on. */
static enum verdict connection_input(struct tcpcb *tp, struct segment *s) {
  int need_output = 0;
  enum verdict verdict;

  tp->t_idle = 0;
  if (TCPS_HAVEESTABLISHED(tp->t_state)) tp->t_timer[TCPT_KEEP] = (int16_t)tcp_keepidle;
  set_rcv_wnd(tp);

  if (tp->t_state == TCPS_SYN_SENT) {
    verdict = syn_sent_input(tp, s);
    if (verdict != GO_ON) return verdict;
  } else {
    int reset = s->flags & TH_RST;
    verdict = trim_input(tp, s);
    if (verdict == ACK_AND_DONE && reset) return DONE; /* a reset from outside the window */
    if (verdict != GO_ON) return verdict;
    if (reset) return reset_input(tp);
    if (s->flags & TH_SYN) {
      /* In the window: the peer has forgotten us. */
      tcp_drop(tp, ECONNRESET);
      return RESET;
    }
    if (!(s->flags & TH_ACK)) return DONE;
    verdict = ack_input(tp, s, &need_output);
    if (verdict != GO_ON) return verdict;
  }
  window_input(tp, s, &need_output);
  data_input(tp, s);
  if (s->flags & TH_FIN) fin_input(tp);
  if (need_output || (tp->t_flags & TF_ACKNOW)) tcp_output(tp);
  return DONE;
}

void tcp_input(struct mbuf *m, int hlen) {
  struct segment s;
  struct tcpcb *tp = NULL;
  enum verdict verdict;

  if (!take_apart(m, hlen, &s)) return;
  struct inpcb *inp = in_pcblookup(&tcb, s.src, s.sport, s.dst, s.dport, 1);
  if (inp != NULL && inp->inp_ppcb != NULL) {
    tp = intotcpcb(inp);
    if (tp->t_state == TCPS_TIME_WAIT && (s.flags & (TH_SYN | TH_ACK | TH_RST)) == TH_SYN && SEQ_GT(s.seq, tp->rcv_nxt)) {
      /* The same pair of ports again: the old connection makes way (RFC 1122, 4.2.2.13). */
      tcp_iss = tp->snd_nxt + TCP_ISSINCR;
      tcp_close(tp);
      tp = NULL;
      inp = in_pcblookup(&tcb, s.src, s.sport, s.dst, s.dport, 1);
      if (inp != NULL) tp = intotcpcb(inp);
    }
  }
  if (inp == NULL || tp == NULL)
    verdict = RESET;
  else if (tp->t_state == TCPS_CLOSED)
    verdict = DONE;
  else if (tp->t_state == TCPS_LISTEN)
    verdict = listen_input(inp, &s);
  else
    verdict = connection_input(tp, &s);

  if (verdict == ACK_AND_DONE) {
    tp->t_flags |= TF_ACKNOW;
    tcp_output(tp);
  } else if (verdict == RESET) {
    respond_reset(&s);
  }
  m_freem(s.m);
}
