/*
 * Sockets and socket buffers as the protocols see them. Limits and accounting: rtems-legacy-networking.md section 5.
 */
#ifndef NET_SOCKETVAR_H
#define NET_SOCKETVAR_H

#include <stddef.h>
#include <stdint.h>

#include <rtems.h>

#include <netinet/in.h>

#include "mbuf.h"

#define SB_MAX (256 * 1024)

struct sockbuf {
  uint32_t sb_cc;    /* bytes of data */
  uint32_t sb_hiwat; /* limit of sb_cc */
  uint32_t sb_mbcnt; /* bytes of mbufs and clusters that hold it */
  uint32_t sb_mbmax; /* limit of sb_mbcnt */
  int32_t sb_lowat;
  struct mbuf *sb_mb; /* first record; records by m_nextpkt, buffers by m_next */
  uint16_t sb_flags;
  rtems_id sb_waiter; /* task inside sbwait */
  uint32_t sb_timeo;  /* ticks, 0 = none */
};

#define SB_LOCK 0x01 /* one task is using this buffer */
#define SB_WAIT 0x04 /* a task sleeps until data or space comes */
#define SB_SEND 0x100 /* this is a send buffer (for the wait notes) */

#define SS_NOFDREF 0x001 /* no file refers to it any more */
#define SS_ISCONNECTED 0x002
#define SS_ISCONNECTING 0x004
#define SS_ISDISCONNECTING 0x008
#define SS_CANTSENDMORE 0x010
#define SS_CANTRCVMORE 0x020
#define SS_NBIO 0x100
#define SS_INCOMP 0x800  /* not accepted, handshake unfinished */
#define SS_COMP 0x1000   /* not accepted, complete */

struct socket;
struct protosw;

/* User requests of a protocol. `nam` is an MT_SONAME mbuf with a sockaddr_in. Each returns an errno value. */
struct pr_usrreqs {
  int (*pru_attach)(struct socket *so);
  int (*pru_detach)(struct socket *so);
  int (*pru_bind)(struct socket *so, struct mbuf *nam);
  int (*pru_listen)(struct socket *so);
  int (*pru_accept)(struct socket *so, struct mbuf *nam);
  int (*pru_connect)(struct socket *so, struct mbuf *nam);
  int (*pru_disconnect)(struct socket *so);
  int (*pru_shutdown)(struct socket *so);
  int (*pru_rcvd)(struct socket *so);
  int (*pru_send)(struct socket *so, struct mbuf *m, struct mbuf *nam);
  int (*pru_abort)(struct socket *so);
  int (*pru_sockaddr)(struct socket *so, struct mbuf *nam);
  int (*pru_peeraddr)(struct socket *so, struct mbuf *nam);
  int (*pru_ctloutput)(struct socket *so, int set, int option, void *value, socklen_t *length);
};

#define PR_ATOMIC 0x01       /* one send = one message */
#define PR_ADDR 0x02         /* an address comes with each message */
#define PR_CONNREQUIRED 0x04 /* connection needed before data */
#define PR_WANTRCVD 0x08     /* wants to hear when the user has read */

struct protosw {
  const char *pr_name;
  int pr_type;
  int pr_protocol;
  int pr_flags;
  const struct pr_usrreqs *pr_usrreqs;
  void (*pr_input)(struct mbuf *m, int header_length);
  void (*pr_ctlinput)(int code, struct in_addr peer, const void *inner_ip);
  void (*pr_init)(void);
  void (*pr_fasttimo)(void); /* 5 Hz */
  void (*pr_slowtimo)(void); /* 2 Hz */
  void (*pr_drain)(void);
};

/* Codes for pr_ctlinput. */
#define PRC_QUENCH 4
#define PRC_MSGSIZE 5
#define PRC_UNREACH_NET 8
#define PRC_UNREACH_HOST 9
#define PRC_UNREACH_PROTOCOL 10
#define PRC_UNREACH_PORT 11
#define PRC_TIMXCEED 18

extern const struct protosw *const inetsw[];
extern const int inetsw_count;

struct socket {
  struct socket *so_next; /* all sockets, for netstat and observers */
  int32_t so_type; /* a word: observers read it */
  int16_t so_options;
  int16_t so_linger; /* seconds */
  uint16_t so_state;
  void *so_pcb;
  const struct protosw *so_proto;
  struct socket *so_head; /* listener that this one waits at */
  struct socket *so_incomp, *so_comp; /* a listener's two queues, linked by so_qnext */
  struct socket *so_qnext;
  int16_t so_qlen, so_incqlen, so_qlimit;
  int16_t so_error;
  rtems_id so_sleeper; /* task waiting for a connection, accept or linger */
  struct mbuf *so_top; /* sosend: chain being built, not yet given to the protocol */
  struct sockbuf so_rcv, so_snd;
};

extern struct socket *socket_list;
extern unsigned sb_efficiency;
extern unsigned tcp_sendspace, tcp_recvspace, udp_sendspace, udp_recvspace;

static inline int sbspace(const struct sockbuf *sb) {
  int by_data = (int)sb->sb_hiwat - (int)sb->sb_cc;
  int by_memory = (int)sb->sb_mbmax - (int)sb->sb_mbcnt;
  return by_data < by_memory ? by_data : by_memory;
}

/* uipc_socket.c: what a system call does. Return errno values; network semaphore held. */
int socreate(int domain, struct socket **result, int type, int protocol);
int sobind(struct socket *so, struct mbuf *nam);
int solisten(struct socket *so, int backlog);
int soaccept(struct socket *so, struct mbuf *nam);
int soconnect(struct socket *so, struct mbuf *nam);
int sodisconnect(struct socket *so);
int soclose(struct socket *so);
int soabort(struct socket *so);
void sofree(struct socket *so);
int soshutdown(struct socket *so, int how);
/* *resid: in bytes to send, out bytes not taken. */
int sosend(struct socket *so, struct mbuf *nam, const char *data, int *resid, int flags);
/* *resid: in room, out room left. *nam gets the sender's address (to be freed) when nam is given. */
int soreceive(struct socket *so, struct mbuf **nam, char *data, int *resid, int flags);
int sosetopt(struct socket *so, int level, int option, const void *value, socklen_t length);
int sogetopt(struct socket *so, int level, int option, void *value, socklen_t *length);

/* uipc_socket2.c: what protocols call. */
void soisconnecting(struct socket *so);
void soisconnected(struct socket *so);
void soisdisconnecting(struct socket *so);
void soisdisconnected(struct socket *so);
struct socket *sonewconn(struct socket *head, int state);
void socantsendmore(struct socket *so);
void socantrcvmore(struct socket *so);
void sowakeup(struct sockbuf *sb);
int soreserve(struct socket *so, unsigned send_bytes, unsigned receive_bytes);
int sbreserve(struct sockbuf *sb, unsigned bytes);
void sbrelease(struct sockbuf *sb);
int sbwait(struct sockbuf *sb);
int sblock(struct sockbuf *sb);
void sbunlock(struct sockbuf *sb);
void sbappend(struct sockbuf *sb, struct mbuf *m);
void sbappendrecord(struct sockbuf *sb, struct mbuf *m);
/* A datagram with its sender; 0 when there is no room or no mbuf (m is then still the caller's). */
int sbappendaddr(struct sockbuf *sb, const struct sockaddr_in *from, struct mbuf *m);
void sbdrop(struct sockbuf *sb, unsigned length);
void sbdroprecord(struct sockbuf *sb);
void sbflush(struct sockbuf *sb);
/* Waits until so_sleeper is woken; ticks 0 = for ever; ETIMEDOUT or 0. */
int soconnsleep(struct socket *so, int ticks);
void soconnwakeup(struct socket *so);

#define sorwakeup(so) sowakeup(&(so)->so_rcv)
#define sowwakeup(so) sowakeup(&(so)->so_snd)

#endif
