/* Data cache maintenance around SDMA, which sees memory and never the cache (core-caches.md, section 8). Lines are 16 bytes. */
#ifndef CACHE_H
#define CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CACHE_LINE 16u

extern bool cache_data_on;

/* Writes back modified lines of the range; they stay valid. Before SDMA reads. */
static inline void cache_store(const void *where, size_t length) {
  if (!cache_data_on || length == 0) {
    return;
  }
  for (uintptr_t line = (uintptr_t)where & ~(CACHE_LINE - 1); line < (uintptr_t)where + length; line += CACHE_LINE) {
    __asm__ volatile("dcbst 0,%0" : : "r"(line) : "memory");
  }
  __asm__ volatile("sync" : : : "memory");
}

/* Writes back and drops the lines of the range. */
static inline void cache_flush(const void *where, size_t length) {
  if (!cache_data_on || length == 0) {
    return;
  }
  for (uintptr_t line = (uintptr_t)where & ~(CACHE_LINE - 1); line < (uintptr_t)where + length; line += CACHE_LINE) {
    __asm__ volatile("dcbf 0,%0" : : "r"(line) : "memory");
  }
  __asm__ volatile("sync" : : : "memory");
}

/* Drops the lines of the range without writing them. The range must own its first and last line. Before the CPU reads what SDMA wrote. */
static inline void cache_invalidate(void *where, size_t length) {
  if (!cache_data_on || length == 0) {
    return;
  }
  for (uintptr_t line = (uintptr_t)where & ~(CACHE_LINE - 1); line < (uintptr_t)where + length; line += CACHE_LINE) {
    __asm__ volatile("dcbi 0,%0" : : "r"(line) : "memory");
  }
  __asm__ volatile("sync" : : : "memory");
}

#endif
