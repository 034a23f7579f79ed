/*
 * Reading the log ahead of its consumer.
 *
 * The flash is slow (26 ms for a block), the consumer is bursty. The chain of reads is therefore kept going by the
 * transfer's own completion interrupt: whatever the tasks are doing, the next block starts within microseconds of
 * the last, until the ring is full. Taking a block out of a full ring starts the chain again.
 */
#include <rtems.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"

#define BLOCK 512u
#define BLOCKS 8u

struct log_reader {
  struct log_reader *next;  /* all readers; each gets the flash in turn */
  uint8_t *ring;            /* BLOCKS blocks, whole cache lines */
  uint32_t offset;          /* byte in the flash that the next read starts at */
  uint32_t end;             /* first byte behind the log */
  uint32_t position;        /* byte in the flash of the record to deliver next */
  volatile uint32_t filled; /* blocks read since the start; counted by the interrupt */
  uint32_t taken;           /* blocks consumed since the start */
  volatile bool failed;
};

/* Both guarded by disabling interrupts. */
static struct log_reader *readers;
static struct log_reader *volatile reading; /* whose block is being read; 0: chain at rest */

static void start_read(void);

/* The flash driver's completion, in its interrupt. */
static void block_done(void *argument, bool ok) {
  struct log_reader *reader = argument;

  if (ok) {
    reader->filled++;
  } else {
    reader->failed = true;
  }
  reading = 0;
  start_read();
}

static bool wants_block(const struct log_reader *reader) {
  return !reader->failed && reader->offset < reader->end && reader->filled - reader->taken < BLOCKS;
}

/* Starts a read for the first reader with room and moves it behind the others. Interrupts are off. */
static void start_read(void) {
  struct log_reader **link, *reader, **last;

  if (reading) {
    return;
  }
  for (link = &readers; (reader = *link) && !wants_block(reader); link = &reader->next)
    ;
  if (!reader) {
    return;
  }
  switch (dataflash_read_async(reader->offset, reader->ring + reader->filled % BLOCKS * BLOCK, BLOCK, block_done, reader)) {
    case RTEMS_SUCCESSFUL:
      reading = reader;
      reader->offset += BLOCK;
      *link = reader->next;
      for (last = &readers; *last; last = &(*last)->next)
        ;
      reader->next = 0;
      *last = reader;
      break;
    case RTEMS_RESOURCE_IN_USE:
      break; /* somebody else's turn; the consumer's next look starts the chain again */
    default:
      reader->failed = true;
      break;
  }
}

struct log_reader *logreader_open(uint32_t first) {
  const struct log_header *header = log_header();
  struct log_reader *reader = calloc(1, sizeof *reader);
  rtems_interrupt_level level;

  if (!reader) {
    return 0;
  }
  reader->ring = memalign(16, BLOCK * BLOCKS);
  if (!reader->ring) {
    free(reader);
    return 0;
  }
  if (first > header->record_count) {
    first = header->record_count;
  }
  reader->end = header->first_record + header->record_count * LOG_RECORD_BYTES;
  reader->position = header->first_record + first * LOG_RECORD_BYTES;
  reader->offset = reader->position / BLOCK * BLOCK;
  rtems_interrupt_disable(level);
  reader->next = readers;
  readers = reader;
  start_read();
  rtems_interrupt_enable(level);
  return reader;
}

enum log_status logreader_next(struct log_reader *reader, struct log_record *record) {
  rtems_interrupt_level level;

  if (reader->position >= reader->end) {
    return LOG_END;
  }
  if (reader->filled == reader->taken) {
    if (reader->failed) {
      return LOG_FAILED;
    }
    rtems_interrupt_disable(level);
    start_read();
    rtems_interrupt_enable(level);
    return LOG_NOT_READY;
  }
  memcpy(record, reader->ring + reader->taken % BLOCKS * BLOCK + reader->position % BLOCK, LOG_RECORD_BYTES);
  reader->position += LOG_RECORD_BYTES;
  if (reader->position % BLOCK == 0) {
    rtems_interrupt_disable(level);
    reader->taken++;
    start_read();
    rtems_interrupt_enable(level);
  }
  return LOG_READY;
}

void logreader_close(struct log_reader *reader) {
  struct log_reader **link;
  rtems_interrupt_level level;

  rtems_interrupt_disable(level);
  for (link = &readers; *link != reader; link = &(*link)->next)
    ;
  *link = reader->next;
  rtems_interrupt_enable(level);
  /* A transfer into its ring cannot be called back. */
  while (reading == reader) {
    rtems_task_wake_after(1);
  }
  free(reader->ring);
  free(reader);
}
