/* Formatted output of lib/printf.c. Conversions: d i u x X o c s p %, with - + space 0 #, width, precision, * and h hh l ll z. */
#ifndef STDIO_H
#define STDIO_H

#include <stdarg.h>
#include <stddef.h>

#define EOF (-1)

/* Writes at most size bytes including the final NUL; returns the length the whole text would have. */
int vsnprintf(char *out, size_t size, const char *format, va_list args);
int snprintf(char *out, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
int sprintf(char *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* To the console ring; may block the calling task until there is room. */
int printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
int vprintf(const char *format, va_list args);
int puts(const char *text);
int putchar(int c);

/* Polled console output with interrupts off, for panics and for code that must not block. */
int printk(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
