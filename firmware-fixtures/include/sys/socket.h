/*
 * The BSD socket interface of the network stack (names and semantics are the field's own).
 * All calls return -1 and set errno on failure.
 */
#ifndef SYS_SOCKET_H
#define SYS_SOCKET_H

#include <stddef.h>
#include <stdint.h>
#include <sys/time.h>
#include <sys/types.h>

typedef unsigned int socklen_t;

#define AF_UNSPEC 0
#define AF_INET 2
#define PF_INET AF_INET

#define SOCK_STREAM 1
#define SOCK_DGRAM 2

#define SOL_SOCKET 0xFFFF

/* Boolean options; each is also the bit kept in so_options. */
#define SO_DEBUG 0x0001
#define SO_ACCEPTCONN 0x0002
#define SO_REUSEADDR 0x0004
#define SO_KEEPALIVE 0x0008
#define SO_DONTROUTE 0x0010
#define SO_BROADCAST 0x0020
#define SO_LINGER 0x0080

/* Options with a value. */
#define SO_SNDBUF 0x1001
#define SO_RCVBUF 0x1002
#define SO_SNDLOWAT 0x1003
#define SO_RCVLOWAT 0x1004
#define SO_SNDTIMEO 0x1005 /* struct timeval */
#define SO_RCVTIMEO 0x1006 /* struct timeval */
#define SO_ERROR 0x1007
#define SO_TYPE 0x1008

#define MSG_PEEK 0x2
#define MSG_WAITALL 0x40
#define MSG_DONTWAIT 0x80

#define SHUT_RD 0
#define SHUT_WR 1
#define SHUT_RDWR 2

#define SOMAXCONN 128

struct sockaddr {
  uint8_t sa_len;
  uint8_t sa_family;
  char sa_data[14];
};

struct linger {
  int l_onoff;
  int l_linger; /* seconds */
};

/* ioctl() requests on a socket; the argument is an int. */
#define FIONREAD 0x4004667F
#define FIONBIO 0x8004667E

int socket(int domain, int type, int protocol);
int bind(int s, const struct sockaddr *address, socklen_t length);
int listen(int s, int backlog);
int accept(int s, struct sockaddr *address, socklen_t *length);
int connect(int s, const struct sockaddr *address, socklen_t length);
ssize_t send(int s, const void *data, size_t length, int flags);
ssize_t sendto(int s, const void *data, size_t length, int flags, const struct sockaddr *to, socklen_t to_length);
ssize_t recv(int s, void *data, size_t length, int flags);
ssize_t recvfrom(int s, void *data, size_t length, int flags, struct sockaddr *from, socklen_t *from_length);
int setsockopt(int s, int level, int option, const void *value, socklen_t length);
int getsockopt(int s, int level, int option, void *value, socklen_t *length);
int getsockname(int s, struct sockaddr *address, socklen_t *length);
int getpeername(int s, struct sockaddr *address, socklen_t *length);
int shutdown(int s, int how);
/* close(fd) is the file layer's (include/fs.h); it ends in this stack's soclose. */

#endif
