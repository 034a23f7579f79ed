/* TCP timers (RFC 793, 1122; values: rtems-legacy-networking.md section 5). */
#include <errno.h>

#include "bsdnet.h"
#include "tcp.h"

int tcp_keepidle = 7200 * PR_SLOWHZ;
int tcp_keepintvl = 75 * PR_SLOWHZ;
int tcp_maxidle = 8 * 75 * PR_SLOWHZ; /* probes × interval */
int always_keepalive;

static const uint8_t backoff[TCP_MAXRXTSHIFT + 1] = {1, 2, 4, 8, 16, 32, 64, 64, 64, 64, 64, 64, 64};
#define TOTAL_BACKOFF 511

void tcp_set_keepalive(unsigned idle, unsigned interval, unsigned count) {
  /* Timers are 16 bits of half seconds. */
  if (idle == 0) idle = 7200;
  if (interval == 0) interval = 75;
  if (count == 0) count = 8;
  if (idle > 16000) idle = 16000;
  if (interval > 16000) interval = 16000;
  if (count > 16000 / interval) count = 16000 / interval;
  if (count == 0) count = 1;
  tcp_keepidle = (int)idle * PR_SLOWHZ;
  tcp_keepintvl = (int)interval * PR_SLOWHZ;
  tcp_maxidle = (int)(count * interval) * PR_SLOWHZ;
}

/* Smoothed time plus variation, in slow time-outs. A tiny estimate gives 0. */
int tcp_rexmtval(const struct tcpcb *tp) {
  int sum = (tp->t_srtt >> (TCP_RTT_SHIFT - TCP_DELTA_SHIFT)) + tp->t_rttvar;
  if (sum < tp->t_rttmin) sum = tp->t_rttmin;
  return sum >> TCP_DELTA_SHIFT;
}

/* The bounds apply to the product of estimate and back-off, so an estimate of 0 stays at the minimum for ever. */
void tcp_set_rxtcur(struct tcpcb *tp, int value) {
  if (value < tp->t_rttmin) value = tp->t_rttmin;
  if (value > TCPTV_REXMTMAX) value = TCPTV_REXMTMAX;
  tp->t_rxtcur = (int16_t)value;
}

void tcp_canceltimers(struct tcpcb *tp) {
  for (int i = 0; i < TCPT_NTIMERS; i++) tp->t_timer[i] = 0;
}

void tcp_setpersist(struct tcpcb *tp) {
  int t = ((tp->t_srtt >> 2) + tp->t_rttvar) >> 1;
  t *= backoff[tp->t_rxtshift];
  if (t < TCPTV_PERSMIN) t = TCPTV_PERSMIN;
  if (t > TCPTV_PERSMAX) t = TCPTV_PERSMAX;
  tp->t_timer[TCPT_PERSIST] = (int16_t)t;
  if (tp->t_rxtshift < TCP_MAXRXTSHIFT) tp->t_rxtshift++;
}

void tcp_fasttimo(void) {
  for (struct inpcb *inp = tcb.head; inp != NULL; inp = inp->inp_next) {
    struct tcpcb *tp = intotcpcb(inp);
    if (tp != NULL && (tp->t_flags & TF_DELACK)) {
      tp->t_flags = (uint16_t)((tp->t_flags & ~TF_DELACK) | TF_ACKNOW);
      tcpstat.delack++;
      tcp_output(tp);
    }
  }
}

static void retransmit(struct tcpcb *tp) {
  if (++tp->t_rxtshift > TCP_MAXRXTSHIFT) {
    tp->t_rxtshift = TCP_MAXRXTSHIFT;
    tcpstat.timeoutdrop++;
    tcp_timeout_drop(tp);
    return;
  }
  tcpstat.rexmttimeo++;
  tcp_set_rxtcur(tp, tcp_rexmtval(tp) * backoff[tp->t_rxtshift]);
  tp->t_timer[TCPT_REXMT] = tp->t_rxtcur;
  if (tp->t_rxtshift > TCP_MAXRXTSHIFT / 4) {
    /* The estimate does not fit any more: start afresh from the next sample, with the old mean as variation. */
    tp->t_rttvar += tp->t_srtt >> TCP_RTT_SHIFT;
    tp->t_srtt = 0;
  }
  tp->snd_nxt = tp->snd_una;
  tp->t_rtt = 0; /* Karn: an answer would be ambiguous */
  uint32_t window = tp->snd_wnd < tp->snd_cwnd ? tp->snd_wnd : tp->snd_cwnd;
  uint32_t segments = window / 2 / tp->t_maxseg;
  if (segments < 2) segments = 2;
  tp->snd_cwnd = tp->t_maxseg;
  tp->snd_ssthresh = segments * tp->t_maxseg;
  tp->t_dupacks = 0;
  tcp_output(tp);
}

static void keepalive(struct tcpcb *tp) {
  const struct inpcb *inp = tp->t_inpcb;
  tcpstat.keeptimeo++;
  if (!TCPS_HAVEESTABLISHED(tp->t_state)) {
    tcpstat.keepdrops++;
    tcp_timeout_drop(tp);
    return;
  }
  if (((inp->inp_socket->so_options & SO_KEEPALIVE) || always_keepalive) && tp->t_state <= TCPS_CLOSING) {
    if (tp->t_idle >= tcp_keepidle + tcp_maxidle) {
      tcpstat.keepdrops++;
      tcp_timeout_drop(tp);
      return;
    }
    /* A number the peer has acknowledged already: it must answer with the one it expects. */
    tcpstat.keepprobe++;
    tcp_respond(inp->inp_laddr, inp->inp_lport, inp->inp_faddr, inp->inp_fport, tp->snd_una - 1, tp->rcv_nxt, TH_ACK,
                tp->rcv_adv - tp->rcv_nxt > TCP_MAXWIN ? TCP_MAXWIN : tp->rcv_adv - tp->rcv_nxt);
    tp->t_timer[TCPT_KEEP] = (int16_t)tcp_keepintvl;
  } else {
    tp->t_timer[TCPT_KEEP] = (int16_t)tcp_keepidle;
  }
}

static void persist(struct tcpcb *tp) {
  tcpstat.persisttimeo++;
  if (tp->t_rxtshift == TCP_MAXRXTSHIFT &&
      (tp->t_idle >= 7200 * PR_SLOWHZ || tp->t_idle >= tcp_rexmtval(tp) * TOTAL_BACKOFF)) {
    tcpstat.timeoutdrop++;
    tcp_timeout_drop(tp);
    return;
  }
  tcp_setpersist(tp);
  tp->t_force = 1;
  tcp_output(tp);
  tp->t_force = 0;
}

/* One timer ran out. The control block may be gone afterwards. */
static void expired(struct tcpcb *tp, int timer) {
  switch (timer) {
    case TCPT_REXMT:
      retransmit(tp);
      break;
    case TCPT_PERSIST:
      persist(tp);
      break;
    case TCPT_KEEP:
      keepalive(tp);
      break;
    default: /* 2MSL; in FIN_WAIT_2 it bounds the wait for a peer that has vanished */
      if (tp->t_state != TCPS_TIME_WAIT && tp->t_idle <= tcp_maxidle)
        tp->t_timer[TCPT_2MSL] = (int16_t)tcp_keepintvl;
      else
        tcp_close(tp);
  }
}

static int still_there(const struct inpcb *wanted, const struct tcpcb *tp) {
  for (const struct inpcb *inp = tcb.head; inp != NULL; inp = inp->inp_next)
    if (inp == wanted) return inp->inp_ppcb == tp;
  return 0;
}

void tcp_slowtimo(void) {
  for (struct inpcb *inp = tcb.head, *next; inp != NULL; inp = next) {
    next = inp->inp_next;
    struct tcpcb *tp = intotcpcb(inp);
    if (tp == NULL || tp->t_state == TCPS_LISTEN) continue;
    int alive = 1;
    for (int i = 0; i < TCPT_NTIMERS && alive; i++)
      if (tp->t_timer[i] != 0 && --tp->t_timer[i] == 0) {
        expired(tp, i);
        alive = still_there(inp, tp);
      }
    if (!alive) continue;
    tp->t_idle++;
    if (tp->t_rtt != 0) tp->t_rtt++;
  }
  tcp_iss += TCP_ISSINCR / PR_SLOWHZ;
}
