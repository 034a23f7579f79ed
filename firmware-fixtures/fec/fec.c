/*
 * The FEC and its PHY, used the way the drivers of RTEMS, U-Boot and Linux use them (hardware reference fec.md, sections 2,
 * 5 and 6): finds the PHY, waits for a link, then answers ARP, ping and UDP echo (port 7). With loop=1 on the command line it
 * sends frames to itself through the internal loopback instead. Rings are in the dual-port RAM, as U-Boot has them;
 * buffers are in cached memory, so they are flushed and invalidated as the part needs it.
 */
#include "bare.h"

/* Offsets in the IMMR window. */
enum {
  ADDR_LOW = 0xE00,
  ADDR_HIGH = 0xE04,
  HASH_TABLE_HIGH = 0xE08,
  HASH_TABLE_LOW = 0xE0C,
  R_DES_START = 0xE10,
  X_DES_START = 0xE14,
  R_BUFF_SIZE = 0xE18,
  ECNTRL = 0xE40,
  IEVENT = 0xE44,
  IMASK = 0xE48,
  R_DES_ACTIVE = 0xE50,
  X_DES_ACTIVE = 0xE54,
  MII_DATA = 0xE80,
  MII_SPEED = 0xE84,
  FUN_CODE = 0xF34,
  R_CNTRL = 0xF44,
  R_HASH = 0xF48,
  X_CNTRL = 0xF84,
  RX_RING = 0x2900,
  TX_RING = 0x2980
};

#define ECNTRL_FEC_PINMUX 4u
#define ECNTRL_ETHER_EN 2u
#define ECNTRL_RESET 1u
#define IEVENT_MII 0x00800000u
#define R_CNTRL_MII_MODE 4u
#define R_CNTRL_DRT 2u
#define R_CNTRL_LOOP 1u
#define X_CNTRL_FDEN 4u
#define FUN_CODE_BIG_ENDIAN 0x78000000u
#define MII_READ 0x60020000u
#define MII_WRITE 0x50020000u

#define BD_E 0x8000u
#define BD_R 0x8000u
#define BD_W 0x2000u
#define BD_L 0x0800u
#define BD_TC 0x0400u
#define RX_ERRORS 0x003Fu
#define TX_ERRORS 0x01C3u

#define RX_BDS 8
#define TX_BDS 4
#define BUFFER 1520
#define LINE 16

#define BMCR_ANENABLE 0x1000u
#define BMCR_ANRESTART 0x0200u
#define BMSR_ANCOMPLETE 0x0020u
#define BMSR_LINK 0x0004u
#define TECH_100_FULL 0x0100u
#define TECH_100_HALF 0x0080u
#define TECH_10_FULL 0x0040u

static uint8_t rx_buffer[RX_BDS][BUFFER] __attribute__((aligned(LINE)));
static uint8_t tx_buffer[TX_BDS][BUFFER] __attribute__((aligned(LINE)));
static unsigned rx_next, tx_next;
static uint8_t mac[6];
static uint8_t ip[4];

static void flush(const void *at, unsigned length) {
  for (unsigned i = 0; i < length; i += LINE) {
    __asm__ volatile("dcbf 0, %0" : : "r"((const char *)at + i) : "memory");
  }
  __asm__ volatile("sync" : : : "memory");
}

static void invalidate(const void *at, unsigned length) {
  for (unsigned i = 0; i < length; i += LINE) {
    __asm__ volatile("dcbi 0, %0" : : "r"((const char *)at + i) : "memory");
  }
}

static void copy(uint8_t *to, const uint8_t *from, unsigned n) {
  while (n--) {
    *to++ = *from++;
  }
}

static int same(const uint8_t *a, const uint8_t *b, unsigned n) {
  while (n--) {
    if (*a++ != *b++) {
      return 0;
    }
  }
  return 1;
}

static void put_number(uint32_t value) {
  if (value >= 10) {
    put_number(value / 10);
  }
  console_putc((char)('0' + value % 10));
}

static void put_hex(uint32_t value, int digits) {
  while (digits--) {
    console_putc("0123456789abcdef"[value >> (4 * digits) & 15]);
  }
}

/* --- PHY --- */

static uint32_t mii(uint32_t frame) {
  *immr32(IEVENT) = IEVENT_MII;
  *immr32(MII_DATA) = frame;
  while (!(*immr32(IEVENT) & IEVENT_MII))
    ;
  return *immr32(MII_DATA) & 0xFFFF;
}

static uint32_t phy_read(unsigned phy, unsigned reg) { return mii(MII_READ | phy << 23 | reg << 18); }
static void phy_write(unsigned phy, unsigned reg, uint32_t v) { mii(MII_WRITE | phy << 23 | reg << 18 | v); }

/* Address of the first PHY that answers, 32 = none. */
static unsigned phy_find(void) {
  unsigned phy = 0;

  while (phy < 32 && phy_read(phy, 3) == 0xFFFF) {
    phy++;
  }
  return phy;
}

/* Waits for a link; returns the technology that both ends have. */
static uint32_t phy_link(unsigned phy) {
  uint32_t common;

  phy_write(phy, 0, BMCR_ANENABLE | BMCR_ANRESTART);
  for (;;) {
    uint32_t status = phy_read(phy, 1);
    if ((status & BMSR_LINK) && (status & BMSR_ANCOMPLETE)) {
      break;
    }
  }
  common = phy_read(phy, 4) & phy_read(phy, 5);
  return common & TECH_100_FULL ? TECH_100_FULL : common & TECH_100_HALF ? TECH_100_HALF : common & TECH_10_FULL;
}

/* --- FEC --- */

static void bd_set(unsigned ring, unsigned n, uint32_t status, uint32_t length, const void *buffer) {
  *immr32(ring + 8 * n + 4) = (uint32_t)buffer;
  *immr16(ring + 8 * n + 2) = (uint16_t)length;
  *immr16(ring + 8 * n) = (uint16_t)status;
}

static void fec_reset(uint32_t clock_hz) {
  *immr32(ECNTRL) = ECNTRL_FEC_PINMUX | ECNTRL_RESET;
  while (*immr32(ECNTRL) & ECNTRL_RESET)
    ;
  /* MDC at 2.5 MHz or less: the field is the clock over 5 MHz, rounded up, from the second lowest bit on. */
  *immr32(MII_SPEED) = (clock_hz + 4999999) / 5000000 << 1;
}

static void fec_start(uint32_t r_cntrl, uint32_t x_cntrl) {
  *immr32(IMASK) = 0;
  *immr32(IEVENT) = 0xFFFFFFFF;
  *immr32(ADDR_LOW) = (uint32_t)mac[0] << 24 | mac[1] << 16 | mac[2] << 8 | mac[3];
  *immr32(ADDR_HIGH) = (uint32_t)mac[4] << 24 | mac[5] << 16;
  *immr32(HASH_TABLE_HIGH) = 0;
  *immr32(HASH_TABLE_LOW) = 0;
  *immr32(R_BUFF_SIZE) = BUFFER;
  *immr32(R_HASH) = 1518;
  *immr32(FUN_CODE) = FUN_CODE_BIG_ENDIAN;
  for (unsigned i = 0; i < RX_BDS; i++) {
    bd_set(RX_RING, i, BD_E | (i == RX_BDS - 1 ? BD_W : 0), 0, rx_buffer[i]);
  }
  for (unsigned i = 0; i < TX_BDS; i++) {
    bd_set(TX_RING, i, i == TX_BDS - 1 ? BD_W : 0, 0, tx_buffer[i]);
  }
  rx_next = tx_next = 0;
  *immr32(R_DES_START) = IMMR + RX_RING;
  *immr32(X_DES_START) = IMMR + TX_RING;
  *immr32(R_CNTRL) = r_cntrl;
  *immr32(X_CNTRL) = x_cntrl;
  *immr32(ECNTRL) = ECNTRL_FEC_PINMUX | ECNTRL_ETHER_EN;
  *immr32(R_DES_ACTIVE) = 0x01000000;
}

/* Room for a frame of up to 1514 bytes, when the BD that has it is free. */
static uint8_t *tx_frame(void) {
  while (*immr16(TX_RING + 8 * tx_next) & BD_R)
    ;
  return tx_buffer[tx_next];
}

static void tx_send(unsigned length) {
  uint32_t wrap = tx_next == TX_BDS - 1 ? BD_W : 0;

  flush(tx_buffer[tx_next], length);
  bd_set(TX_RING, tx_next, BD_R | BD_L | BD_TC | wrap, length, tx_buffer[tx_next]);
  *immr32(X_DES_ACTIVE) = 0x01000000;
  tx_next = wrap ? 0 : tx_next + 1;
}

/* The next frame received without error, *length bytes without CRC; 0 = none yet. */
static const uint8_t *rx_frame(unsigned *length) {
  uint32_t status = *immr16(RX_RING + 8 * rx_next);

  if (status & BD_E) {
    return 0;
  }
  *length = *immr16(RX_RING + 8 * rx_next + 2) - 4u;
  if (status & RX_ERRORS || !(status & BD_L) || *length > BUFFER - 4) {
    *length = 0;
  } else {
    invalidate(rx_buffer[rx_next], *length);
  }
  return rx_buffer[rx_next];
}

static void rx_done(void) {
  uint32_t wrap = rx_next == RX_BDS - 1 ? BD_W : 0;

  bd_set(RX_RING, rx_next, BD_E | wrap, 0, rx_buffer[rx_next]);
  *immr32(R_DES_ACTIVE) = 0x01000000;
  rx_next = wrap ? 0 : rx_next + 1;
}

/* --- internal loopback --- */

static void loopback(void) {
  unsigned length, i, round;

  fec_start(R_CNTRL_MII_MODE | R_CNTRL_LOOP, X_CNTRL_FDEN);
  for (round = 0; round < 20; round++) {
    unsigned want = 60 + 73 * round;
    uint8_t *out = tx_frame();
    const uint8_t *in;

    copy(out, mac, 6);
    copy(out + 6, mac, 6);
    for (i = 12; i < want; i++) {
      out[i] = (uint8_t)(i * 7 + round);
    }
    tx_send(want);
    while (!(in = rx_frame(&length)))
      ;
    if (length != want || !same(in, out, want)) {
      console_puts("loopback failed\n");
      stop();
    }
    rx_done();
  }
  console_puts("loopback ok\n");
}

/* --- ARP, ICMP echo, UDP echo --- */

static uint32_t get16(const uint8_t *p) { return (uint32_t)p[0] << 8 | p[1]; }

static void put16(uint8_t *p, uint32_t v) {
  p[0] = (uint8_t)(v >> 8);
  p[1] = (uint8_t)v;
}

static uint32_t checksum(const uint8_t *p, unsigned n) {
  uint32_t sum = 0;

  for (unsigned i = 0; i + 1 < n; i += 2) {
    sum += get16(p + i);
  }
  if (n & 1) {
    sum += (uint32_t)p[n - 1] << 8;
  }
  while (sum >> 16) {
    sum = (sum & 0xFFFF) + (sum >> 16);
  }
  return ~sum & 0xFFFF;
}

static void arp_reply(const uint8_t *in) {
  uint8_t *out = tx_frame();

  copy(out, in, 42);
  copy(out, in + 6, 6);
  copy(out + 6, mac, 6);
  put16(out + 20, 2);
  copy(out + 22, mac, 6);
  copy(out + 28, ip, 4);
  copy(out + 32, in + 22, 10);
  tx_send(42);
}

/* The packet goes back to where it came from. */
static void ip_reply(const uint8_t *in, unsigned length) {
  uint8_t *out = tx_frame();
  uint8_t *header = out + 14;

  copy(out, in, length);
  copy(out, in + 6, 6);
  copy(out + 6, mac, 6);
  copy(header + 12, in + 14 + 16, 4);
  copy(header + 16, in + 14 + 12, 4);
  header[8] = 64;
  put16(header + 10, 0);
  put16(header + 10, checksum(header, 20));
  if (header[9] == 1) {
    header[20] = 0;
    put16(header + 22, 0);
    put16(header + 22, checksum(header + 20, length - 34));
  } else {
    copy(header + 20, in + 36, 2);
    copy(header + 22, in + 34, 2);
    put16(header + 26, 0);
  }
  tx_send(length);
}

static void answer(const uint8_t *in, unsigned length) {
  const uint8_t *header = in + 14;

  if (length >= 42 && get16(in + 12) == 0x0806 && get16(in + 20) == 1 && same(in + 38, ip, 4)) {
    arp_reply(in);
  } else if (length >= 42 && get16(in + 12) == 0x0800 && header[0] == 0x45 && !(get16(header + 6) & 0x3FFF) &&
             same(header + 16, ip, 4)) {
    unsigned total = 14 + get16(header + 2);
    if (total < 42 || total > length) {
      return;
    }
    if ((header[9] == 1 && header[20] == 8) || (header[9] == 17 && get16(header + 22) == 7)) {
      ip_reply(in, total);
    }
  }
}

static void parse_ip(const char *text) {
  static const uint8_t otherwise[4] = {192, 168, 1, 10};

  copy(ip, otherwise, 4);
  for (unsigned i = 0; text && i < 4; i++) {
    uint32_t value = 0;
    while (*text >= '0' && *text <= '9') {
      value = value * 10 + (uint32_t)(*text++ - '0');
    }
    ip[i] = (uint8_t)value;
    if (*text == '.') {
      text++;
    }
  }
}

void bare_main(const uint32_t *board_info, const char *command_line) {
  unsigned phy, length;
  uint32_t tech;

  copy(mac, (const uint8_t *)board_info + 2, 6);
  parse_ip(param(command_line, "ip"));
  memory_setup(command_line);
  console_setup(board_info[2], param_number(command_line, "baud", 115200));
  *immr32(ADDR_LOW) = 0x12345678;
  if (*immr32(ADDR_LOW) != 0x12345678) {
    console_puts("no FEC\n");
    stop();
  }
  fec_reset(board_info[2]);
  phy = phy_find();
  if (phy == 32) {
    console_puts("no PHY\n");
    stop();
  }
  console_puts("phy ");
  put_number(phy);
  console_puts(" id ");
  put_hex(phy_read(phy, 2) << 16 | phy_read(phy, 3), 8);
  console_puts("\n");
  if (param_number(command_line, "loop", 0)) {
    loopback();
    stop();
  }
  tech = phy_link(phy);
  if (tech & (TECH_100_FULL | TECH_10_FULL)) {
    fec_start(R_CNTRL_MII_MODE, X_CNTRL_FDEN);
  } else {
    fec_start(R_CNTRL_MII_MODE | R_CNTRL_DRT, 0);
  }
  console_puts("link ");
  put_number(tech & (TECH_100_FULL | TECH_100_HALF) ? 100 : 10);
  console_puts(tech & (TECH_100_FULL | TECH_10_FULL) ? " full\n" : " half\n");
  for (;;) {
    const uint8_t *in = rx_frame(&length);
    if (in) {
      answer(in, length);
      rx_done();
    }
  }
}
