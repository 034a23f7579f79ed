/* Between the descriptor table and the file system; not for others. */
#ifndef FS_INTERNAL_H
#define FS_INTERNAL_H

void fd_init(void);

/* Turns a negative errno into -1 and errno; other values pass. */
int fs_result(int value);

#endif
