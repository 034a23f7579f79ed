/*
 * FTP server in the manner of RTEMS 4.6's (rtems-legacy-networking.md, section 7): one accepting task, a fixed pool
 * of session tasks. On top of it the two kinds of hooks.
 */
#ifndef FTPD_H
#define FTPD_H

#include <stdint.h>

#include <rtems.h>

#define FTPD_RECORD_MAX 2048 /* longest text that a send hook may make at a time */

/* Called with a whole upload; 0 when it was taken. */
typedef int (*ftpd_store_hook)(unsigned char *buffer, unsigned long length);

/*
 * Makes the content of a file while it is being fetched. Each text that `next` makes leaves with one send().
 * A session calls open, next until it returns 0 or less, close; several sessions may have one open at a time.
 */
struct ftpd_send_hook {
  const char *filename; /* absolute path; 0 ends a table */
  /* Starts a download at byte `offset` of the text (REST). A handle, or 0 with errno set. */
  void *(*open)(void *context, uint32_t offset);
  /* Makes the next text, at most `length` bytes; may sleep. Its length, 0 at the end, -errno. */
  int (*next)(void *handle, unsigned char *buffer, uint32_t length);
  void (*close)(void *handle);
  void *context;
};

struct ftpd_hook {
  const char *filename; /* 0 ends a table */
  ftpd_store_hook hook_function;
};

/* bits of `access` */
#define FTPD_NO_WRITE 1
#define FTPD_NO_READ 2

struct ftpd_configuration {
  rtems_task_priority priority;            /* 0: 40 */
  uint32_t max_hook_filesize;              /* bytes that a hooked upload may have */
  uint16_t port;                           /* 0: 21 */
  const struct ftpd_hook *hooks;           /* uploads, or 0 */
  const struct ftpd_send_hook *send_hooks; /* downloads, or 0 */
  const char *root;                        /* directory that clients see as "/", 0 for all */
  int tasks_count;                         /* sessions at a time; 0: 4 */
  rtems_interval idle;                     /* seconds without a command or data before a session ends; 0: never */
  int access;
};

/* Starts the server; the configuration must stay valid. 0, or an errno. */
int ftpd_start(const struct ftpd_configuration *configuration);

#endif
