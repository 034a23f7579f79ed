/* String and memory functions. Copies go by words where the alignment allows, four at a time. */
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Keeps the compiler from turning these loops into calls of the functions they implement. */
#define LOOPS_STAY __attribute__((optimize("no-tree-loop-distribute-patterns")))

LOOPS_STAY void *memcpy(void *restrict to, const void *restrict from, size_t length) {
  uint8_t *d = to;
  const uint8_t *s = from;
  if (length >= 8 && (((uintptr_t)d ^ (uintptr_t)s) & 3) == 0) {
    while ((uintptr_t)d & 3) {
      *d++ = *s++;
      length--;
    }
    uint32_t *dw = (uint32_t *)d;
    const uint32_t *sw = (const uint32_t *)s;
    for (; length >= 16; length -= 16) {
      uint32_t a = sw[0], b = sw[1], c = sw[2], e = sw[3];
      dw[0] = a;
      dw[1] = b;
      dw[2] = c;
      dw[3] = e;
      sw += 4;
      dw += 4;
    }
    for (; length >= 4; length -= 4) {
      *dw++ = *sw++;
    }
    d = (uint8_t *)dw;
    s = (const uint8_t *)sw;
  } else if (length >= 16) {
    /* The part does misaligned loads in hardware: align the stores only. */
    while ((uintptr_t)d & 3) {
      *d++ = *s++;
      length--;
    }
    for (; length >= 4; length -= 4) {
      *(uint32_t *)d = *(const uint32_t *)s;
      d += 4;
      s += 4;
    }
  }
  while (length--) {
    *d++ = *s++;
  }
  return to;
}

LOOPS_STAY void *memmove(void *to, const void *from, size_t length) {
  uint8_t *d = to;
  const uint8_t *s = from;
  if (d <= s || d >= s + length) {
    return memcpy(to, from, length);
  }
  d += length;
  s += length;
  while (length--) {
    *--d = *--s;
  }
  return to;
}

LOOPS_STAY void *memset(void *to, int value, size_t length) {
  uint8_t *d = to;
  uint32_t word = (uint8_t)value * 0x01010101u;
  while (length && ((uintptr_t)d & 3)) {
    *d++ = (uint8_t)value;
    length--;
  }
  uint32_t *dw = (uint32_t *)d;
  for (; length >= 16; length -= 16) {
    dw[0] = word;
    dw[1] = word;
    dw[2] = word;
    dw[3] = word;
    dw += 4;
  }
  for (; length >= 4; length -= 4) {
    *dw++ = word;
  }
  d = (uint8_t *)dw;
  while (length--) {
    *d++ = (uint8_t)value;
  }
  return to;
}

int memcmp(const void *a, const void *b, size_t length) {
  const uint8_t *x = a, *y = b;
  for (; length; length--, x++, y++) {
    if (*x != *y) {
      return *x - *y;
    }
  }
  return 0;
}

void *memchr(const void *where, int value, size_t length) {
  for (const uint8_t *p = where; length; length--, p++) {
    if (*p == (uint8_t)value) {
      return (void *)(uintptr_t)p;
    }
  }
  return NULL;
}

LOOPS_STAY size_t strlen(const char *s) {
  const char *p = s;
  while (*p) {
    p++;
  }
  return (size_t)(p - s);
}

LOOPS_STAY size_t strnlen(const char *s, size_t max) {
  size_t n = 0;
  while (n < max && s[n]) {
    n++;
  }
  return n;
}

int strcmp(const char *a, const char *b) {
  while (*a && *a == *b) {
    a++;
    b++;
  }
  return (uint8_t)*a - (uint8_t)*b;
}

int strncmp(const char *a, const char *b, size_t max) {
  for (; max; max--, a++, b++) {
    if (*a != *b || !*a) {
      return (uint8_t)*a - (uint8_t)*b;
    }
  }
  return 0;
}

int strncasecmp(const char *a, const char *b, size_t max) {
  for (; max; max--, a++, b++) {
    int x = tolower((uint8_t)*a), y = tolower((uint8_t)*b);
    if (x != y || !x) {
      return x - y;
    }
  }
  return 0;
}

int strcasecmp(const char *a, const char *b) { return strncasecmp(a, b, SIZE_MAX); }

LOOPS_STAY char *strcpy(char *restrict to, const char *restrict from) {
  char *d = to;
  while ((*d++ = *from++)) {
  }
  return to;
}

LOOPS_STAY char *strncpy(char *restrict to, const char *restrict from, size_t max) {
  size_t i = 0;
  for (; i < max && from[i]; i++) {
    to[i] = from[i];
  }
  for (; i < max; i++) {
    to[i] = 0;
  }
  return to;
}

size_t strlcpy(char *restrict to, const char *restrict from, size_t size) {
  size_t length = strlen(from);
  if (size) {
    size_t n = length < size ? length : size - 1;
    memcpy(to, from, n);
    to[n] = 0;
  }
  return length;
}

size_t strlcat(char *restrict to, const char *restrict from, size_t size) {
  size_t have = strnlen(to, size);
  return have + (have == size ? strlen(from) : strlcpy(to + have, from, size - have));
}

char *strcat(char *restrict to, const char *restrict from) {
  strcpy(to + strlen(to), from);
  return to;
}

char *strchr(const char *s, int c) {
  for (;; s++) {
    if (*s == (char)c) {
      return (char *)(uintptr_t)s;
    }
    if (!*s) {
      return NULL;
    }
  }
}

char *strrchr(const char *s, int c) {
  const char *found = NULL;
  for (;; s++) {
    if (*s == (char)c) {
      found = s;
    }
    if (!*s) {
      return (char *)(uintptr_t)found;
    }
  }
}

char *strstr(const char *s, const char *what) {
  size_t length = strlen(what);
  for (;; s++) {
    if (strncmp(s, what, length) == 0) {
      return (char *)(uintptr_t)s;
    }
    if (!*s) {
      return NULL;
    }
  }
}

char *strtok_r(char *restrict s, const char *restrict delimiters, char **restrict save) {
  char *at = s ? s : *save;
  while (*at && strchr(delimiters, *at)) {
    at++;
  }
  char *token = at;
  while (*at && !strchr(delimiters, *at)) {
    at++;
  }
  if (at == token) {
    *save = at;
    return NULL;
  }
  if (*at) {
    *at++ = 0;
  }
  *save = at;
  return token;
}

char *strdup(const char *s) {
  size_t size = strlen(s) + 1;
  char *copy = malloc(size);
  return copy ? memcpy(copy, s, size) : NULL;
}

char *strerror(int error) {
  static const struct {
    int number;
    const char *text;
  } table[] = {
      {0, "no error"},
      {EPERM, "not permitted"},
      {ENOENT, "no such file or directory"},
      {EINTR, "interrupted"},
      {EIO, "input/output error"},
      {ENXIO, "no such device"},
      {EBADF, "bad file descriptor"},
      {ENOMEM, "no memory"},
      {EACCES, "permission denied"},
      {EFAULT, "bad address"},
      {EBUSY, "busy"},
      {EEXIST, "exists already"},
      {ENODEV, "no such device"},
      {ENOTDIR, "not a directory"},
      {EISDIR, "is a directory"},
      {EINVAL, "invalid argument"},
      {ENFILE, "too many open files"},
      {EMFILE, "too many open files"},
      {EFBIG, "file too large"},
      {ENOSPC, "no space left"},
      {ESPIPE, "cannot seek"},
      {EROFS, "read-only"},
      {EPIPE, "broken pipe"},
      {ERANGE, "out of range"},
      {EAGAIN, "try again"},
      {EINPROGRESS, "in progress"},
      {EALREADY, "already in progress"},
      {ENOTSOCK, "not a socket"},
      {EDESTADDRREQ, "destination address needed"},
      {EMSGSIZE, "message too long"},
      {EPROTONOSUPPORT, "protocol not supported"},
      {EOPNOTSUPP, "operation not supported"},
      {EAFNOSUPPORT, "address family not supported"},
      {EADDRINUSE, "address in use"},
      {EADDRNOTAVAIL, "address not available"},
      {ENETDOWN, "network down"},
      {ENETUNREACH, "network unreachable"},
      {ECONNABORTED, "connection aborted"},
      {ECONNRESET, "connection reset by peer"},
      {ENOBUFS, "no buffer space"},
      {EISCONN, "already connected"},
      {ENOTCONN, "not connected"},
      {ESHUTDOWN, "socket shut down"},
      {ETIMEDOUT, "timed out"},
      {ECONNREFUSED, "connection refused"},
      {ENAMETOOLONG, "name too long"},
      {EHOSTDOWN, "host down"},
      {EHOSTUNREACH, "host unreachable"},
      {ENOTEMPTY, "directory not empty"},
      {ENOSYS, "not implemented"},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    if (table[i].number == error) {
      return (char *)(uintptr_t)table[i].text;
    }
  }
  return (char *)(uintptr_t) "unknown error";
}
