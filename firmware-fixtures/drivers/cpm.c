/* What the CPM drivers share: dual-port RAM, command register; the tick; the way to reset the chip. */
#include <board.h>
#include <panic.h>
#include <rtems.h>

#define DPRAM_LOW 0x2000u
#define DPRAM_HIGH 0x3000u
#define PIT_HZ 1000000u /* OSCM 4 MHz / 4 */
#define TICK_LEVEL 6

static uint32_t dpram_next = DPRAM_LOW;

void *dpram_alloc(uint32_t bytes, uint32_t align) {
  uint32_t at = (dpram_next + align - 1) & ~(align - 1);
  if (at + bytes > DPRAM_HIGH) {
    panic("dual-port RAM is used up");
  }
  dpram_next = at + bytes;
  return (void *)(IMMR_BASE + at);
}

void cpm_command(uint32_t opcode_and_channel) {
  rtems_interrupt_level level;
  rtems_interrupt_disable(level);
  while (CPCR & CPCR_FLG) {
  }
  CPCR = (uint16_t)(opcode_and_channel | CPCR_FLG);
  while (CPCR & CPCR_FLG) {
  }
  rtems_interrupt_enable(level);
}

static void tick(void *argument) {
  (void)argument;
  PISCR |= PISCR_PS; /* reads as one, cleared by writing one */
  rtems_clock_tick();
}

void tick_init(uint32_t microseconds) {
  PISCRK = KEY_OPEN;
  PITCK = KEY_OPEN;
  PITC = (uint16_t)(microseconds * (PIT_HZ / 1000000u) - 1);
  siu_interrupt_install(SIU_INDEX_LVL(TICK_LEVEL), tick, NULL);
  PISCR = PISCR_PIRQ(TICK_LEVEL) | PISCR_PS | PISCR_PIE | PISCR_PTE;
}

void board_reboot(void) {
  rtems_interrupt_level level;
  rtems_interrupt_disable(level);
  (void)level;
  PLPRCRK = KEY_OPEN;
  PLPRCR |= PLPRCR_CSR;
  /* With ME off a TLB miss handler would still run, so translation goes off too; then an address nobody answers. */
  __asm__ volatile(
      "mfmsr 3\n\t"
      "li 4,0x1030\n\t"
      "andc 3,3,4\n\t"
      "mtmsr 3\n\t"
      "isync\n\t"
      "lis 4,0xC000\n\t"
      "lwz 3,0(4)\n\t"
      "1: b 1b"
      :
      :
      : "r3", "r4", "memory");
  __builtin_unreachable();
}
