#ifndef STDLIB_H
#define STDLIB_H

#include <stddef.h>

#define EXIT_SUCCESS 0
#define EXIT_FAILURE 1

/* First-fit heap between the image and the end of RAM; 16-byte aligned blocks. Tasks only, never from an interrupt. */
void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *block, size_t size);
void free(void *block);
/* A block at a multiple of `alignment` (a power of two); free() takes it. */
void *memalign(size_t alignment, size_t size);

unsigned long strtoul(const char *text, char **end, int base);
long strtol(const char *text, char **end, int base);
unsigned long long strtoull(const char *text, char **end, int base);
int atoi(const char *text);
int abs(int value);
void qsort(void *base, size_t count, size_t size, int (*compare)(const void *, const void *));

void abort(void) __attribute__((noreturn));

#endif
