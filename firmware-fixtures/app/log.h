/* The log's faces towards the file system and the FTP server; see app.h for the log itself. */
#ifndef APP_LOG_H
#define APP_LOG_H

#include <fs.h>
#include <stdint.h>

#define LOG_TEXT_MAX 2048u

extern const struct fs_special log_file;

void *log_download_open(void *context, uint32_t offset);
int log_download_next(void *handle, unsigned char *buffer, uint32_t length);
void log_download_close(void *handle);

#endif
