/*
 * A driver that may forget its cache maintenance: answers each frame with the first bytes of what the CPU read in its receive
 * buffer. One buffer each way, in memory; SCC1's DMA knows nothing of the data cache (MPC860 UM 8.2).
 *
 *   rx=dcbi     invalidates the buffer before it reads a frame        rx=none    does not
 *   tx=dcbst    writes an answer back before it hands it over         tx=none    does not
 *   memory=copyback, through (DC_CST: forced write-through) or inhibited (MD_CTR[CIDEF], translation of data off)
 */
#include "../include/board.h"
#include "bare.h"

enum { LINE = 16, HEADER = 14, ECHO = 32, ANSWER = 60, RX_BYTES = 1520 };

static uint8_t rx[RX_BYTES] __attribute__((aligned(LINE)));
static uint8_t tx[64] __attribute__((aligned(LINE)));

#define RX_BD_AT 0x2C00
#define TX_BD_AT 0x2C08
#define RX_RING ((struct buffer_descriptor *)(IMMR_BASE + RX_BD_AT))
#define TX_RING ((struct buffer_descriptor *)(IMMR_BASE + TX_BD_AT))

static int says(const char *line, const char *key, char first) {
  const char *text = param(line, key);
  return text && *text == first;
}

static void scc_setup(void) {
  struct scc_ethernet_parameters *p = SCC1_PARAMETERS;

  PADIR &= (uint16_t)~0x0303u; /* RXD, TXD, CLK2, CLK1 */
  PAPAR |= 0x0303u;
  PCPAR &= (uint16_t)~0x0031u; /* CLSN, RENA; TENA when the controller runs */
  PCDIR &= (uint16_t)~0x0031u;
  PCSO |= 0x0030u;
  SICR = (SICR & ~0xFFu) | 0x2Cu; /* receive CLK2, transmit CLK1 */
  SDCR = 1;
  p->common.rbase = RX_BD_AT;
  p->common.tbase = TX_BD_AT;
  while (CPCR & CPCR_FLG)
    ;
  CPCR = CPCR_INIT_RX_TX | CPCR_SCC1 | CPCR_FLG;
  while (CPCR & CPCR_FLG)
    ;
  p->common.rfcr = p->common.tfcr = FUNCTION_CODE_BIG_ENDIAN;
  p->common.mrblr = RX_BYTES;
  p->c_pres = 0xFFFFFFFF;
  p->c_mask = 0xDEBB20E3;
  p->crcec = p->alec = p->disfc = 0;
  p->pads = 0x8888;
  p->ret_lim = 15;
  p->mflr = 1518;
  p->minflr = 64;
  p->maxd1 = p->maxd2 = RX_BYTES;
  p->p_per = 0;
  for (int i = 0; i < 4; i++) {
    p->gaddr[i] = p->iaddr[i] = 0;
  }
  RX_RING->buffer = (uint32_t)rx;
  RX_RING->status = BD_READY | BD_WRAP;
  TX_RING->buffer = (uint32_t)tx;
  TX_RING->status = BD_WRAP;
  SCCE1 = 0xFFFF;
  SCCM1 = 0;
  GSMR_H1 = 0;
  GSMR_L1 = GSMR_L_TCI | GSMR_L_TPL_48 | GSMR_L_TPP_10 | GSMR_L_ETHERNET;
  DSR1 = 0xD555;
  PSMR1 = PSMR_CRC32 | PSMR_PRO | PSMR_NIB_22;
  PCPAR |= 0x0001u;
  GSMR_L1 |= GSMR_L_ENR | GSMR_L_ENT;
}

void bare_main(const uint32_t *board_info, const char *line) {
  const int invalidate = says(line, "rx", 'd');
  const int store = says(line, "tx", 'd');

  (void)board_info;
  memory_setup(line);
  if (says(line, "memory", 't')) {
    __asm__ volatile("mtspr 568, %0" : : "r"(0x01000000) : "memory");
  } else if (says(line, "memory", 'i')) {
    uint32_t msr;
    __asm__ volatile("mfmsr %0" : "=r"(msr));
    __asm__ volatile("mtspr 792, %0; mtmsr %1; isync" : : "r"(0x24000000), "r"(msr & ~0x10u) : "memory");
  }
  scc_setup();
  for (;;) {
    while (RX_RING->status & BD_READY)
      ;
    if (invalidate) {
      for (uint32_t at = 0; at < RX_BYTES; at += LINE) {
        __asm__ volatile("dcbi 0, %0" : : "r"(rx + at) : "memory");
      }
    }
    while (TX_RING->status & BD_READY)
      ;
    for (int i = 0; i < 6; i++) {
      ((volatile uint8_t *)tx)[i] = ((volatile uint8_t *)rx)[6 + i];
      ((volatile uint8_t *)tx)[6 + i] = (uint8_t)(i ? 0 : 2);
    }
    ((volatile uint8_t *)tx)[12] = 0x88; /* a type for experiments */
    ((volatile uint8_t *)tx)[13] = 0xB5;
    for (int i = 0; i < ECHO; i++) {
      ((volatile uint8_t *)tx)[HEADER + i] = ((volatile uint8_t *)rx)[HEADER + i];
    }
    if (store) {
      for (uint32_t at = 0; at < sizeof tx; at += LINE) {
        __asm__ volatile("dcbst 0, %0" : : "r"(tx + at) : "memory");
      }
      __asm__ volatile("sync" : : : "memory");
    }
    RX_RING->status = BD_READY | BD_WRAP;
    TX_RING->length = ANSWER;
    TX_RING->status = BD_READY | BD_WRAP | BD_LAST | TX_BD_TC;
  }
}
