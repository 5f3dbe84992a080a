/*
 * pchc.h - a strict decoder of the messages of MS-PCHC and of Content
 * Information 1.0 and 2.0 (MS-PCCRC), C11, no libraries.
 *
 * pchc_check finds the first format rule that any bytes violate. If there is
 * none, every field is at the offset given below, so accessors need no further
 * checks. Nothing is copied or allocated.
 *
 * A count in a message is a claim: it is compared with the remaining bytes by
 * division, since a product may overflow.
 */
#ifndef PCHC_H
#define PCHC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum pchc_kind { PCHC_REQUEST, PCHC_RESPONSE, PCHC_CONTENT };

enum {
    PCHC_INITIAL_OFFER = 1,
    PCHC_SEGMENT_INFO = 2,
    PCHC_BATCHED_OFFER = 3,

    PCHC_BODY = 16,            /* MESSAGE_HEADER and CONNECTION_INFORMATION */
    PCHC_TAG = 16,             /* ContentTag */
    PCHC_DESCRIPTOR = 59,      /* SegmentDescriptor */
    PCHC_MAX_DESCRIPTORS = 128,

    PCCRC_V1_HEADER = 18,
    PCCRC_V2_HEADER = 31,
    PCCRC_V2_CHUNK = 5,        /* bChunkType and dwChunkDataLength */
    PCCRC_V2_SEGMENT = 68
};

/* The first violated rule, its offset, and the path of the field. */
struct pchc_violation {
    const char *rule; /* NULL: the message is valid */
    size_t offset;
    char field[96];
};

/* MS-PCHC is big-endian, and so is Content Information 2.0. */
static inline uint16_t pchc_be16(const uint8_t *b) { return (uint16_t)(b[0] << 8 | b[1]); }
static inline uint32_t pchc_be32(const uint8_t *b) { return (uint32_t)pchc_be16(b) << 16 | pchc_be16(b + 2); }
static inline uint64_t pchc_be64(const uint8_t *b) { return (uint64_t)pchc_be32(b) << 32 | pchc_be32(b + 4); }

/* Content Information 1.0 is little-endian. */
static inline uint16_t pchc_le16(const uint8_t *b) { return (uint16_t)(b[1] << 8 | b[0]); }
static inline uint32_t pchc_le32(const uint8_t *b) { return (uint32_t)pchc_le16(b + 2) << 16 | pchc_le16(b); }
static inline uint64_t pchc_le64(const uint8_t *b) { return (uint64_t)pchc_le32(b + 4) << 32 | pchc_le32(b); }

/* Bytes of a hash of dwHashAlgo, 0 if that is unknown. */
static inline size_t pccrc_hash_length(uint32_t algorithm)
{
    switch (algorithm) {
    case 0x800C: return 32; /* SHA-256 */
    case 0x800D: return 48; /* SHA-384 */
    case 0x800E: return 64; /* SHA-512 */
    }
    return 0;
}

/* pchc_breaks records a violation. It returns false, which means: stop here. */
static inline bool pchc_breaks(struct pchc_violation *violation, const char *rule, size_t offset, const char *field)
{
    violation->rule = rule;
    violation->offset = offset;
    snprintf(violation->field, sizeof violation->field, "%s", field);
    return false;
}

/* A field of a structure, by its place there. */
struct pchc_field {
    const char *name;
    size_t offset, length;
};

/*
 * pchc_has checks that the first fields of a structure at offset are present, up
 * to the one called last. The violation is at the first incomplete one.
 */
static inline bool pchc_has(struct pchc_violation *violation, size_t len, size_t offset, const char *path,
                            const struct pchc_field *fields, int count, const char *rule)
{
    char name[96];
    for (int i = 0; i < count; i++) {
        size_t at = offset + fields[i].offset;
        if (at > len || len - at < fields[i].length) {
            snprintf(name, sizeof name, "%s%s", path, fields[i].name);
            return pchc_breaks(violation, rule, at, name);
        }
    }
    return true;
}

/* MS-PCCRC 2.3, at offset at of the message. path is that of its fields. */
static inline bool pccrc_check_v1(const uint8_t *b, size_t len, size_t at, bool in_segment_info, struct pchc_violation *violation)
{
    static const struct pchc_field header[] = {
        {"Version", 0, 2}, {"dwHashAlgo", 2, 4}, {"dwOffsetInFirstSegment", 6, 4},
        {"dwReadBytesInLastSegment", 10, 4}, {"cSegments", 14, 4},
    };
    const char *path = in_segment_info ? "SegmentInformation." : "";
    const char *cut = "PCCRC-2.3-Truncated";
    char name[96];

    if (!pchc_has(violation, len, at, path, header, 1, cut))
        return false;
    if (pchc_le16(b + at) != 0x0100) {
        snprintf(name, sizeof name, "%sVersion", path);
        return pchc_breaks(violation, "PCCRC-2.3-Version", at, name);
    }
    if (!pchc_has(violation, len, at, path, header, 2, cut))
        return false;
    size_t hash = pccrc_hash_length(pchc_le32(b + at + 2));
    if (hash == 0) {
        snprintf(name, sizeof name, "%sdwHashAlgo", path);
        return pchc_breaks(violation, "PCCRC-2.3-dwHashAlgo", at + 2, name);
    }
    if (!pchc_has(violation, len, at, path, header, 5, cut))
        return false;
    uint32_t segments = pchc_le32(b + at + 14);
    size_t pos = at + PCCRC_V1_HEADER, segment = 16 + 2 * hash;
    snprintf(name, sizeof name, "%scSegments", path);
    if (in_segment_info && segments != 1)
        return pchc_breaks(violation, "PCHC-2.2.1.4-cSegments", at + 14, name);
    if (segments == 0 || segments > (len - pos) / segment)
        return pchc_breaks(violation, "PCCRC-2.3-cSegments", at + 14, name);
    pos += segments * segment;

    for (uint32_t i = 0; i < segments; i++) {
        snprintf(name, sizeof name, "%sblocks[%lu].cBlocks", path, (unsigned long)i);
        if (len - pos < 4)
            return pchc_breaks(violation, "PCCRC-2.3.1.2-Truncated", pos, name);
        uint32_t blocks = pchc_le32(b + pos);
        if (blocks == 0 || blocks > (len - pos - 4) / hash)
            return pchc_breaks(violation, "PCCRC-2.3.1.2-cBlocks", pos, name);
        pos += 4 + blocks * hash;
    }
    return true; /* what follows is padding */
}

/* MS-PCCRC 2.4. */
static inline bool pccrc_check_v2(const uint8_t *b, size_t len, struct pchc_violation *violation)
{
    static const struct pchc_field header[] = {
        {"bHashAlgo", 2, 1}, {"ullStartInContent", 3, 8},
        {"ullIndexOfFirstSegment", 11, 8}, {"dwOffsetInFirstSegment", 19, 4}, {"ullLengthOfRange", 23, 8},
    };
    static const struct pchc_field chunk[] = {{"dwChunkDataLength", 1, 4}};
    const char *cut = "PCCRC-2.4-Truncated";
    char path[40], name[96];

    /* bMajorVersion, the second byte, is 2: it determines the version. */
    if (b[0] != 0)
        return pchc_breaks(violation, "PCCRC-2.4-bMinorVersion", 0, "bMinorVersion");
    if (!pchc_has(violation, len, 0, "", header, 1, cut))
        return false;
    if (b[2] != 4)
        return pchc_breaks(violation, "PCCRC-2.4-bHashAlgo", 2, "bHashAlgo");
    if (!pchc_has(violation, len, 0, "", header, 5, cut))
        return false;
    if (len == PCCRC_V2_HEADER)
        return pchc_breaks(violation, "PCCRC-2.4-chunks", len, "chunks");

    size_t pos = PCCRC_V2_HEADER;
    for (unsigned long i = 0; pos < len; i++) {
        snprintf(path, sizeof path, "chunks[%lu].", i);
        if (b[pos] != 0) {
            snprintf(name, sizeof name, "%sbChunkType", path);
            return pchc_breaks(violation, "PCCRC-2.4.1.1-bChunkType", pos, name);
        }
        if (!pchc_has(violation, len, pos, path, chunk, 1, "PCCRC-2.4.1.1-Truncated"))
            return false;
        uint32_t length = pchc_be32(b + pos + 1);
        if (length == 0 || length % PCCRC_V2_SEGMENT != 0 || length > len - pos - PCCRC_V2_CHUNK) {
            snprintf(name, sizeof name, "%sdwChunkDataLength", path);
            return pchc_breaks(violation, "PCCRC-2.4.1.1-dwChunkDataLength", pos + 1, name);
        }
        pos += PCCRC_V2_CHUNK + length;
    }
    return true;
}

/* MS-PCHC 2.2.1.5: the body of a BATCHED_OFFER_MESSAGE. */
static inline bool pchc_check_batch(const uint8_t *b, size_t len, struct pchc_violation *violation)
{
    static const struct pchc_field descriptor[] = {
        {"BlockSize", 0, 4}, {"SegmentSize", 4, 4}, {"SizeOfContentTag", 8, 2},
        {"ContentTag", 10, 16}, {"HashAlgorithm", 26, 1}, {"SegmentHoHoDk", 27, 32},
    };
    const char *cut = "PCHC-2.2.1.5-Truncated";
    char path[40], name[96];

    if (len == PCHC_BODY)
        return pchc_breaks(violation, "PCHC-2.2.1.5-MinDescriptors", len, "SegmentDescriptor");
    size_t pos = PCHC_BODY;
    for (int i = 0; pos < len; i++, pos += PCHC_DESCRIPTOR) {
        snprintf(path, sizeof path, "SegmentDescriptor[%d]", i);
        if (i == PCHC_MAX_DESCRIPTORS)
            return pchc_breaks(violation, "PCHC-2.2.1.5-MaxDescriptors", pos, path);
        snprintf(path, sizeof path, "SegmentDescriptor[%d].", i);
        if (!pchc_has(violation, len, pos, path, descriptor, 3, cut))
            return false;
        if (pchc_be16(b + pos + 8) != PCHC_TAG) {
            snprintf(name, sizeof name, "%sSizeOfContentTag", path);
            return pchc_breaks(violation, "PCHC-2.2.1.5-SizeOfContentTag", pos + 8, name);
        }
        if (!pchc_has(violation, len, pos, path, descriptor, 5, cut))
            return false;
        if (b[pos + 26] != 1 && b[pos + 26] != 4) {
            snprintf(name, sizeof name, "%sHashAlgorithm", path);
            return pchc_breaks(violation, "PCHC-2.2.1.5-HashAlgorithm", pos + 26, name);
        }
        if (!pchc_has(violation, len, pos, path, descriptor, 6, cut))
            return false;
    }
    return true;
}

/* MS-PCHC 2.2.1: the body of an HTTP POST. */
static inline bool pchc_check_request(const uint8_t *b, size_t len, struct pchc_violation *violation)
{
    static const struct pchc_field header[] = {
        {"MessageHeader.MinorVersion", 0, 1}, {"MessageHeader.MajorVersion", 1, 1},
        {"MessageHeader.Type", 2, 2}, {"MessageHeader.Padding", 4, 4},
    };
    static const struct pchc_field connection[] = {
        {"ConnectionInformation.Port", 8, 2}, {"ConnectionInformation.Padding", 10, 6},
    };
    static const struct pchc_field tag[] = {{"ContentTag", 16, 16}};
    const char *cut = "PCHC-2.2.1.1-Truncated";

    if (!pchc_has(violation, len, 0, "", header, 1, cut))
        return false;
    if (b[0] != 0)
        return pchc_breaks(violation, "PCHC-2.2.1.1-MinorVersion", 0, "MessageHeader.MinorVersion");
    if (!pchc_has(violation, len, 0, "", header, 2, cut))
        return false;
    if (b[1] != 1 && b[1] != 2)
        return pchc_breaks(violation, "PCHC-2.2.1.1-MajorVersion", 1, "MessageHeader.MajorVersion");
    if (!pchc_has(violation, len, 0, "", header, 3, cut))
        return false;
    uint16_t type = pchc_be16(b + 2);
    if (type < PCHC_INITIAL_OFFER || type > PCHC_BATCHED_OFFER)
        return pchc_breaks(violation, "PCHC-2.2.1.1-Type", 2, "MessageHeader.Type");
    if (b[1] != (type == PCHC_BATCHED_OFFER ? 2 : 1)) {
        static const char *const rules[] = {"PCHC-2.2.1.3-Version", "PCHC-2.2.1.4-Version", "PCHC-2.2.1.5-Version"};
        return pchc_breaks(violation, rules[type - 1], 2, "MessageHeader.Type");
    }
    if (!pchc_has(violation, len, 0, "", header, 4, cut) ||
        !pchc_has(violation, len, 0, "", connection, 2, "PCHC-2.2.1.2-Truncated"))
        return false;

    size_t body = len - PCHC_BODY;
    switch (type) {
    case PCHC_INITIAL_OFFER:
        if (body != 32 && body != 48 && body != 64)
            return pchc_breaks(violation, "PCHC-2.2.1.3-Hash", PCHC_BODY, "Hash");
        return true;
    case PCHC_SEGMENT_INFO:
        return pchc_has(violation, len, 0, "", tag, 1, "PCHC-2.2.1.4-Truncated") &&
               pccrc_check_v1(b, len, PCHC_BODY + PCHC_TAG, true, violation);
    }
    return pchc_check_batch(b, len, violation);
}

/* MS-PCHC 2.2.2: the body of an HTTP response. */
static inline bool pchc_check_response(const uint8_t *b, size_t len, struct pchc_violation *violation)
{
    if (len < 4)
        return pchc_breaks(violation, "PCHC-2.2.2.1-Truncated", 0, "TransportHeader.Size");
    if (pchc_be32(b) != 1)
        return pchc_breaks(violation, "PCHC-2.2.2.1-Size", 0, "TransportHeader.Size");
    if (len < 5)
        return pchc_breaks(violation, "PCHC-2.2.2.2-Truncated", 4, "ResponseCode");
    if (b[4] > 1)
        return pchc_breaks(violation, "PCHC-2.2.2.2-ResponseCode", 4, "ResponseCode");
    if (len > 5)
        return pchc_breaks(violation, "PCHC-2.2.2.2-Trailing", 5, "Trailing");
    return true;
}

/* Content Information is of version 2.0 if its second byte is 2. */
static inline bool pccrc_is_v2(const uint8_t *b, size_t len) { return len >= 2 && b[1] == 2; }

/* pchc_check reports whether b is a message of that kind, and if not why. */
static inline bool pchc_check(enum pchc_kind kind, const uint8_t *b, size_t len, struct pchc_violation *violation)
{
    violation->rule = NULL;
    switch (kind) {
    case PCHC_REQUEST:
        return pchc_check_request(b, len, violation);
    case PCHC_RESPONSE:
        return pchc_check_response(b, len, violation);
    case PCHC_CONTENT:
        break;
    }
    return pccrc_is_v2(b, len) ? pccrc_check_v2(b, len, violation) : pccrc_check_v1(b, len, 0, false, violation);
}

#endif
