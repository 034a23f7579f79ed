/* The data logger's application: what main.c starts, and what its parts share. */
#ifndef APP_H
#define APP_H

#include <stdbool.h>
#include <stdint.h>

#include <dataflash.h>

/* Reads the log's header, creates the virtual files (/log/log.txt, /data/image.bin) and starts the FTP server and, if
 * asked for, the responder. After fs_init, dataflash_init and net_init. 0, or an errno. */
int app_start(void);

/* ---- the log (app/log.c) ---- */

#define LOG_CHANNELS 10
#define LOG_RECORD_BYTES 32

/* One raw record as it lies in the flash, big-endian. */
struct log_record {
  uint32_t sequence;
  uint32_t time_ms;               /* since the log began */
  uint16_t channel[LOG_CHANNELS]; /* converter counts, 0 to 4095 */
  uint16_t flags;
  uint16_t checksum; /* sum of the 15 half-words before it */
};

/* Reads and checks the header in page 0; false when there is no log (then it has 0 records). */
bool log_init(void);

/* The header as read at start; record_count 0 when there is no log. */
const struct log_header *log_header(void);

/* Characters of one record's text, its line end included (boot parameter reclen). */
uint32_t log_text_length(void);

/* ---- text of a record (app/logformat.c) ---- */

/* Writes exactly `length` characters (1 … 2048), the last one '\n'; no NUL. */
void log_format(const struct log_record *record, char *text, uint32_t length);

/* ---- reading ahead (app/logreader.c) ---- */

struct log_reader;

/* Starts to read ahead from record number `first` on. 0 when memory is short. */
struct log_reader *logreader_open(uint32_t first);

enum log_status {
  LOG_READY,     /* *record is the next one */
  LOG_NOT_READY, /* none has been read yet */
  LOG_END,
  LOG_FAILED /* the flash did not answer */
};

enum log_status logreader_next(struct log_reader *reader, struct log_record *record);

/* Stops; waits for a transfer under way. */
void logreader_close(struct log_reader *reader);

/* ---- responder (app/responder.c) ---- */

int responder_start(uint16_t port, uint32_t priority);

#endif
