/*
 * Files: one table of file descriptors, shared by the in-memory file system and the sockets.
 *
 * Errors: what is installed in the table returns a negative errno; the calls below it named as in POSIX
 * return -1 and set errno, as applications expect.
 */
#ifndef FS_H
#define FS_H

#include <stdint.h>

#define FD_MAX 64

/* ---- descriptors ------------------------------------------------------------------------------------------ */

struct fd_ops;

/* One open file. Several descriptors never share one; the table owns it. */
struct open_file {
  const struct fd_ops *ops; /* 0: entry free */
  void *object;             /* socket, node, … of the layer that installed it */
  uint32_t position;        /* byte offset, for layers that have one */
  int flags;                /* O_* of open() */
};

/* A layer's operations. Any of them may be 0: the call then fails with EBADF (close: succeeds). */
struct fd_ops {
  const char *name;                                                   /* "file", "socket", "directory" */
  int (*read)(struct open_file *file, void *buffer, uint32_t length); /* bytes, 0 at end, or -errno */
  int (*write)(struct open_file *file, const void *buffer, uint32_t length);
  int (*seek)(struct open_file *file, int32_t offset, int whence); /* new position or -errno */
  int (*ioctl)(struct open_file *file, uint32_t request, void *argument);
  int (*close)(struct open_file *file); /* 0 or -errno; the entry is freed */
};

/* Puts an object into the table; the lowest free descriptor, or -ENFILE. */
int fd_install(const struct fd_ops *ops, void *object, int flags);

/* The open file of a descriptor, or 0. The socket layer tests `ops == &socket_ops` to know its own. */
struct open_file *fd_lookup(int fd);

/* ---- calls -------------------------------------------------------------------------------------------------- */

#define O_RDONLY 0x0000
#define O_WRONLY 0x0001
#define O_RDWR 0x0002
#define O_ACCMODE 0x0003
#define O_APPEND 0x0008
#define O_CREAT 0x0200
#define O_TRUNC 0x0400
#define O_EXCL 0x0800

#ifndef SEEK_SET
#define SEEK_SET 0
#define SEEK_CUR 1
#define SEEK_END 2
#endif

#define FS_NAME_MAX 63  /* longest name of one entry */
#define FS_PATH_MAX 255 /* longest path */

#define S_IFMT 0170000
#define S_IFREG 0100000
#define S_IFDIR 0040000
#define S_ISDIR(mode) (((mode) & S_IFMT) == S_IFDIR)
#define S_ISREG(mode) (((mode) & S_IFMT) == S_IFREG)

struct stat {
  uint32_t st_ino;
  uint32_t st_mode;   /* S_IFREG or S_IFDIR, and permission bits */
  uint32_t st_size;   /* bytes */
  uint32_t st_mtime;  /* seconds since 1970 */
  uint32_t st_blocks; /* chunks of memory in use */
};

struct dirent {
  uint32_t d_ino;
  char d_name[FS_NAME_MAX + 1];
};

typedef struct fs_dir DIR;

int open(const char *path, int flags, ...); /* a third argument (mode) is accepted and kept as permissions */
int read(int fd, void *buffer, uint32_t length);
int write(int fd, const void *buffer, uint32_t length);
int32_t lseek(int fd, int32_t offset, int whence);
int ioctl(int fd, uint32_t request, void *argument);
int close(int fd);
int ftruncate(int fd, uint32_t length);
int stat(const char *path, struct stat *result);
int fstat(int fd, struct stat *result);
int unlink(const char *path);
int rename(const char *from, const char *to);
int mkdir(const char *path, uint32_t mode);
int rmdir(const char *path);
int chmod(const char *path, uint32_t mode);
int utime_set(const char *path, uint32_t mtime);
DIR *opendir(const char *path);
struct dirent *readdir(DIR *dir);
int closedir(DIR *dir);

/* Current directories belong to sessions, not to the system: joins and normalises ("." and ".." included)
 * into result (FS_PATH_MAX + 1 bytes); 0 or -ENAMETOOLONG. */
int fs_resolve(const char *directory, const char *path, char *result);

/* ---- set-up --------------------------------------------------------------------------------------------------- */

/* A file whose bytes are made on demand. Without `read` its content can only be had through a send hook (ftpd). */
struct fs_special {
  uint32_t (*size)(void *context);
  int (*read)(void *context, uint32_t offset, void *buffer, uint32_t length);
};

/* Creates the root and the files that every board has (/readme.txt, /etc/motd, /log, /data, /tmp).
 * Once, from Init, before any other call. */
void fs_init(void);

/* Creates a special file (its directory must exist); 0 or -errno. */
int fs_special(const char *path, const struct fs_special *special, void *context);

/* Bounds the memory that file data may take, in bytes (default 2 MiB); past it writes fail with ENOSPC. */
void fs_limit(uint32_t bytes);

/* Memory taken by file data and the limit, in bytes. */
void fs_usage(uint32_t *used, uint32_t *limit);

#endif
