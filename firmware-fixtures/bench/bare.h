/* What the bare-metal programs share: caches, and SMC1 without interrupts. */
#ifndef BARE_H
#define BARE_H

#include <stdint.h>

#define IMMR 0xFF000000u

static inline volatile uint8_t *immr8(uint32_t offset) { return (volatile uint8_t *)(IMMR + offset); }
static inline volatile uint16_t *immr16(uint32_t offset) { return (volatile uint16_t *)(IMMR + offset); }
static inline volatile uint32_t *immr32(uint32_t offset) { return (volatile uint32_t *)(IMMR + offset); }

/* The value of `key=` on the command line, or 0. */
const char *param(const char *command_line, const char *key);
uint32_t param_number(const char *command_line, const char *key, uint32_t otherwise);

/* Pins 8 MB of RAM and the IMMR in both TLBs, turns translation on and the caches as icache= and dcache= say. */
void memory_setup(const char *command_line);

/* SMC1 at 115200 8N1 (or baud=), polled; buffers are in dual-port RAM, which no cache holds. */
void console_setup(uint32_t clock_hz, uint32_t baud);
void console_putc(char c);
void console_puts(const char *text);
int console_getc(void); /* waits */
void console_drain(void);

extern void stop(void) __attribute__((noreturn));

#endif
