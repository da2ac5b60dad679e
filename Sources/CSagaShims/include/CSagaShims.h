// What Glibc's Swift module hides, and the two inner loops that Swift is slower at.
// Only SagaSystem imports this module.

#ifndef C_SAGA_SHIMS_H
#define C_SAGA_SHIMS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// CRC32C (Castagnoli) of `count` bytes, going on from `checksum` (0 at the beginning).
/// Uses the processor's instruction where there is one.
uint32_t saga_crc32c(uint32_t checksum, const void *bytes, size_t count);

/// The same by tables, for processors without the instruction; tests compare the two.
uint32_t saga_crc32c_portable(uint32_t checksum, const void *bytes, size_t count);

/// The index of the first byte that is not zero, or `count`.
size_t saga_first_nonzero(const void *bytes, size_t count);

/// One more than the index of the last byte that is not zero, or 0.
size_t saga_nonzero_end(const void *bytes, size_t count);

/// The magic number of the file system that holds an open file; 0 or an errno.
int saga_file_system_type(int descriptor, uint64_t *type);

/// Bytes that users without special rights may still write on the file system that holds an open
/// file, UINT64_MAX where it has no size of its own; 0 or an errno.
int saga_free_bytes(int descriptor, uint64_t *bytes);

/// Opens a file of a directory for reads that bypass the page cache; a descriptor, or -1 and errno.
int saga_open_uncached(int directory, const char *name);

/// Fills the bytes from the kernel's generator; 0 or an errno.
int saga_random_bytes(void *bytes, size_t count);

/// A descriptor that becomes readable when the process ends; or -1 and errno.
int saga_process_descriptor(pid_t process);

/// Makes a pipe whose ends no child inherits; 0, or -1 and errno.
int saga_pipe(int ends[2]);

/// The name of an errno such as "EIO", and its text; null for an unknown one.
const char *saga_error_name(int code);
const char *saga_error_text(int code);

/// The environment of this process, ended by null.
char *const *saga_environment(void);

/// Gives freed memory back to the kernel.
void saga_return_free_memory(void);

/// Names the calling thread for debuggers; at most 15 bytes count.
void saga_name_thread(const char *name);

#endif
