#ifndef SYS_TIME_H
#define SYS_TIME_H

#include <time.h>

struct timeval {
  int32_t tv_sec;
  int32_t tv_usec;
};

#endif
