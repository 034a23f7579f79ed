/* The serial data flash on the SPI (AT45DB161 class, 4096 pages of 512 bytes), read by SDMA. */
#ifndef DATAFLASH_H
#define DATAFLASH_H

#include <rtems.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DATAFLASH_BYTES (4096u * 512u)
#define DATAFLASH_MAX_READ 4096u

/* Sets SPI clock, pins and buffer descriptors, reads the identification. False when no device answers. */
bool dataflash_init(void);

/*
 * Called from the SPI interrupt when a read has ended, with interrupts off: it may send events and start the next read,
 * nothing that blocks. `ok` is false after a transfer error.
 */
typedef void (*dataflash_done)(void *argument, bool ok);

/*
 * Starts reading `length` bytes (1…DATAFLASH_MAX_READ) at byte `offset` by DMA. The buffer must be 16-byte aligned and a whole
 * number of cache lines long; its lines are dropped from the data cache before `done` is called.
 * Returns RTEMS_RESOURCE_IN_USE while another read is under way, RTEMS_INVALID_SIZE or RTEMS_INVALID_ADDRESS for bad arguments.
 */
rtems_status_code dataflash_read_async(uint32_t offset, void *buffer, uint32_t length, dataflash_done done, void *argument);

/* The same, sending `events` to `task` at the end. */
rtems_status_code dataflash_read_event(uint32_t offset, void *buffer, uint32_t length, rtems_id task, rtems_event_set events);

/* Reads and waits (any buffer, any length). Tasks only. Takes its turn after a read under way. */
rtems_status_code dataflash_read(uint32_t offset, void *buffer, uint32_t length);

/* Header of the log, page 0 (see app/). */
struct log_header {
  uint32_t magic; /* "QLOG" */
  uint32_t version;
  uint32_t record_count;
  uint32_t record_bytes;
  uint32_t first_record;
  uint32_t text_length;
};
#define LOG_MAGIC 0x514C4F47u

#endif
