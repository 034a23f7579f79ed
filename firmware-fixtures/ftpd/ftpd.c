/*
 * FTP server (RFC 959, 2428, 3659) in the manner of RTEMS 4.6's; see rtems-legacy-networking.md, section 7.
 *
 * Differences from the stock server, all for the sake of today's clients: PWD and MKD answer 257 with the path in
 * quotes, DELE and RMD 250; replies end with CR LF in every transfer type; EPSV, EPRT, SIZE, MLSD, REST, RNFR and
 * others exist. The data path is the stock one: 1024 bytes per send() in image type, in ASCII type one send() for a
 * line and one for its end.
 */
#include "ftpd.h"

#include <ctype.h>
#include <errno.h>
#include <fs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define DATA_BYTES 1024
#define LINE_BYTES 512
#define REPLY_BYTES 400
#define FTP_PORT 21
#define DATA_PORT 20
#define BIND_TRIES 9
#define WAKE_EVENT RTEMS_EVENT_1
#define ACCEPT_SECONDS 30

enum data_mode { DATA_NONE, DATA_PORT_GIVEN, DATA_PASSIVE };

struct session {
  struct session *next_free;
  rtems_id task;
  int control; /* socket */
  int passive; /* listening socket of PASV, or -1 */
  enum data_mode data_mode;
  struct sockaddr_in peer; /* of the control connection */
  struct sockaddr_in here; /* our end of it */
  struct sockaddr_in data; /* given by PORT */
  bool ascii;
  bool quit;
  bool epsv_only;
  uint32_t restart;
  char directory[FS_PATH_MAX + 1]; /* as the client sees it */
  char path[FS_PATH_MAX + 1];      /* of the command being executed, as the client sees it */
  char real[2 * FS_PATH_MAX + 2];  /* the same under the root */
  char rename_from[2 * FS_PATH_MAX + 2];
  char line[LINE_BYTES];
  char reply[REPLY_BYTES];
  /* Received and not yet looked at. */
  char input[LINE_BYTES];
  int input_at, input_end;
  unsigned char buffer[FTPD_RECORD_MAX];
};

static const struct ftpd_configuration *configuration;
static struct session *free_sessions;
static rtems_id pool_lock;

static const char *const month_names[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/* ---- control connection ---- */

static bool send_all(int s, const void *data, uint32_t length) { return send(s, data, length, 0) == (int)length; }

static void reply(struct session *session, int code, const char *text) {
  int length = snprintf(session->reply, REPLY_BYTES - 2, "%d %s", code, text);

  if (length > REPLY_BYTES - 3) {
    length = REPLY_BYTES - 3;
  }
  session->reply[length++] = '\r';
  session->reply[length++] = '\n';
  if (!send_all(session->control, session->reply, (uint32_t)length)) {
    session->quit = true;
  }
}

static void reply_errno(struct session *session, int code) { reply(session, code, strerror(errno)); }

/* One character of the control connection without Telnet's commands, or -1. */
static int input_character(struct session *session) {
  for (;;) {
    int n;
    if (session->input_at < session->input_end) {
      return (unsigned char)session->input[session->input_at++];
    }
    n = recv(session->control, session->input, sizeof session->input, 0);
    if (n <= 0) {
      return -1;
    }
    session->input_at = 0;
    session->input_end = n;
  }
}

/* Reads a command line without its end; false when the connection is over. A line too long loses its tail. */
static bool read_line(struct session *session) {
  uint32_t length = 0;

  for (;;) {
    int c = input_character(session);
    if (c < 0) {
      return false;
    }
    if (c == 0xFF) { /* IAC and the command after it */
      if (input_character(session) < 0) {
        return false;
      }
      continue;
    }
    if (c == '\n') {
      break;
    }
    if (c && length < LINE_BYTES - 1) {
      session->line[length++] = (char)c;
    }
  }
  while (length && (session->line[length - 1] == '\r' || session->line[length - 1] == ' ')) {
    length--;
  }
  session->line[length] = 0;
  return true;
}

/* ---- names ---- */

/* Sets session->path and session->real from a client's name; replies 550 itself when that fails. */
static bool resolve(struct session *session, const char *name) {
  if (fs_resolve(session->directory, name, session->path) < 0) {
    reply(session, 550, "Name too long.");
    return false;
  }
  if (!configuration->root || !strcmp(configuration->root, "/")) {
    strlcpy(session->real, session->path, sizeof session->real);
  } else {
    snprintf(session->real, sizeof session->real, "%s%s", configuration->root, session->path);
  }
  return true;
}

static bool may_write(struct session *session) {
  if (configuration->access & FTPD_NO_WRITE) {
    reply(session, 550, "Access denied.");
    return false;
  }
  return true;
}

static bool may_read(struct session *session) {
  if (configuration->access & FTPD_NO_READ) {
    reply(session, 550, "Access denied.");
    return false;
  }
  return true;
}

/* `name` with every quote doubled, as 257 wants it. */
static void reply_path(struct session *session, const char *path, const char *remark) {
  char text[2 * FS_PATH_MAX + 40];
  uint32_t at = 0;

  text[at++] = '"';
  for (; *path && at < sizeof text - 36; path++) {
    if (*path == '"') {
      text[at++] = '"';
    }
    text[at++] = *path;
  }
  text[at++] = '"';
  text[at++] = ' ';
  strlcpy(text + at, remark, sizeof text - at);
  reply(session, 257, text);
}

/* ---- data connection ---- */

static void close_passive(struct session *session) {
  if (session->passive >= 0) {
    close(session->passive);
  }
  session->passive = -1;
}

static void forget_data(struct session *session) {
  close_passive(session);
  session->data_mode = DATA_NONE;
}

static void set_timeouts(int s, rtems_interval seconds) {
  struct timeval timeout;

  if (!seconds) {
    return;
  }
  timeout.tv_sec = (int32_t)seconds;
  timeout.tv_usec = 0;
  setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
  setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
}

/* Connects to the address that PORT gave, from the data port where that is free. */
static int connect_active(struct session *session) {
  struct sockaddr_in from = session->here;
  int on = 1, try, s = socket(AF_INET, SOCK_STREAM, 0);

  if (s < 0) {
    return -1;
  }
  setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  from.sin_port = htons(DATA_PORT);
  for (try = 1;; try++) {
    if (bind(s, (struct sockaddr *)&from, sizeof from) == 0) {
      break;
    }
    if (errno != EADDRINUSE || try > BIND_TRIES) {
      close(s);
      return -1;
    }
    rtems_task_wake_after((rtems_interval)try * 10);
  }
  if (connect(s, (struct sockaddr *)&session->data, sizeof session->data) < 0) {
    close(s);
    return -1;
  }
  return s;
}

/* Announces the transfer and makes the data connection; -1 after a 425. */
static int data_socket(struct session *session, bool ascii) {
  int s = -1;

  if (session->data_mode == DATA_NONE) {
    reply(session, 425, "Use PORT or PASV first.");
    return -1;
  }
  reply(session, 150, ascii ? "Opening ASCII mode data connection." : "Opening BINARY mode data connection.");

  if (session->data_mode == DATA_PASSIVE) {
    struct sockaddr_in peer;
    socklen_t length = sizeof peer;
    set_timeouts(session->passive, configuration->idle ? configuration->idle : ACCEPT_SECONDS);
    s = accept(session->passive, (struct sockaddr *)&peer, &length);
  } else {
    s = connect_active(session);
  }
  if (s < 0) {
    reply(session, 425, "Can't open data connection.");
  } else {
    set_timeouts(s, configuration->idle);
  }
  return s;
}

static void end_data(struct session *session, int s) {
  if (s >= 0) {
    close(s);
  }
  forget_data(session);
}

static bool open_passive(struct session *session, uint16_t *port) {
  struct sockaddr_in address;
  socklen_t length = sizeof address;

  forget_data(session);
  session->passive = socket(AF_INET, SOCK_STREAM, 0);
  if (session->passive < 0) {
    return false;
  }
  memset(&address, 0, sizeof address);
  address.sin_len = sizeof address;
  address.sin_family = AF_INET;
  address.sin_addr = session->here.sin_addr;
  if (bind(session->passive, (struct sockaddr *)&address, sizeof address) < 0 || listen(session->passive, 1) < 0 ||
      getsockname(session->passive, (struct sockaddr *)&address, &length) < 0) {
    close_passive(session);
    return false;
  }
  session->data_mode = DATA_PASSIVE;
  *port = ntohs(address.sin_port);
  return true;
}

static void command_pasv(struct session *session) {
  char text[80];
  uint32_t address = ntohl(session->here.sin_addr.s_addr);
  uint16_t port;

  if (session->epsv_only) {
    reply(session, 501, "Only EPSV after EPSV ALL.");
    return;
  }
  if (!open_passive(session, &port)) {
    reply(session, 425, "Can't open passive socket.");
    return;
  }
  snprintf(text, sizeof text, "Entering passive mode (%u,%u,%u,%u,%u,%u).", (unsigned)(address >> 24),
           (unsigned)(address >> 16 & 255), (unsigned)(address >> 8 & 255), (unsigned)(address & 255), (unsigned)(port >> 8),
           (unsigned)(port & 255));
  reply(session, 227, text);
}

static void command_epsv(struct session *session, const char *argument) {
  char text[80];
  uint16_t port;

  if (!strcasecmp(argument, "ALL")) {
    session->epsv_only = true;
    reply(session, 200, "Only EPSV from now on.");
    return;
  }
  if (*argument && strcmp(argument, "1")) {
    reply(session, 522, "Network protocol not supported, use (1).");
    return;
  }
  if (!open_passive(session, &port)) {
    reply(session, 425, "Can't open passive socket.");
    return;
  }
  snprintf(text, sizeof text, "Entering extended passive mode (|||%u|)", (unsigned)port);
  reply(session, 229, text);
}

static void use_port(struct session *session, uint32_t address, uint32_t port) {
  forget_data(session);
  if (session->epsv_only) {
    reply(session, 501, "Only EPSV after EPSV ALL.");
    return;
  }
  /* Nobody else's address: that would lend the board out for attacks on third parties. */
  if (address != ntohl(session->peer.sin_addr.s_addr)) {
    reply(session, 425, "Address is not yours.");
    return;
  }
  session->data = session->peer;
  session->data.sin_port = htons((uint16_t)port);
  session->data_mode = DATA_PORT_GIVEN;
  reply(session, 200, "PORT command successful.");
}

static void command_port(struct session *session, const char *argument) {
  uint32_t part[6];
  int i;

  for (i = 0; i < 6; i++) {
    char *end;
    part[i] = strtoul(argument, &end, 10);
    if (end == argument || part[i] > 255 || (i < 5 && *end != ',') || (i == 5 && *end)) {
      reply(session, 501, "Six numbers expected.");
      return;
    }
    argument = end + 1;
  }
  use_port(session, part[0] << 24 | part[1] << 16 | part[2] << 8 | part[3], part[4] << 8 | part[5]);
}

static void command_eprt(struct session *session, const char *argument) {
  char bar = *argument, *end;
  uint32_t address = 0, port, i;

  if (!bar || argument[1] != '1' || argument[2] != bar) {
    reply(session, 522, "Network protocol not supported, use (1).");
    return;
  }
  argument += 3;
  for (i = 0; i < 4; i++) {
    uint32_t part = strtoul(argument, &end, 10);
    if (end == argument || part > 255 || *end != (i < 3 ? '.' : bar)) {
      reply(session, 501, "Address expected.");
      return;
    }
    address = address << 8 | part;
    argument = end + 1;
  }
  port = strtoul(argument, &end, 10);
  if (end == argument || !port || port > 65535 || *end != bar) {
    reply(session, 501, "Port expected.");
    return;
  }
  use_port(session, address, port);
}

/* ---- transfers ---- */

/* Text in ASCII type: for each line one send() of the line and one of its end. */
static bool send_lines(int s, const unsigned char *text, uint32_t length) {
  while (length) {
    const unsigned char *end = memchr(text, '\n', length);
    uint32_t line = end ? (uint32_t)(end - text) : length;
    if (line && !send_all(s, text, line)) {
      return false;
    }
    if (!end) {
      break;
    }
    if (!send_all(s, "\r\n", 2)) {
      return false;
    }
    text += line + 1;
    length -= line + 1;
  }
  return true;
}

static bool send_data(struct session *session, int s, const unsigned char *data, uint32_t length) {
  return session->ascii ? send_lines(s, data, length) : send_all(s, data, length);
}

static const struct ftpd_send_hook *send_hook(const char *path) {
  const struct ftpd_send_hook *hook = configuration->send_hooks;

  for (; hook && hook->filename; hook++) {
    if (!strcmp(hook->filename, path)) {
      return hook;
    }
  }
  return 0;
}

static ftpd_store_hook store_hook(const char *path) {
  const struct ftpd_hook *hook = configuration->hooks;

  for (; hook && hook->filename; hook++) {
    if (!strcmp(hook->filename, path)) {
      return hook->hook_function;
    }
  }
  return 0;
}

/* What a hook makes, one send() for each text. */
static int send_hooked(struct session *session, int s, const struct ftpd_send_hook *hook, void *handle) {
  for (;;) {
    int n = hook->next(handle, session->buffer, sizeof session->buffer);
    if (n <= 0) {
      return n;
    }
    if (!send_data(session, s, session->buffer, (uint32_t)n)) {
      return -EPIPE;
    }
  }
}

static int send_file(struct session *session, int s, int fd) {
  for (;;) {
    int n = read(fd, session->buffer, DATA_BYTES);
    if (n <= 0) {
      return n;
    }
    if (!send_data(session, s, session->buffer, (uint32_t)n)) {
      return -EPIPE;
    }
  }
}

static void command_retr(struct session *session, const char *name) {
  const struct ftpd_send_hook *hook;
  void *handle = 0;
  struct stat status;
  int fd = -1, s, result = -EPIPE;
  uint32_t offset = session->restart;

  session->restart = 0;
  if (!may_read(session) || !resolve(session, name)) {
    return;
  }
  hook = send_hook(session->path);
  if (stat(session->real, &status) == 0 && S_ISDIR(status.st_mode)) {
    reply(session, 550, "Is a directory.");
    return;
  }
  if (hook) {
    handle = hook->open(hook->context, offset);
    if (!handle) {
      reply_errno(session, 550);
      return;
    }
  } else {
    fd = open(session->real, O_RDONLY);
    if (fd < 0 || (offset && lseek(fd, (int32_t)offset, SEEK_SET) < 0)) {
      reply_errno(session, 550);
      if (fd >= 0) {
        close(fd);
      }
      return;
    }
  }
  s = data_socket(session, session->ascii);
  if (s >= 0) {
    result = hook ? send_hooked(session, s, hook, handle) : send_file(session, s, fd);
    if (result == 0) {
      reply(session, 226, "Transfer complete.");
    } else {
      reply(session, 451, "Transfer aborted.");
    }
  }
  if (hook) {
    hook->close(handle);
  }
  if (fd >= 0) {
    close(fd);
  }
  end_data(session, s);
}

/* Takes CR LF as LF; *held says that the last block ended with a CR. */
static uint32_t fold_line_ends(unsigned char *data, uint32_t length, bool *held) {
  uint32_t from, to = 0;

  for (from = 0; from < length; from++) {
    if (data[from] == '\r' && from + 1 < length && data[from + 1] == '\n') {
      continue;
    }
    if (data[from] == '\r' && from + 1 == length) {
      *held = true;
      break;
    }
    data[to++] = data[from];
  }
  return to;
}

/* Receives up to DATA_BYTES into `to` (one more byte of room needed): bytes, 0 at the end, negative on failure. */
static int receive_data(struct session *session, int s, unsigned char *to, bool *held) {
  for (;;) {
    uint32_t before = 0, length;
    int n;
    if (*held) {
      to[before++] = '\r';
    }
    n = recv(s, to + before, DATA_BYTES, 0);
    if (n < 0) {
      return -1;
    }
    if (n == 0) {
      *held = false;
      return (int)before;
    }
    if (!session->ascii) {
      return n;
    }
    *held = false;
    length = fold_line_ends(to, (uint32_t)n + before, held);
    if (length) {
      return (int)length;
    }
  }
}

static int store_to_file(struct session *session, int s, int fd) {
  bool held = false;

  for (;;) {
    int n = receive_data(session, s, session->buffer, &held);
    if (n <= 0) {
      return n < 0 ? -EPIPE : 0;
    }
    if (fd >= 0) {
      errno = 0;
      if (write(fd, session->buffer, (uint32_t)n) != n) {
        return -ENOSPC;
      }
    }
  }
}

static int store_to_hook(struct session *session, int s, ftpd_store_hook hook) {
  unsigned char *whole = malloc(configuration->max_hook_filesize + DATA_BYTES + 2);
  uint32_t length = 0;
  bool held = false;
  int result = 0;

  if (!whole) {
    return -ENOMEM;
  }
  while (result == 0) {
    int n = receive_data(session, s, whole + length, &held);
    if (n < 0) {
      result = -EPIPE;
    } else if (n == 0) {
      break;
    } else if ((length += (uint32_t)n) > configuration->max_hook_filesize) {
      result = -ENOSPC;
    }
  }
  if (result == 0) {
    whole[length] = 0;
    if (hook(whole, length) != 0) {
      result = -EIO;
    }
  }
  free(whole);
  return result;
}

static void command_stor(struct session *session, const char *name, bool append) {
  ftpd_store_hook hook;
  bool null;
  int fd = -1, s, result;
  uint32_t offset = session->restart;

  session->restart = 0;
  if (!may_write(session) || !resolve(session, name)) {
    return;
  }
  hook = store_hook(session->path);
  null = !strcmp(session->path, "/dev/null");
  if (!hook && !null) {
    fd = open(session->real, O_WRONLY | O_CREAT | (append ? O_APPEND : offset ? 0 : O_TRUNC));
    if (fd < 0 || (offset && !append && lseek(fd, (int32_t)offset, SEEK_SET) < 0)) {
      reply_errno(session, 550);
      if (fd >= 0) {
        close(fd);
      }
      return;
    }
  }
  s = data_socket(session, session->ascii);
  if (s >= 0) {
    result = hook ? store_to_hook(session, s, hook) : store_to_file(session, s, fd);
    if (result == 0) {
      reply(session, 226, "Transfer complete.");
    } else if (result == -ENOSPC || result == -ENOMEM) {
      reply(session, 452, "Out of space.");
    } else {
      reply(session, 451, "Transfer aborted.");
    }
  }
  if (fd >= 0) {
    close(fd);
  }
  end_data(session, s);
}

/* ---- listings ---- */

enum listing { LIST_LONG, LIST_NAMES, LIST_FACTS };

static int entry_line(char *line, uint32_t size, const char *name, const struct stat *status, enum listing form) {
  bool directory = S_ISDIR(status->st_mode);
  time_t when = (time_t)status->st_mtime;
  struct tm t;
  uint32_t i;
  char mode[11] = "-rwxrwxrwx";

  if (form == LIST_NAMES) {
    return snprintf(line, size, "%s\r\n", name);
  }
  gmtime_r(&when, &t);
  if (form == LIST_FACTS) {
    return snprintf(line, size, "type=%s;size=%u;modify=%04d%02d%02d%02d%02d%02d; %s\r\n", directory ? "dir" : "file",
                    (unsigned)status->st_size, t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec, name);
  }
  if (directory) {
    mode[0] = 'd';
  }
  for (i = 0; i < 9; i++) {
    if (!(status->st_mode & 0400u >> i)) {
      mode[1 + i] = '-';
    }
  }
  return snprintf(line, size, "%s  1 root  root  %10u %s %2d  %4d %s\r\n", mode, (unsigned)status->st_size,
                  month_names[t.tm_mon % 12], t.tm_mday, t.tm_year + 1900, name);
}

/* session->real's entries, one send() for each. */
static int send_listing(struct session *session, int s, enum listing form) {
  struct stat status;
  struct dirent *entry;
  char *line = (char *)session->buffer;
  int length, result = 0;
  DIR *dir;

  if (stat(session->real, &status) < 0) {
    return -ENOENT;
  }
  if (!S_ISDIR(status.st_mode)) {
    const char *slash = strrchr(session->path, '/');
    length = entry_line(line, sizeof session->buffer, slash ? slash + 1 : session->path, &status, form);
    return send_all(s, line, (uint32_t)length) ? 0 : -EPIPE;
  }
  dir = opendir(session->real);
  if (!dir) {
    return -errno;
  }
  while (result == 0 && (entry = readdir(dir)) != 0) {
    char *full = line + 1024;
    snprintf(full, 1024, "%s/%s", session->real, entry->d_name);
    if (stat(full, &status) < 0) {
      continue;
    }
    length = entry_line(line, 1024, entry->d_name, &status, form);
    if (!send_all(s, line, (uint32_t)length)) {
      result = -EPIPE;
    }
  }
  closedir(dir);
  return result;
}

static void command_list(struct session *session, const char *argument, enum listing form) {
  struct stat status;
  int s;

  /* Options as of ls are taken and ignored. */
  while (form != LIST_FACTS && *argument == '-') {
    while (*argument && *argument != ' ') {
      argument++;
    }
    while (*argument == ' ') {
      argument++;
    }
  }
  if (!resolve(session, argument)) {
    return;
  }
  if (stat(session->real, &status) < 0) {
    reply_errno(session, 550);
    return;
  }
  if (form == LIST_FACTS && !S_ISDIR(status.st_mode)) {
    reply(session, 501, "Not a directory.");
    return;
  }
  s = data_socket(session, true);
  if (s >= 0) {
    if (send_listing(session, s, form) == 0) {
      reply(session, 226, "Transfer complete.");
    } else {
      reply(session, 426, "Connection closed; transfer aborted.");
    }
  }
  end_data(session, s);
}

/* ---- commands ---- */

static void command_type(struct session *session, const char *argument) {
  if (!strcasecmp(argument, "A") || !strcasecmp(argument, "A N")) {
    session->ascii = true;
  } else if (!strcasecmp(argument, "I") || !strcasecmp(argument, "L 8")) {
    session->ascii = false;
  } else {
    reply(session, 504, "Type not implemented.");
    return;
  }
  reply(session, 200, session->ascii ? "Type set to A." : "Type set to I.");
}

static void command_cwd(struct session *session, const char *argument) {
  struct stat status;

  if (!resolve(session, argument)) {
    return;
  }
  if (stat(session->real, &status) < 0) {
    reply_errno(session, 550);
  } else if (!S_ISDIR(status.st_mode)) {
    reply(session, 550, "Not a directory.");
  } else {
    strlcpy(session->directory, session->path, sizeof session->directory);
    reply(session, 250, "CWD command successful.");
  }
}

static void command_size(struct session *session, const char *argument) {
  struct stat status;
  char text[16];

  if (!resolve(session, argument)) {
    return;
  }
  if (session->ascii) {
    reply(session, 550, "SIZE not allowed in ASCII mode.");
  } else if (stat(session->real, &status) < 0) {
    reply_errno(session, 550);
  } else if (!S_ISREG(status.st_mode)) {
    reply(session, 550, "Not a plain file.");
  } else {
    snprintf(text, sizeof text, "%u", (unsigned)status.st_size);
    reply(session, 213, text);
  }
}

static void command_mdtm(struct session *session, const char *argument) {
  struct stat status;
  struct tm t;
  time_t when;
  char text[32];

  if (!resolve(session, argument)) {
    return;
  }
  if (stat(session->real, &status) < 0) {
    reply_errno(session, 550);
    return;
  }
  when = (time_t)status.st_mtime;
  gmtime_r(&when, &t);
  snprintf(text, sizeof text, "%04d%02d%02d%02d%02d%02d", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min,
           t.tm_sec);
  reply(session, 213, text);
}

static void command_mlst(struct session *session, const char *argument) {
  struct stat status;
  int length;

  if (!resolve(session, argument)) {
    return;
  }
  if (stat(session->real, &status) < 0) {
    reply_errno(session, 550);
    return;
  }
  length = snprintf((char *)session->buffer, 1024, "250-Begin\r\n ");
  length += entry_line((char *)session->buffer + length, 1024, session->path, &status, LIST_FACTS);
  length += snprintf((char *)session->buffer + length, 64, "250 End\r\n");
  if (!send_all(session->control, session->buffer, (uint32_t)length)) {
    session->quit = true;
  }
}

static void command_feat(struct session *session) {
  static const char features[] =
      "211-Features:\r\n EPRT\r\n EPSV\r\n MDTM\r\n MLST type*;size*;modify*;\r\n"
      " REST STREAM\r\n SIZE\r\n TVFS\r\n UTF8\r\n211 End\r\n";

  if (!send_all(session->control, features, sizeof features - 1)) {
    session->quit = true;
  }
}

static void command_stat(struct session *session, const char *argument) {
  const unsigned char *peer = (const unsigned char *)&session->peer.sin_addr;
  int length;

  if (*argument) {
    reply(session, 504, "Use LIST.");
    return;
  }
  length = snprintf((char *)session->buffer, 512,
                    "211-quicc860 FTP server status:\r\n Connected to %u.%u.%u.%u\r\n Type %s, structure file, mode stream\r\n"
                    " Directory %.200s\r\n211 End\r\n",
                    peer[0], peer[1], peer[2], peer[3], session->ascii ? "ASCII" : "image", session->directory);
  if (!send_all(session->control, session->buffer, (uint32_t)length)) {
    session->quit = true;
  }
}

static void finish(struct session *session, int result, int code, const char *text) {
  if (result < 0) {
    reply_errno(session, 550);
  } else {
    reply(session, code, text);
  }
}

static void command_site(struct session *session, const char *argument) {
  uint32_t mode;
  char *end;

  if (strncasecmp(argument, "CHMOD ", 6)) {
    reply(session, 504, "SITE command not implemented.");
    return;
  }
  mode = strtoul(argument + 6, &end, 8);
  while (*end == ' ') {
    end++;
  }
  if (!*end || mode > 07777) {
    reply(session, 501, "Mode and name expected.");
    return;
  }
  if (may_write(session) && resolve(session, end)) {
    finish(session, chmod(session->real, mode), 200, "SITE CHMOD command successful.");
  }
}

enum verb {
  ABOR,
  ACCT,
  ALLO,
  APPE,
  CDUP,
  CWD,
  DELE,
  EPRT,
  EPSV,
  FEAT,
  HELP,
  LIST,
  MDTM,
  MKD,
  MLSD,
  MLST,
  MODE,
  NLST,
  NOOP,
  OPTS,
  PASS,
  PASV,
  PORT,
  PWD,
  QUIT,
  REIN,
  REST,
  RETR,
  RMD,
  RNFR,
  RNTO,
  SITE,
  SIZE,
  STAT,
  STOR,
  STRU,
  SYST,
  TYPE,
  USER,
  XCUP,
  XCWD,
  XMKD,
  XPWD,
  XRMD,
  VERBS
};

static const char verb_names[VERBS][5] = {
    "ABOR", "ACCT", "ALLO", "APPE", "CDUP", "CWD",  "DELE", "EPRT", "EPSV", "FEAT", "HELP", "LIST", "MDTM", "MKD",  "MLSD",
    "MLST", "MODE", "NLST", "NOOP", "OPTS", "PASS", "PASV", "PORT", "PWD",  "QUIT", "REIN", "REST", "RETR", "RMD",  "RNFR",
    "RNTO", "SITE", "SIZE", "STAT", "STOR", "STRU", "SYST", "TYPE", "USER", "XCUP", "XCWD", "XMKD", "XPWD", "XRMD",
};

/* Verbs that mean nothing without an argument. */
static bool needs_argument(enum verb verb) {
  switch (verb) {
    case APPE:
    case DELE:
    case EPRT:
    case MDTM:
    case MKD:
    case MODE:
    case PORT:
    case REST:
    case RETR:
    case RMD:
    case RNFR:
    case RNTO:
    case SITE:
    case SIZE:
    case STOR:
    case STRU:
    case TYPE:
    case XMKD:
    case XRMD:
      return true;
    default:
      return false;
  }
}

static void execute(struct session *session, enum verb verb, const char *argument) {
  struct stat status;
  char *end;
  uint32_t number;

  switch (verb) {
    case USER:
      reply(session, 230, "User logged in.");
      break;
    case PASS:
      reply(session, 230, "User logged in.");
      break;
    case ACCT:
      reply(session, 202, "Not needed.");
      break;
    case SYST:
      reply(session, 215, "UNIX Type: L8");
      break;
    case TYPE:
      command_type(session, argument);
      break;
    case MODE:
      if (!strcasecmp(argument, "S")) {
        reply(session, 200, "Mode set to S.");
      } else {
        reply(session, 504, "Mode not implemented.");
      }
      break;
    case STRU:
      if (!strcasecmp(argument, "F")) {
        reply(session, 200, "Structure set to F.");
      } else {
        reply(session, 504, "Structure not implemented.");
      }
      break;
    case PORT:
      command_port(session, argument);
      break;
    case EPRT:
      command_eprt(session, argument);
      break;
    case PASV:
      command_pasv(session);
      break;
    case EPSV:
      command_epsv(session, argument);
      break;
    case RETR:
      command_retr(session, argument);
      break;
    case STOR:
      command_stor(session, argument, false);
      break;
    case APPE:
      command_stor(session, argument, true);
      break;
    case LIST:
      command_list(session, argument, LIST_LONG);
      break;
    case NLST:
      command_list(session, argument, LIST_NAMES);
      break;
    case MLSD:
      command_list(session, argument, LIST_FACTS);
      break;
    case MLST:
      command_mlst(session, argument);
      break;
    case PWD:
    case XPWD:
      reply_path(session, session->directory, "is the current directory.");
      break;
    case CWD:
    case XCWD:
      command_cwd(session, argument);
      break;
    case CDUP:
    case XCUP:
      command_cwd(session, "..");
      break;
    case SIZE:
      command_size(session, argument);
      break;
    case MDTM:
      command_mdtm(session, argument);
      break;
    case DELE:
      if (may_write(session) && resolve(session, argument)) {
        finish(session, unlink(session->real), 250, "DELE command successful.");
      }
      break;
    case RMD:
    case XRMD:
      if (may_write(session) && resolve(session, argument)) {
        finish(session, rmdir(session->real), 250, "RMD command successful.");
      }
      break;
    case MKD:
    case XMKD:
      if (!may_write(session) || !resolve(session, argument)) {
        break;
      }
      if (mkdir(session->real, 0755) < 0) {
        reply_errno(session, 550);
      } else {
        reply_path(session, session->path, "created.");
      }
      break;
    case RNFR:
      if (!may_write(session) || !resolve(session, argument)) {
        break;
      }
      if (stat(session->real, &status) < 0) {
        reply_errno(session, 550);
        break;
      }
      strlcpy(session->rename_from, session->real, sizeof session->rename_from);
      reply(session, 350, "Ready for RNTO.");
      break;
    case RNTO:
      if (!session->rename_from[0]) {
        reply(session, 503, "RNFR first.");
        break;
      }
      if (may_write(session) && resolve(session, argument)) {
        finish(session, rename(session->rename_from, session->real), 250, "RNTO command successful.");
      }
      session->rename_from[0] = 0;
      break;
    case REST:
      number = strtoul(argument, &end, 10);
      if (*end || end == argument || number > 0x7FFFFFFF) {
        reply(session, 501, "Offset expected.");
        break;
      }
      session->restart = number;
      reply(session, 350, "Restarting at that offset.");
      break;
    case ABOR:
      forget_data(session);
      reply(session, 226, "Nothing to abort.");
      break;
    case ALLO:
      reply(session, 202, "Not needed.");
      break;
    case STAT:
      command_stat(session, argument);
      break;
    case FEAT:
      command_feat(session);
      break;
    case OPTS:
      if (!strncasecmp(argument, "UTF8", 4) || !strncasecmp(argument, "MLST", 4)) {
        reply(session, 200, "OK.");
      } else {
        reply(session, 501, "Option not understood.");
      }
      break;
    case HELP:
      reply(session, 214, "RFC 959 with EPRT EPSV FEAT MDTM MLSD MLST REST SIZE.");
      break;
    case NOOP:
      reply(session, 200, "OK.");
      break;
    case SITE:
      command_site(session, argument);
      break;
    case REIN:
      forget_data(session);
      session->ascii = true;
      session->restart = 0;
      strcpy(session->directory, "/");
      reply(session, 220, "Ready for a new user.");
      break;
    case QUIT:
      reply(session, 221, "Goodbye.");
      session->quit = true;
      break;
    default:
      reply(session, 500, "Command not understood.");
      break;
  }
}

static void execute_line(struct session *session) {
  char *verb = session->line, *argument;
  int i;

  while (*verb == ' ') {
    verb++;
  }
  for (argument = verb; *argument && *argument != ' '; argument++) {
    *argument = (char)toupper((unsigned char)*argument);
  }
  while (*argument == ' ') {
    *argument++ = 0;
  }
  for (i = 0; i < VERBS; i++) {
    if (!strcmp(verb_names[i], verb)) {
      break;
    }
  }
  if (i < VERBS && needs_argument((enum verb)i) && !*argument) {
    reply(session, 501, "Argument missing.");
  } else {
    execute(session, (enum verb)i, argument);
  }
  /* RNFR holds for the very next command only; REST until a transfer uses it. */
  if (i != RNFR) {
    session->rename_from[0] = 0;
  }
}

/* ---- tasks ---- */

static void serve(struct session *session) {
  socklen_t length = sizeof session->here;

  session->passive = -1;
  session->data_mode = DATA_NONE;
  session->ascii = true;
  session->quit = false;
  session->epsv_only = false;
  session->restart = 0;
  session->input_at = session->input_end = 0;
  session->rename_from[0] = 0;
  strcpy(session->directory, "/");
  getsockname(session->control, (struct sockaddr *)&session->here, &length);
  reply(session, 220, "quicc860 FTP server ready.");
  while (!session->quit && read_line(session)) {
    execute_line(session);
  }
  forget_data(session);
  close(session->control);
}

static rtems_task session_task(rtems_task_argument argument) {
  struct session *session = (struct session *)argument;
  rtems_event_set events;

  for (;;) {
    rtems_event_receive(WAKE_EVENT, RTEMS_EVENT_ANY, RTEMS_NO_TIMEOUT, &events);
    serve(session);
    rtems_semaphore_obtain(pool_lock, RTEMS_WAIT, RTEMS_NO_TIMEOUT);
    session->next_free = free_sessions;
    free_sessions = session;
    rtems_semaphore_release(pool_lock);
  }
}

static int listen_socket(uint16_t port) {
  struct sockaddr_in address;
  int on = 1, s = socket(AF_INET, SOCK_STREAM, 0);

  if (s < 0) {
    return -1;
  }
  memset(&address, 0, sizeof address);
  address.sin_len = sizeof address;
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_ANY);
  setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(s, (struct sockaddr *)&address, sizeof address) < 0 || listen(s, 1) < 0) {
    close(s);
    return -1;
  }
  return s;
}

static rtems_task daemon_task(rtems_task_argument argument) {
  int s = listen_socket(configuration->port ? configuration->port : FTP_PORT);

  (void)argument;
  if (s < 0) {
    printf("ftpd: no socket: %s\n", strerror(errno));
    rtems_task_delete(RTEMS_SELF);
  }
  for (;;) {
    struct sockaddr_in peer;
    socklen_t length = sizeof peer;
    struct session *session;
    int connection = accept(s, (struct sockaddr *)&peer, &length);

    if (connection < 0) {
      rtems_task_wake_after(10);
      continue;
    }
    set_timeouts(connection, configuration->idle);
    rtems_semaphore_obtain(pool_lock, RTEMS_WAIT, RTEMS_NO_TIMEOUT);
    session = free_sessions;
    if (session) {
      free_sessions = session->next_free;
    }
    rtems_semaphore_release(pool_lock);
    if (!session) {
      close(connection);
      continue;
    }
    session->control = connection;
    session->peer = peer;
    rtems_event_send(session->task, WAKE_EVENT);
  }
}

int ftpd_start(const struct ftpd_configuration *chosen) {
  rtems_task_priority priority = chosen->priority ? chosen->priority : 40;
  int count = chosen->tasks_count ? chosen->tasks_count : 4;
  rtems_id id;
  int i;

  configuration = chosen;
  if (count > 26) {
    count = 26;
  }
  if (rtems_semaphore_create(rtems_build_name('F', 'T', 'P', 'p'), 1,
                             RTEMS_BINARY_SEMAPHORE | RTEMS_PRIORITY | RTEMS_INHERIT_PRIORITY, 0, &pool_lock)) {
    return ENOMEM;
  }
  for (i = count - 1; i >= 0; i--) {
    struct session *session = calloc(1, sizeof *session);
    if (!session) {
      return ENOMEM;
    }
    if (rtems_task_create(rtems_build_name('F', 'T', 'P', 'a' + i), priority, 8192, RTEMS_DEFAULT_MODES, RTEMS_DEFAULT_ATTRIBUTES,
                          &session->task)) {
      return ENOMEM;
    }
    session->next_free = free_sessions;
    free_sessions = session;
    rtems_task_start(session->task, session_task, (rtems_task_argument)session);
  }
  if (rtems_task_create(rtems_build_name('F', 'T', 'P', 'D'), priority, 8192, RTEMS_DEFAULT_MODES, RTEMS_DEFAULT_ATTRIBUTES,
                        &id)) {
    return ENOMEM;
  }
  rtems_task_start(id, daemon_task, 0);
  return 0;
}
