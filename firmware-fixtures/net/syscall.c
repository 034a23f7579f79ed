/* The socket calls applications make, and sockets as open files. */
#include <errno.h>
#include <fs.h>
#include <stddef.h>
#include <string.h>

#include "bsdnet.h"
#include "socketvar.h"

static int socket_read(struct open_file *file, void *buffer, uint32_t length);
static int socket_write(struct open_file *file, const void *buffer, uint32_t length);
static int socket_ioctl(struct open_file *file, uint32_t request, void *argument);
static int socket_close(struct open_file *file);

static const struct fd_ops socket_ops = {
    .name = "socket", .read = socket_read, .write = socket_write, .ioctl = socket_ioctl, .close = socket_close};

static int fail(int error) {
  errno = error;
  return -1;
}

/* The socket of a descriptor; NULL with *error set when it is none. */
static struct socket *socket_of(int fd, int *error) {
  struct open_file *file = fd_lookup(fd);
  if (file == NULL) {
    *error = EBADF;
    return NULL;
  }
  if (file->ops != &socket_ops) {
    *error = ENOTSOCK;
    return NULL;
  }
  return file->object;
}

/* Copies a user's address into an MT_SONAME mbuf, waiting for one if need be (§2: M_WAIT). */
static int sockargs(struct mbuf **nam, const struct sockaddr *address, socklen_t length) {
  if (address == NULL || length < 8 || length > MLEN) return EINVAL;
  struct mbuf *m = m_get(M_WAIT, MT_SONAME);
  m->m_len = sizeof(struct sockaddr_in);
  memset(m->m_data, 0, sizeof(struct sockaddr_in));
  memcpy(m->m_data, address, length < sizeof(struct sockaddr_in) ? length : sizeof(struct sockaddr_in));
  struct sockaddr_in *sin = mtod(m, struct sockaddr_in *);
  sin->sin_len = sizeof *sin;
  *nam = m;
  return 0;
}

static void give_address(const struct mbuf *nam, struct sockaddr *address, socklen_t *length) {
  if (address == NULL || length == NULL) return;
  socklen_t n = *length < (socklen_t)nam->m_len ? *length : (socklen_t)nam->m_len;
  memcpy(address, nam->m_data, n);
  *length = n;
}

int socket(int domain, int type, int protocol) {
  struct socket *so = NULL;
  rtems_bsdnet_semaphore_obtain();
  int error = socreate(domain, &so, type, protocol);
  rtems_bsdnet_semaphore_release();
  if (error != 0) return fail(error);
  int fd = fd_install(&socket_ops, so, O_RDWR);
  if (fd < 0) {
    rtems_bsdnet_semaphore_obtain();
    soclose(so);
    rtems_bsdnet_semaphore_release();
    return fail(-fd);
  }
  return fd;
}

int bind(int s, const struct sockaddr *address, socklen_t length) {
  int error = 0;
  struct socket *so = socket_of(s, &error);
  if (so == NULL) return fail(error);
  struct mbuf *nam;
  rtems_bsdnet_semaphore_obtain();
  error = sockargs(&nam, address, length);
  if (error == 0) {
    error = sobind(so, nam);
    m_freem(nam);
  }
  rtems_bsdnet_semaphore_release();
  return error != 0 ? fail(error) : 0;
}

int listen(int s, int backlog) {
  int error = 0;
  struct socket *so = socket_of(s, &error);
  if (so == NULL) return fail(error);
  rtems_bsdnet_semaphore_obtain();
  error = solisten(so, backlog);
  rtems_bsdnet_semaphore_release();
  return error != 0 ? fail(error) : 0;
}

static int accept_one(struct socket *so, struct socket **result, struct mbuf **nam) {
  if (!(so->so_options & SO_ACCEPTCONN)) return EINVAL;
  while (so->so_comp == NULL && so->so_error == 0) {
    if (so->so_state & SS_NBIO) return EWOULDBLOCK;
    if (so->so_state & SS_CANTRCVMORE) return ECONNABORTED;
    int error = soconnsleep(so, (int)so->so_rcv.sb_timeo);
    if (error != 0) return error;
  }
  if (so->so_error != 0) {
    int error = so->so_error;
    so->so_error = 0;
    return error;
  }
  struct socket *accepted = so->so_comp;
  so->so_comp = accepted->so_qnext;
  accepted->so_qnext = NULL;
  accepted->so_head = NULL;
  accepted->so_state &= (uint16_t)~SS_COMP;
  so->so_qlen--;
  *nam = m_get(M_WAIT, MT_SONAME);
  soaccept(accepted, *nam); /* a peer that left already shows at the first use */
  *result = accepted;
  return 0;
}

int accept(int s, struct sockaddr *address, socklen_t *length) {
  int error = 0;
  struct socket *so = socket_of(s, &error);
  if (so == NULL) return fail(error);
  struct socket *accepted = NULL;
  struct mbuf *nam = NULL;
  rtems_bsdnet_semaphore_obtain();
  error = accept_one(so, &accepted, &nam);
  if (error == 0) {
    give_address(nam, address, length);
    m_freem(nam);
  }
  rtems_bsdnet_semaphore_release();
  if (error != 0) return fail(error);
  int fd = fd_install(&socket_ops, accepted, O_RDWR);
  if (fd < 0) {
    rtems_bsdnet_semaphore_obtain();
    soclose(accepted);
    rtems_bsdnet_semaphore_release();
    return fail(-fd);
  }
  return fd;
}

int connect(int s, const struct sockaddr *address, socklen_t length) {
  int error = 0;
  struct socket *so = socket_of(s, &error);
  if (so == NULL) return fail(error);
  struct mbuf *nam;
  rtems_bsdnet_semaphore_obtain();
  if ((so->so_state & SS_NBIO) && (so->so_state & SS_ISCONNECTING)) {
    error = EALREADY;
  } else {
    error = sockargs(&nam, address, length);
    if (error == 0) {
      error = soconnect(so, nam);
      m_freem(nam);
    }
    if (error == 0 && (so->so_state & SS_NBIO) && (so->so_state & SS_ISCONNECTING)) {
      error = EINPROGRESS;
    } else {
      while (error == 0 && (so->so_state & SS_ISCONNECTING) && so->so_error == 0)
        error = soconnsleep(so, (int)so->so_rcv.sb_timeo);
      if (error == 0) {
        error = so->so_error;
        so->so_error = 0;
      }
      so->so_state &= (uint16_t)~SS_ISCONNECTING;
    }
  }
  rtems_bsdnet_semaphore_release();
  return error != 0 ? fail(error) : 0;
}

/* Bytes sent, or -errno. Part of a message sent before an error counts as success, as POSIX has it. */
static int send_to(struct socket *so, const void *data, size_t length, int flags, const struct sockaddr *to,
                   socklen_t to_length) {
  if (length > 0x7FFFFFFF) return -EINVAL;
  int resid = (int)length;
  struct mbuf *nam = NULL;
  int error = 0;
  rtems_bsdnet_semaphore_obtain();
  if (to != NULL) error = sockargs(&nam, to, to_length);
  if (error == 0) error = sosend(so, nam, data, &resid, flags);
  if (nam != NULL) m_freem(nam);
  rtems_bsdnet_semaphore_release();
  int sent = (int)length - resid;
  if (error == EWOULDBLOCK && sent > 0) error = 0;
  return error != 0 ? -error : sent;
}

static int receive_from(struct socket *so, void *data, size_t length, int flags, struct sockaddr *from,
                        socklen_t *from_length) {
  if (length > 0x7FFFFFFF) return -EINVAL;
  int resid = (int)length;
  struct mbuf *nam = NULL;
  rtems_bsdnet_semaphore_obtain();
  int error = soreceive(so, from != NULL ? &nam : NULL, data, &resid, flags);
  if (nam != NULL) {
    give_address(nam, from, from_length);
    m_freem(nam);
  } else if (from_length != NULL) {
    *from_length = 0;
  }
  rtems_bsdnet_semaphore_release();
  return error != 0 ? -error : (int)length - resid;
}

ssize_t sendto(int s, const void *data, size_t length, int flags, const struct sockaddr *to, socklen_t to_length) {
  int error = 0;
  struct socket *so = socket_of(s, &error);
  if (so == NULL) return fail(error);
  int n = send_to(so, data, length, flags, to, to_length);
  return n < 0 ? fail(-n) : n;
}

ssize_t send(int s, const void *data, size_t length, int flags) {
  return sendto(s, data, length, flags, NULL, 0);
}

ssize_t recvfrom(int s, void *data, size_t length, int flags, struct sockaddr *from, socklen_t *from_length) {
  int error = 0;
  struct socket *so = socket_of(s, &error);
  if (so == NULL) return fail(error);
  int n = receive_from(so, data, length, flags, from, from_length);
  return n < 0 ? fail(-n) : n;
}

ssize_t recv(int s, void *data, size_t length, int flags) {
  return recvfrom(s, data, length, flags, NULL, NULL);
}

int setsockopt(int s, int level, int option, const void *value, socklen_t length) {
  int error = 0;
  struct socket *so = socket_of(s, &error);
  if (so == NULL) return fail(error);
  if (value == NULL) return fail(EFAULT);
  rtems_bsdnet_semaphore_obtain();
  error = sosetopt(so, level, option, value, length);
  rtems_bsdnet_semaphore_release();
  return error != 0 ? fail(error) : 0;
}

int getsockopt(int s, int level, int option, void *value, socklen_t *length) {
  int error = 0;
  struct socket *so = socket_of(s, &error);
  if (so == NULL) return fail(error);
  if (value == NULL || length == NULL) return fail(EFAULT);
  rtems_bsdnet_semaphore_obtain();
  error = sogetopt(so, level, option, value, length);
  rtems_bsdnet_semaphore_release();
  return error != 0 ? fail(error) : 0;
}

static int get_name(int s, struct sockaddr *address, socklen_t *length, int peer) {
  int error = 0;
  struct socket *so = socket_of(s, &error);
  if (so == NULL) return fail(error);
  rtems_bsdnet_semaphore_obtain();
  struct mbuf *nam = m_get(M_WAIT, MT_SONAME);
  error = peer ? so->so_proto->pr_usrreqs->pru_peeraddr(so, nam) : so->so_proto->pr_usrreqs->pru_sockaddr(so, nam);
  if (error == 0) give_address(nam, address, length);
  m_freem(nam);
  rtems_bsdnet_semaphore_release();
  return error != 0 ? fail(error) : 0;
}

int getsockname(int s, struct sockaddr *address, socklen_t *length) {
  return get_name(s, address, length, 0);
}

int getpeername(int s, struct sockaddr *address, socklen_t *length) {
  return get_name(s, address, length, 1);
}

int shutdown(int s, int how) {
  int error = 0;
  struct socket *so = socket_of(s, &error);
  if (so == NULL) return fail(error);
  rtems_bsdnet_semaphore_obtain();
  error = soshutdown(so, how);
  rtems_bsdnet_semaphore_release();
  return error != 0 ? fail(error) : 0;
}

/* ---- as files ---- */

static int socket_read(struct open_file *file, void *buffer, uint32_t length) {
  return receive_from(file->object, buffer, length, 0, NULL, NULL);
}

static int socket_write(struct open_file *file, const void *buffer, uint32_t length) {
  return send_to(file->object, buffer, length, 0, NULL, 0);
}

static int socket_ioctl(struct open_file *file, uint32_t request, void *argument) {
  struct socket *so = file->object;
  int result = 0;
  if (argument == NULL) return -EFAULT;
  rtems_bsdnet_semaphore_obtain();
  if (request == FIONBIO) {
    so->so_state = (uint16_t)(*(int *)argument ? so->so_state | SS_NBIO : so->so_state & ~SS_NBIO);
  } else if (request == FIONREAD) {
    *(int *)argument = (int)so->so_rcv.sb_cc;
  } else {
    result = -ENOTTY;
  }
  rtems_bsdnet_semaphore_release();
  return result;
}

static int socket_close(struct open_file *file) {
  rtems_bsdnet_semaphore_obtain();
  int error = soclose(file->object);
  rtems_bsdnet_semaphore_release();
  return -error;
}
