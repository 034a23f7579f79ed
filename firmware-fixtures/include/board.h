/*
 * Registers of the MPC860's internal memory map as this board uses them (MPC860 UM, memory map; offsets from the IMMR base).
 * Constants are masks under the manual's field names.
 */
#ifndef BOARD_H
#define BOARD_H

#include <stdint.h>

#define IMMR_BASE 0xFF000000u
#define REG8(offset) (*(volatile uint8_t *)(IMMR_BASE + (offset)))
#define REG16(offset) (*(volatile uint16_t *)(IMMR_BASE + (offset)))
#define REG32(offset) (*(volatile uint32_t *)(IMMR_BASE + (offset)))

/* SIU */
#define SYPCR REG32(0x004)
#define SIPEND REG32(0x010)
#define SIMASK REG32(0x014)
#define SIEL REG32(0x018)
#define SIVEC REG32(0x01C)
#define SDCR REG32(0x030)
#define SIU_LVL(level) (0x40000000u >> (2 * (level)))
#define SIU_INDEX_LVL(level) (2 * (level) + 1)

/* System timers */
#define TBSCR REG16(0x200)
#define TBSCR_TBE 0x0001u
#define PISCR REG16(0x240)
#define PISCR_PIRQ(level) (0x8000u >> (level))
#define PISCR_PS 0x0080u
#define PISCR_PIE 0x0004u
#define PISCR_PTE 0x0001u
#define PITC REG16(0x244)
#define PITR REG16(0x248)

/* Clocks */
#define SCCR REG32(0x280)
#define SCCR_TBS 0x02000000u
#define SCCR_RTDIV 0x01000000u
#define SCCR_RTSEL 0x00800000u
#define PLPRCR REG32(0x284)
#define PLPRCR_CSR 0x00000080u
#define RSR REG32(0x288)

/* Keys */
#define KEY_OPEN 0x55CCAA33u
#define TBSCRK REG32(0x300)
#define TBK REG32(0x30C)
#define PISCRK REG32(0x340)
#define PITCK REG32(0x344)
#define SCCRK REG32(0x380)
#define PLPRCRK REG32(0x384)

/* SDMA */
#define SDSR REG8(0x908)
#define SDMR REG8(0x90C)

/* CPM interrupt controller */
#define CIVR REG16(0x930)
#define CIVR_IACK 0x0001u
#define CICR REG32(0x940)
#define CICR_SCC_ORDER 0x00E40000u /* slots d, c, b, a = SCC4, SCC3, SCC2, SCC1 */
#define CICR_HP_PC15 0x00001F00u
#define CICR_IRL(level) ((uint32_t)(level) << 13)
#define CICR_IEN 0x00000080u
#define CIPR REG32(0x944)
#define CIMR REG32(0x948)
#define CISR REG32(0x94C)
#define CPM_VECTOR_SCC1 30
#define CPM_VECTOR_SPI 5
#define CPM_VECTOR_SMC1 4
#define CPM_VECTORS 32

/* Ports */
#define PADIR REG16(0x950)
#define PAPAR REG16(0x952)
#define PAODR REG16(0x954)
#define PADAT REG16(0x956)
#define PCDIR REG16(0x960)
#define PCPAR REG16(0x962)
#define PCSO REG16(0x964)
#define PCDAT REG16(0x966)
#define PBDIR REG32(0xAB8)
#define PBPAR REG32(0xABC)
#define PBODR REG16(0xAC2)
#define PBDAT REG32(0xAC4)

/* Communication processor */
#define CPCR REG16(0x9C0)
#define CPCR_RST 0x8000u
#define CPCR_FLG 0x0001u
#define CPCR_INIT_RX_TX 0x0000u
#define CPCR_INIT_RX 0x0100u
#define CPCR_INIT_TX 0x0200u
#define CPCR_STOP_TX 0x0400u
#define CPCR_RESTART_TX 0x0600u
#define CPCR_SCC1 0x0000u
#define CPCR_SPI 0x0050u
#define CPCR_SMC1 0x0090u
#define BRGC1 REG32(0x9F0)
#define BRGC_EN 0x00010000u
#define BRGC_DIV16 0x00000001u

/* SCC1 */
#define GSMR_L1 REG32(0xA00)
#define GSMR_H1 REG32(0xA04)
#define PSMR1 REG16(0xA08)
#define TODR1 REG16(0xA0C)
#define DSR1 REG16(0xA0E)
#define SCCE1 REG16(0xA10)
#define SCCM1 REG16(0xA14)
#define GSMR_L_TCI 0x10000000u
#define GSMR_L_TPL_48 0x00800000u
#define GSMR_L_TPP_10 0x00080000u
#define GSMR_L_ENR 0x00000020u
#define GSMR_L_ENT 0x00000010u
#define GSMR_L_ETHERNET 0x0000000Cu
#define PSMR_CRC32 0x0800u
#define PSMR_PRO 0x0200u
#define PSMR_NIB_22 0x000Au
#define SCCE_GRA 0x0080u
#define SCCE_TXE 0x0010u
#define SCCE_RXF 0x0008u
#define SCCE_BSY 0x0004u
#define SCCE_TXB 0x0002u
#define SCCE_RXB 0x0001u

/* SMC1 */
#define SMCMR1 REG16(0xA82)
#define SMCMR_8N1 0x4820u /* CLEN 9, UART */
#define SMCMR_TEN 0x0002u
#define SMCMR_REN 0x0001u
#define SMCE1 REG8(0xA86)
#define SMCM1 REG8(0xA8A)
#define SMCE_BSY 0x04u
#define SMCE_TX 0x02u
#define SMCE_RX 0x01u

/* SPI */
#define SPMODE REG16(0xAA0)
#define SPMODE_CI 0x2000u
#define SPMODE_CP 0x1000u
#define SPMODE_DIV16 0x0800u
#define SPMODE_REV 0x0400u
#define SPMODE_MS 0x0200u
#define SPMODE_EN 0x0100u
#define SPMODE_LEN(bits) ((uint32_t)((bits) - 1) << 4)
#define SPMODE_PM(n) ((uint32_t)(n))
#define SPIE REG8(0xAA6)
#define SPIM REG8(0xAAA)
#define SPCOM REG8(0xAAD)
#define SPCOM_STR 0x80u
#define SPIE_MME 0x20u
#define SPIE_TXE 0x10u
#define SPIE_BSY 0x04u
#define SPIE_TXB 0x02u
#define SPIE_RXB 0x01u

/* Serial interface */
#define SIMODE REG32(0xAE0)
#define SICR REG32(0xAEC)

/* Buffer descriptors live in dual-port RAM; the CPM counts their place from the IMMR base. */
struct buffer_descriptor {
  volatile uint16_t status;
  volatile uint16_t length;
  volatile uint32_t buffer;
};
#define BD_READY 0x8000u /* Tx R, Rx E: owned by the CPM */
#define BD_WRAP 0x2000u
#define BD_INTERRUPT 0x1000u
#define BD_LAST 0x0800u
#define RX_BD_FIRST 0x0400u
#define RX_BD_LG 0x0020u
#define RX_BD_NO 0x0010u
#define RX_BD_SH 0x0008u
#define RX_BD_CR 0x0004u
#define RX_BD_OV 0x0002u
#define RX_BD_CL 0x0001u
#define TX_BD_PAD 0x4000u
#define TX_BD_TC 0x0400u
#define TX_BD_DEF 0x0200u
#define TX_BD_HB 0x0100u
#define TX_BD_LC 0x0080u
#define TX_BD_RL 0x0040u
#define TX_BD_RC 0x003Cu
#define TX_BD_UN 0x0002u
#define TX_BD_CSL 0x0001u

/* Parameter RAM common to SCC, SMC and SPI. */
struct parameter_ram {
  volatile uint16_t rbase, tbase;
  volatile uint8_t rfcr, tfcr;
  volatile uint16_t mrblr;
  volatile uint32_t rstate, rdptr;
  volatile uint16_t rbptr, rcount;
  volatile uint32_t rtemp, tstate, tdptr;
  volatile uint16_t tbptr, tcount;
  volatile uint32_t ttemp;
};
#define FUNCTION_CODE_BIG_ENDIAN 0x10u

struct smc_uart_parameters {
  struct parameter_ram common;
  volatile uint16_t max_idl, idlc, brkln, brkec, brkcr, r_mask;
};
#define SMC1_PARAMETERS ((struct smc_uart_parameters *)(IMMR_BASE + 0x3E80))
#define SPI_PARAMETERS ((struct parameter_ram *)(IMMR_BASE + 0x3D80))

struct scc_ethernet_parameters {
  struct parameter_ram common;
  volatile uint32_t rcrc, tcrc;
  volatile uint32_t c_pres, c_mask;
  volatile uint32_t crcec, alec, disfc;
  volatile uint16_t pads, ret_lim, ret_cnt, mflr, minflr, maxd1, maxd2, maxd, dma_cnt, max_b;
  volatile uint16_t gaddr[4];
  volatile uint32_t tbuf0_data0, tbuf0_data1, tbuf0_rba0, tbuf0_crc;
  volatile uint16_t tbuf0_bcnt;
  volatile uint16_t paddr_h, paddr_m, paddr_l;
  volatile uint16_t p_per;
  volatile uint16_t rfbd_ptr, tfbd_ptr, tlbd_ptr;
  volatile uint32_t tbuf1_data0, tbuf1_data1, tbuf1_rba0, tbuf1_crc;
  volatile uint16_t tbuf1_bcnt, tx_len;
  volatile uint16_t iaddr[4];
  volatile uint16_t boff_cnt;
  volatile uint16_t taddr_h, taddr_m, taddr_l;
};
#define SCC1_PARAMETERS ((struct scc_ethernet_parameters *)(IMMR_BASE + 0x3C00))
_Static_assert(__builtin_offsetof(struct scc_ethernet_parameters, paddr_h) == 0x72, "SCC Ethernet parameter RAM");
_Static_assert(__builtin_offsetof(struct scc_ethernet_parameters, iaddr) == 0x94, "SCC Ethernet parameter RAM");
_Static_assert(__builtin_offsetof(struct scc_ethernet_parameters, taddr_l) == 0xA2, "SCC Ethernet parameter RAM");

/* A piece of dual-port RAM (2000–2FFF), never given back; panics when there is none left. `align` is a power of two. */
void *dpram_alloc(uint32_t bytes, uint32_t align);
/* Waits for the command register, then gives a command. */
void cpm_command(uint32_t opcode_and_channel);
/* Installs a handler for a CPM interrupt vector and enables it in CIMR. */
void cpm_interrupt_install(uint32_t vector, void (*handler)(void *), void *argument);
/* The same for a SIU source, by SIVEC index. */
void siu_interrupt_install(uint32_t index, void (*handler)(void *), void *argument);

/* Starts the PIT tick on LVL6. */
void tick_init(uint32_t microseconds);
/* Resets the chip through PLPRCR[CSR] and a checkstop. */
void board_reboot(void) __attribute__((noreturn));
/* Attaches SCC1 to the network stack as eth1; called once by the stack's start-up. */

static inline uint32_t timebase_lower(void) {
  uint32_t value;
  __asm__ volatile("mftb %0" : "=r"(value));
  return value;
}

#endif
