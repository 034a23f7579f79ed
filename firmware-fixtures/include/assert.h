#ifndef ASSERT_H
#define ASSERT_H

void assert_failed(const char *what, const char *file, int line) __attribute__((noreturn));
#define assert(condition) ((condition) ? (void)0 : assert_failed(#condition, __FILE__, __LINE__))

#endif
