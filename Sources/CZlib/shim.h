#ifndef CZLIB_SHIM_H
#define CZLIB_SHIM_H

// Input is const then: zlib only reads it.
#define ZLIB_CONST
#include <zlib.h>

// Macros of zlib with arguments are invisible in Swift.

static inline int czlib_deflate_init(z_stream *stream, int level, int window_bits) {
    return deflateInit2(stream, level, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
}

static inline int czlib_inflate_init(z_stream *stream, int window_bits) {
    return inflateInit2(stream, window_bits);
}

#endif
