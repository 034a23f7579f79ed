/*
 * The file system in memory: a tree of nodes, file data in chunks of 4 KiB from the heap.
 *
 * One lock for the tree; it is never held while a special file's own code runs.
 */
#include <errno.h>
#include <fs.h>
#include <rtems.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "internal.h"

#define CHUNK 4096u

struct node {
  struct node *next;   /* in the same directory, by creation */
  struct node *parent; /* 0: the root, or unlinked */
  struct node *child;  /* directories */
  char name[FS_NAME_MAX + 1];
  uint32_t ino;
  uint32_t mode;
  uint32_t mtime;
  uint32_t size;
  uint8_t **chunks;     /* 0 entries are holes and read as zeros */
  uint32_t chunk_slots; /* length of `chunks` */
  uint32_t opens;       /* descriptors and DIRs that refer to it */
  const struct fs_special *special;
  void *context;
};

struct fs_dir {
  struct node *node;
  uint32_t position;
  struct dirent entry;
};

static struct node *root;
static uint32_t next_ino = 1;
static rtems_id tree_lock;
static uint32_t data_used, data_limit = 2u << 20;

static void lock(void) { rtems_semaphore_obtain(tree_lock, RTEMS_WAIT, RTEMS_NO_TIMEOUT); }

static void unlock(void) { rtems_semaphore_release(tree_lock); }

static uint32_t now(void) { return (uint32_t)time(0); }

/* ---- nodes ---- */

static struct node *node_create(struct node *parent, const char *name, uint32_t mode) {
  struct node *node = calloc(1, sizeof *node), **link;

  if (!node) {
    return 0;
  }
  strcpy(node->name, name);
  node->ino = next_ino++;
  node->mode = mode;
  node->mtime = now();
  node->parent = parent;
  if (parent) {
    for (link = &parent->child; *link; link = &(*link)->next)
      ;
    *link = node;
    parent->mtime = node->mtime;
  }
  return node;
}

static void truncate_to(struct node *node, uint32_t size) {
  uint32_t keep = (size + CHUNK - 1) / CHUNK, i;

  for (i = keep; i < node->chunk_slots; i++) {
    if (node->chunks[i]) {
      free(node->chunks[i]);
      node->chunks[i] = 0;
      data_used -= CHUNK;
    }
  }
  if (size < node->size && size % CHUNK && size / CHUNK < node->chunk_slots && node->chunks[size / CHUNK]) {
    memset(node->chunks[size / CHUNK] + size % CHUNK, 0, CHUNK - size % CHUNK);
  }
  node->size = size;
  if (!keep) {
    free(node->chunks);
    node->chunks = 0;
    node->chunk_slots = 0;
  }
}

static void node_release(struct node *node) {
  if (node->opens || node->parent || node == root) {
    return;
  }
  truncate_to(node, 0);
  free(node);
}

static void detach(struct node *node) {
  struct node **link = &node->parent->child;

  while (*link != node) {
    link = &(*link)->next;
  }
  *link = node->next;
  node->next = 0;
  node->parent->mtime = now();
  node->parent = 0;
}

static struct node *child_named(struct node *directory, const char *name, uint32_t length) {
  struct node *node;

  for (node = directory->child; node; node = node->next) {
    if (!strncmp(node->name, name, length) && !node->name[length]) {
      return node;
    }
  }
  return 0;
}

/*
 * Walks `path` from the root. With `last`, stops before the last component, copies it there and gives its
 * directory. 0 and *error on failure.
 */
static struct node *walk(const char *path, char *last, int *error) {
  struct node *node = root;

  if (last) {
    *last = 0;
  }
  for (;;) {
    const char *start;
    uint32_t length;

    while (*path == '/') {
      path++;
    }
    if (!*path) {
      return node;
    }
    for (start = path; *path && *path != '/'; path++)
      ;
    length = (uint32_t)(path - start);
    if (length > FS_NAME_MAX) {
      *error = -ENAMETOOLONG;
      return 0;
    }
    if (!S_ISDIR(node->mode)) {
      *error = -ENOTDIR;
      return 0;
    }
    if (length == 1 && *start == '.') {
      continue;
    }
    if (length == 2 && start[0] == '.' && start[1] == '.') {
      if (node->parent) {
        node = node->parent;
      }
      continue;
    }
    if (last) {
      const char *rest = path;
      while (*rest == '/') {
        rest++;
      }
      if (!*rest) {
        memcpy(last, start, length);
        last[length] = 0;
        return node;
      }
    }
    node = child_named(node, start, length);
    if (!node) {
      *error = -ENOENT;
      return 0;
    }
  }
}

static uint32_t node_size(const struct node *node) { return node->special ? node->special->size(node->context) : node->size; }

/* ---- open files ---- */

static int file_read(struct open_file *file, void *buffer, uint32_t length) {
  struct node *node = file->object;
  uint8_t *to = buffer;
  uint32_t done = 0;

  if ((file->flags & O_ACCMODE) == O_WRONLY) {
    return -EBADF;
  }
  if (node->special) {
    int n;
    if (!node->special->read) {
      return -EINVAL;
    }
    n = node->special->read(node->context, file->position, buffer, length);
    if (n > 0) {
      file->position += (uint32_t)n;
    }
    return n;
  }
  lock();
  if (file->position < node->size) {
    if (length > node->size - file->position) {
      length = node->size - file->position;
    }
    while (done < length) {
      uint32_t at = file->position + done, part = CHUNK - at % CHUNK;
      const uint8_t *chunk = at / CHUNK < node->chunk_slots ? node->chunks[at / CHUNK] : 0;
      if (part > length - done) {
        part = length - done;
      }
      if (chunk) {
        memcpy(to + done, chunk + at % CHUNK, part);
      } else {
        memset(to + done, 0, part);
      }
      done += part;
    }
    file->position += done;
  }
  unlock();
  return (int)done;
}

/* The chunk that holds byte `at`, made if missing; 0 when memory or the limit is exhausted. */
static uint8_t *chunk_for(struct node *node, uint32_t at) {
  uint32_t index = at / CHUNK;

  if (index >= node->chunk_slots) {
    uint32_t slots = node->chunk_slots ? node->chunk_slots * 2 : 8;
    uint8_t **grown;
    while (slots <= index) {
      slots *= 2;
    }
    grown = calloc(slots, sizeof *grown);
    if (!grown) {
      return 0;
    }
    if (node->chunks) {
      memcpy(grown, node->chunks, node->chunk_slots * sizeof *grown);
    }
    free(node->chunks);
    node->chunks = grown;
    node->chunk_slots = slots;
  }
  if (!node->chunks[index] && data_used + CHUNK <= data_limit) {
    node->chunks[index] = calloc(1, CHUNK);
    if (node->chunks[index]) {
      data_used += CHUNK;
    }
  }
  return node->chunks[index];
}

static int file_write(struct open_file *file, const void *buffer, uint32_t length) {
  struct node *node = file->object;
  const uint8_t *from = buffer;
  uint32_t done = 0;
  int error = 0;

  if ((file->flags & O_ACCMODE) == O_RDONLY) {
    return -EBADF;
  }
  if (node->special) {
    return -EROFS;
  }
  lock();
  if (file->flags & O_APPEND) {
    file->position = node->size;
  }
  if (file->position > data_limit) {
    error = -EFBIG;
  }
  while (!error && done < length) {
    uint32_t at = file->position + done, part = CHUNK - at % CHUNK;
    uint8_t *chunk = chunk_for(node, at);
    if (!chunk) {
      error = -ENOSPC;
      break;
    }
    if (part > length - done) {
      part = length - done;
    }
    memcpy(chunk + at % CHUNK, from + done, part);
    done += part;
  }
  if (done) {
    file->position += done;
    if (file->position > node->size) {
      node->size = file->position;
    }
    node->mtime = now();
  }
  unlock();
  return done ? (int)done : error;
}

static int file_seek(struct open_file *file, int32_t offset, int whence) {
  uint32_t base = 0;

  if (whence == SEEK_CUR) {
    base = file->position;
  } else if (whence == SEEK_END) {
    base = node_size(file->object);
  } else if (whence != SEEK_SET) {
    return -EINVAL;
  }
  if ((int64_t)base + offset < 0 || (int64_t)base + offset > 0x7FFFFFFF) {
    return -EINVAL;
  }
  file->position = base + (uint32_t)offset;
  return (int)file->position;
}

static int file_close(struct open_file *file) {
  struct node *node = file->object;

  lock();
  node->opens--;
  node_release(node);
  unlock();
  return 0;
}

static const struct fd_ops file_ops = {"file", file_read, file_write, file_seek, 0, file_close};

int open(const char *path, int flags, ...) {
  char name[FS_NAME_MAX + 1];
  struct node *directory, *node = 0;
  int error = -ENOENT, fd;

  lock();
  directory = walk(path, name, &error);
  if (directory && !*name) {
    error = -EISDIR;
  } else if (directory && !S_ISDIR(directory->mode)) {
    error = -ENOTDIR;
  } else if (directory) {
    node = child_named(directory, name, strlen(name));
    if (node && (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL)) {
      node = 0;
      error = -EEXIST;
    } else if (node && S_ISDIR(node->mode)) {
      node = 0;
      error = -EISDIR;
    } else if (node && node->special && (flags & O_ACCMODE) != O_RDONLY) {
      node = 0;
      error = -EROFS;
    } else if (!node && flags & O_CREAT) {
      node = node_create(directory, name, S_IFREG | 0644);
      error = -ENOSPC;
    } else if (!node) {
      error = -ENOENT;
    }
  }
  if (node) {
    node->opens++;
    if (flags & O_TRUNC && (flags & O_ACCMODE) != O_RDONLY) {
      truncate_to(node, 0);
      node->mtime = now();
    }
  }
  unlock();
  if (!node) {
    return fs_result(error);
  }
  fd = fd_install(&file_ops, node, flags);
  if (fd < 0) {
    struct open_file none = {&file_ops, node, 0, flags};
    file_close(&none);
  }
  return fs_result(fd);
}

int ftruncate(int fd, uint32_t length) {
  struct open_file *file = fd_lookup(fd);
  struct node *node;

  if (!file || file->ops != &file_ops || (file->flags & O_ACCMODE) == O_RDONLY) {
    return fs_result(-EBADF);
  }
  node = file->object;
  if (node->special) {
    return fs_result(-EROFS);
  }
  if (length > data_limit) {
    return fs_result(-EFBIG);
  }
  lock();
  truncate_to(node, length);
  node->mtime = now();
  unlock();
  return 0;
}

/* ---- names ---- */

static void describe(const struct node *node, struct stat *result) {
  uint32_t i;

  result->st_ino = node->ino;
  result->st_mode = node->mode;
  result->st_size = node_size(node);
  result->st_mtime = node->mtime;
  result->st_blocks = 0;
  for (i = 0; i < node->chunk_slots; i++) {
    if (node->chunks[i]) {
      result->st_blocks++;
    }
  }
}

int stat(const char *path, struct stat *result) {
  int error = 0;
  struct node *node;

  lock();
  node = walk(path, 0, &error);
  if (node) {
    describe(node, result);
  }
  unlock();
  return fs_result(error);
}

int fstat(int fd, struct stat *result) {
  struct open_file *file = fd_lookup(fd);

  if (!file || file->ops != &file_ops) {
    return fs_result(-EBADF);
  }
  lock();
  describe(file->object, result);
  unlock();
  return 0;
}

/* Finds what a name-changing call is about: its node, or an error. */
static struct node *target(const char *path, int *error) {
  struct node *node = walk(path, 0, error);

  if (node == root) {
    *error = -EBUSY;
    return 0;
  }
  return node;
}

int unlink(const char *path) {
  int error = 0;
  struct node *node;

  lock();
  node = target(path, &error);
  if (node && S_ISDIR(node->mode)) {
    error = -EISDIR;
  } else if (node && node->special) {
    error = -EROFS;
  } else if (node) {
    detach(node);
    node_release(node);
  }
  unlock();
  return fs_result(error);
}

int rmdir(const char *path) {
  int error = 0;
  struct node *node;

  lock();
  node = target(path, &error);
  if (node && !S_ISDIR(node->mode)) {
    error = -ENOTDIR;
  } else if (node && node->child) {
    error = -ENOTEMPTY;
  } else if (node) {
    detach(node);
    node_release(node);
  }
  unlock();
  return fs_result(error);
}

int mkdir(const char *path, uint32_t mode) {
  char name[FS_NAME_MAX + 1];
  int error = 0;
  struct node *directory;

  lock();
  directory = walk(path, name, &error);
  if (directory && !*name) {
    error = -EEXIST;
  } else if (directory && !S_ISDIR(directory->mode)) {
    error = -ENOTDIR;
  } else if (directory && child_named(directory, name, strlen(name))) {
    error = -EEXIST;
  } else if (directory && !node_create(directory, name, S_IFDIR | (mode & 0777))) {
    error = -ENOSPC;
  }
  unlock();
  return fs_result(error);
}

int rename(const char *from, const char *to) {
  char name[FS_NAME_MAX + 1];
  int error = 0;
  struct node *node, *directory, *above, *present;

  lock();
  node = target(from, &error);
  directory = node ? walk(to, name, &error) : 0;
  if (directory && !S_ISDIR(directory->mode)) {
    error = -ENOTDIR;
  } else if (directory && !*name) {
    error = -EINVAL;
  } else if (directory) {
    for (above = directory; above; above = above->parent) {
      if (above == node) {
        error = -EINVAL; /* a directory into itself */
      }
    }
    present = child_named(directory, name, strlen(name));
    if (!error && present && present != node) {
      if (S_ISDIR(present->mode) || S_ISDIR(node->mode) || present->special) {
        error = -EEXIST;
      } else {
        detach(present);
        node_release(present);
      }
    }
    if (!error) {
      struct node **link;
      detach(node);
      strcpy(node->name, name);
      for (link = &directory->child; *link; link = &(*link)->next)
        ;
      *link = node;
      node->parent = directory;
      directory->mtime = now();
    }
  }
  unlock();
  return fs_result(error);
}

int chmod(const char *path, uint32_t mode) {
  int error = 0;
  struct node *node;

  lock();
  node = walk(path, 0, &error);
  if (node) {
    node->mode = (node->mode & S_IFMT) | (mode & 0777);
  }
  unlock();
  return fs_result(error);
}

int utime_set(const char *path, uint32_t mtime) {
  int error = 0;
  struct node *node;

  lock();
  node = walk(path, 0, &error);
  if (node) {
    node->mtime = mtime;
  }
  unlock();
  return fs_result(error);
}

DIR *opendir(const char *path) {
  int error = 0;
  struct node *node;
  DIR *dir = calloc(1, sizeof *dir);

  if (!dir) {
    fs_result(-ENOMEM);
    return 0;
  }
  lock();
  node = walk(path, 0, &error);
  if (node && !S_ISDIR(node->mode)) {
    error = -ENOTDIR;
  }
  if (!error) {
    node->opens++;
  }
  unlock();
  dir->node = node;
  if (error) {
    free(dir);
    fs_result(error);
    return 0;
  }
  return dir;
}

struct dirent *readdir(DIR *dir) {
  struct node *node;
  uint32_t i = 0;

  lock();
  for (node = dir->node->child; node && i < dir->position; node = node->next) {
    i++;
  }
  if (node) {
    dir->position++;
    dir->entry.d_ino = node->ino;
    strcpy(dir->entry.d_name, node->name);
  }
  unlock();
  return node ? &dir->entry : 0;
}

int closedir(DIR *dir) {
  lock();
  dir->node->opens--;
  node_release(dir->node);
  unlock();
  free(dir);
  return 0;
}

int fs_resolve(const char *directory, const char *path, char *result) {
  const char *parts[2];
  uint32_t at = 0;
  int i;

  parts[0] = *path == '/' ? "" : directory;
  parts[1] = path;
  for (i = 0; i < 2; i++) {
    const char *p = parts[i];
    while (*p) {
      const char *start;
      uint32_t length;
      while (*p == '/') {
        p++;
      }
      for (start = p; *p && *p != '/'; p++)
        ;
      length = (uint32_t)(p - start);
      if (!length || (length == 1 && *start == '.')) {
        continue;
      }
      if (length == 2 && start[0] == '.' && start[1] == '.') {
        while (at && result[--at] != '/')
          ;
        continue;
      }
      if (at + 1 + length > FS_PATH_MAX) {
        return -ENAMETOOLONG;
      }
      result[at++] = '/';
      memcpy(result + at, start, length);
      at += length;
    }
  }
  if (!at) {
    result[at++] = '/';
  }
  result[at] = 0;
  return 0;
}

/* ---- set-up ---- */

static void put_file(const char *path, const char *content) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC);

  if (fd >= 0) {
    write(fd, content, strlen(content));
    close(fd);
  }
}

void fs_init(void) {
  rtems_semaphore_create(rtems_build_name('F', 'S', ' ', ' '), 1,
                         RTEMS_BINARY_SEMAPHORE | RTEMS_PRIORITY | RTEMS_INHERIT_PRIORITY, 0, &tree_lock);
  fd_init();
  root = node_create(0, "", S_IFDIR | 0755);
  mkdir("/etc", 0755);
  mkdir("/log", 0755);
  mkdir("/data", 0755);
  mkdir("/tmp", 0777);
  put_file("/readme.txt",
           "This board logs ten channels to its serial data flash.\n"
           "The log is /log/log.txt, one line of text for each record.\n"
           "/tmp is yours; what is stored there is gone after a reset.\n");
  put_file("/etc/motd", "quicc860 data logger\n");
}

int fs_special(const char *path, const struct fs_special *special, void *context) {
  char name[FS_NAME_MAX + 1];
  int error = 0;
  struct node *directory, *node;

  lock();
  directory = walk(path, name, &error);
  if (directory && (!*name || !S_ISDIR(directory->mode) || child_named(directory, name, strlen(name)))) {
    error = -EEXIST;
  } else if (directory) {
    node = node_create(directory, name, S_IFREG | 0444);
    if (!node) {
      error = -ENOSPC;
    } else {
      node->special = special;
      node->context = context;
    }
  }
  unlock();
  return error;
}

void fs_limit(uint32_t bytes) { data_limit = bytes; }

void fs_usage(uint32_t *used, uint32_t *limit) {
  *used = data_used;
  *limit = data_limit;
}
