/*
 * Code and data that share a page, and code that writes near itself: a loop reads, adds and stores the words of a table. The
 * table lies right behind the loop's last instruction, or on a page of its own; the instructions are the same.
 */
#include "near.h"

#define WORDS 32u

extern uint32_t near_table[WORDS];
static uint32_t far_table[1024] __attribute__((aligned(4096)));

__asm__(
    "  .section .text.near, \"ax\"\n"
    "  .balign 1024\n"
    "near_loop:\n" /* r3 table, r4 words */
    "  mtctr 4\n"
    "  addi 3, 3, -4\n"
    "1: lwz 5, 4(3)\n"
    "  add 5, 5, 4\n"
    "  xori 5, 5, 0x55\n"
    "  stwu 5, 4(3)\n"
    "  bdnz 1b\n"
    "  blr\n"
    "near_table:\n"
    "  .space 128\n"
    "  .previous\n");

extern void near_loop(uint32_t *table, uint32_t words);

static char *append(char *to, const char *from) {
  while (*from) {
    *to++ = *from++;
  }
  *to = 0;
  return to;
}

int near_run(uint32_t rounds, int near, char *report) {
  uint32_t *table = near ? near_table : far_table;
  uint32_t i, expected = 0, wrong = 0;

  for (i = 0; i < WORDS; i++) {
    table[i] = 0;
  }
  for (i = 0; i < rounds; i++) {
    near_loop(table, WORDS);
    expected = (expected + WORDS) ^ 0x55;
  }
  for (i = 0; i < WORDS; i++) {
    wrong |= table[i] ^ expected;
  }
  report = append(report, near ? "near: same page" : "near: pages apart");
  append(report, wrong ? ", WRONG\n" : ", right\n");
  return wrong != 0;
}
