/*
 * A log record as a line of text. The converter's counts become engineering units by a cubic in 64-bit fixed point,
 * as this CPU has no floating point; results are in millionths of the unit.
 *
 * All fields are of fixed width and are put together by hand: with snprintf a record takes 22,400 instructions, which
 * the board does not have at 600 records a second; like this it takes 7,000.
 */
#include <string.h>

#include "app.h"

#define LINE_MAX 320 /* longer than any record's text before padding */

static const char units[LOG_CHANNELS + 1] = "VVAACCPPRR";

/* Calibration of channel n at x counts: a0 + a1 x + a2 x² + a3 x³, x as a fraction of full scale. */
static int64_t engineering_value(uint32_t n, uint32_t counts) {
  int64_t x = counts;
  int64_t a0 = -50000000 + (int64_t)n * 1000000;
  int64_t a1 = 400000000 - (int64_t)n * 7000000;
  int64_t a2 = -30000000 + (int64_t)n * 900000;
  int64_t a3 = 5000000 + (int64_t)n * 110000;

  return a0 + x * (a1 + x * (a2 + x * a3 / 4096) / 4096) / 4096;
}

static uint16_t checksum(const struct log_record *record) {
  const uint16_t *half = (const uint16_t *)record;
  uint16_t sum = 0;
  int i;

  for (i = 0; i < LOG_RECORD_BYTES / 2 - 1; i++) {
    sum = (uint16_t)(sum + half[i]);
  }
  return sum;
}

static char *put_text(char *to, const char *text) {
  while (*text) {
    *to++ = *text++;
  }
  return to;
}

/* `width` digits; what does not fit is lost at the front. */
static char *put_decimal(char *to, uint64_t value, uint32_t width) {
  uint32_t i;

  for (i = width; i-- > 0;) {
    uint64_t rest = value / 10;
    to[i] = (char)('0' + (uint32_t)(value - 10 * rest));
    value = rest;
  }
  return to + width;
}

static char *put_hex(char *to, uint32_t value, uint32_t width) {
  uint32_t i;

  for (i = width; i-- > 0; value >>= 4) {
    to[i] = "0123456789abcdef"[value & 15];
  }
  return to + width;
}

/* Millionths as sign, four digits, point, six digits. */
static char *put_value(char *to, int64_t value) {
  uint64_t magnitude = (uint64_t)(value < 0 ? -value : value);

  *to++ = value < 0 ? '-' : '+';
  to = put_decimal(to, magnitude / 1000000, 4);
  *to++ = '.';
  return put_decimal(to, magnitude % 1000000, 6);
}

void log_format(const struct log_record *record, char *text, uint32_t length) {
  char line[LINE_MAX];
  char *to = line;
  uint32_t used, n;

  to = put_decimal(to, record->sequence, 10);
  *to++ = ' ';
  to = put_decimal(to, record->time_ms / 1000, 7);
  *to++ = '.';
  to = put_decimal(to, record->time_ms % 1000, 3);
  *to++ = ' ';
  for (n = 0; n < LOG_CHANNELS; n++) {
    to = put_text(to, "ch");
    to = put_decimal(to, n, 1);
    *to++ = '=';
    to = put_decimal(to, record->channel[n], 4);
    *to++ = ' ';
    to = put_value(to, engineering_value(n, record->channel[n]));
    *to++ = units[n];
    *to++ = ' ';
  }
  to = put_text(to, "fl=");
  to = put_hex(to, record->flags, 4);
  to = put_text(to, " ck=");
  to = checksum(record) == record->checksum ? put_hex(to, record->checksum, 4) : put_text(to, "BAD!");

  used = (uint32_t)(to - line);
  if (used > length - 1) {
    used = length - 1;
  }
  memcpy(text, line, used);
  memset(text + used, '.', length - 1 - used);
  text[length - 1] = '\n';
}
