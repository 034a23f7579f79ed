/*
 * SCC1 in Ethernet mode under the BSD-derived stack, with the structure of the eth_comm driver
 * (rtems-legacy-networking.md, section 6; scc-ethernet.md, section 9): a receive daemon that refills its ring with M_WAIT, a
 * transmit daemon that retires sent frames only when it has something to send. The data cache does not snoop, so buffers are
 * written back before SDMA reads them and dropped before SDMA fills them, as the mbx8xx and tqm8xx drivers do.
 */
#include "scc.h"

#include <board.h>
#include <cache.h>
#include <observe.h>
#include <panic.h>
#include <rtems.h>
#include <stdio.h>
#include <string.h>

#include "net/bsdnet.h"
#include "net/if.h"
#include "net/mbuf.h"

#define RING_MAX 128
#define RX_RING_DEFAULT 32
#define TX_RING_DEFAULT 32
#define RX_BUFFER_BYTES 1520
#define DAEMON_STACK 4096
#define FCS_BYTES 4
#define HEADER_BYTES 14

#define INTERRUPT_EVENT RTEMS_EVENT_1
#define START_TRANSMIT_EVENT RTEMS_EVENT_2

/* After one of these the transmitter stands still until RESTART TX. */
#define TX_STOPPED (TX_BD_LC | TX_BD_RL | TX_BD_UN)
#define RX_ERRORS (RX_BD_LG | RX_BD_NO | RX_BD_SH | RX_BD_CR | RX_BD_OV | RX_BD_CL)

/* Pins: RXD, TXD, CLK2, CLK1; CLSN, RENA; TENA; straps of the transceiver. */
#define PA_SCC1 0x0303u
#define PC_CLSN_RENA 0x0030u
#define PC_TENA 0x0001u
#define PC_TRANSCEIVER 0x0F00u
#define PC_TRANSCEIVER_ON 0x0700u
#define SICR_SCC1 0x000000FFu
#define SICR_SCC1_CLK2_CLK1 0x0000002Cu

#define GSMR_L_SCC1 (GSMR_L_TCI | GSMR_L_TPL_48 | GSMR_L_TPP_10 | GSMR_L_ETHERNET)

/* The controller's constants (scc-ethernet.md, section 2). */
#define CRC_PRESET 0xFFFFFFFFu
#define CRC_MASK 0xDEBB20E3u
#define FRAME_MAX 1518
#define FRAME_MIN 64
#define DMA_MAX 1520
#define RETRY_LIMIT 15

struct scc_softc {
  struct arpcom arpcom;
  struct buffer_descriptor *rx_bds, *tx_bds;
  int rx_count, tx_count;
  int rx_head;   /* next descriptor the receive daemon looks at */
  int tx_head;   /* next free descriptor */
  int tx_tail;   /* oldest descriptor not retired */
  int tx_active; /* descriptors of complete frames between tail and head */
  rtems_id rx_daemon, tx_daemon;
  struct {
    uint32_t rx_interrupts, rx_not_first, rx_not_last, rx_giant, rx_non_octet, rx_runt, rx_bad_crc, rx_overrun, rx_collision;
    uint32_t tx_interrupts, tx_deferred, tx_heartbeat, tx_late, tx_retry_limit, tx_underrun, tx_lost_carrier, tx_ring_waits;
    uint32_t rx_frames, tx_frames;
  } stats;
  struct mbuf *rx_mbufs[RING_MAX];
  struct mbuf *tx_mbufs[RING_MAX];
};

static struct scc_softc scc;

OBSERVE("scc.rx_mbufs", scc.rx_mbufs);
OBSERVE("scc.rx_count", &scc.rx_count);
OBSERVE("scc.rx_head", &scc.rx_head);
OBSERVE("scc.rx_bds", &scc.rx_bds);
OBSERVE("scc.tx_mbufs", scc.tx_mbufs);
OBSERVE("scc.tx_count", &scc.tx_count);
OBSERVE("scc.tx_head", &scc.tx_head);
OBSERVE("scc.tx_tail", &scc.tx_tail);
OBSERVE("scc.tx_bds", &scc.tx_bds);
OBSERVE("scc.ifnet", &scc.arpcom.ac_if);

static void scc_interrupt(void *argument) {
  (void)argument;
  if (SCCE1 & SCCM1 & SCCE_RXF) {
    SCCE1 = SCCE_RXF;
    scc.stats.rx_interrupts++;
    rtems_event_send(scc.rx_daemon, INTERRUPT_EVENT);
  }
  if (SCCE1 & SCCM1 & (SCCE_TXB | SCCE_TXE)) {
    SCCE1 = SCCE_TXB | SCCE_TXE;
    scc.stats.tx_interrupts++;
    rtems_event_send(scc.tx_daemon, INTERRUPT_EVENT);
  }
}

static void unmask(uint16_t events) {
  rtems_interrupt_level level;
  rtems_interrupt_disable(level);
  SCCM1 |= events;
  rtems_interrupt_enable(level);
}

static uint16_t address_word(const uint8_t *mac, int i) { return (uint16_t)(mac[i + 1] << 8 | mac[i]); }

static void hardware_init(void) {
  PADIR &= (uint16_t)~PA_SCC1;
  PAPAR |= PA_SCC1;
  PAODR &= (uint16_t)~PA_SCC1;
  PCPAR &= (uint16_t)~(PC_CLSN_RENA | PC_TENA | PC_TRANSCEIVER);
  PCDIR = (uint16_t)((PCDIR & ~(PC_CLSN_RENA | PC_TENA)) | PC_TRANSCEIVER);
  PCSO |= PC_CLSN_RENA;
  PCDAT = (uint16_t)((PCDAT & ~PC_TRANSCEIVER) | PC_TRANSCEIVER_ON);
  SICR = (SICR & ~SICR_SCC1) | SICR_SCC1_CLK2_CLK1;
  SDCR = 1;

  scc.rx_bds = dpram_alloc((uint32_t)scc.rx_count * sizeof *scc.rx_bds, 8);
  scc.tx_bds = dpram_alloc((uint32_t)scc.tx_count * sizeof *scc.tx_bds, 8);
  struct scc_ethernet_parameters *p = SCC1_PARAMETERS;
  p->common.rbase = (uint16_t)((uint32_t)scc.rx_bds - IMMR_BASE);
  p->common.tbase = (uint16_t)((uint32_t)scc.tx_bds - IMMR_BASE);
  cpm_command(CPCR_INIT_RX_TX | CPCR_SCC1);

  p->common.rfcr = p->common.tfcr = FUNCTION_CODE_BIG_ENDIAN;
  p->common.mrblr = RX_BUFFER_BYTES;
  p->c_pres = CRC_PRESET;
  p->c_mask = CRC_MASK;
  p->crcec = p->alec = p->disfc = 0;
  p->pads = 0x8888;
  p->ret_lim = RETRY_LIMIT;
  p->mflr = FRAME_MAX;
  p->minflr = FRAME_MIN;
  p->maxd1 = p->maxd2 = DMA_MAX;
  p->p_per = 0;
  for (int i = 0; i < 4; i++) {
    p->gaddr[i] = p->iaddr[i] = 0;
  }
  const uint8_t *mac = scc.arpcom.ac_enaddr;
  p->paddr_l = address_word(mac, 0);
  p->paddr_m = address_word(mac, 2);
  p->paddr_h = address_word(mac, 4);
  p->taddr_h = p->taddr_m = p->taddr_l = 0;
  for (int i = 0; i < scc.rx_count; i++) {
    scc.rx_bds[i].status = 0;
  }
  for (int i = 0; i < scc.tx_count; i++) {
    scc.tx_bds[i].status = 0;
    scc.tx_mbufs[i] = NULL;
  }

  SCCE1 = 0xFFFF;
  SCCM1 = 0;
  cpm_interrupt_install(CPM_VECTOR_SCC1, scc_interrupt, NULL);
  GSMR_H1 = 0;
  GSMR_L1 = GSMR_L_SCC1;
  DSR1 = 0xD555;
  PSMR1 = PSMR_CRC32 | PSMR_NIB_22;
  PCPAR |= PC_TENA;
  GSMR_L1 = GSMR_L_SCC1 | GSMR_L_ENR | GSMR_L_ENT;
}

/* ---- receive ---- */

/* Puts a fresh mbuf with a cluster into descriptor i, waiting for one as long as it takes, and hands it to the SCC. */
static void refill(int i) {
  struct mbuf *m;
  MGETHDR(m, M_WAIT, MT_DATA);
  MCLGET(m, M_WAIT);
  m->m_pkthdr.rcvif = &scc.arpcom.ac_if;
  scc.rx_mbufs[i] = m;
  /* What its last user left modified in the cache must not be written back over a received frame. */
  cache_invalidate(mtod(m, void *), RX_BUFFER_BYTES);
  scc.rx_bds[i].buffer = mtod(m, uint32_t);
}

static void arm(int i) {
  scc.rx_bds[i].status = (uint16_t)(BD_READY | BD_INTERRUPT | (i == scc.rx_count - 1 ? BD_WRAP : 0));
}

static void count_receive_error(uint16_t status) {
  scc.arpcom.ac_if.if_ierrors++;
  scc.stats.rx_not_first += !(status & RX_BD_FIRST);
  scc.stats.rx_not_last += !(status & BD_LAST);
  scc.stats.rx_giant += (status & RX_BD_LG) != 0;
  scc.stats.rx_non_octet += (status & RX_BD_NO) != 0;
  scc.stats.rx_runt += (status & RX_BD_SH) != 0;
  scc.stats.rx_bad_crc += (status & RX_BD_CR) != 0;
  scc.stats.rx_overrun += (status & RX_BD_OV) != 0;
  scc.stats.rx_collision += (status & RX_BD_CL) != 0;
}

static void wait_for_frame(volatile uint16_t *status) {
  if (!(*status & BD_READY)) {
    return;
  }
  SCCE1 = SCCE_RXF;
  while (*status & BD_READY) {
    rtems_event_set events;
    unmask(SCCE_RXF);
    task_wait_note("frame");
    rtems_bsdnet_event_receive(INTERRUPT_EVENT, RTEMS_WAIT | RTEMS_EVENT_ANY, RTEMS_NO_TIMEOUT, &events);
    task_wait_done();
  }
}

static void receive_daemon(void *argument) {
  (void)argument;
  struct ifnet *ifp = &scc.arpcom.ac_if;
  for (int i = 0; i < scc.rx_count; i++) {
    refill(i);
    arm(i);
  }
  for (;;) {
    int i = scc.rx_head;
    struct buffer_descriptor *bd = &scc.rx_bds[i];
    wait_for_frame(&bd->status);
    uint16_t status = bd->status;
    int length = bd->length - FCS_BYTES;
    if ((status & (BD_LAST | RX_BD_FIRST | RX_ERRORS)) == (BD_LAST | RX_BD_FIRST) && length >= HEADER_BYTES &&
        length <= RX_BUFFER_BYTES) {
      struct mbuf *m = scc.rx_mbufs[i];
      struct ether_header *header = mtod(m, struct ether_header *);
      cache_invalidate(header, (size_t)length);
      m->m_len = m->m_pkthdr.len = length - HEADER_BYTES;
      m->m_data += HEADER_BYTES;
      scc.rx_mbufs[i] = NULL;
      scc.stats.rx_frames++;
      ether_input(ifp, header, m);
      refill(i);
    } else {
      count_receive_error(status);
    }
    arm(i);
    scc.rx_head = i + 1 == scc.rx_count ? 0 : i + 1;
  }
}

/* ---- transmit ---- */

static int next_tx(int i) { return i + 1 == scc.tx_count ? 0 : i + 1; }

static void count_transmit_status(uint16_t status) {
  struct ifnet *ifp = &scc.arpcom.ac_if;
  scc.stats.tx_frames++;
  ifp->if_collisions += (status & TX_BD_RC) >> 2;
  scc.stats.tx_deferred += (status & TX_BD_DEF) != 0;
  if (!(status & (TX_BD_HB | TX_BD_LC | TX_BD_RL | TX_BD_UN | TX_BD_CSL))) {
    return;
  }
  scc.stats.tx_heartbeat += (status & TX_BD_HB) != 0;
  scc.stats.tx_late += (status & TX_BD_LC) != 0;
  scc.stats.tx_retry_limit += (status & TX_BD_RL) != 0;
  scc.stats.tx_underrun += (status & TX_BD_UN) != 0;
  scc.stats.tx_lost_carrier += (status & TX_BD_CSL) != 0;
  if (status & (TX_STOPPED | TX_BD_CSL)) {
    ifp->if_oerrors++;
  }
  if (status & TX_STOPPED) {
    cpm_command(CPCR_RESTART_TX | CPCR_SCC1); /* the transmitter has stopped */
  }
}

/* Frees the mbufs of frames that have left. A frame goes as a whole: its first descriptors may be needed for a retry. */
static void retire(void) {
  int i = scc.tx_tail;
  int frame = 0;
  while (frame < scc.tx_active) {
    uint16_t status = scc.tx_bds[i].status;
    if (status & BD_READY) {
      return;
    }
    frame++;
    if (!(status & BD_LAST)) {
      if (status & TX_STOPPED) { /* an error may be noted in the descriptor where it struck */
        scc.tx_bds[i].status = (uint16_t)(status & BD_WRAP);
        cpm_command(CPCR_RESTART_TX | CPCR_SCC1);
      }
      i = next_tx(i);
      continue;
    }
    i = next_tx(i);
    count_transmit_status(status);
    for (; frame; frame--) {
      struct mbuf *m = scc.tx_mbufs[scc.tx_tail];
      scc.tx_mbufs[scc.tx_tail] = NULL;
      m_free(m);
      scc.tx_active--;
      scc.tx_tail = next_tx(scc.tx_tail);
    }
  }
}

/* Waits until a descriptor is free; `pending` of them already belong to the frame being put together. */
static void wait_for_descriptor(int pending) {
  if (scc.tx_active + pending < scc.tx_count) {
    return;
  }
  SCCE1 = SCCE_TXB | SCCE_TXE;
  retire();
  while (scc.tx_active + pending == scc.tx_count) {
    rtems_event_set events;
    scc.stats.tx_ring_waits++;
    unmask(SCCE_TXB | SCCE_TXE);
    task_wait_note("transmit ring");
    rtems_bsdnet_event_receive(INTERRUPT_EVENT, RTEMS_WAIT | RTEMS_EVENT_ANY, RTEMS_NO_TIMEOUT, &events);
    task_wait_done();
    retire();
  }
}

static void send_packet(struct mbuf *m) {
  int first = scc.tx_head;
  int pending = 0;
  int last = first;
  retire();
  while (m) {
    struct mbuf *next = m->m_next;
    if (m->m_len == 0) {
      m_free(m);
      m = next;
      continue;
    }
    wait_for_descriptor(pending);
    last = scc.tx_head;
    cache_store(mtod(m, void *), (size_t)m->m_len);
    struct buffer_descriptor *bd = &scc.tx_bds[last];
    bd->buffer = mtod(m, uint32_t);
    bd->length = (uint16_t)m->m_len;
    /* The first one becomes ready when all are in place. */
    bd->status = (uint16_t)((pending ? BD_READY : 0) | (last == scc.tx_count - 1 ? BD_WRAP : 0));
    scc.tx_mbufs[last] = m;
    scc.tx_head = next_tx(last);
    pending++;
    m = next;
  }
  if (pending) {
    scc.tx_bds[last].status |= TX_BD_PAD | BD_LAST | TX_BD_TC | BD_INTERRUPT;
    scc.tx_bds[first].status |= BD_READY;
    scc.tx_active += pending;
  }
}

static void transmit_daemon(void *argument) {
  (void)argument;
  struct ifnet *ifp = &scc.arpcom.ac_if;
  for (;;) {
    rtems_event_set events;
    task_wait_note("packet to send");
    rtems_bsdnet_event_receive(START_TRANSMIT_EVENT, RTEMS_WAIT | RTEMS_EVENT_ANY, RTEMS_NO_TIMEOUT, &events);
    task_wait_done();
    for (;;) {
      struct mbuf *m;
      IF_DEQUEUE(&ifp->if_snd, m);
      if (!m) {
        break;
      }
      send_packet(m);
    }
    ifp->if_flags &= (unsigned short)~IFF_OACTIVE;
  }
}

static void scc_start(struct ifnet *ifp) {
  ifp->if_flags |= IFF_OACTIVE;
  rtems_event_send(scc.tx_daemon, START_TRANSMIT_EVENT);
}

/* ---- attachment ---- */

static void scc_init(void *softc) {
  struct ifnet *ifp = &scc.arpcom.ac_if;
  (void)softc;
  if (!scc.rx_daemon) {
    hardware_init();
    scc.tx_daemon = rtems_bsdnet_newproc("SCtx", DAEMON_STACK, transmit_daemon, &scc);
    scc.rx_daemon = rtems_bsdnet_newproc("SCrx", DAEMON_STACK, receive_daemon, &scc);
  }
  if (ifp->if_flags & IFF_PROMISC) {
    PSMR1 |= PSMR_PRO;
  } else {
    PSMR1 &= (uint16_t)~PSMR_PRO;
  }
  ifp->if_flags |= IFF_RUNNING;
  GSMR_L1 |= GSMR_L_ENR | GSMR_L_ENT;
}

int rtems_scc1_driver_attach(struct rtems_bsdnet_ifconfig *config, int attaching) {
  struct ifnet *ifp = &scc.arpcom.ac_if;
  if (!attaching || ifp->if_softc) {
    return 0;
  }
  memcpy(scc.arpcom.ac_enaddr, config->hardware_address, sizeof scc.arpcom.ac_enaddr);
  scc.rx_count = config->rbuf_count > 0 ? config->rbuf_count : RX_RING_DEFAULT;
  scc.tx_count = config->xbuf_count > 0 ? config->xbuf_count : TX_RING_DEFAULT;
  if (scc.rx_count > RING_MAX || scc.tx_count > RING_MAX) {
    panic("SCC1: rings of %d and %d descriptors do not fit", scc.rx_count, scc.tx_count);
  }
  ifp->if_softc = &scc;
  ifp->if_name = "eth";
  ifp->if_unit = 1;
  ifp->if_mtu = ETHERMTU;
  ifp->if_init = scc_init;
  ifp->if_start = scc_start;
  ifp->if_flags = IFF_BROADCAST | IFF_SIMPLEX;
  ifp->if_snd.ifq_maxlen = IFQ_MAXLEN;
  ether_ifattach(ifp);
  return 1;
}

void scc_show_stats(void) {
  const struct scc_ethernet_parameters *p = SCC1_PARAMETERS;
  printf("SCC1 receive   frames %u, interrupts %u; ring of %d, next %d\n", scc.stats.rx_frames, scc.stats.rx_interrupts, scc.rx_count,
         scc.rx_head);
  printf("  dropped by the SCC: no buffer (DISFC) %u, bad CRC (CRCEC) %u, alignment (ALEC) %u\n", p->disfc, p->crcec, p->alec);
  printf("  dropped by the driver: CR %u, NO %u, LG %u, SH %u, OV %u, CL %u, no F %u, no L %u\n", scc.stats.rx_bad_crc,
         scc.stats.rx_non_octet, scc.stats.rx_giant, scc.stats.rx_runt, scc.stats.rx_overrun, scc.stats.rx_collision,
         scc.stats.rx_not_first, scc.stats.rx_not_last);
  printf("SCC1 transmit  frames %u, interrupts %u; ring of %d, %d in use, %u waits for room\n", scc.stats.tx_frames,
         scc.stats.tx_interrupts, scc.tx_count, scc.tx_active, scc.stats.tx_ring_waits);
  printf("  deferred %u, collisions %u; failed: RL %u, LC %u, UN %u, CSL %u, HB %u\n", scc.stats.tx_deferred,
         scc.arpcom.ac_if.if_collisions, scc.stats.tx_retry_limit, scc.stats.tx_late, scc.stats.tx_underrun,
         scc.stats.tx_lost_carrier, scc.stats.tx_heartbeat);
}
