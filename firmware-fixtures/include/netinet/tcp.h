/* TCP-level socket options (level IPPROTO_TCP). */
#ifndef NETINET_TCP_H
#define NETINET_TCP_H

#define TCP_NODELAY 1 /* do not hold back small segments (Nagle off) */
#define TCP_MAXSEG 2  /* segment size; may only be lowered */

#endif
