/* Settings taken from the command line (`key=value` words) and from the board information block. */
#ifndef BOOT_PARAMS_H
#define BOOT_PARAMS_H

#include <stdbool.h>
#include <stdint.h>

struct boot_params {
  bool icache;              /* icache=on|off */
  bool dcache;              /* dcache=on|off */
  uint32_t mbufs;           /* bytes of the mbuf pool */
  uint32_t clusters;        /* bytes of the cluster pool */
  uint32_t rxring;          /* SCC1 receive buffer descriptors */
  uint32_t txring;          /* SCC1 transmit buffer descriptors */
  uint32_t ip;              /* host byte order; 192.168.1.10 = 0xC0A8010A */
  uint32_t netmask;
  uint32_t gw;              /* 0 = none */
  uint8_t mac[6];
  uint32_t sndspace;        /* TCP send space, bytes */
  uint32_t sbeff;           /* socket buffer efficiency factor */
  bool dropfree;            /* a time-out drop frees both socket buffers */
  bool keepalways;          /* keepalive on every connection */
  uint32_t keepidle;        /* seconds */
  uint32_t keepintvl;       /* seconds */
  uint32_t keepcnt;
  uint32_t reserve;         /* clusters that sosend may not take */
  uint32_t ftpprio;
  uint32_t netprio;
  uint32_t responder_port;  /* 0 = no responder */
  uint32_t responder_prio;
  uint32_t reclen;          /* characters of a log record's text, with its line end */
  uint32_t imagesize;       /* bytes of /data/image.bin */
  uint32_t baud;
  uint32_t tick;            /* microseconds per clock tick */
};

extern struct boot_params boot_params;

/* The whole command line as given, NUL-terminated. */
extern char boot_command_line[1024];

/* Parses the command line and the board information block; reports unknown words on the console when `report` is set. */
void boot_params_parse(bool report);

/* Board information block of the eth_comm board (boards.md, section 1). */
struct board_info {
  uint16_t size;
  uint8_t enet[6];
  uint32_t cpu_hz;
  uint32_t flash_size;
  uint32_t ram_size;
  uint32_t version;
  uint32_t arinc429;
  uint32_t csdb;
  uint16_t rs232;
  uint8_t can;
  uint8_t arinc568;
  char part[16];
  uint16_t revision;
  uint16_t pad;
  uint32_t ip;
};

extern struct board_info board_info;

#endif
