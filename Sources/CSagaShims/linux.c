#define _GNU_SOURCE

#include "CSagaShims.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

int saga_file_system_type(int descriptor, uint64_t *type) {
    struct statfs facts;
    if (fstatfs(descriptor, &facts) != 0) {
        return errno;
    }
    *type = (uint64_t)facts.f_type & 0xFFFFFFFFu;
    return 0;
}

int saga_free_bytes(int descriptor, uint64_t *bytes) {
    struct statfs facts;
    if (fstatfs(descriptor, &facts) != 0) {
        return errno;
    }
    uint64_t block = facts.f_frsize > 0 ? (uint64_t)facts.f_frsize : (uint64_t)facts.f_bsize;
    if (facts.f_blocks == 0) {
        *bytes = UINT64_MAX;
    } else if (__builtin_mul_overflow((uint64_t)facts.f_bavail, block, bytes)) {
        *bytes = UINT64_MAX;
    }
    return 0;
}

int saga_open_uncached(int directory, const char *name) {
    return openat(directory, name, O_RDONLY | O_DIRECT | O_CLOEXEC | O_NOFOLLOW);
}

int saga_random_bytes(void *bytes, size_t count) {
    uint8_t *next = bytes;
    while (count > 0) {
        ssize_t got = getrandom(next, count, 0);
        if (got < 0) {
            if (errno == EINTR) {
                continue;
            }
            return errno;
        }
        next += got;
        count -= (size_t)got;
    }
    return 0;
}

int saga_process_descriptor(pid_t process) {
    return (int)syscall(SYS_pidfd_open, process, 0);
}

int saga_pipe(int ends[2]) {
    return pipe2(ends, O_CLOEXEC);
}

const char *saga_error_name(int code) {
    return strerrorname_np(code);
}

const char *saga_error_text(int code) {
    return strerrordesc_np(code);
}

extern char **environ;

char *const *saga_environment(void) {
    return environ;
}

void saga_return_free_memory(void) {
    malloc_trim(0);
}

void saga_name_thread(const char *name) {
    char cut[16];
    strncpy(cut, name, sizeof cut - 1);
    cut[sizeof cut - 1] = 0;
    pthread_setname_np(pthread_self(), cut);
}
