#ifndef PANIC_H
#define PANIC_H

/* Prints the message polled on the console, then stops for good with interrupts off. */
void panic(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

#endif
