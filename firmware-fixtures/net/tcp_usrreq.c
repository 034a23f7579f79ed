/* What a user does to a TCP socket. */
#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>

#include "bsdnet.h"
#include "tcp.h"

static int tcp_attach(struct socket *so) {
  if (so->so_snd.sb_hiwat == 0 || so->so_rcv.sb_hiwat == 0) {
    int error = soreserve(so, tcp_sendspace, tcp_recvspace);
    if (error != 0) return error;
  }
  int error = in_pcballoc(so, &tcb);
  if (error != 0) return error;
  struct inpcb *inp = sotoinpcb(so);
  if (tcp_newtcpcb(inp) == NULL) {
    uint16_t no_reference = so->so_state & SS_NOFDREF;
    so->so_state &= (uint16_t)~SS_NOFDREF; /* the caller frees the socket, not the detach */
    in_pcbdetach(inp, &tcb);
    so->so_state |= no_reference;
    return ENOBUFS;
  }
  return 0;
}

/* The user will send no more. Non-zero when the control block is gone. */
static int usrclosed(struct tcpcb *tp) {
  switch (tp->t_state) {
    case TCPS_CLOSED:
    case TCPS_LISTEN:
    case TCPS_SYN_SENT:
      tp->t_state = TCPS_CLOSED;
      tcp_close(tp);
      return 1;
    case TCPS_SYN_RECEIVED:
    case TCPS_ESTABLISHED:
      tp->t_state = TCPS_FIN_WAIT_1;
      break;
    case TCPS_CLOSE_WAIT:
      tp->t_state = TCPS_LAST_ACK;
      break;
    default:
      break;
  }
  if (tp->t_state >= TCPS_FIN_WAIT_2) {
    soisdisconnected(tp->t_inpcb->inp_socket);
    if (tp->t_state == TCPS_FIN_WAIT_2) tp->t_timer[TCPT_2MSL] = (int16_t)tcp_maxidle;
  }
  return 0;
}

static void start_disconnect(struct tcpcb *tp) {
  struct socket *so = tp->t_inpcb->inp_socket;
  if (!TCPS_HAVEESTABLISHED(tp->t_state)) {
    tcp_close(tp);
  } else if ((so->so_options & SO_LINGER) && so->so_linger == 0) {
    tcp_drop(tp, 0);
  } else {
    soisdisconnecting(so);
    sbdrop(&so->so_rcv, so->so_rcv.sb_cc); /* nobody will read it */
    if (!usrclosed(tp)) tcp_output(tp);
  }
}

static int tcp_detach(struct socket *so) {
  if (sotoinpcb(so) == NULL) return EINVAL;
  struct tcpcb *tp = sototcpcb(so);
  if (tp->t_state > TCPS_LISTEN)
    start_disconnect(tp);
  else
    tcp_close(tp);
  return 0;
}

static int tcp_bind(struct socket *so, struct mbuf *nam) {
  struct inpcb *inp = sotoinpcb(so);
  if (inp == NULL) return EINVAL;
  const struct sockaddr_in *sin = mtod(nam, const struct sockaddr_in *);
  if (sin->sin_family == AF_INET && IN_MULTICAST(sin->sin_addr.s_addr)) return EAFNOSUPPORT;
  return in_pcbbind(inp, &tcb, nam);
}

static int tcp_listen(struct socket *so) {
  struct inpcb *inp = sotoinpcb(so);
  if (inp == NULL) return EINVAL;
  struct tcpcb *tp = intotcpcb(inp);
  if (tp->t_state > TCPS_LISTEN) return EINVAL;
  if (inp->inp_lport == 0) {
    int error = in_pcbbind(inp, &tcb, NULL);
    if (error != 0) return error;
  }
  tp->t_state = TCPS_LISTEN;
  return 0;
}

static int tcp_connect(struct socket *so, struct mbuf *nam) {
  struct inpcb *inp = sotoinpcb(so);
  if (inp == NULL) return EINVAL;
  struct tcpcb *tp = intotcpcb(inp);
  const struct sockaddr_in *sin = mtod(nam, const struct sockaddr_in *);
  if (sin->sin_addr.s_addr == INADDR_BROADCAST || IN_MULTICAST(sin->sin_addr.s_addr)) return EAFNOSUPPORT;
  if (tp->t_state != TCPS_CLOSED) return EISCONN;
  int error = in_pcbconnect(inp, &tcb, nam);
  if (error != 0) return error;
  if (tcp_template(tp) == NULL) {
    in_pcbdisconnect(inp);
    return ENOBUFS;
  }
  soisconnecting(so);
  tcpstat.connattempt++;
  tp->t_state = TCPS_SYN_SENT;
  tp->t_timer[TCPT_KEEP] = TCPTV_KEEP_INIT;
  tp->iss = tcp_iss;
  tcp_iss += TCP_ISSINCR / 4;
  tp->snd_una = tp->snd_nxt = tp->snd_max = tp->iss;
  return tcp_output(tp);
}

static int tcp_accept(struct socket *so, struct mbuf *nam) {
  if (sotoinpcb(so) == NULL) {
    /* The peer came and went; accept() still hands the socket out, the first use reports it. */
    memset(nam->m_data, 0, sizeof(struct sockaddr_in));
    nam->m_len = sizeof(struct sockaddr_in);
    return ECONNABORTED;
  }
  return in_setpeeraddr(so, nam);
}

static int tcp_disconnect(struct socket *so) {
  if (sotoinpcb(so) == NULL) return EINVAL;
  start_disconnect(sototcpcb(so));
  return 0;
}

static int tcp_shutdown(struct socket *so) {
  if (sotoinpcb(so) == NULL) return EINVAL;
  struct tcpcb *tp = sototcpcb(so);
  socantsendmore(so);
  return usrclosed(tp) ? 0 : tcp_output(tp);
}

/* The user has read: the window may have opened enough to say so. */
static int tcp_rcvd(struct socket *so) {
  if (sotoinpcb(so) == NULL) return EINVAL;
  return tcp_output(sototcpcb(so));
}

/*
 * When the connection died while the user was in the allocator, the piece in hand is not freed, and sosend has forgotten
 * it: lost, as in RTEMS 4.6 to 5.1 (section 5). It is part of what is studied here; do not repair.
 */
static int tcp_usr_send(struct socket *so, struct mbuf *m, struct mbuf *nam) {
  (void)nam;
  if (sotoinpcb(so) == NULL) {
    tcpstat.sendlost++;
    return EINVAL;
  }
  sbappend(&so->so_snd, m);
  return tcp_output(sototcpcb(so));
}

static int tcp_abort(struct socket *so) {
  if (sotoinpcb(so) == NULL) return EINVAL;
  tcp_drop(sototcpcb(so), ECONNABORTED);
  return 0;
}

static int tcp_ctloutput(struct socket *so, int set, int option, void *value, socklen_t *length) {
  int number;
  if (sotoinpcb(so) == NULL) return ECONNRESET;
  struct tcpcb *tp = sototcpcb(so);
  if (*length < sizeof number) return EINVAL;
  if (set) {
    memcpy(&number, value, sizeof number);
    if (option == TCP_NODELAY) {
      tp->t_flags = (uint16_t)(number ? tp->t_flags | TF_NODELAY : tp->t_flags & ~TF_NODELAY);
      return 0;
    }
    if (option == TCP_MAXSEG) {
      if (number < 1 || number > tp->t_maxseg) return EINVAL;
      tp->t_maxseg = (uint16_t)number;
      return 0;
    }
    return ENOPROTOOPT;
  }
  if (option == TCP_NODELAY)
    number = (tp->t_flags & TF_NODELAY) != 0;
  else if (option == TCP_MAXSEG)
    number = tp->t_maxseg;
  else
    return ENOPROTOOPT;
  memcpy(value, &number, sizeof number);
  *length = sizeof number;
  return 0;
}

const struct pr_usrreqs tcp_usrreqs = {
    .pru_attach = tcp_attach,
    .pru_detach = tcp_detach,
    .pru_bind = tcp_bind,
    .pru_listen = tcp_listen,
    .pru_accept = tcp_accept,
    .pru_connect = tcp_connect,
    .pru_disconnect = tcp_disconnect,
    .pru_shutdown = tcp_shutdown,
    .pru_rcvd = tcp_rcvd,
    .pru_send = tcp_usr_send,
    .pru_abort = tcp_abort,
    .pru_sockaddr = in_setsockaddr,
    .pru_peeraddr = in_setpeeraddr,
    .pru_ctloutput = tcp_ctloutput,
};
