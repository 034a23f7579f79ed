/* Text to work on: words of a generator's choice, so that every run of every build sees the same. */
#ifndef TEXT_H
#define TEXT_H
#include <stddef.h>
#include <stdint.h>

static uint32_t text_seed = 1;
static uint32_t text_random(void) {
  text_seed = text_seed * 1664525u + 1013904223u;
  return text_seed >> 8;
}

static void make_text(unsigned char *to, size_t length) {
  static const char *const words[] = {"the",  "board", "cache", "line",   "frame",    "of",       "cluster", "waits", "for",
                                      "a",    "word",  "and",   "counts", "cycles",   "until",    "it",      "0x3E", "buffer",
                                      "task", "is",    "dirty", "when",   "ethernet", "received", "\n",      ".",     ", "};
  size_t at = 0;
  while (at < length) {
    const char *word = words[text_random() % (sizeof words / sizeof words[0])];
    while (*word && at < length) {
      to[at++] = (unsigned char)*word++;
    }
    if (at < length) {
      to[at++] = text_random() % 61 ? ' ' : (unsigned char)text_random();
    }
  }
}

static uint32_t fnv(const unsigned char *p, size_t length) {
  uint32_t hash = 0x811C9DC5u;
  while (length--) {
    hash = (hash ^ *p++) * 0x01000193u;
  }
  return hash;
}
#endif
