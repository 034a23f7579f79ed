/*
 * mbufs and clusters. The waiting allocators poll once per clock tick with the network semaphore given up, for ever:
 * that is the behaviour under study (rtems-legacy-networking.md section 2), not an oversight.
 */
#include "mbuf.h"

#include <observe.h>
#include <rtems.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bsdnet.h"
#include "socketvar.h"

struct mbstat mbstat;
struct mbuf *mmbfree;
union mcluster *mclfree;
char *mbutl;
char *mclrefcnt;
int nmbclusters;
int sosend_reserve;

_Static_assert(sizeof(struct mbuf) == MSIZE, "mbuf layout");
_Static_assert(offsetof(struct mbuf, m_dat) == 20, "mbuf header");
_Static_assert(offsetof(struct mbuf, m_pktdat) == 28, "packet header");
_Static_assert(offsetof(struct mbuf, m_ext.ext_buf) == 28, "external storage");
_Static_assert(offsetof(struct mbstat, m_mtypes) == 28, "mbstat layout");

OBSERVE("mbuf.m_next", offsetof(struct mbuf, m_next));
OBSERVE("mbuf.m_nextpkt", offsetof(struct mbuf, m_nextpkt));
OBSERVE("mbuf.m_data", offsetof(struct mbuf, m_data));
OBSERVE("mbuf.m_len", offsetof(struct mbuf, m_len));
OBSERVE("mbuf.m_type", offsetof(struct mbuf, m_type));
OBSERVE("mbuf.m_flags", offsetof(struct mbuf, m_flags));
OBSERVE("mbuf.pkthdr_len", offsetof(struct mbuf, m_pkthdr.len));
OBSERVE("mbuf.ext_buf", offsetof(struct mbuf, m_ext.ext_buf));
OBSERVE("mbuf.MSIZE", MSIZE);
OBSERVE("mbuf.M_EXT", M_EXT);

static char *mbuf_base;
static int nmbufs;
OBSERVE("mbuf.base", &mbuf_base);
OBSERVE("mbuf.count", &nmbufs);

static char *aligned(char *p, uintptr_t alignment) {
  return (char *)(((uintptr_t)p + alignment - 1) & ~(alignment - 1));
}

int mbinit(unsigned mbuf_bytes, unsigned cluster_bytes) {
  if (mbuf_bytes == 0) mbuf_bytes = 64 * 1024;
  if (cluster_bytes == 0) cluster_bytes = 128 * 1024;
  nmbclusters = (int)(cluster_bytes / MCLBYTES);
  nmbufs = (int)(mbuf_bytes / MSIZE);

  char *clusters = malloc((size_t)nmbclusters * MCLBYTES + MCLBYTES - 1);
  mclrefcnt = calloc(1, (size_t)nmbclusters);
  char *mbufs = malloc((size_t)nmbufs * MSIZE + MSIZE - 1);
  if (clusters == NULL || mclrefcnt == NULL || mbufs == NULL) return -1;
  mbutl = aligned(clusters, MCLBYTES);
  mbuf_base = aligned(mbufs, MSIZE);

  /* Pushed in ascending order, so the highest address is handed out first. */
  for (int i = 0; i < nmbclusters; i++) {
    union mcluster *c = (union mcluster *)(mbutl + (size_t)i * MCLBYTES);
    c->mcl_next = mclfree;
    mclfree = c;
  }
  for (int i = 0; i < nmbufs; i++) {
    struct mbuf *m = (struct mbuf *)(mbuf_base + (size_t)i * MSIZE);
    memset(m, 0, MSIZE);
    m->m_next = mmbfree;
    mmbfree = m;
  }
  mbstat.m_clusters = mbstat.m_clfree = (uint32_t)nmbclusters;
  mbstat.m_mbufs = (uint32_t)nmbufs;
  mbstat.m_mtypes[MT_FREE] = (uint16_t)nmbufs;
  return 0;
}

void m_reclaim(void) {
  for (int i = 0; i < inetsw_count; i++)
    if (inetsw[i]->pr_drain != NULL) inetsw[i]->pr_drain();
  mbstat.m_drain++;
}

/* One turn of a waiting allocator: other tasks may use the stack until the next clock tick. */
static void wait_one_tick(unsigned *ticks, const char *message) {
  rtems_bsdnet_semaphore_release();
  rtems_task_wake_after(1);
  rtems_bsdnet_semaphore_obtain();
  if (++*ticks % (unsigned)(30 * hz) == 0) printf("%s\n", message);
}

/* Until an mbuf is free (M_WAIT), or one attempt to make some free (M_DONTWAIT); non-zero when the list has one. */
static int m_mballoc(int how) {
  m_reclaim();
  if (how != M_WAIT) {
    if (mmbfree == NULL) mbstat.m_drops++;
    return mmbfree != NULL;
  }
  if (mmbfree != NULL) {
    mbstat.m_drops++; /* misnamed in the original, too: "the drain helped" */
    return 1;
  }
  mbstat.m_wait++;
  task_wait_note("m_mballoc M_WAIT");
  unsigned ticks = 0;
  do wait_one_tick(&ticks, "Still waiting for mbuf.");
  while (mmbfree == NULL);
  task_wait_done();
  return 1;
}

/* Waits until more than `reserve` clusters are free. No time-out, no error, no look at the socket: see above. */
static void m_clalloc(unsigned reserve) {
  m_reclaim();
  if (mbstat.m_clfree > reserve) {
    mbstat.m_drops++;
    return;
  }
  mbstat.m_wait++;
  task_wait_note("m_clalloc M_WAIT");
  unsigned ticks = 0;
  do wait_one_tick(&ticks, "Still waiting for mbuf cluster.");
  while (mbstat.m_clfree <= reserve);
  task_wait_done();
}

static struct mbuf *take_mbuf(int how, int type) {
  if (mmbfree == NULL && !m_mballoc(how)) return NULL;
  struct mbuf *m = mmbfree;
  mmbfree = m->m_next;
  mbstat.m_mtypes[MT_FREE]--;
  mbstat.m_mtypes[type]++;
  m->m_next = NULL;
  m->m_nextpkt = NULL;
  m->m_len = 0;
  m->m_type = (uint16_t)type;
  return m;
}

struct mbuf *m_get(int how, int type) {
  struct mbuf *m = take_mbuf(how, type);
  if (m != NULL) {
    m->m_data = m->m_dat;
    m->m_flags = 0;
  }
  return m;
}

struct mbuf *m_gethdr(int how, int type) {
  struct mbuf *m = take_mbuf(how, type);
  if (m != NULL) {
    m->m_data = m->m_pktdat;
    m->m_flags = M_PKTHDR;
    m->m_pkthdr.rcvif = NULL;
    m->m_pkthdr.len = 0;
  }
  return m;
}

static void attach_cluster(struct mbuf *m) {
  union mcluster *c = mclfree;
  mclfree = c->mcl_next;
  mbstat.m_clfree--;
  mclrefcnt[mtocl(c)] = 1;
  m->m_ext.ext_buf = (char *)c;
  m->m_ext.ext_size = MCLBYTES;
  m->m_ext.ext_free = NULL;
  m->m_ext.ext_ref = NULL;
  m->m_data = (char *)c;
  m->m_flags |= M_EXT;
}

void m_clget(struct mbuf *m, int how) {
  if (mclfree == NULL) {
    if (how != M_WAIT) return;
    m_clalloc(0);
  }
  attach_cluster(m);
}

void m_clget_reserved(struct mbuf *m, unsigned reserve) {
  if (mbstat.m_clfree <= reserve) m_clalloc(reserve);
  attach_cluster(m);
}

struct mbuf *m_free(struct mbuf *m) {
  struct mbuf *next = m->m_next;
  if (m->m_flags & M_EXT) {
    if (m->m_ext.ext_free != NULL) {
      m->m_ext.ext_free(m->m_ext.ext_buf, m->m_ext.ext_size);
    } else if (--mclrefcnt[mtocl(m->m_ext.ext_buf)] == 0) {
      union mcluster *c = (union mcluster *)m->m_ext.ext_buf;
      c->mcl_next = mclfree;
      mclfree = c;
      mbstat.m_clfree++;
    }
  }
  mbstat.m_mtypes[m->m_type]--;
  mbstat.m_mtypes[MT_FREE]++;
  m->m_type = MT_FREE;
  m->m_flags = 0;
  m->m_next = mmbfree;
  mmbfree = m;
  return next;
}

void m_freem(struct mbuf *m) {
  while (m != NULL) m = m_free(m);
}

/* A cluster may be shared, so nothing is ever written in front of or behind data that lives in one. */
int m_leadingspace(const struct mbuf *m) {
  if (m->m_flags & M_EXT) return 0;
  return (int)(m->m_data - ((m->m_flags & M_PKTHDR) ? m->m_pktdat : m->m_dat));
}

int m_trailingspace(const struct mbuf *m) {
  if (m->m_flags & M_EXT) return 0;
  return (int)(&m->m_dat[MLEN] - (m->m_data + m->m_len));
}

struct mbuf *m_prepend(struct mbuf *m, int length, int how) {
  if (m_leadingspace(m) >= length) {
    m->m_data -= length;
    m->m_len += length;
    if (m->m_flags & M_PKTHDR) m->m_pkthdr.len += length;
    return m;
  }
  struct mbuf *front = m_get(how, m->m_type);
  if (front == NULL) {
    m_freem(m);
    return NULL;
  }
  if (m->m_flags & M_PKTHDR) {
    front->m_flags = m->m_flags & (M_PKTHDR | M_BCAST | M_MCAST);
    front->m_pkthdr = m->m_pkthdr;
    front->m_pkthdr.len += length;
    front->m_data = front->m_pktdat;
    m->m_flags &= (uint16_t)~M_PKTHDR; /* the storage stays where it is */
    if (length < MHLEN) MH_ALIGN(front, length);
  }
  front->m_nextpkt = m->m_nextpkt;
  m->m_nextpkt = NULL;
  front->m_next = m;
  front->m_len = length;
  return front;
}

/* New mbufs over the same clusters (one more reference each); bytes of small mbufs are copied. */
struct mbuf *m_copym(struct mbuf *m, int offset, int length, int how) {
  int whole = offset == 0 && length == M_COPYALL && (m->m_flags & M_PKTHDR);
  struct mbuf *first = NULL, **link = &first;
  struct mbuf *source = m;
  int with_header = offset == 0 && (m->m_flags & M_PKTHDR);

  while (source != NULL && offset >= source->m_len && offset > 0) {
    offset -= source->m_len;
    source = source->m_next;
  }
  for (; source != NULL && length > 0; source = source->m_next) {
    int n = source->m_len - offset;
    if (n > length) n = length;
    struct mbuf *copy = with_header ? m_gethdr(how, source->m_type) : m_get(how, source->m_type);
    if (copy == NULL) {
      m_freem(first);
      return NULL;
    }
    if (with_header) {
      copy->m_flags |= source->m_flags & (M_EOR | M_BCAST | M_MCAST);
      copy->m_pkthdr = source->m_pkthdr;
      if (!whole) copy->m_pkthdr.len = length;
      with_header = 0;
    }
    copy->m_len = n;
    if (source->m_flags & M_EXT) {
      copy->m_ext = source->m_ext;
      copy->m_data = source->m_data + offset;
      copy->m_flags |= M_EXT;
      if (source->m_ext.ext_free == NULL)
        mclrefcnt[mtocl(source->m_ext.ext_buf)]++;
      else if (source->m_ext.ext_ref != NULL)
        source->m_ext.ext_ref(source->m_ext.ext_buf, source->m_ext.ext_size);
    } else {
      memcpy(copy->m_data, source->m_data + offset, (size_t)n);
    }
    *link = copy;
    link = &copy->m_next;
    length -= n;
    offset = 0;
  }
  return first;
}

void m_copydata(const struct mbuf *m, int offset, int length, char *to) {
  while (m != NULL && offset >= m->m_len) {
    offset -= m->m_len;
    m = m->m_next;
  }
  for (; m != NULL && length > 0; m = m->m_next) {
    int n = m->m_len - offset;
    if (n > length) n = length;
    memcpy(to, m->m_data + offset, (size_t)n);
    to += n;
    length -= n;
    offset = 0;
  }
}

/* Overwrites bytes that are there; it does not lengthen the chain. */
void m_copyback(struct mbuf *m, int offset, int length, const char *from) {
  while (m != NULL && offset >= m->m_len) {
    offset -= m->m_len;
    m = m->m_next;
  }
  for (; m != NULL && length > 0; m = m->m_next) {
    int n = m->m_len - offset;
    if (n > length) n = length;
    memcpy(m->m_data + offset, from, (size_t)n);
    from += n;
    length -= n;
    offset = 0;
  }
}

void m_cat(struct mbuf *m, struct mbuf *tail) {
  while (m->m_next != NULL) m = m->m_next;
  while (tail != NULL) {
    if ((m->m_flags & M_EXT) || m_trailingspace(m) < tail->m_len) {
      m->m_next = tail;
      return;
    }
    memcpy(m->m_data + m->m_len, tail->m_data, (size_t)tail->m_len);
    m->m_len += tail->m_len;
    tail = m_free(tail);
  }
}

int m_length(const struct mbuf *m) {
  int length = 0;
  for (; m != NULL; m = m->m_next) length += m->m_len;
  return length;
}

void m_adj(struct mbuf *m, int length) {
  if (m == NULL) return;
  if (length >= 0) {
    int left = length;
    for (struct mbuf *n = m; n != NULL && left > 0; n = n->m_next) {
      int cut = n->m_len < left ? n->m_len : left;
      n->m_data += cut;
      n->m_len -= cut;
      left -= cut;
    }
    if (m->m_flags & M_PKTHDR) m->m_pkthdr.len -= length - left;
    return;
  }
  int keep = m_length(m) + length;
  if (keep < 0) keep = 0;
  if (m->m_flags & M_PKTHDR) m->m_pkthdr.len = keep;
  for (struct mbuf *n = m; n != NULL; n = n->m_next) {
    if (n->m_len > keep) n->m_len = keep;
    keep -= n->m_len;
  }
}

struct mbuf *m_pullup(struct mbuf *m, int length) {
  if (m->m_len >= length) return m;
  if (length > MHLEN) goto bad;
  struct mbuf *target;
  if (!(m->m_flags & M_EXT) && m->m_data + length <= &m->m_dat[MLEN]) {
    target = m; /* room behind the bytes that are there */
    m = m->m_next;
  } else {
    target = m_get(M_DONTWAIT, m->m_type);
    if (target == NULL) goto bad;
    if (m->m_flags & M_PKTHDR) {
      target->m_flags = m->m_flags & (M_PKTHDR | M_BCAST | M_MCAST);
      target->m_pkthdr = m->m_pkthdr;
      target->m_data = target->m_pktdat;
      m->m_flags &= (uint16_t)~M_PKTHDR;
    }
    target->m_nextpkt = m->m_nextpkt;
    m->m_nextpkt = NULL;
  }
  while (m != NULL && target->m_len < length) {
    int n = length - target->m_len;
    if (n > m->m_len) n = m->m_len;
    memcpy(target->m_data + target->m_len, m->m_data, (size_t)n);
    target->m_len += n;
    m->m_data += n;
    m->m_len -= n;
    if (m->m_len == 0) m = m_free(m);
  }
  target->m_next = m;
  if (target->m_len < length) {
    m_freem(target);
    return NULL;
  }
  return target;
bad:
  m_freem(m);
  return NULL;
}

void rtems_bsdnet_show_mbuf_stats(void) {
  static const char *const names[] = {"free",   "data",   "header", "socket", "pcb",    "rtable",  "htable", "atable",
                                      "soname", NULL,     "soopts", "ftable", "rights", "ifaddr",  "control", "oobdata"};
  printf("************ MBUF STATISTICS ************\n");
  printf("mbufs:%4lu    clusters:%4lu    free:%4lu\n", (unsigned long)mbstat.m_mbufs, (unsigned long)mbstat.m_clusters,
         (unsigned long)mbstat.m_clfree);
  printf("drops:%4lu       waits:%4lu  drains:%4lu\n", (unsigned long)mbstat.m_drops, (unsigned long)mbstat.m_wait,
         (unsigned long)mbstat.m_drain);
  unsigned column = 0;
  for (unsigned type = 0; type < 256; type++) {
    const char *name = type < sizeof names / sizeof names[0] ? names[type] : NULL;
    char number[16];
    if (name == NULL) {
      if (mbstat.m_mtypes[type] == 0) continue;
      snprintf(number, sizeof number, "Type %u", type);
      name = number;
    }
    printf("%10s:%-8u", name, mbstat.m_mtypes[type]);
    if (++column % 4 == 0) printf("\n");
  }
  if (column % 4 != 0) printf("\n");
  printf("\n");
}
