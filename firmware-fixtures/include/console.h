/* SMC1 console: an output ring emptied by the transmit interrupt, an input ring filled by the receive interrupt. */
#ifndef CONSOLE_H
#define CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Sets up BRG1, the pins and SMC1 for 8N1 at `baud`; output is polled until console_start_interrupts(). */
void console_init(uint32_t baud, uint32_t brg_clock_hz);
void console_start_interrupts(void);

/* A line feed goes out as CR LF. Blocks the calling task while the ring is full; polled when called too early or from an interrupt. */
void console_putc(int c);
void console_write(const char *text, size_t length);
void console_puts(const char *text);

/* Waits for a character. */
int console_getc(void);
/* Returns -1 when there is none. */
int console_trygetc(void);

/* Characters thrown away because the input ring was full. */
extern uint32_t console_overruns;

/* Polled output, interrupts off: whatever is in the ring goes out first. */
void console_panic_putc(int c);
/* Waits, polled, until everything has left the shift register. */
void console_drain(void);

#endif
