/* The table of file descriptors, and the calls that every kind of object answers. */
#include <errno.h>
#include <fs.h>
#include <rtems.h>

#include "internal.h"

static struct open_file table[FD_MAX];
static rtems_id table_lock;

void fd_init(void) {
  rtems_semaphore_create(rtems_build_name('F', 'D', ' ', ' '), 1,
                         RTEMS_BINARY_SEMAPHORE | RTEMS_PRIORITY | RTEMS_INHERIT_PRIORITY, 0, &table_lock);
}

static void lock(void) { rtems_semaphore_obtain(table_lock, RTEMS_WAIT, RTEMS_NO_TIMEOUT); }

static void unlock(void) { rtems_semaphore_release(table_lock); }

int fd_install(const struct fd_ops *ops, void *object, int flags) {
  int fd;

  lock();
  /* 0 to 2 stay free for the console's use. */
  for (fd = 3; fd < FD_MAX; fd++) {
    if (!table[fd].ops) {
      table[fd].ops = ops;
      table[fd].object = object;
      table[fd].position = 0;
      table[fd].flags = flags;
      break;
    }
  }
  unlock();
  return fd < FD_MAX ? fd : -ENFILE;
}

struct open_file *fd_lookup(int fd) {
  if (fd < 0 || fd >= FD_MAX || !table[fd].ops) {
    return 0;
  }
  return &table[fd];
}

int fs_result(int value) {
  if (value >= 0) {
    return value;
  }
  errno = -value;
  return -1;
}

int read(int fd, void *buffer, uint32_t length) {
  struct open_file *file = fd_lookup(fd);

  if (!file || !file->ops->read) {
    return fs_result(-EBADF);
  }
  return fs_result(file->ops->read(file, buffer, length));
}

int write(int fd, const void *buffer, uint32_t length) {
  struct open_file *file = fd_lookup(fd);

  if (!file || !file->ops->write) {
    return fs_result(-EBADF);
  }
  return fs_result(file->ops->write(file, buffer, length));
}

int32_t lseek(int fd, int32_t offset, int whence) {
  struct open_file *file = fd_lookup(fd);

  if (!file) {
    return fs_result(-EBADF);
  }
  if (!file->ops->seek) {
    return fs_result(-ESPIPE);
  }
  return fs_result(file->ops->seek(file, offset, whence));
}

int ioctl(int fd, uint32_t request, void *argument) {
  struct open_file *file = fd_lookup(fd);

  if (!file) {
    return fs_result(-EBADF);
  }
  if (!file->ops->ioctl) {
    return fs_result(-ENOTTY);
  }
  return fs_result(file->ops->ioctl(file, request, argument));
}

int close(int fd) {
  struct open_file *file = fd_lookup(fd);
  struct open_file closing;

  if (!file) {
    return fs_result(-EBADF);
  }
  /* The entry goes first: closing a socket may wait, and nobody must find it meanwhile. */
  lock();
  closing = *file;
  file->ops = 0;
  file->object = 0;
  unlock();
  if (!closing.ops) {
    return fs_result(-EBADF);
  }
  return closing.ops->close ? fs_result(closing.ops->close(&closing)) : 0;
}
