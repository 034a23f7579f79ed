/*
 * Memory buffers of the BSD-derived stack. Sizes, layout and the names of the globals are those of RTEMS 4.6
 * (hardware/rtems-legacy-networking.md section 1), because observers of that stack find the pool by them.
 */
#ifndef NET_MBUF_H
#define NET_MBUF_H

#include <stddef.h>
#include <stdint.h>

#define MSIZE 128
#define MCLSHIFT 11
#define MCLBYTES (1 << MCLSHIFT)
#define MLEN (MSIZE - 20)
#define MHLEN (MLEN - 8)
#define MINCLSIZE (MHLEN + MLEN) /* 208: from here on a send uses a cluster */
#define M_COPYALL 0x3FFFFFFF

/* How to allocate. */
#define M_WAIT 0
#define M_DONTWAIT 1

/* m_flags */
#define M_EXT 0x0001
#define M_PKTHDR 0x0002
#define M_EOR 0x0004
#define M_BCAST 0x0100
#define M_MCAST 0x0200

/* m_type */
#define MT_FREE 0
#define MT_DATA 1
#define MT_HEADER 2
#define MT_SOCKET 3
#define MT_PCB 4
#define MT_RTABLE 5
#define MT_HTABLE 6
#define MT_ATABLE 7
#define MT_SONAME 8
#define MT_SOOPTS 10
#define MT_FTABLE 11
#define MT_RIGHTS 12
#define MT_IFADDR 13
#define MT_CONTROL 14
#define MT_OOBDATA 15

struct ifnet;

struct mbuf {
  struct mbuf *m_next;    /* next buffer of this packet or record */
  struct mbuf *m_nextpkt; /* next packet in a queue */
  char *m_data;
  int32_t m_len;
  uint16_t m_type;
  uint16_t m_flags;
  union {
    char m_dat[MLEN];
    struct {
      struct {
        struct ifnet *rcvif;
        int32_t len; /* whole packet */
      } m_pkthdr;
      union {
        char m_pktdat[MHLEN];
        struct {
          char *ext_buf;
          void (*ext_free)(char *, unsigned);
          uint32_t ext_size;
          void (*ext_ref)(char *, unsigned);
        } m_ext;
      };
    };
  };
};

/* Pool statistics; 32-bit counters, then one 16-bit count per mbuf type. */
struct mbstat {
  uint32_t m_mbufs;
  uint32_t m_clusters;
  uint32_t m_spare;
  uint32_t m_clfree;
  uint32_t m_drops;
  uint32_t m_wait;
  uint32_t m_drain;
  uint16_t m_mtypes[256];
};

union mcluster {
  union mcluster *mcl_next;
  char mcl_buf[MCLBYTES];
};

extern struct mbstat mbstat;
extern struct mbuf *mmbfree;
extern union mcluster *mclfree;
extern char *mbutl;
extern char *mclrefcnt;
extern int nmbclusters;
/* The remedy `reserve=N`: how many clusters sosend leaves alone. */
extern int sosend_reserve;

#define mtod(m, t) ((t)((m)->m_data))
#define mtocl(x) (((uintptr_t)(x) - (uintptr_t)mbutl) >> MCLSHIFT)

/* Allocates both pools once (bytes; 0 = default 64 KiB and 128 KiB). Non-zero when memory is short. */
int mbinit(unsigned mbuf_bytes, unsigned cluster_bytes);

struct mbuf *m_get(int how, int type);
struct mbuf *m_gethdr(int how, int type);
/* Attaches a cluster; M_EXT stays clear when there is none (only with M_DONTWAIT). */
void m_clget(struct mbuf *m, int how);
/* As m_clget with M_WAIT, but the pool looks empty while `reserve` clusters or fewer are free. */
void m_clget_reserved(struct mbuf *m, unsigned reserve);
/* Frees one mbuf, returns its m_next. */
struct mbuf *m_free(struct mbuf *m);
void m_freem(struct mbuf *m);
struct mbuf *m_prepend(struct mbuf *m, int length, int how);
struct mbuf *m_copym(struct mbuf *m, int offset, int length, int how);
void m_copydata(const struct mbuf *m, int offset, int length, char *to);
void m_copyback(struct mbuf *m, int offset, int length, const char *from);
void m_cat(struct mbuf *m, struct mbuf *tail);
/* Positive: trims from the front; negative: from the end. Keeps m_pkthdr.len right. */
void m_adj(struct mbuf *m, int length);
/* First `length` bytes contiguous; frees the chain and returns NULL when that is not possible. */
struct mbuf *m_pullup(struct mbuf *m, int length);
/* Runs the protocols' drain routines. */
void m_reclaim(void);
int m_length(const struct mbuf *m);

#define MGET(m, how, type) ((m) = m_get((how), (type)))
#define MGETHDR(m, how, type) ((m) = m_gethdr((how), (type)))
#define MCLGET(m, how) m_clget((m), (how))
#define MFREE(m, n) ((n) = m_free(m))
#define m_copy(m, o, l) m_copym((m), (o), (l), M_DONTWAIT)
#define M_PREPEND(m, plen, how) ((m) = m_prepend((m), (plen), (how)))

/* Data at the end of an empty (header) mbuf, long-word aligned, so that lower layers can prepend. */
#define MH_ALIGN(m, length) ((m)->m_data += (MHLEN - (length)) & ~3)
#define M_ALIGN(m, length) ((m)->m_data += (MLEN - (length)) & ~3)

int m_leadingspace(const struct mbuf *m);
int m_trailingspace(const struct mbuf *m);

void rtems_bsdnet_show_mbuf_stats(void);

#endif
