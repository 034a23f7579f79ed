#include "bare.h"

#define MTSPR(spr, value) __asm__ volatile("mtspr %0, %1" : : "i"(spr), "r"(value) : "memory")

enum {
  IC_CST = 560,
  DC_CST = 568,
  MI_CTR = 784,
  MI_AP = 786,
  MI_EPN = 787,
  MI_TWC = 789,
  MI_RPN = 790,
  MD_CTR = 792,
  MD_AP = 794,
  MD_EPN = 795,
  MD_TWC = 797,
  MD_RPN = 798
};

const char *param(const char *line, const char *key) {
  while (line && *line) {
    const char *k = key;
    while (*line == ' ') {
      line++;
    }
    while (*k && *line == *k) {
      line++;
      k++;
    }
    if (!*k && *line == '=') {
      return line + 1;
    }
    while (*line && *line != ' ') {
      line++;
    }
  }
  return 0;
}

uint32_t param_number(const char *line, const char *key, uint32_t otherwise) {
  const char *text = param(line, key);
  uint32_t value = 0;

  if (!text || *text < '0' || *text > '9') {
    return otherwise;
  }
  while (*text >= '0' && *text <= '9') {
    value = value * 10 + (uint32_t)(*text++ - '0');
  }
  return value;
}

static int switched_on(const char *line, const char *key) {
  const char *text = param(line, key);
  return !(text && text[0] == 'o' && text[1] == 'f');
}

void memory_setup(const char *line) {
  const uint32_t valid = 0x200;         /* EPN: EV */
  const uint32_t segment_8m = 0x0D;     /* TWC: PS 8 MB, V */
  const uint32_t segment_512k_g = 0x15; /* TWC: G, PS 512 KB, V */
  const uint32_t page = 0x9F5;          /* RPN: PP 10, C, all subpages, SH, V */
  const uint32_t inhibited = 0x002;     /* RPN: CI */
  const uint32_t reserve = 0x08000000;  /* RSV4I, RSV4D */
  const uint32_t twam = 0x04000000;
  uint32_t msr;

  MTSPR(IC_CST, 0x0A000000);
  MTSPR(IC_CST, 0x0C000000);
  MTSPR(DC_CST, 0x0A000000);
  MTSPR(DC_CST, 0x0C000000);

  MTSPR(MI_AP, 0x55555555);
  MTSPR(MD_AP, 0x55555555);
  MTSPR(MI_CTR, reserve | (28 << 8));
  MTSPR(MI_EPN, 0 | valid);
  MTSPR(MI_TWC, segment_8m);
  MTSPR(MI_RPN, 0 | page);
  MTSPR(MI_CTR, reserve);
  MTSPR(MD_CTR, reserve | twam | (28 << 8));
  MTSPR(MD_EPN, 0 | valid);
  MTSPR(MD_TWC, segment_8m);
  MTSPR(MD_RPN, 0 | page);
  MTSPR(MD_CTR, reserve | twam | (29 << 8));
  MTSPR(MD_EPN, IMMR | valid);
  MTSPR(MD_TWC, segment_512k_g);
  MTSPR(MD_RPN, IMMR | page | inhibited);
  MTSPR(MD_CTR, reserve | twam);

  __asm__ volatile("mfmsr %0" : "=r"(msr));
  __asm__ volatile("sync; mtmsr %0; isync" : : "r"(msr | 0x30) : "memory");
  MTSPR(IC_CST, switched_on(line, "icache") ? 0x02000000 : 0x04000000);
  MTSPR(DC_CST, switched_on(line, "dcache") ? 0x02000000 : 0x04000000);
  __asm__ volatile("isync");
}

/* Offsets in the IMMR window (immap.md). The four bytes after the descriptors are the buffers. */
enum {
  SDCR = 0x030,
  CPCR = 0x9C0,
  BRGC1 = 0x9F0,
  SMCMR1 = 0xA82,
  SMCE1 = 0xA86,
  SMCM1 = 0xA8A,
  PBDIR = 0xAB8,
  PBPAR = 0xABC,
  SIMODE = 0xAE0,
  SMC1_PARAM = 0x3E80,
  RX_BD = 0x2800,
  TX_BD = 0x2808,
  RX_BYTE = 0x2810,
  TX_BYTE = 0x2811
};

#define BD_E 0x8000
#define BD_R 0x8000
#define BD_W 0x2000

void console_setup(uint32_t clock_hz, uint32_t baud) {
  uint32_t divider = (clock_hz / 16 + baud / 2) / baud;

  *immr32(SDCR) = 1;
  *immr32(PBPAR) |= 0xC0;
  *immr32(PBDIR) &= ~0xC0u;
  *immr32(SIMODE) &= ~0xF000u;
  *immr32(BRGC1) = 0x10000 | (divider - 1) << 1;
  *immr16(SMCMR1) = 0;

  *immr16(RX_BD + 2) = 0;
  *immr32(RX_BD + 4) = IMMR + RX_BYTE;
  *immr16(RX_BD) = BD_E | BD_W;
  *immr16(TX_BD + 2) = 1;
  *immr32(TX_BD + 4) = IMMR + TX_BYTE;
  *immr16(TX_BD) = BD_W;

  *immr16(SMC1_PARAM + 0x00) = RX_BD;
  *immr16(SMC1_PARAM + 0x02) = TX_BD;
  *immr8(SMC1_PARAM + 0x04) = 0x18;
  *immr8(SMC1_PARAM + 0x05) = 0x18;
  *immr16(SMC1_PARAM + 0x06) = 1;
  *immr16(SMC1_PARAM + 0x28) = 0;
  *immr16(SMC1_PARAM + 0x2C) = 0;
  *immr16(SMC1_PARAM + 0x2E) = 0;
  *immr16(SMC1_PARAM + 0x30) = 0;

  while (*immr16(CPCR) & 1)
    ;
  *immr16(CPCR) = 0x0091; /* INIT RX AND TX PARAMS, SMC1 */
  while (*immr16(CPCR) & 1)
    ;
  *immr8(SMCE1) = 0xFF;
  *immr8(SMCM1) = 0;
  *immr16(SMCMR1) = 0x4823;
}

void console_drain(void) {
  while (*immr16(TX_BD) & BD_R)
    ;
}

void console_putc(char c) {
  if (c == '\n') {
    console_putc('\r');
  }
  console_drain();
  *immr8(TX_BYTE) = (uint8_t)c;
  *immr16(TX_BD + 2) = 1;
  *immr16(TX_BD) = BD_R | BD_W;
}

void console_puts(const char *text) {
  while (*text) {
    console_putc(*text++);
  }
}

int console_getc(void) {
  int c;

  while (*immr16(RX_BD) & BD_E)
    ;
  c = *immr8(RX_BYTE);
  *immr16(RX_BD) = BD_E | BD_W;
  return c;
}
