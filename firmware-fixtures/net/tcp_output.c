/* TCP output: decides whether a segment is due, and makes it. */
#include <errno.h>
#include <string.h>

#include "bsdnet.h"
#include "tcp.h"

/* Flags of a segment by state. */
static const uint8_t state_flags[] = {
    [TCPS_CLOSED] = TH_RST | TH_ACK,      [TCPS_LISTEN] = 0,
    [TCPS_SYN_SENT] = TH_SYN,             [TCPS_SYN_RECEIVED] = TH_SYN | TH_ACK,
    [TCPS_ESTABLISHED] = TH_ACK,          [TCPS_CLOSE_WAIT] = TH_ACK,
    [TCPS_FIN_WAIT_1] = TH_FIN | TH_ACK,  [TCPS_CLOSING] = TH_FIN | TH_ACK,
    [TCPS_LAST_ACK] = TH_FIN | TH_ACK,    [TCPS_FIN_WAIT_2] = TH_ACK,
    [TCPS_TIME_WAIT] = TH_ACK,
};

/* Is it worth telling the peer about more receive window? Two segments' worth, or half the buffer. */
static int window_update_due(const struct tcpcb *tp, const struct socket *so, int space) {
  if (space <= 0) return 0;
  int offered = (int)(tp->rcv_adv - tp->rcv_nxt);
  int gain = (space < TCP_MAXWIN ? space : TCP_MAXWIN) - offered;
  return gain >= 2 * tp->t_maxseg || 2 * gain >= (int)so->so_rcv.sb_hiwat;
}

/* Is data of `length` bytes at offset `offset` of the send buffer to go now (Nagle, silly windows)? */
static int data_due(const struct tcpcb *tp, const struct socket *so, int offset, int length, int idle) {
  if (length <= 0) return 0;
  if (length == tp->t_maxseg || tp->t_force) return 1;
  if ((idle || (tp->t_flags & TF_NODELAY)) && length + offset >= (int)so->so_snd.sb_cc) return 1;
  if (length >= (int)tp->max_sndwnd / 2 && tp->max_sndwnd > 0) return 1;
  return SEQ_LT(tp->snd_nxt, tp->snd_max);
}

/* Window to offer: no silly ones, and never less than was offered before. */
static unsigned receive_window(const struct tcpcb *tp, const struct socket *so, int space) {
  if (space < (int)so->so_rcv.sb_hiwat / 4 && space < tp->t_maxseg) space = 0;
  if (space > TCP_MAXWIN) space = TCP_MAXWIN;
  int offered = (int)(tp->rcv_adv - tp->rcv_nxt);
  if (space < offered) space = offered;
  return (unsigned)space;
}

/* Header mbuf with the data behind it: copied when it fits, else references to the send buffer's clusters. */
static struct mbuf *make_segment(const struct tcpcb *tp, const struct socket *so, int header, int offset, int length) {
  struct mbuf *m = m_gethdr(M_DONTWAIT, MT_HEADER);
  if (m == NULL) return NULL;
  m->m_data += MAX_LINKHDR;
  m->m_len = header;
  if (length > 0) {
    if (length <= MHLEN - header - MAX_LINKHDR) {
      m_copydata(so->so_snd.sb_mb, offset, length, m->m_data + header);
      m->m_len += length;
    } else {
      m->m_next = m_copym(so->so_snd.sb_mb, offset, length, M_DONTWAIT);
      if (m->m_next == NULL) {
        m_free(m);
        return NULL;
      }
    }
  }
  m->m_pkthdr.len = header + length;
  memcpy(m->m_data, tp->t_template->m_data, (size_t)TCP_HEADERS);
  return m;
}

/* Bookkeeping for a segment about to leave at snd_nxt: sequence numbers, round-trip measurement, timers. */
static void account(struct tcpcb *tp, int length, int flags) {
  if (tp->t_force && tp->t_timer[TCPT_PERSIST] != 0) {
    if (SEQ_GT(tp->snd_nxt + (uint32_t)length, tp->snd_max)) tp->snd_max = tp->snd_nxt + (uint32_t)length;
    return;
  }
  uint32_t start = tp->snd_nxt;
  if (flags & TH_SYN) tp->snd_nxt++;
  if (flags & TH_FIN) {
    tp->snd_nxt++;
    tp->t_flags |= TF_SENTFIN;
  }
  tp->snd_nxt += (uint32_t)length;
  if (SEQ_GT(tp->snd_nxt, tp->snd_max)) {
    tp->snd_max = tp->snd_nxt;
    if (tp->t_rtt == 0) { /* Karn: only what is sent for the first time is timed */
      tp->t_rtt = 1;
      tp->t_rtseq = start;
      tcpstat.segstimed++;
    }
  }
  if (tp->t_timer[TCPT_REXMT] == 0 && tp->snd_nxt != tp->snd_una) {
    tp->t_timer[TCPT_REXMT] = tp->t_rxtcur;
    if (tp->t_timer[TCPT_PERSIST] != 0) {
      tp->t_timer[TCPT_PERSIST] = 0;
      tp->t_rxtshift = 0;
    }
  }
}

int tcp_output(struct tcpcb *tp) {
  struct socket *so = tp->t_inpcb->inp_socket;
  int idle = tp->snd_max == tp->snd_una;
  int more;

  /* After a pause the old congestion window says nothing about the path. */
  if (idle && tp->t_idle >= tp->t_rxtcur) tp->snd_cwnd = tp->t_maxseg;
  do {
    more = 0;
    int flags = state_flags[tp->t_state];
    int offset = (int)(tp->snd_nxt - tp->snd_una);
    int cc = (int)so->so_snd.sb_cc;
    uint32_t window = tp->snd_wnd < tp->snd_cwnd ? tp->snd_wnd : tp->snd_cwnd;

    if (tp->t_force) {
      if (window == 0) {
        if (offset < cc) flags &= ~TH_FIN; /* the probe carries one byte, the FIN comes later */
        window = 1;
      } else {
        tp->t_timer[TCPT_PERSIST] = 0;
        tp->t_rxtshift = 0;
      }
    }
    int length = (cc < (int)window ? cc : (int)window) - offset;
    if (flags & (TH_SYN | TH_RST)) {
      length = 0; /* no data with these */
      if (flags & TH_SYN) flags &= ~TH_FIN;
    } else if (length < 0) {
      /* A FIN was sent, or the peer closed its window behind us: go back and probe. */
      length = 0;
      if (window == 0) {
        tp->t_timer[TCPT_REXMT] = 0;
        tp->snd_nxt = tp->snd_una;
        offset = 0;
        if (tp->t_timer[TCPT_PERSIST] == 0 && cc > 0) {
          tp->t_rxtshift = 0;
          tcp_setpersist(tp);
        }
      }
    }
    if (length > tp->t_maxseg) {
      length = tp->t_maxseg;
      more = 1;
    }
    if (SEQ_LT(tp->snd_nxt + (uint32_t)length, tp->snd_una + (uint32_t)cc)) flags &= ~TH_FIN;

    int space = sbspace(&so->so_rcv);
    int due = data_due(tp, so, offset, length, idle) || window_update_due(tp, so, space) || (tp->t_flags & TF_ACKNOW) ||
              (flags & (TH_SYN | TH_RST)) ||
              ((flags & TH_FIN) && (!(tp->t_flags & TF_SENTFIN) || tp->snd_nxt == tp->snd_una));
    if (!due) {
      /* Data but no window, and no timer that would look again. */
      if (cc > 0 && tp->t_timer[TCPT_REXMT] == 0 && tp->t_timer[TCPT_PERSIST] == 0) {
        tp->t_rxtshift = 0;
        tcp_setpersist(tp);
      }
      return 0;
    }

    int header = TCP_HEADERS + ((flags & TH_SYN) ? 4 : 0);
    struct mbuf *m = make_segment(tp, so, header, offset, length);
    if (m == NULL) {
      tcpstat.sndnobufs++;
      tcp_quench(tp);
      return 0; /* as if lost on the way; there may be no timer running for it */
    }
    if (length > 0) {
      if (tp->t_force && length == 1)
        tcpstat.sndprobe++;
      else if (SEQ_LT(tp->snd_nxt, tp->snd_max)) {
        tcpstat.sndrexmitpack++;
        tcpstat.sndrexmitbyte += (uint32_t)length;
      } else {
        tcpstat.sndpack++;
        tcpstat.sndbyte += (uint32_t)length;
      }
      if (offset + length == cc) flags |= TH_PUSH;
    } else if (tp->t_flags & TF_ACKNOW)
      tcpstat.sndacks++;
    else if (flags & (TH_SYN | TH_FIN | TH_RST))
      tcpstat.sndctrl++;
    else
      tcpstat.sndwinup++;

    struct ip *ip = mtod(m, struct ip *);
    struct tcphdr *th = (struct tcphdr *)(ip + 1);
    /* A FIN sent again keeps its number. */
    if ((flags & TH_FIN) && (tp->t_flags & TF_SENTFIN) && tp->snd_nxt == tp->snd_max) tp->snd_nxt--;
    if (flags & TH_SYN) tp->snd_nxt = tp->iss;
    /* A pure acknowledgement carries snd_max even in the middle of a retransmission. */
    th->th_seq = length > 0 || (flags & (TH_SYN | TH_FIN)) || tp->t_timer[TCPT_PERSIST] != 0 ? tp->snd_nxt : tp->snd_max;
    th->th_ack = tp->rcv_nxt;
    if (!(flags & TH_ACK)) th->th_ack = 0;
    th->th_off = (uint8_t)((header - (int)sizeof *ip) / 4 << 4);
    th->th_flags = (uint8_t)flags;
    if (flags & TH_SYN) {
      uint8_t *option = (uint8_t *)(th + 1);
      int mss = tcp_mssopt(tp);
      option[0] = 2;
      option[1] = 4;
      option[2] = (uint8_t)(mss >> 8);
      option[3] = (uint8_t)mss;
    }
    unsigned offered = receive_window(tp, so, space);
    th->th_win = (uint16_t)offered;
    th->th_urp = 0;
    th->th_sum = 0;
    int tcp_length = header + length - (int)sizeof *ip;
    th->th_sum = in_cksum(m, sizeof *ip, tcp_length, in_pseudo(ip->ip_src, ip->ip_dst, IPPROTO_TCP, tcp_length));
    ip->ip_len = (uint16_t)(header + length);

    account(tp, length, flags);
    tcpstat.sndtotal++;
    int error = ip_output(m, 0);
    if (error != 0) {
      if (error == ENOBUFS) {
        tcp_quench(tp); /* lost before the wire: the timer will see to it */
        return 0;
      }
      if ((error == EHOSTUNREACH || error == ENETDOWN || error == ENETUNREACH) && TCPS_HAVERCVDSYN(tp->t_state)) {
        tp->t_softerror = (int16_t)error;
        return 0;
      }
      return error;
    }
    if (SEQ_GT(tp->rcv_nxt + offered, tp->rcv_adv)) tp->rcv_adv = tp->rcv_nxt + offered;
    tp->t_flags &= (uint16_t)~(TF_ACKNOW | TF_DELACK);
  } while (more);
  return 0;
}
