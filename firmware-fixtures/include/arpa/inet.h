/* Internet address text. */
#ifndef ARPA_INET_H
#define ARPA_INET_H

#include <netinet/in.h>

/* Dotted quad to address; INADDR_NONE when the text is not one. */
in_addr_t inet_addr(const char *text);
/* Dotted quad to *address; 1 for success, 0 when the text is not one. */
int inet_aton(const char *text, struct in_addr *address);
/* Address to dotted quad in `text` (at least 16 characters); returns `text`. */
char *inet_ntoa_r(struct in_addr address, char *text);
/* As inet_ntoa_r, into one of a few rotating static buffers: for messages only. */
char *inet_ntoa(struct in_addr address);

#endif
