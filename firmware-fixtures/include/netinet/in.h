/* Internet addresses and protocol numbers. The target is big-endian: host order is network order. */
#ifndef NETINET_IN_H
#define NETINET_IN_H

#include <stdint.h>

#include <sys/socket.h>

typedef uint32_t in_addr_t;
typedef uint16_t in_port_t;

struct in_addr {
  in_addr_t s_addr;
};

struct sockaddr_in {
  uint8_t sin_len;
  uint8_t sin_family;
  in_port_t sin_port;
  struct in_addr sin_addr;
  char sin_zero[8];
};

#define IPPROTO_IP 0
#define IPPROTO_ICMP 1
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17

#define INADDR_ANY ((in_addr_t)0x00000000)
#define INADDR_LOOPBACK ((in_addr_t)0x7F000001)
#define INADDR_BROADCAST ((in_addr_t)0xFFFFFFFF)
#define INADDR_NONE ((in_addr_t)0xFFFFFFFF)

#define IN_MULTICAST(a) (((a)&0xF0000000u) == 0xE0000000u)

/* bind() to port 0 takes a port from here upwards (the BSD ephemeral range). */
#define IPPORT_EPHEMERAL_FIRST 1024
#define IPPORT_EPHEMERAL_LAST 5000

#define htons(x) ((uint16_t)(x))
#define ntohs(x) ((uint16_t)(x))
#define htonl(x) ((uint32_t)(x))
#define ntohl(x) ((uint32_t)(x))

#endif
