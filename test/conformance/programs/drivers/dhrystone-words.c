/*
 * Dhrystone with a strcmp that compares a word at a time, as the C libraries of PowerPC compilers had it when the part was new
 * (musl's goes byte by byte). String functions are the library's, not the benchmark's: its rules leave them open.
 */
#include "dhrystone.c"
#include <stdint.h>

#define ONES 0x01010101u

int strcmp(const char *a, const char *b) {
  if ((((uintptr_t)a | (uintptr_t)b) & 3) == 0) {
    const uint32_t *p = (const void *)a, *q = (const void *)b;
    while (*p == *q) {
      if ((*p - ONES) & ~*p & ONES << 7)
        return 0;
      p++;
      q++;
    }
    a = (const char *)p;
    b = (const char *)q;
  }
  while (*a && *a == *b) {
    a++;
    b++;
  }
  return *(const unsigned char *)a - *(const unsigned char *)b;
}
