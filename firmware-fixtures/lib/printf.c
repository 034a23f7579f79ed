/* Formatted output: one formatter, three sinks (a buffer, the console ring, the polled console). */
#include <console.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct sink {
  void (*put)(struct sink *, char);
  char *out;
  size_t room;
  int count;
};

static void emit(struct sink *s, char c) {
  s->put(s, c);
  s->count++;
}

static void fill(struct sink *s, char c, int n) {
  while (n-- > 0) {
    emit(s, c);
  }
}

struct spec {
  bool left, zero, plus, space, alternate;
  int width, precision; /* precision -1 = not given */
};

/* Digits of `value`, last first; returns how many. */
static int digits_of(uint64_t value, unsigned base, bool upper, char *out) {
  const char *set = upper ? "0123456789ABCDEF" : "0123456789abcdef";
  int n = 0;
  while (value >> 32) {
    out[n++] = set[value % base];
    value /= base;
  }
  uint32_t small = (uint32_t)value;
  while (small) {
    out[n++] = set[small % base];
    small /= base;
  }
  return n;
}

static void put_number(struct sink *s, const struct spec *f, uint64_t value, bool negative, unsigned base, bool upper) {
  char digits[24];
  int n = digits_of(value, base, upper, digits);
  int least = f->precision < 0 ? 1 : f->precision;
  int zeros = n < least ? least - n : 0;
  char prefix[3];
  int prefixes = 0;
  if (negative) {
    prefix[prefixes++] = '-';
  } else if (f->plus) {
    prefix[prefixes++] = '+';
  } else if (f->space) {
    prefix[prefixes++] = ' ';
  }
  if (f->alternate && base == 16 && value) {
    prefix[prefixes++] = '0';
    prefix[prefixes++] = upper ? 'X' : 'x';
  } else if (f->alternate && base == 8 && !zeros) {
    zeros = 1;
  }
  int pad = f->width - prefixes - zeros - n;
  if (f->zero && !f->left && f->precision < 0 && pad > 0) {
    zeros += pad;
    pad = 0;
  }
  if (!f->left) {
    fill(s, ' ', pad);
  }
  for (int i = 0; i < prefixes; i++) {
    emit(s, prefix[i]);
  }
  fill(s, '0', zeros);
  while (n) {
    emit(s, digits[--n]);
  }
  if (f->left) {
    fill(s, ' ', pad);
  }
}

static void put_text(struct sink *s, const struct spec *f, const char *text) {
  if (!text) {
    text = "(null)";
  }
  int n = (int)(f->precision < 0 ? strlen(text) : strnlen(text, (size_t)f->precision));
  int pad = f->width - n;
  if (!f->left) {
    fill(s, ' ', pad);
  }
  for (int i = 0; i < n; i++) {
    emit(s, text[i]);
  }
  if (f->left) {
    fill(s, ' ', pad);
  }
}

static void format_to(struct sink *s, const char *format, va_list args) {
  for (const char *at = format; *at; at++) {
    if (*at != '%') {
      emit(s, *at);
      continue;
    }
    struct spec f = {.precision = -1};
    for (at++;; at++) {
      if (*at == '-') {
        f.left = true;
      } else if (*at == '0') {
        f.zero = true;
      } else if (*at == '+') {
        f.plus = true;
      } else if (*at == ' ') {
        f.space = true;
      } else if (*at == '#') {
        f.alternate = true;
      } else {
        break;
      }
    }
    if (*at == '*') {
      f.width = va_arg(args, int);
      if (f.width < 0) {
        f.left = true;
        f.width = -f.width;
      }
      at++;
    } else {
      while (*at >= '0' && *at <= '9') {
        f.width = f.width * 10 + (*at++ - '0');
      }
    }
    if (*at == '.') {
      at++;
      f.precision = 0;
      if (*at == '*') {
        f.precision = va_arg(args, int);
        at++;
      } else {
        while (*at >= '0' && *at <= '9') {
          f.precision = f.precision * 10 + (*at++ - '0');
        }
      }
    }
    int longs = 0, halves = 0;
    for (;; at++) {
      if (*at == 'l') {
        longs++;
      } else if (*at == 'h') {
        halves++;
      } else if (*at != 'z') {
        break;
      }
    }
    switch (*at) {
      case 'd':
      case 'i': {
        int64_t value = longs > 1 ? va_arg(args, long long) : va_arg(args, int);
        if (halves == 1) {
          value = (int16_t)value;
        } else if (halves > 1) {
          value = (int8_t)value;
        }
        put_number(s, &f, value < 0 ? -(uint64_t)value : (uint64_t)value, value < 0, 10, false);
        break;
      }
      case 'u':
      case 'x':
      case 'X':
      case 'o': {
        uint64_t value = longs > 1 ? va_arg(args, unsigned long long) : va_arg(args, unsigned);
        if (halves == 1) {
          value = (uint16_t)value;
        } else if (halves > 1) {
          value = (uint8_t)value;
        }
        f.plus = f.space = false;
        put_number(s, &f, value, false, *at == 'u' ? 10 : *at == 'o' ? 8 : 16, *at == 'X');
        break;
      }
      case 'p':
        f.precision = 8;
        put_number(s, &f, (uintptr_t)va_arg(args, void *), false, 16, false);
        break;
      case 'c': {
        char text[2] = {(char)va_arg(args, int), 0};
        if (!text[0]) {
          emit(s, 0);
        } else {
          put_text(s, &f, text);
        }
        break;
      }
      case 's':
        put_text(s, &f, va_arg(args, const char *));
        break;
      case '%':
        emit(s, '%');
        break;
      case 0:
        return;
      default:
        emit(s, '%');
        emit(s, *at);
        break;
    }
  }
}

static void to_buffer(struct sink *s, char c) {
  if (s->room > 1) {
    *s->out++ = c;
    s->room--;
  }
}

int vsnprintf(char *out, size_t size, const char *format, va_list args) {
  struct sink s = {.put = to_buffer, .out = out, .room = size};
  format_to(&s, format, args);
  if (size) {
    *s.out = 0;
  }
  return s.count;
}

int snprintf(char *out, size_t size, const char *format, ...) {
  va_list args;
  va_start(args, format);
  int n = vsnprintf(out, size, format, args);
  va_end(args);
  return n;
}

int sprintf(char *out, const char *format, ...) {
  va_list args;
  va_start(args, format);
  int n = vsnprintf(out, SIZE_MAX, format, args);
  va_end(args);
  return n;
}

static void to_console(struct sink *s, char c) {
  (void)s;
  console_putc(c);
}

int vprintf(const char *format, va_list args) {
  struct sink s = {.put = to_console};
  format_to(&s, format, args);
  return s.count;
}

int printf(const char *format, ...) {
  va_list args;
  va_start(args, format);
  int n = vprintf(format, args);
  va_end(args);
  return n;
}

int puts(const char *text) {
  console_puts(text);
  console_putc('\n');
  return 0;
}

int putchar(int c) {
  console_putc(c);
  return c;
}

static void to_panic(struct sink *s, char c) {
  (void)s;
  console_panic_putc(c);
}

int printk(const char *format, ...) {
  va_list args;
  va_start(args, format);
  struct sink s = {.put = to_panic};
  format_to(&s, format, args);
  va_end(args);
  return s.count;
}
