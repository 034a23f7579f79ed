/* The console monitor: a line editor and a list of commands. */
#include <shell.h>

#include <console.h>
#include <panic.h>
#include <rtems.h>
#include <stdio.h>
#include <string.h>

#define LINE_MAX 128
#define ARGS_MAX 12
#define STACK_BYTES 8192
#define PROMPT "quicc> "
#define CTRL(c) ((c) & 0x1F)
#define DELETE 0x7F
#define ESCAPE 0x1B

static struct shell_command *commands;

void shell_builtin_commands(void);

void shell_register(struct shell_command *command) {
  struct shell_command **at = &commands;
  while (*at && strcmp((*at)->name, command->name) < 0) {
    at = &(*at)->next;
  }
  command->next = *at;
  *at = command;
}

static void help(int argc, char **argv) {
  (void)argc;
  (void)argv;
  for (const struct shell_command *c = commands; c; c = c->next) {
    printf("%-8s %s\n", c->name, c->help);
  }
}

static struct shell_command help_command = {.name = "help", .help = "this list", .run = help};

static void erase(size_t n) {
  while (n--) {
    console_puts("\b \b");
  }
}

/* Reads one line with backspace, Ctrl-U (whole line), Ctrl-C (give up) and the previous line on Ctrl-P or cursor up. */
static void read_line(char *line) {
  static char last[LINE_MAX];
  size_t length = 0;
  int escape = 0; /* position in ESC [ x */
  for (;;) {
    int c = console_getc();
    bool recall = c == CTRL('P');
    if (escape == 1) {
      escape = c == '[' ? 2 : 0;
      continue;
    }
    if (escape == 2) {
      escape = 0;
      if (c != 'A') {
        continue;
      }
      recall = true;
    }
    if (recall) {
      erase(length);
      length = strlcpy(line, last, LINE_MAX);
      console_puts(line);
      continue;
    }
    switch (c) {
      case ESCAPE:
        escape = 1;
        break;
      case '\r':
      case '\n':
        line[length] = 0;
        console_putc('\n');
        if (length) {
          strlcpy(last, line, sizeof last);
        }
        return;
      case '\b':
      case DELETE:
        if (length) {
          length--;
          erase(1);
        }
        break;
      case CTRL('U'):
        erase(length);
        length = 0;
        break;
      case CTRL('C'):
        console_puts("^C\n");
        line[0] = 0;
        return;
      default:
        if (c >= 0x20 && c < 0x7F) {
          if (length < LINE_MAX - 1) {
            line[length++] = (char)c;
            console_putc(c);
          } else {
            console_putc('\a');
          }
        }
        break;
    }
  }
}

static void run_line(char *line) {
  char *argv[ARGS_MAX + 1];
  int argc = 0;
  char *save = NULL;
  for (char *word = strtok_r(line, " \t", &save); word && argc < ARGS_MAX; word = strtok_r(NULL, " \t", &save)) {
    argv[argc++] = word;
  }
  argv[argc] = NULL;
  if (!argc) {
    return;
  }
  for (const struct shell_command *c = commands; c; c = c->next) {
    if (strcmp(c->name, argv[0]) == 0) {
      c->run(argc, argv);
      return;
    }
  }
  printf("%s: unknown command, try help\n", argv[0]);
}

static rtems_task shell_task(rtems_task_argument argument) {
  (void)argument;
  char line[LINE_MAX];
  for (;;) {
    console_puts(PROMPT);
    read_line(line);
    run_line(line);
  }
}

void shell_start(unsigned priority) {
  shell_register(&help_command);
  shell_builtin_commands();
  rtems_id id;
  if (rtems_task_create(rtems_build_name('S', 'H', 'L', 'L'), priority, STACK_BYTES, RTEMS_DEFAULT_MODES,
                        RTEMS_DEFAULT_ATTRIBUTES, &id) != RTEMS_SUCCESSFUL ||
      rtems_task_start(id, shell_task, 0) != RTEMS_SUCCESSFUL) {
    panic("cannot start the shell");
  }
}
