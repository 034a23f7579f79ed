/* Socket buffers, and the calls by which protocols change a socket's state. */
#include <errno.h>
#include <observe.h>
#include <stdlib.h>
#include <string.h>

#include "bsdnet.h"
#include "socketvar.h"

unsigned sb_efficiency = 8;
struct socket *socket_list;

OBSERVE("so.list", &socket_list);
OBSERVE("so.next", offsetof(struct socket, so_next));
OBSERVE("so.type", offsetof(struct socket, so_type));
OBSERVE("so.options", offsetof(struct socket, so_options));
OBSERVE("so.state", offsetof(struct socket, so_state));
OBSERVE("so.pcb", offsetof(struct socket, so_pcb));
OBSERVE("so.proto", offsetof(struct socket, so_proto));
OBSERVE("so.head", offsetof(struct socket, so_head));
OBSERVE("so.error", offsetof(struct socket, so_error));
OBSERVE("so.qlen", offsetof(struct socket, so_qlen));
OBSERVE("so.top", offsetof(struct socket, so_top));
OBSERVE("so.snd_mb", offsetof(struct socket, so_snd.sb_mb));
OBSERVE("so.snd_cc", offsetof(struct socket, so_snd.sb_cc));
OBSERVE("so.snd_hiwat", offsetof(struct socket, so_snd.sb_hiwat));
OBSERVE("so.snd_mbcnt", offsetof(struct socket, so_snd.sb_mbcnt));
OBSERVE("so.snd_mbmax", offsetof(struct socket, so_snd.sb_mbmax));
OBSERVE("so.snd_flags", offsetof(struct socket, so_snd.sb_flags));
OBSERVE("so.snd_waiter", offsetof(struct socket, so_snd.sb_waiter));
OBSERVE("so.rcv_mb", offsetof(struct socket, so_rcv.sb_mb));
OBSERVE("so.rcv_cc", offsetof(struct socket, so_rcv.sb_cc));
OBSERVE("so.rcv_hiwat", offsetof(struct socket, so_rcv.sb_hiwat));
OBSERVE("so.rcv_mbcnt", offsetof(struct socket, so_rcv.sb_mbcnt));
OBSERVE("so.rcv_mbmax", offsetof(struct socket, so_rcv.sb_mbmax));
OBSERVE("so.rcv_flags", offsetof(struct socket, so_rcv.sb_flags));
OBSERVE("so.rcv_waiter", offsetof(struct socket, so_rcv.sb_waiter));
OBSERVE("protosw.pr_name", offsetof(struct protosw, pr_name));
OBSERVE("protosw.pr_protocol", offsetof(struct protosw, pr_protocol));

/* ---- buffers ---- */

static unsigned storage(const struct mbuf *m) {
  return MSIZE + ((m->m_flags & M_EXT) ? m->m_ext.ext_size : 0);
}

static void sballoc(struct sockbuf *sb, const struct mbuf *m) {
  sb->sb_cc += (uint32_t)m->m_len;
  sb->sb_mbcnt += storage(m);
}

static struct mbuf *sbfree_first(struct sockbuf *sb, struct mbuf *m) {
  sb->sb_cc -= (uint32_t)m->m_len;
  sb->sb_mbcnt -= storage(m);
  return m_free(m);
}

int sbreserve(struct sockbuf *sb, unsigned bytes) {
  if (bytes == 0 || bytes > (unsigned)((uint64_t)SB_MAX * MCLBYTES / (MSIZE + MCLBYTES))) return 0;
  sb->sb_hiwat = bytes;
  uint32_t limit = bytes * sb_efficiency;
  sb->sb_mbmax = limit < SB_MAX ? limit : SB_MAX;
  if (sb->sb_lowat > (int32_t)bytes) sb->sb_lowat = (int32_t)bytes;
  return 1;
}

int soreserve(struct socket *so, unsigned send_bytes, unsigned receive_bytes) {
  so->so_snd.sb_flags |= SB_SEND;
  if (!sbreserve(&so->so_snd, send_bytes) || !sbreserve(&so->so_rcv, receive_bytes)) return ENOBUFS;
  if (so->so_rcv.sb_lowat == 0) so->so_rcv.sb_lowat = 1;
  if (so->so_snd.sb_lowat == 0) so->so_snd.sb_lowat = MCLBYTES;
  if (so->so_snd.sb_lowat > (int32_t)so->so_snd.sb_hiwat) so->so_snd.sb_lowat = (int32_t)so->so_snd.sb_hiwat;
  return 0;
}

/* One socket, one task: a second user would corrupt the first one's position, so it is a program error. */
int sblock(struct sockbuf *sb) {
  if (sb->sb_flags & SB_LOCK) rtems_panic("Socket buffer is already in use.");
  sb->sb_flags |= SB_LOCK;
  return 0;
}

void sbunlock(struct sockbuf *sb) {
  sb->sb_flags &= (uint16_t)~SB_LOCK;
}

int sbwait(struct sockbuf *sb) {
  rtems_event_set events;
  /* An event left over from an earlier use of this task must not end the wait. */
  rtems_event_receive(SBWAIT_EVENT, RTEMS_EVENT_ANY | RTEMS_NO_WAIT, 0, &events);
  sb->sb_flags |= SB_WAIT;
  sb->sb_waiter = rtems_task_self();
  task_wait_note((sb->sb_flags & SB_SEND) ? "sbwait snd" : "sbwait rcv");
  rtems_status_code status =
      rtems_bsdnet_event_receive(SBWAIT_EVENT, RTEMS_EVENT_ANY | RTEMS_WAIT, sb->sb_timeo, &events);
  task_wait_done();
  sb->sb_flags &= (uint16_t)~SB_WAIT;
  return status == RTEMS_TIMEOUT ? EWOULDBLOCK : 0;
}

void sowakeup(struct sockbuf *sb) {
  if (sb->sb_flags & SB_WAIT) {
    sb->sb_flags &= (uint16_t)~SB_WAIT;
    rtems_event_send(sb->sb_waiter, SBWAIT_EVENT);
  }
}

/*
 * Adds a chain to the record that ends in `last` (NULL: the buffer is empty). Bytes are copied together only into an
 * mbuf without a cluster, and only up to, not including, its last byte: data in or behind a cluster is never merged.
 */
static void sbcompress(struct sockbuf *sb, struct mbuf *m, struct mbuf *last) {
  while (m != NULL) {
    if (m->m_len == 0) {
      m = m_free(m);
      continue;
    }
    if (last != NULL && !(last->m_flags & (M_EXT | M_EOR)) && last->m_type == m->m_type &&
        last->m_data + last->m_len + m->m_len < &last->m_dat[MLEN]) {
      memcpy(last->m_data + last->m_len, m->m_data, (size_t)m->m_len);
      last->m_len += m->m_len;
      sb->sb_cc += (uint32_t)m->m_len;
      m = m_free(m);
      continue;
    }
    if (last != NULL)
      last->m_next = m;
    else
      sb->sb_mb = m;
    sballoc(sb, m);
    last = m;
    m->m_flags &= (uint16_t)~M_EOR;
    m = m->m_next;
    last->m_next = NULL;
  }
}

static struct mbuf *last_record(const struct sockbuf *sb) {
  struct mbuf *m = sb->sb_mb;
  while (m != NULL && m->m_nextpkt != NULL) m = m->m_nextpkt;
  return m;
}

void sbappend(struct sockbuf *sb, struct mbuf *m) {
  if (m == NULL) return;
  struct mbuf *last = last_record(sb);
  while (last != NULL && last->m_next != NULL) last = last->m_next;
  sbcompress(sb, m, last);
}

void sbappendrecord(struct sockbuf *sb, struct mbuf *m) {
  struct mbuf *last = last_record(sb);
  if (last != NULL)
    last->m_nextpkt = m;
  else
    sb->sb_mb = m;
  for (; m != NULL; m = m->m_next) sballoc(sb, m);
}

int sbappendaddr(struct sockbuf *sb, const struct sockaddr_in *from, struct mbuf *m) {
  int length = m_length(m) + (int)sizeof *from;
  if (length > sbspace(sb)) return 0;
  struct mbuf *name = m_get(M_DONTWAIT, MT_SONAME);
  if (name == NULL) return 0;
  name->m_len = sizeof *from;
  memcpy(name->m_data, from, sizeof *from);
  name->m_next = m;
  if (m != NULL) m->m_nextpkt = NULL;
  sbappendrecord(sb, name);
  return 1;
}

void sbdrop(struct sockbuf *sb, unsigned length) {
  struct mbuf *m = sb->sb_mb;
  struct mbuf *next = m != NULL ? m->m_nextpkt : NULL;
  while (length > 0) {
    if (m == NULL) {
      if (next == NULL) break;
      m = next;
      next = m->m_nextpkt;
      continue;
    }
    if ((unsigned)m->m_len > length) {
      m->m_data += length;
      m->m_len -= (int32_t)length;
      sb->sb_cc -= length;
      break;
    }
    length -= (unsigned)m->m_len;
    m = sbfree_first(sb, m);
  }
  while (m != NULL && m->m_len == 0) m = sbfree_first(sb, m);
  if (m != NULL) {
    sb->sb_mb = m;
    m->m_nextpkt = next;
  } else {
    sb->sb_mb = next;
  }
}

void sbdroprecord(struct sockbuf *sb) {
  struct mbuf *m = sb->sb_mb;
  if (m == NULL) return;
  sb->sb_mb = m->m_nextpkt;
  while (m != NULL) m = sbfree_first(sb, m);
}

/* For buffers nobody uses any more. A locked one is in use by definition. */
void sbflush(struct sockbuf *sb) {
  if (sb->sb_flags & SB_LOCK) rtems_panic("sbflush: locked");
  while (sb->sb_mb != NULL) sbdroprecord(sb);
}

void sbrelease(struct sockbuf *sb) {
  sbflush(sb);
  sb->sb_hiwat = 0;
  sb->sb_mbmax = 0;
}

/* ---- state ---- */

int soconnsleep(struct socket *so, int ticks) {
  rtems_event_set events;
  if (so->so_sleeper != 0) rtems_panic("Socket is already in use.");
  rtems_event_receive(SOSLEEP_EVENT, RTEMS_EVENT_ANY | RTEMS_NO_WAIT, 0, &events);
  so->so_sleeper = rtems_task_self();
  task_wait_note("soconnsleep");
  rtems_status_code status =
      rtems_bsdnet_event_receive(SOSLEEP_EVENT, RTEMS_EVENT_ANY | RTEMS_WAIT, (rtems_interval)ticks, &events);
  task_wait_done();
  so->so_sleeper = 0;
  return status == RTEMS_TIMEOUT ? EWOULDBLOCK : 0;
}

void soconnwakeup(struct socket *so) {
  if (so->so_sleeper != 0) rtems_event_send(so->so_sleeper, SOSLEEP_EVENT);
}

static void queue_remove(struct socket **queue, struct socket *so) {
  while (*queue != NULL && *queue != so) queue = &(*queue)->so_qnext;
  if (*queue != NULL) *queue = so->so_qnext;
  so->so_qnext = NULL;
}

static void queue_append(struct socket **queue, struct socket *so) {
  while (*queue != NULL) queue = &(*queue)->so_qnext;
  *queue = so;
  so->so_qnext = NULL;
}

void soisconnecting(struct socket *so) {
  so->so_state &= (uint16_t)~(SS_ISCONNECTED | SS_ISDISCONNECTING);
  so->so_state |= SS_ISCONNECTING;
}

void soisconnected(struct socket *so) {
  so->so_state &= (uint16_t)~(SS_ISCONNECTING | SS_ISDISCONNECTING);
  so->so_state |= SS_ISCONNECTED;
  struct socket *head = so->so_head;
  if (head != NULL && (so->so_state & SS_INCOMP)) {
    queue_remove(&head->so_incomp, so);
    head->so_incqlen--;
    so->so_state = (uint16_t)((so->so_state & ~SS_INCOMP) | SS_COMP);
    queue_append(&head->so_comp, so);
    sorwakeup(head);
    soconnwakeup(head);
    return;
  }
  soconnwakeup(so);
  sorwakeup(so);
  sowwakeup(so);
}

void soisdisconnecting(struct socket *so) {
  so->so_state &= (uint16_t)~SS_ISCONNECTING;
  so->so_state |= SS_ISDISCONNECTING | SS_CANTRCVMORE | SS_CANTSENDMORE;
  soconnwakeup(so);
  sowwakeup(so);
  sorwakeup(so);
}

/* The socket's data stays: only sofree lets it go (rtems-legacy-networking.md section 5). */
void soisdisconnected(struct socket *so) {
  so->so_state &= (uint16_t)~(SS_ISCONNECTING | SS_ISCONNECTED | SS_ISDISCONNECTING);
  so->so_state |= SS_CANTRCVMORE | SS_CANTSENDMORE;
  soconnwakeup(so);
  sowwakeup(so);
  sorwakeup(so);
}

void socantsendmore(struct socket *so) {
  so->so_state |= SS_CANTSENDMORE;
  sowwakeup(so);
}

void socantrcvmore(struct socket *so) {
  so->so_state |= SS_CANTRCVMORE;
  sorwakeup(so);
}

/* A listener's half-made (state 0) or complete (SS_ISCONNECTED) new socket; NULL when the backlog is full. */
struct socket *sonewconn(struct socket *head, int state) {
  if (head->so_qlen > 3 * head->so_qlimit / 2) return NULL;
  struct socket *so = rtems_bsdnet_malloc(sizeof *so, 0);
  if (so == NULL) return NULL;
  so->so_type = head->so_type;
  so->so_options = (int16_t)(head->so_options & ~SO_ACCEPTCONN);
  so->so_linger = head->so_linger;
  so->so_state = (uint16_t)((head->so_state & SS_NBIO) | SS_NOFDREF | state);
  so->so_proto = head->so_proto;
  so->so_snd.sb_timeo = head->so_snd.sb_timeo;
  so->so_rcv.sb_timeo = head->so_rcv.sb_timeo;
  so->so_head = head;
  so->so_next = socket_list;
  socket_list = so;
  if (soreserve(so, head->so_snd.sb_hiwat, head->so_rcv.sb_hiwat) != 0 ||
      so->so_proto->pr_usrreqs->pru_attach(so) != 0) {
    socket_list = so->so_next;
    rtems_bsdnet_free(so);
    return NULL;
  }
  if (state & SS_ISCONNECTED) {
    so->so_state |= SS_COMP;
    queue_append(&head->so_comp, so);
    sorwakeup(head);
    soconnwakeup(head);
  } else {
    so->so_state |= SS_INCOMP;
    queue_append(&head->so_incomp, so);
    head->so_incqlen++;
  }
  head->so_qlen++;
  return so;
}
