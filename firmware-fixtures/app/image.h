#ifndef APP_IMAGE_H
#define APP_IMAGE_H

#include <fs.h>

extern const struct fs_special image_file;

/* Once, before the file is read. */
void image_init(void);

#endif
