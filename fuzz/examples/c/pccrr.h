/*
 * pccrr.h - a strict decoder of the messages of MS-PCCRR, C11, no libraries.
 *
 * Most fields begin where the one before them ends, so pccrr_walk visits them in order,
 * and stops at the first format rule that is violated. Walk once without a visitor to
 * check a message, then with one to read it. Nothing is copied or allocated.
 */
#ifndef PCCRR_H
#define PCCRR_H

#include "pchc.h"

/* What to do with each field. A structure or list is opened by its bracket. The name is
 * "" for an element of a list. */
struct pccrr_visitor {
    void (*number)(const char *name, uint32_t v);
    void (*bytes)(const char *name, const uint8_t *b, size_t len);
    void (*open)(const char *name, char bracket);
    void (*close)(char bracket);
};

struct pccrr_walk {
    const uint8_t *b;
    size_t len, pos;
    const struct pccrr_visitor *visitor; /* NULL: only check */
    struct pchc_violation violation;     /* its rule is a view of this structure */
    const char *section;                 /* "PCCRR-2.2.4.2-" */
    char rule[64];
};

static const char *const pccrr_messages[] = {"MSG_NEGO_REQ", "MSG_NEGO_RESP", "MSG_GETBLKLIST", "MSG_GETBLKS",
                                             "MSG_BLKLIST", "MSG_BLK", "MSG_GETSEGLIST", "MSG_SEGLIST"};

/* pccrr_breaks records a violation of a rule of the section, or of prefix if that is not NULL. */
static inline bool pccrr_breaks(struct pccrr_walk *w, const char *prefix, const char *name, size_t offset)
{
    snprintf(w->rule, sizeof w->rule, "%s%s", prefix ? prefix : w->section, name);
    return pchc_breaks(&w->violation, w->rule, offset, "");
}

static inline size_t pccrr_left(const struct pccrr_walk *w) { return w->len - w->pos; }

static inline void pccrr_open(struct pccrr_walk *w, const char *name, char bracket)
{
    if (w->visitor)
        w->visitor->open(name, bracket);
}

static inline void pccrr_close(struct pccrr_walk *w, char bracket)
{
    if (w->visitor)
        w->visitor->close(bracket);
}

/* A number of 4 bytes; cut is the rule that is violated where they are not there. */
static inline bool pccrr_number(struct pccrr_walk *w, const char *name, const char *cut, uint32_t *v)
{
    if (pccrr_left(w) < 4)
        return pccrr_breaks(w, NULL, cut, w->pos);
    *v = pchc_be32(w->b + w->pos);
    w->pos += 4;
    if (w->visitor)
        w->visitor->number(name, *v);
    return true;
}

static inline bool pccrr_bytes(struct pccrr_walk *w, const char *prefix, const char *name, const char *cut, size_t n)
{
    if (pccrr_left(w) < n)
        return pccrr_breaks(w, prefix, cut, w->pos);
    if (w->visitor)
        w->visitor->bytes(name, w->b + w->pos, n);
    w->pos += n;
    return true;
}

/* A version, the minor number first. */
static inline bool pccrr_version(struct pccrr_walk *w, const char *name)
{
    if (pccrr_left(w) < 4)
        return pccrr_breaks(w, NULL, "Truncated", w->pos);
    if (w->visitor) {
        w->visitor->open(name, '{');
        w->visitor->number("MinorVersion", pchc_be16(w->b + w->pos));
        w->visitor->number("MajorVersion", pchc_be16(w->b + w->pos + 2));
        w->visitor->close('}');
    }
    w->pos += 4;
    return true;
}

/* A byte string after its size, of which the name is size_name without "SizeOf". */
static inline bool pccrr_text(struct pccrr_walk *w, const char *size_name, uint32_t *n)
{
    if (!pccrr_number(w, size_name, "Truncated", n))
        return false;
    if (*n > pccrr_left(w))
        return pccrr_breaks(w, NULL, size_name, w->pos - 4);
    return pccrr_bytes(w, NULL, size_name + 6, "", *n);
}

/* Padding up to a multiple of 4 after a byte string that another field follows. */
static inline bool pccrr_padding(struct pccrr_walk *w, const char *name, uint32_t n)
{
    size_t pad = (0u - n) & 3;
    return pad == 0 || pccrr_bytes(w, "PCCRR-", name, "2.2-Alignment", pad);
}

static inline bool pccrr_padded(struct pccrr_walk *w, const char *size_name, const char *padding)
{
    uint32_t n;
    return pccrr_text(w, size_name, &n) && pccrr_padding(w, padding, n);
}

static inline bool pccrr_ranges(struct pccrr_walk *w, const char *count, const char *name)
{
    uint32_t n, v;
    if (!pccrr_number(w, count, "Truncated", &n))
        return false;
    if (n > pccrr_left(w) / 8)
        return pccrr_breaks(w, NULL, count, w->pos - 4);
    pccrr_open(w, name, '[');
    for (; n > 0; n--) {
        pccrr_open(w, "", '{');
        pccrr_number(w, "Index", "", &v);
        pccrr_number(w, "Count", "", &v);
        pccrr_close(w, '}');
    }
    pccrr_close(w, ']');
    return true;
}

/* An extensible blob, whose content is no format rule's matter. */
static inline bool pccrr_blob(struct pccrr_walk *w)
{
    uint32_t n;
    if (!pccrr_number(w, "SizeOfExtensibleBlob", "Blob", &n))
        return false;
    if (n > pccrr_left(w))
        return pccrr_breaks(w, NULL, "Blob", w->pos - 4);
    return pccrr_bytes(w, NULL, "ExtensibleBlob", "", n);
}

/* MS-PCCRR 2.2.5.3: a block, or none. */
static inline bool pccrr_blk(struct pccrr_walk *w, uint32_t crypto)
{
    uint32_t v, block, iv;
    if (!pccrr_padded(w, "SizeOfSegmentId", "ZeroPad") || !pccrr_number(w, "BlockIndex", "Truncated", &v) ||
        !pccrr_number(w, "NextBlockIndex", "Truncated", &v))
        return false;
    size_t at = w->pos;
    if (!pccrr_text(w, "SizeOfBlock", &block))
        return false;
    if (crypto != 0 && block % 16 != 0)
        return pccrr_breaks(w, NULL, "Block", at);
    if (!pccrr_padding(w, "ZeroPad_2", block) || !pccrr_padded(w, "SizeOfVrfBlock", "ZeroPad_3"))
        return false;
    at = w->pos;
    if (!pccrr_text(w, "SizeOfIVBlock", &iv))
        return false;
    return crypto == 0 || block == 0 || iv == 16 || pccrr_breaks(w, NULL, "IVBlock", at);
}

static inline bool pccrr_segment_ids(struct pccrr_walk *w)
{
    uint32_t n;
    if (!pccrr_bytes(w, NULL, "RequestID", "Truncated", 16) || !pccrr_number(w, "CountOfSegmentIDs", "Truncated", &n))
        return false;
    if (n == 0 || n > pccrr_left(w) / 4)
        return pccrr_breaks(w, NULL, "CountOfSegmentIDs", w->pos - 4);
    pccrr_open(w, "SegmentIDs", '[');
    for (; n > 0; n--) {
        pccrr_open(w, "", '{');
        if (!pccrr_padded(w, "SizeOfSegmentID", "ZeroPad"))
            return false;
        pccrr_close(w, '}');
    }
    pccrr_close(w, ']');
    return pccrr_blob(w);
}

static inline bool pccrr_body(struct pccrr_walk *w, uint32_t type, uint32_t crypto)
{
    static const char *const sections[] = {"PCCRR-2.2.4.1-", "PCCRR-2.2.5.1-", "PCCRR-2.2.4.2-", "PCCRR-2.2.4.3-",
                                           "PCCRR-2.2.5.2-", "PCCRR-2.2.5.3-", "PCCRR-2.2.4.4-", "PCCRR-2.2.5.4-"};
    uint32_t v;
    w->section = sections[type];
    switch (type) {
    case 2:
        return pccrr_padded(w, "SizeOfSegmentID", "ZeroPad") && pccrr_ranges(w, "NeededBlocksRangeCount", "NeededBlockRanges");
    case 3:
        return pccrr_padded(w, "SizeOfSegmentID", "ZeroPad") && pccrr_ranges(w, "ReqBlockRangeCount", "ReqBlockRanges") &&
               pccrr_text(w, "SizeOfDataForVrfBlock", &v);
    case 4:
        return pccrr_padded(w, "SizeOfSegmentId", "ZeroPad") && pccrr_ranges(w, "BlockRangeCount", "BlockRanges") &&
               pccrr_number(w, "NextBlockIndex", "NextBlockIndex", &v);
    case 5:
        return pccrr_blk(w, crypto);
    case 6:
        return pccrr_segment_ids(w);
    case 7:
        return pccrr_bytes(w, NULL, "RequestID", "Truncated", 16) && pccrr_ranges(w, "SegmentRangeCount", "SegmentRanges") &&
               pccrr_blob(w);
    }
    return pccrr_version(w, "MinSupportedProtocolVersion") && pccrr_version(w, "MaxSupportedProtocolVersion");
}

/* pccrr_walk visits the fields of a message, and sets *name. It returns false where a
 * format rule is violated: w->violation says which. */
static inline bool pccrr_walk(struct pccrr_walk *w, bool response, const char **name)
{
    uint32_t size, type, crypto;
    w->pos = 0;
    if (response) {
        w->section = "PCCRR-2.2.2-";
        pccrr_open(w, "TRANSPORT_RESPONSE_HEADER", '{');
        if (!pccrr_number(w, "Size", "Truncated", &size))
            return false;
        if (size != pccrr_left(w) || size > 393216)
            return pccrr_breaks(w, NULL, "Size", 0);
        pccrr_close(w, '}');
    }
    size_t start = w->pos;
    w->section = "PCCRR-2.2.3-";
    pccrr_open(w, "MESSAGE_HEADER", '{');
    if (!pccrr_version(w, "ProtVer") || !pccrr_number(w, "MsgType", "Truncated", &type))
        return false;
    if (type > 7)
        return pccrr_breaks(w, NULL, "MsgType", start + 4);
    if ((type == 1 || type == 4 || type == 5 || type == 7) != response)
        return pccrr_breaks(w, "PCCRR-2.1.1-", "Direction", start + 4);
    if (!pccrr_number(w, "MsgSize", "Truncated", &size))
        return false;
    if (size != w->len - start)
        return pccrr_breaks(w, NULL, "MsgSize", start + 8);
    if (!response && size > 98304)
        return pccrr_breaks(w, NULL, "MsgSizeLimit", start + 8);
    if (!pccrr_number(w, "CryptoAlgoId", "Truncated", &crypto))
        return false;
    if (crypto > 3)
        return pccrr_breaks(w, NULL, "CryptoAlgoId", start + 12);
    pccrr_close(w, '}');
    *name = pccrr_messages[type];
    pccrr_open(w, "MESSAGE_BODY", '{');
    if (!pccrr_body(w, type, crypto))
        return false;
    pccrr_close(w, '}');
    return pccrr_left(w) == 0 || pccrr_breaks(w, "PCCRR-2.1.1-", "OneMessage", w->pos);
}

#endif
