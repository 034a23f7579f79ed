/*
 * The mix on the board: `icache= dcache= iterations= baud= mmu=`. Silent while it runs, so that only it is measured.
 * mmu=8m (one pinned page, the usual), 4k (pages of 4 KB) or off (real mode) holds while the mix runs.
 */
#include "bare.h"
#include "mix.h"

#define MTSPR(spr, value) __asm__ volatile("mtspr %0, %1" : : "i"(spr), "r"(value) : "memory")

enum { MI_CTR = 784, MI_EPN = 787, MI_TWC = 789, MI_RPN = 790, MD_CTR = 792, MD_EPN = 795, MD_TWC = 797, MD_RPN = 798 };

static void set_translation(int on) {
  uint32_t msr;

  __asm__ volatile("mfmsr %0" : "=r"(msr));
  msr = on ? msr | 0x30 : msr & ~0x30u;
  __asm__ volatile("sync; mtmsr %0; isync" : : "r"(msr) : "memory");
}

/* Leaves the reserved entries and replaces the 8 MB page in entry 28 by 28 pages of 4 KB that hold this image, translated 1:1. */
static void use_small_pages(void) {
  const uint32_t reserve = 0x08000000, twam = 0x04000000, valid = 0x200, small = 0x01, page = 0x9F5;
  uint32_t i, at = 0x10000;

  set_translation(0);
  for (i = 0; i < 29; i++, at += 0x1000) {
    const uint32_t entry = i < 28 ? i : 28;
    MTSPR(MI_CTR, reserve | (entry << 8));
    MTSPR(MI_EPN, at | valid);
    MTSPR(MI_TWC, small);
    MTSPR(MI_RPN, at | page);
    MTSPR(MD_CTR, reserve | twam | (entry << 8));
    MTSPR(MD_EPN, at | valid);
    MTSPR(MD_TWC, small);
    MTSPR(MD_RPN, at | page);
  }
  set_translation(1);
}

void bare_main(const uint32_t *board_info, const char *command_line) {
  const char *mmu = param(command_line, "mmu");
  const uint32_t iterations = param_number(command_line, "iterations", MIX_ITERATIONS);
  char report[96];

  memory_setup(command_line);
  console_setup(board_info[2], param_number(command_line, "baud", 115200));
  if (mmu && mmu[0] == '4') {
    use_small_pages();
  } else if (mmu && mmu[0] == 'o') {
    set_translation(0);
  }
  mix_run(iterations, report);
  set_translation(1);
  console_puts(report);
  console_drain();
  stop();
}
