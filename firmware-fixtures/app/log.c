/* The log in the data flash, its file /log/log.txt, and the hook that makes its text during a download. */
#include <boot_params.h>
#include <errno.h>
#include <fs.h>
#include <rtems.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "log.h"

static struct log_header header;

bool log_init(void) {
  struct log_header found;

  memset(&header, 0, sizeof header);
  header.record_bytes = LOG_RECORD_BYTES;
  header.first_record = 512;
  if (dataflash_read(0, &found, sizeof found) != RTEMS_SUCCESSFUL || found.magic != LOG_MAGIC) {
    return false;
  }
  if (found.version != 1 || found.record_bytes != LOG_RECORD_BYTES || found.first_record % LOG_RECORD_BYTES ||
      found.first_record > DATAFLASH_BYTES || found.record_count > (DATAFLASH_BYTES - found.first_record) / LOG_RECORD_BYTES) {
    printf("log: header not understood (version %u, %u records of %u bytes)\n", (unsigned)found.version,
           (unsigned)found.record_count, (unsigned)found.record_bytes);
    return false;
  }
  header = found;
  return true;
}

const struct log_header *log_header(void) { return &header; }

uint32_t log_text_length(void) {
  uint32_t length = boot_params.reclen;

  return length < 16 ? 16 : length > LOG_TEXT_MAX ? LOG_TEXT_MAX : length;
}

/* ---- as a file: slow, record by record, for a look at it from the console ---- */

static uint32_t text_size(void *context) {
  (void)context;
  return header.record_count * log_text_length();
}

static int text_read(void *context, uint32_t offset, void *buffer, uint32_t length) {
  uint32_t text_length = log_text_length(), index = offset / text_length, skip = offset % text_length;
  struct log_record record;
  char *text;

  (void)context;
  if (index >= header.record_count) {
    return 0;
  }
  if (dataflash_read(header.first_record + index * LOG_RECORD_BYTES, &record, sizeof record) != RTEMS_SUCCESSFUL) {
    return -EIO;
  }
  text = malloc(text_length);
  if (!text) {
    return -ENOMEM;
  }
  log_format(&record, text, text_length);
  if (length > text_length - skip) {
    length = text_length - skip;
  }
  memcpy(buffer, text + skip, length);
  free(text);
  return (int)length;
}

const struct fs_special log_file = {text_size, text_read};

/* ---- as a download ---- */

struct download {
  struct log_reader *reader;
  uint32_t text_length;
  uint32_t skip; /* characters of the first record that a restarted download leaves out */
};

void *log_download_open(void *context, uint32_t offset) {
  struct download *download = calloc(1, sizeof *download);

  (void)context;
  if (!download) {
    errno = ENOMEM;
    return 0;
  }
  download->text_length = log_text_length();
  download->skip = offset % download->text_length;
  download->reader = logreader_open(offset / download->text_length);
  if (!download->reader) {
    free(download);
    errno = ENOMEM;
    return 0;
  }
  return download;
}

/*
 * The text of the next record. While the flash has none ready the task sleeps a tick at a time; what has gathered
 * since then is made without sleeping.
 */
int log_download_next(void *handle, unsigned char *buffer, uint32_t length) {
  struct download *download = handle;
  struct log_record record;
  enum log_status status;

  if (length < download->text_length) {
    return -EINVAL;
  }
  while ((status = logreader_next(download->reader, &record)) == LOG_NOT_READY) {
    task_wait_note("log record");
    rtems_task_wake_after(1);
    task_wait_done();
  }
  if (status != LOG_READY) {
    return status == LOG_END ? 0 : -EIO;
  }
  log_format(&record, (char *)buffer, download->text_length);
  length = download->text_length - download->skip;
  if (download->skip) {
    memmove(buffer, buffer + download->skip, length);
    download->skip = 0;
  }
  return (int)length;
}

void log_download_close(void *handle) {
  struct download *download = handle;

  logreader_close(download->reader);
  free(download);
}
