/* The console monitor. Commands are also callable from elsewhere by registering them. */
#ifndef SHELL_H
#define SHELL_H

typedef void (*shell_command_fn)(int argc, char **argv);

struct shell_command {
  const char *name;
  const char *help;
  shell_command_fn run;
  struct shell_command *next;
};

/* Adds a command; the structure must stay valid. */
void shell_register(struct shell_command *command);
/* Starts the shell task. */
void shell_start(unsigned priority);

#endif
