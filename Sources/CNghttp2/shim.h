#ifndef CNGHTTP2_SHIM_H
#define CNGHTTP2_SHIM_H

#include <nghttp2/nghttp2.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#ifdef __APPLE__
#include <malloc/malloc.h>
#define SAGA_NGHTTP2_USABLE(block) malloc_size(block)
#else
#include <malloc.h>
#define SAGA_NGHTTP2_USABLE(block) malloc_usable_size(block)
#endif

/* Free blocks kept for the next use, by size in steps of 16 bytes. A shelf of number n has blocks
   with room for at least 16 n + 8 bytes, which is what glibc's blocks have; the first word of each
   is the address of the next. */
enum {
    SAGA_NGHTTP2_SHELVES = 32, /* blocks of up to 504 bytes: what a stream needs */
    SAGA_NGHTTP2_KEPT = 256    /* of each size, as many as a busy turn has under way */
};

typedef struct {
    nghttp2_mem table;
    struct {
        void *first;
        size_t count;
    } shelves[SAGA_NGHTTP2_SHELVES];
} saga_nghttp2_memory;

static inline void *saga_nghttp2_malloc(size_t size, void *owner) {
    saga_nghttp2_memory *memory = owner;
    size_t shelf = size <= 8 ? 0 : (size + 7) / 16;
    if (shelf < SAGA_NGHTTP2_SHELVES && memory->shelves[shelf].first) {
        void *block = memory->shelves[shelf].first;
        memory->shelves[shelf].first = *(void **)block;
        memory->shelves[shelf].count--;
        return block;
    }
    return malloc(size);
}

static inline void saga_nghttp2_free(void *block, void *owner) {
    saga_nghttp2_memory *memory = owner;
    if (!block) return;
    size_t room = SAGA_NGHTTP2_USABLE(block);
    size_t shelf = (room - 8) / 16;
    if (room < 8 || shelf >= SAGA_NGHTTP2_SHELVES
        || memory->shelves[shelf].count >= SAGA_NGHTTP2_KEPT) {
        free(block);
        return;
    }
    *(void **)block = memory->shelves[shelf].first;
    memory->shelves[shelf].first = block;
    memory->shelves[shelf].count++;
}

static inline void *saga_nghttp2_calloc(size_t count, size_t size, void *owner) {
    (void)owner;
    return calloc(count, size);
}

static inline void *saga_nghttp2_realloc(void *block, size_t size, void *owner) {
    (void)owner;
    return realloc(block, size);
}

/* NULL without memory. */
static inline saga_nghttp2_memory *saga_nghttp2_memory_new(void) {
    saga_nghttp2_memory *memory = calloc(1, sizeof *memory);
    if (!memory) return NULL;
    memory->table.mem_user_data = memory;
    memory->table.malloc = saga_nghttp2_malloc;
    memory->table.free = saga_nghttp2_free;
    memory->table.calloc = saga_nghttp2_calloc;
    memory->table.realloc = saga_nghttp2_realloc;
    return memory;
}

/* Behind the last session that uses it. */
static inline void saga_nghttp2_memory_delete(saga_nghttp2_memory *memory) {
    for (size_t shelf = 0; memory && shelf < SAGA_NGHTTP2_SHELVES; shelf++) {
        while (memory->shelves[shelf].first) {
            void *block = memory->shelves[shelf].first;
            memory->shelves[shelf].first = *(void **)block;
            free(block);
        }
    }
    free(memory);
}

static inline nghttp2_mem *saga_nghttp2_memory_table(saga_nghttp2_memory *memory) {
    return memory ? &memory->table : NULL;
}

#endif
