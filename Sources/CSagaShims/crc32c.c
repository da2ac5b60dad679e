#include "CSagaShims.h"

#include <pthread.h>
#include <string.h>

// Eight tables for eight bytes at a time ("slicing by eight", Kounavis and Berry, 2005).
static uint32_t tables[8][256];
static pthread_once_t tables_once = PTHREAD_ONCE_INIT;

static void fill_tables(void) {
    const uint32_t polynomial = 0x82F63B78;  // Castagnoli, bits reversed (RFC 3720, B.4)
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t value = byte;
        for (int bit = 0; bit < 8; bit++) {
            value = (value >> 1) ^ ((value & 1) ? polynomial : 0);
        }
        tables[0][byte] = value;
    }
    for (uint32_t byte = 0; byte < 256; byte++) {
        for (int table = 1; table < 8; table++) {
            uint32_t before = tables[table - 1][byte];
            tables[table][byte] = (before >> 8) ^ tables[0][before & 0xFF];
        }
    }
}

uint32_t saga_crc32c_portable(uint32_t checksum, const void *bytes, size_t count) {
    pthread_once(&tables_once, fill_tables);
    const uint8_t *next = bytes;
    uint32_t value = ~checksum;
    while (count >= 8) {
        value ^= (uint32_t)next[0] | (uint32_t)next[1] << 8 | (uint32_t)next[2] << 16
            | (uint32_t)next[3] << 24;
        value = tables[7][value & 0xFF] ^ tables[6][(value >> 8) & 0xFF]
            ^ tables[5][(value >> 16) & 0xFF] ^ tables[4][value >> 24] ^ tables[3][next[4]]
            ^ tables[2][next[5]] ^ tables[1][next[6]] ^ tables[0][next[7]];
        next += 8;
        count -= 8;
    }
    while (count > 0) {
        value = (value >> 8) ^ tables[0][(value ^ *next) & 0xFF];
        next++;
        count--;
    }
    return ~value;
}

#if defined(__x86_64__)

__attribute__((target("sse4.2")))
static uint32_t crc32c_instruction(uint32_t checksum, const uint8_t *next, size_t count) {
    uint64_t value = (uint32_t)~checksum;
    while (count >= 8) {
        uint64_t word;
        memcpy(&word, next, 8);
        value = __builtin_ia32_crc32di(value, word);
        next += 8;
        count -= 8;
    }
    uint32_t rest = (uint32_t)value;
    while (count > 0) {
        rest = __builtin_ia32_crc32qi(rest, *next);
        next++;
        count--;
    }
    return ~rest;
}

static int has_instruction;

__attribute__((constructor)) static void look_for_instruction(void) {
    __builtin_cpu_init();
    has_instruction = __builtin_cpu_supports("sse4.2") ? 1 : 0;
}

uint32_t saga_crc32c(uint32_t checksum, const void *bytes, size_t count) {
    if (has_instruction) {
        return crc32c_instruction(checksum, bytes, count);
    }
    return saga_crc32c_portable(checksum, bytes, count);
}

#else

uint32_t saga_crc32c(uint32_t checksum, const void *bytes, size_t count) {
    return saga_crc32c_portable(checksum, bytes, count);
}

#endif

size_t saga_first_nonzero(const void *bytes, size_t count) {
    const uint8_t *next = bytes;
    size_t index = 0;
    while (index + 32 <= count) {
        uint64_t words[4];
        memcpy(words, next + index, 32);
        if ((words[0] | words[1] | words[2] | words[3]) != 0) {
            break;
        }
        index += 32;
    }
    while (index < count && next[index] == 0) {
        index++;
    }
    return index;
}

size_t saga_nonzero_end(const void *bytes, size_t count) {
    const uint8_t *first = bytes;
    size_t end = count;
    while (end >= 32) {
        uint64_t words[4];
        memcpy(words, first + end - 32, 32);
        if ((words[0] | words[1] | words[2] | words[3]) != 0) {
            break;
        }
        end -= 32;
    }
    while (end > 0 && first[end - 1] == 0) {
        end--;
    }
    return end;
}
