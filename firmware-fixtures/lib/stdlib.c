/* Number parsing and sorting; the allocator is kernel/heap.c. */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static int digit_value(int c) {
  if (isdigit(c)) {
    return c - '0';
  }
  if (isalpha(c)) {
    return tolower(c) - 'a' + 10;
  }
  return 99;
}

/* Magnitude of the number at `text`; the sign goes to *negative. On overflow the greatest value and ERANGE. */
static unsigned long long parse(const char *text, char **end, int base, unsigned long long greatest, bool *negative) {
  const char *at = text;
  while (isspace((uint8_t)*at)) {
    at++;
  }
  *negative = *at == '-';
  if (*at == '-' || *at == '+') {
    at++;
  }
  if ((base == 0 || base == 16) && at[0] == '0' && (at[1] | 0x20) == 'x' && isxdigit((uint8_t)at[2])) {
    at += 2;
    base = 16;
  } else if (base == 0) {
    base = at[0] == '0' ? 8 : 10;
  }
  unsigned long long value = 0;
  bool any = false, over = false;
  for (; digit_value((uint8_t)*at) < base; at++) {
    unsigned digit = (unsigned)digit_value((uint8_t)*at);
    any = true;
    if (value > (greatest - digit) / (unsigned)base) {
      over = true;
    } else {
      value = value * (unsigned)base + digit;
    }
  }
  if (end) {
    *end = (char *)(uintptr_t)(any ? at : text);
  }
  if (over) {
    errno = ERANGE;
    return greatest;
  }
  return value;
}

unsigned long long strtoull(const char *text, char **end, int base) {
  bool negative;
  unsigned long long value = parse(text, end, base, UINT64_MAX, &negative);
  return negative ? -value : value;
}

unsigned long strtoul(const char *text, char **end, int base) {
  bool negative;
  unsigned long value = (unsigned long)parse(text, end, base, ULONG_MAX, &negative);
  return negative ? -value : value;
}

long strtol(const char *text, char **end, int base) {
  bool negative;
  unsigned long value = (unsigned long)parse(text, end, base, (unsigned long)LONG_MAX + 1, &negative);
  if (!negative && value > (unsigned long)LONG_MAX) {
    errno = ERANGE;
    return LONG_MAX;
  }
  return (long)(negative ? -value : value);
}

int atoi(const char *text) { return (int)strtol(text, NULL, 10); }

int abs(int value) { return value < 0 ? -value : value; }

static void swap(uint8_t *a, uint8_t *b, size_t size) {
  while (size--) {
    uint8_t t = *a;
    *a++ = *b;
    *b++ = t;
  }
}

/* Heap sort: no recursion, no worst case. */
void qsort(void *base, size_t count, size_t size, int (*compare)(const void *, const void *)) {
  uint8_t *items = base;
  if (count < 2 || size == 0) {
    return;
  }
  for (size_t start = count / 2, end = count;;) {
    if (start > 0) {
      start--;
    } else if (--end == 0) {
      return;
    } else {
      swap(items, items + end * size, size);
    }
    size_t root = start;
    for (size_t child; (child = 2 * root + 1) < end; root = child) {
      if (child + 1 < end && compare(items + child * size, items + (child + 1) * size) < 0) {
        child++;
      }
      if (compare(items + root * size, items + child * size) >= 0) {
        break;
      }
      swap(items + root * size, items + child * size, size);
    }
  }
}
