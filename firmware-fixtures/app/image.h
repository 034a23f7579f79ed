#ifndef APP_IMAGE_H
#define APP_IMAGE_H

#include <fs.h>

extern const struct fs_special image_file;

#endif
