// SPDX-License-Identifier: Apache-2.0

#include "CBase64.h"

// In C, since Swift cannot compile one function for a newer processor than the rest.
#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))

#include <immintrin.h>

// Both halves of a register look up in the same sixteen bytes.
#define TWICE(...) _mm256_setr_epi8(__VA_ARGS__, __VA_ARGS__)

__attribute__((target("avx2"))) static size_t decode_avx2(
    const uint8_t *input, size_t count, uint8_t *output, bool either) {
    // By high nibble: a bit for each nibble that digits have. By low nibble: the bits of the high nibbles that make a
    // digit with it. A byte is a digit if they share a bit.
    const __m256i bit_of_high = TWICE(0, 0, 0x04, 0x08, 0x10, 0x20, 0x40, -0x80, 0, 0, 0, 0, 0, 0, 0, 0);
    const __m256i bits_of_low = TWICE(
        -0x58, -0x08, -0x08, -0x08, -0x08, -0x08, -0x08, -0x08, -0x08, -0x08, -0x10, 0x54, 0x50, 0x50, 0x50, 0x54);
    // By high nibble: what turns a digit into its value. The slash shares its nibble with the plus sign.
    const __m256i offset_of_high = TWICE(0, 0, 62 - '+', 52 - '0', -'A', -'A', 26 - 'a', 26 - 'a', 0, 0, 0, 0, 0, 0, 0, 0);
    const __m256i slash_offset = _mm256_set1_epi8((63 - '/') - (62 - '+'));
    // Three bytes out of each four, the highest first.
    const __m256i order = TWICE(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1);
    const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 7, 7);

    size_t done = 0;
    for (; count - done >= 32; done += 32, output += 24) {
        __m256i text = _mm256_loadu_si256((const __m256i *)(input + done));
        if (either) {
            const __m256i minus = _mm256_cmpeq_epi8(text, _mm256_set1_epi8('-'));
            const __m256i low_line = _mm256_cmpeq_epi8(text, _mm256_set1_epi8('_'));
            text = _mm256_xor_si256(text, _mm256_and_si256(minus, _mm256_set1_epi8('-' ^ '+')));
            text = _mm256_xor_si256(text, _mm256_and_si256(low_line, _mm256_set1_epi8('_' ^ '/')));
        }
        const __m256i high = _mm256_and_si256(_mm256_srli_epi16(text, 4), _mm256_set1_epi8(0x0F));
        // A byte above 0x7F looks up zero.
        const __m256i shared =
            _mm256_and_si256(_mm256_shuffle_epi8(bit_of_high, high), _mm256_shuffle_epi8(bits_of_low, text));
        if (_mm256_movemask_epi8(_mm256_cmpeq_epi8(shared, _mm256_setzero_si256())) != 0) break;

        const __m256i slash = _mm256_cmpeq_epi8(text, _mm256_set1_epi8('/'));
        const __m256i offset =
            _mm256_add_epi8(_mm256_shuffle_epi8(offset_of_high, high), _mm256_and_si256(slash, slash_offset));
        const __m256i values = _mm256_add_epi8(text, offset);
        const __m256i twelve = _mm256_maddubs_epi16(values, _mm256_set1_epi32(0x01400140));
        const __m256i twenty_four = _mm256_madd_epi16(twelve, _mm256_set1_epi32(0x00011000));
        const __m256i bytes = _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(twenty_four, order), lanes);
        _mm256_storeu_si256((__m256i *)output, bytes);
    }
    return done;
}

size_t ferry_base64_decode(const uint8_t *input, size_t count, uint8_t *output, bool either) {
    return __builtin_cpu_supports("avx2") ? decode_avx2(input, count, output, either) : 0;
}

#else

size_t ferry_base64_decode(const uint8_t *input, size_t count, uint8_t *output, bool either) {
    (void)input, (void)count, (void)output, (void)either;
    return 0;
}

#endif
