/* Sockets: creation to release, and the two data movers sosend and soreceive. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "bsdnet.h"
#include "socketvar.h"

#define USRREQ(so) ((so)->so_proto->pr_usrreqs)

int socreate(int domain, struct socket **result, int type, int protocol) {
  if (domain != AF_INET) return EAFNOSUPPORT;
  const struct protosw *proto = NULL;
  for (int i = 0; i < inetsw_count; i++) {
    const struct protosw *p = inetsw[i];
    if (p->pr_usrreqs != NULL && p->pr_type == type && (protocol == 0 || protocol == p->pr_protocol)) proto = p;
  }
  if (proto == NULL) return EPROTONOSUPPORT;
  struct socket *so = rtems_bsdnet_malloc(sizeof *so, 1);
  if (so == NULL) return ENOBUFS;
  so->so_type = type;
  so->so_proto = proto;
  so->so_next = socket_list;
  socket_list = so;
  int error = proto->pr_usrreqs->pru_attach(so);
  if (error != 0) {
    so->so_state |= SS_NOFDREF;
    sofree(so);
    return error;
  }
  *result = so;
  return 0;
}

int sobind(struct socket *so, struct mbuf *nam) {
  return USRREQ(so)->pru_bind(so, nam);
}

int solisten(struct socket *so, int backlog) {
  if (USRREQ(so)->pru_listen == NULL) return EOPNOTSUPP;
  int error = USRREQ(so)->pru_listen(so);
  if (error != 0) return error;
  so->so_options |= SO_ACCEPTCONN;
  if (backlog < 0 || backlog > SOMAXCONN) backlog = SOMAXCONN;
  so->so_qlimit = (int16_t)backlog;
  return 0;
}

/* Ends a socket that no file and no protocol refers to; anybody else's call does nothing. */
void sofree(struct socket *so) {
  struct socket *head = so->so_head;
  if (so->so_pcb != NULL || !(so->so_state & SS_NOFDREF)) return;
  if (head != NULL) {
    if (so->so_state & SS_COMP) return; /* the user will get it from accept(), and close it */
    struct socket **p = &head->so_incomp;
    while (*p != NULL && *p != so) p = &(*p)->so_qnext;
    if (*p != NULL) {
      *p = so->so_qnext;
      head->so_incqlen--;
    }
    head->so_qlen--;
    so->so_head = NULL;
  }
  so->so_rcv.sb_flags &= (uint16_t)~SB_LOCK;
  sbrelease(&so->so_snd);
  sbrelease(&so->so_rcv);
  for (struct socket **p = &socket_list; *p != NULL; p = &(*p)->so_next)
    if (*p == so) {
      *p = so->so_next;
      break;
    }
  rtems_bsdnet_free(so);
}

int soabort(struct socket *so) {
  return USRREQ(so)->pru_abort(so);
}

int sodisconnect(struct socket *so) {
  if (!(so->so_state & SS_ISCONNECTED)) return ENOTCONN;
  if (so->so_state & SS_ISDISCONNECTING) return EALREADY;
  return USRREQ(so)->pru_disconnect(so);
}

int soclose(struct socket *so) {
  int error = 0;
  if (so->so_options & SO_ACCEPTCONN) {
    while (so->so_incomp != NULL) {
      struct socket *waiting = so->so_incomp;
      soabort(waiting); /* frees it, which takes it off the queue */
      if (so->so_incomp == waiting) break;
    }
    while (so->so_comp != NULL) {
      struct socket *waiting = so->so_comp;
      so->so_comp = waiting->so_qnext;
      so->so_qlen--;
      waiting->so_head = NULL;
      waiting->so_state &= (uint16_t)~SS_COMP;
      if (waiting->so_pcb != NULL)
        soabort(waiting);
      else
        sofree(waiting);
    }
  }
  if (so->so_pcb != NULL && (so->so_state & SS_ISCONNECTED)) {
    if (!(so->so_state & SS_ISDISCONNECTING)) error = sodisconnect(so);
    if (error == 0 && (so->so_options & SO_LINGER) && so->so_linger > 0 && !(so->so_state & SS_NBIO)) {
      while ((so->so_state & SS_ISCONNECTED) && error == 0) error = soconnsleep(so, so->so_linger * hz);
    }
  }
  if (so->so_pcb != NULL) {
    int detached = USRREQ(so)->pru_detach(so);
    if (error == 0) error = detached;
  }
  so->so_state |= SS_NOFDREF;
  sofree(so);
  return error;
}

int soaccept(struct socket *so, struct mbuf *nam) {
  so->so_state &= (uint16_t)~SS_NOFDREF;
  return USRREQ(so)->pru_accept != NULL ? USRREQ(so)->pru_accept(so, nam) : EOPNOTSUPP;
}

int soconnect(struct socket *so, struct mbuf *nam) {
  if (so->so_options & SO_ACCEPTCONN) return EOPNOTSUPP;
  if (so->so_state & (SS_ISCONNECTED | SS_ISCONNECTING)) {
    if (so->so_proto->pr_flags & PR_CONNREQUIRED) return EISCONN;
    int error = sodisconnect(so); /* a datagram socket just changes its peer */
    if (error != 0) return EISCONN;
  }
  return USRREQ(so)->pru_connect(so, nam);
}

int soshutdown(struct socket *so, int how) {
  if (how != SHUT_RD && how != SHUT_WR && how != SHUT_RDWR) return EINVAL;
  if (how != SHUT_WR) {
    socantrcvmore(so);
    sbdrop(&so->so_rcv, so->so_rcv.sb_cc);
  }
  if (how != SHUT_RD) return USRREQ(so)->pru_shutdown(so);
  return 0;
}

/* May this call put data (more) into the socket? */
static int send_error(struct socket *so, const struct mbuf *nam) {
  if (so->so_state & SS_CANTSENDMORE) return EPIPE;
  if (so->so_error != 0) {
    int error = so->so_error;
    so->so_error = 0;
    return error;
  }
  if (!(so->so_state & SS_ISCONNECTED)) {
    if (so->so_proto->pr_flags & PR_CONNREQUIRED) return ENOTCONN;
    if (nam == NULL) return EDESTADDRREQ;
  }
  return 0;
}

/*
 * Takes the user's data in pieces of one mbuf, with a cluster whenever MINCLSIZE bytes or more remain, and hands each
 * piece to the protocol at once (a datagram is gathered first). The allocators wait for ever, with so_snd locked and
 * the unfinished chain in so_top; neither the socket's state nor its error is looked at meanwhile.
 */
int sosend(struct socket *so, struct mbuf *nam, const char *data, int *resid, int flags) {
  int atomic = so->so_proto->pr_flags & PR_ATOMIC;
  int left = *resid;
  int error = 0;

  if (left < 0) return EINVAL;
  sblock(&so->so_snd);
  do {
    int space;
    for (;;) {
      error = send_error(so, nam);
      if (error != 0) goto out;
      if (atomic && left > (int)so->so_snd.sb_hiwat) {
        error = EMSGSIZE;
        goto out;
      }
      space = sbspace(&so->so_snd);
      if (space >= left || (!atomic && space >= so->so_snd.sb_lowat)) break;
      if ((so->so_state & SS_NBIO) || (flags & MSG_DONTWAIT)) {
        error = EWOULDBLOCK;
        goto out;
      }
      sbunlock(&so->so_snd);
      error = sbwait(&so->so_snd);
      if (error != 0) {
        *resid = left;
        return error;
      }
      sblock(&so->so_snd);
    }
    do {
      struct mbuf **link = &so->so_top;
      do {
        int first = link == &so->so_top;
        struct mbuf *m = first ? m_gethdr(M_WAIT, MT_DATA) : m_get(M_WAIT, MT_DATA);
        int room = first ? MHLEN : MLEN;
        *link = m;
        if (left >= MINCLSIZE) {
          m_clget_reserved(m, (unsigned)sosend_reserve);
          room = MCLBYTES;
        }
        int n = left < room ? left : room;
        if (n > space) n = space;
        if (atomic && first && !(m->m_flags & M_EXT) && n < room) MH_ALIGN(m, n); /* room for headers */
        memcpy(m->m_data, data, (size_t)n);
        m->m_len = n;
        so->so_top->m_pkthdr.len += n;
        data += n;
        left -= n;
        space -= n;
        link = &m->m_next;
      } while (atomic && left > 0 && space > 0);
      struct mbuf *chain = so->so_top;
      so->so_top = NULL;
      error = USRREQ(so)->pru_send(so, chain, nam);
      if (error != 0) goto out;
    } while (left > 0 && space > 0);
  } while (left > 0);
out:
  sbunlock(&so->so_snd);
  *resid = left;
  return error;
}

static int receive_stream(struct socket *so, char *data, int *resid, int flags) {
  int left = *resid;
  if (flags & MSG_PEEK) {
    int n = left < (int)so->so_rcv.sb_cc ? left : (int)so->so_rcv.sb_cc;
    m_copydata(so->so_rcv.sb_mb, 0, n, data);
    *resid = left - n;
    return n;
  }
  int taken = 0;
  while (left > 0 && so->so_rcv.sb_mb != NULL) {
    struct mbuf *m = so->so_rcv.sb_mb;
    int n = m->m_len < left ? m->m_len : left;
    memcpy(data, m->m_data, (size_t)n);
    data += n;
    left -= n;
    taken += n;
    sbdrop(&so->so_rcv, (unsigned)n);
  }
  *resid = left;
  return taken;
}

static void receive_datagram(struct socket *so, struct mbuf **nam, char *data, int *resid, int flags) {
  struct mbuf *record = so->so_rcv.sb_mb;
  struct mbuf *m = record;
  if (m->m_type == MT_SONAME) {
    if (nam != NULL) {
      struct mbuf *copy = m_copym(m, 0, m->m_len, M_WAIT);
      *nam = copy;
      if (so->so_rcv.sb_mb != record) return; /* cannot happen: one task per socket */
    }
    m = m->m_next;
  }
  int left = *resid;
  for (; m != NULL && left > 0; m = m->m_next) {
    int n = m->m_len < left ? m->m_len : left;
    memcpy(data, m->m_data, (size_t)n);
    data += n;
    left -= n;
  }
  *resid = left;
  if (!(flags & MSG_PEEK)) sbdroprecord(&so->so_rcv); /* what did not fit is lost */
}

int soreceive(struct socket *so, struct mbuf **nam, char *data, int *resid, int flags) {
  int atomic = so->so_proto->pr_flags & PR_ATOMIC;
  int got_some = 0;
  int error = 0;

  if (*resid < 0) return EINVAL;
  sblock(&so->so_rcv);
  for (;;) {
    int wanted = so->so_rcv.sb_lowat < *resid ? so->so_rcv.sb_lowat : *resid;
    int ready = atomic ? so->so_rcv.sb_mb != NULL : so->so_rcv.sb_cc > 0 && (int)so->so_rcv.sb_cc >= wanted;
    if (ready || (so->so_rcv.sb_cc > 0 && (so->so_error != 0 || (so->so_state & SS_CANTRCVMORE)))) {
      if (atomic) {
        receive_datagram(so, nam, data, resid, flags);
        break;
      }
      int n = receive_stream(so, data, resid, flags);
      data += n;
      got_some = 1;
      if (!(flags & MSG_PEEK) && (so->so_proto->pr_flags & PR_WANTRCVD) && so->so_pcb != NULL)
        USRREQ(so)->pru_rcvd(so);
      if (!(flags & MSG_WAITALL) || *resid == 0 || (flags & MSG_PEEK)) break;
      continue;
    }
    if (so->so_error != 0) {
      if (!got_some) {
        error = so->so_error;
        so->so_error = 0;
      }
      break;
    }
    if (so->so_state & SS_CANTRCVMORE) break;
    if (!(so->so_state & (SS_ISCONNECTED | SS_ISCONNECTING)) && (so->so_proto->pr_flags & PR_CONNREQUIRED)) {
      error = ENOTCONN;
      break;
    }
    if (*resid == 0) break;
    if ((so->so_state & SS_NBIO) || (flags & MSG_DONTWAIT)) {
      if (!got_some) error = EWOULDBLOCK;
      break;
    }
    sbunlock(&so->so_rcv);
    error = sbwait(&so->so_rcv);
    if (error != 0) {
      if (got_some) error = 0;
      return error;
    }
    sblock(&so->so_rcv);
  }
  sbunlock(&so->so_rcv);
  return error;
}

static int set_timeout(struct sockbuf *sb, const void *value, socklen_t length) {
  struct timeval tv;
  if (length < sizeof tv) return EINVAL;
  memcpy(&tv, value, sizeof tv);
  if (tv.tv_sec < 0 || tv.tv_sec > 100000000 / hz || tv.tv_usec < 0 || tv.tv_usec >= 1000000) return EDOM;
  sb->sb_timeo = (uint32_t)tv.tv_sec * (uint32_t)hz + (uint32_t)tv.tv_usec / (1000000u / (uint32_t)hz);
  if (sb->sb_timeo == 0 && tv.tv_usec != 0) sb->sb_timeo = 1;
  return 0;
}

int sosetopt(struct socket *so, int level, int option, const void *value, socklen_t length) {
  if (level != SOL_SOCKET) {
    if (USRREQ(so)->pru_ctloutput == NULL) return ENOPROTOOPT;
    return USRREQ(so)->pru_ctloutput(so, 1, option, (void *)(uintptr_t)value, &length);
  }
  int number = 0;
  if (option == SO_LINGER) {
    struct linger l;
    if (length < sizeof l) return EINVAL;
    memcpy(&l, value, sizeof l);
    if (l.l_linger < 0 || l.l_linger > 0x7FFF) return EDOM;
    so->so_linger = (int16_t)l.l_linger;
    so->so_options = (int16_t)(l.l_onoff ? so->so_options | SO_LINGER : so->so_options & ~SO_LINGER);
    return 0;
  }
  if (option == SO_SNDTIMEO) return set_timeout(&so->so_snd, value, length);
  if (option == SO_RCVTIMEO) return set_timeout(&so->so_rcv, value, length);
  if (length < sizeof number) return EINVAL;
  memcpy(&number, value, sizeof number);
  switch (option) {
    case SO_DEBUG:
    case SO_KEEPALIVE:
    case SO_DONTROUTE:
    case SO_BROADCAST:
    case SO_REUSEADDR:
      so->so_options = (int16_t)(number ? so->so_options | option : so->so_options & ~option);
      return 0;
    case SO_SNDBUF:
    case SO_RCVBUF:
      if (number <= 0) return EINVAL;
      return sbreserve(option == SO_SNDBUF ? &so->so_snd : &so->so_rcv, (unsigned)number) ? 0 : ENOBUFS;
    case SO_SNDLOWAT:
    case SO_RCVLOWAT: {
      struct sockbuf *sb = option == SO_SNDLOWAT ? &so->so_snd : &so->so_rcv;
      if (number <= 0) return EINVAL;
      sb->sb_lowat = number < (int)sb->sb_hiwat ? number : (int)sb->sb_hiwat;
      return 0;
    }
    default:
      return ENOPROTOOPT;
  }
}

static int give(void *value, socklen_t *length, const void *from, socklen_t size) {
  if (*length < size) return EINVAL;
  memcpy(value, from, size);
  *length = size;
  return 0;
}

int sogetopt(struct socket *so, int level, int option, void *value, socklen_t *length) {
  if (level != SOL_SOCKET) {
    if (USRREQ(so)->pru_ctloutput == NULL) return ENOPROTOOPT;
    return USRREQ(so)->pru_ctloutput(so, 0, option, value, length);
  }
  int number;
  switch (option) {
    case SO_LINGER: {
      struct linger l = {so->so_options & SO_LINGER, so->so_linger};
      return give(value, length, &l, sizeof l);
    }
    case SO_SNDTIMEO:
    case SO_RCVTIMEO: {
      uint32_t ticks = option == SO_SNDTIMEO ? so->so_snd.sb_timeo : so->so_rcv.sb_timeo;
      struct timeval tv = {(int32_t)(ticks / (uint32_t)hz), (int32_t)(ticks % (uint32_t)hz * (1000000u / (uint32_t)hz))};
      return give(value, length, &tv, sizeof tv);
    }
    case SO_DEBUG:
    case SO_KEEPALIVE:
    case SO_DONTROUTE:
    case SO_BROADCAST:
    case SO_REUSEADDR:
    case SO_ACCEPTCONN:
      number = so->so_options & option;
      break;
    case SO_TYPE:
      number = so->so_type;
      break;
    case SO_ERROR:
      number = so->so_error;
      so->so_error = 0;
      break;
    case SO_SNDBUF:
      number = (int)so->so_snd.sb_hiwat;
      break;
    case SO_RCVBUF:
      number = (int)so->so_rcv.sb_hiwat;
      break;
    case SO_SNDLOWAT:
      number = so->so_snd.sb_lowat;
      break;
    case SO_RCVLOWAT:
      number = so->so_rcv.sb_lowat;
      break;
    default:
      return ENOPROTOOPT;
  }
  return give(value, length, &number, sizeof number);
}
