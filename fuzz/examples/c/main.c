/*
 * main.c - answers the lines of pchc fuzz --exec: see ../README.md.
 *
 *     cc -std=c11 -O2 -o decoder main.c
 *     pchc fuzz --exec ./decoder
 *
 * The decoders are pchc.h, pccrr.h and pccrd.h. To try your own, keep this file and replace the calls
 * of pchc_check and what reads the fields.
 */
#include "pccrd.h"
#include "pccrr.h"
#include "pchc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void hex(const uint8_t *b, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    putchar('"');
    for (size_t i = 0; i < len; i++) {
        putchar(digits[b[i] >> 4]);
        putchar(digits[b[i] & 15]);
    }
    putchar('"');
}

/* A member of an object. All but the first have a comma before them. */
static void name(const char *s) { printf("\"%s\":", s); }
static void next(const char *s) { putchar(','); name(s); }
static void number(const char *s, uint64_t v) { name(s); printf("%" PRIu64, v); }
static void next_number(const char *s, uint64_t v) { putchar(','); number(s, v); }
static void next_hex(const char *s, const uint8_t *b, size_t len) { next(s); hex(b, len); }

static void content_v1(const uint8_t *b, size_t len)
{
    size_t hash = pccrc_hash_length(pchc_le32(b + 2)), pos = PCCRC_V1_HEADER;
    uint32_t segments = pchc_le32(b + 14);

    number("Version", pchc_le16(b));
    next_number("dwHashAlgo", pchc_le32(b + 2));
    next_number("dwOffsetInFirstSegment", pchc_le32(b + 6));
    next_number("dwReadBytesInLastSegment", pchc_le32(b + 10));
    next_number("cSegments", segments);

    next("segments");
    for (uint32_t i = 0; i < segments; i++) {
        fputs(i ? ",{" : "[{", stdout);
        number("ullOffsetInContent", pchc_le64(b + pos));
        next_number("cbSegment", pchc_le32(b + pos + 8));
        next_number("cbBlockSize", pchc_le32(b + pos + 12));
        next_hex("SegmentHashOfData", b + pos + 16, hash);
        next_hex("SegmentSecret", b + pos + 16 + hash, hash);
        putchar('}');
        pos += 16 + 2 * hash;
    }

    fputs("],\"blocks\":", stdout);
    for (uint32_t i = 0; i < segments; i++) {
        uint32_t blocks = pchc_le32(b + pos);
        fputs(i ? ",{" : "[{", stdout);
        number("cBlocks", blocks);
        next("BlockHashes");
        pos += 4;
        for (uint32_t k = 0; k < blocks; k++, pos += hash) {
            putchar(k ? ',' : '[');
            hex(b + pos, hash);
        }
        fputs("]}", stdout);
    }
    putchar(']');
    if (pos < len)
        next_hex("Padding", b + pos, len - pos);
}

static void content_v2(const uint8_t *b, size_t len)
{
    number("bMinorVersion", b[0]);
    next_number("bMajorVersion", b[1]);
    next_number("bHashAlgo", b[2]);
    next_number("ullStartInContent", pchc_be64(b + 3));
    next_number("ullIndexOfFirstSegment", pchc_be64(b + 11));
    next_number("dwOffsetInFirstSegment", pchc_be32(b + 19));
    next_number("ullLengthOfRange", pchc_be64(b + 23));

    next("chunks");
    size_t pos = PCCRC_V2_HEADER;
    while (pos < len) {
        uint32_t length = pchc_be32(b + pos + 1);
        fputs(pos == PCCRC_V2_HEADER ? "[{" : ",{", stdout);
        number("bChunkType", b[pos]);
        next_number("dwChunkDataLength", length);
        next("chunkData");
        pos += PCCRC_V2_CHUNK;
        for (size_t end = pos + length, first = pos; pos < end; pos += PCCRC_V2_SEGMENT) {
            fputs(pos == first ? "[{" : ",{", stdout);
            number("cbSegment", pchc_be32(b + pos));
            next_hex("SegmentHashOfData", b + pos + 4, 32);
            next_hex("SegmentSecret", b + pos + 36, 32);
            putchar('}');
        }
        fputs("]}", stdout);
    }
    putchar(']');
}

static void batch(const uint8_t *b, size_t len)
{
    next("SegmentDescriptor");
    for (size_t pos = PCHC_BODY; pos < len; pos += PCHC_DESCRIPTOR) {
        fputs(pos == PCHC_BODY ? "[{" : ",{", stdout);
        number("BlockSize", pchc_be32(b + pos));
        next_number("SegmentSize", pchc_be32(b + pos + 4));
        next_number("SizeOfContentTag", pchc_be16(b + pos + 8));
        next_hex("ContentTag", b + pos + 10, PCHC_TAG);
        next_number("HashAlgorithm", b[pos + 26]);
        next_hex("SegmentHoHoDk", b + pos + 27, 32);
        putchar('}');
    }
    putchar(']');
}

/* The fields of a valid request. */
static const char *request(const uint8_t *b, size_t len)
{
    fputs("\"MessageHeader\":{", stdout);
    number("MinorVersion", b[0]);
    next_number("MajorVersion", b[1]);
    next_number("Type", pchc_be16(b + 2));
    next_hex("Padding", b + 4, 4);
    fputs("},\"ConnectionInformation\":{", stdout);
    number("Port", pchc_be16(b + 8));
    next_hex("Padding", b + 10, 6);
    putchar('}');

    switch (pchc_be16(b + 2)) {
    case PCHC_INITIAL_OFFER:
        next_hex("Hash", b + PCHC_BODY, len - PCHC_BODY);
        return "INITIAL_OFFER_MESSAGE";
    case PCHC_SEGMENT_INFO:
        next_hex("ContentTag", b + PCHC_BODY, PCHC_TAG);
        fputs(",\"SegmentInformation\":{", stdout);
        content_v1(b + PCHC_BODY + PCHC_TAG, len - PCHC_BODY - PCHC_TAG);
        putchar('}');
        return "SEGMENT_INFO_MESSAGE";
    }
    batch(b, len);
    return "BATCHED_OFFER_MESSAGE";
}

/* Whether the last thing printed was a field or a part: a comma is due before the next. */
static bool comma;

static void part(const char *s)
{
    if (comma)
        putchar(',');
    if (*s)
        name(s);
    comma = true;
}

static void visit_number(const char *s, uint32_t v) { part(s); printf("%" PRIu32, v); }
static void visit_bytes(const char *s, const uint8_t *b, size_t len) { part(s); hex(b, len); }
static void visit_open(const char *s, char bracket) { part(s); putchar(bracket); comma = false; }
static void visit_close(char bracket) { putchar(bracket); comma = true; }

/* retrieval prints the answer to a message of MS-PCCRR. */
static void retrieval(bool response, const uint8_t *b, size_t len)
{
    static const struct pccrr_visitor print = {visit_number, visit_bytes, visit_open, visit_close};
    struct pccrr_walk w = {.b = b, .len = len};
    const char *message = "";

    if (!pccrr_walk(&w, response, &message)) {
        printf("{\"valid\":false,\"violations\":[{\"rule\":\"%s\",\"class\":\"format\",\"offset\":%zu}]}\n", w.violation.rule, w.violation.offset);
        return;
    }
    w.visitor = &print;
    comma = false;
    fputs("{\"valid\":true,\"fields\":{", stdout);
    pccrr_walk(&w, response, &message);
    printf("},\"message\":\"%s\"}\n", message);
}

/* The bytes of a text in a string of JSON. */
static void character(int c)
{
    if (c == '"' || c == '\\')
        putchar('\\');
    if (c < ' ')
        printf("\\u%04x", (unsigned)c);
    else
        putchar(c);
}

/* A text without the blanks around it. */
static void string(const char *s, struct xml_text t)
{
    size_t n = 0, len = 0; /* up to the last one that is no blank */
    int c;

    for (struct xml_text u = t; (c = xml_byte(&u)) >= 0;)
        if (n++, !xml_blank(c))
            len = n;
    part(s);
    putchar('"');
    bool begun = false;
    for (size_t i = 0; i < len && (c = xml_byte(&t)) >= 0; i++) {
        begun = begun || !xml_blank(c);
        if (begun)
            character(c);
    }
    putchar('"');
}

/* A number of 32 bits; what is none is left out. */
static void decimal(const char *s, struct xml_text t)
{
    uint64_t v = 0;
    int c;

    pccrd_word(&t, &c);
    bool right = c >= '0' && c <= '9';
    for (; c >= '0' && c <= '9'; c = xml_byte(&t))
        if ((v = v * 10 + (uint64_t)(c - '0')) > UINT32_MAX)
            v = UINT32_MAX, right = false;
    if (right && (c < 0 || (xml_blank(c) && !pccrd_word(&t, &c))))
        visit_number(s, (uint32_t)v);
}

static void words(const char *s, struct xml_text t)
{
    int c;

    visit_open(s, '[');
    while (pccrd_word(&t, &c)) {
        part("");
        putchar('"');
        for (; c >= 0 && !xml_blank(c); c = xml_byte(&t))
            character(c);
        putchar('"');
    }
    visit_close(']');
}

static void element(const struct pccrd_row *row, const struct xml *x)
{
    bool match = row == &pccrd_rows[PCCRD_MATCH];

    if ((row->form == PCCRD_STRUCTURE || row->form == PCCRD_SEQUENCE) && row != &pccrd_rows[PCCRD_ENVELOPE])
        visit_open(match ? "" : row->name, '{');
    if (row == &pccrd_rows[PCCRD_MATCHES])
        visit_open("ProbeMatch", '[');
    for (size_t i = 0; i < x->attribute_count; i++) {
        const struct xml_attribute *a = &x->attributes[i];
        static const char *const names[] = {"MatchBy", "InstanceId", "MessageNumber"};
        for (int k = 0; k < 3 && a->prefix.len == 0; k++) {
            if (row->form != (k ? PCCRD_SEQUENCE : PCCRD_LIST) || (k == 0 && strcmp(row->name, "Scopes") != 0))
                continue;
            if (a->local.len == strlen(names[k]) && memcmp(a->local.p, names[k], a->local.len) == 0)
                (k ? decimal : string)(names[k], xml_value(a->value));
        }
    }
}

static void element_end(const struct pccrd_row *row, struct xml_text text)
{
    if (row == &pccrd_rows[PCCRD_MATCHES])
        visit_close(']');
    if (row->form == PCCRD_TEXT)
        string(row->name, text);
    else if (row->form == PCCRD_NUMBER)
        decimal(row->name, text);
    else if (row->form == PCCRD_LIST)
        words(row->name, text);
    else if (row != &pccrd_rows[PCCRD_ENVELOPE])
        visit_close('}');
}

/* discovery prints the answer to a message of MS-PCCRD. */
static void discovery(const uint8_t *b, size_t len)
{
    static const struct pccrd_visitor print = {element, element_end};
    struct pchc_violation violation;
    const char *message;

    if (!pccrd_walk(b, len, NULL, &message, &violation)) {
        printf("{\"valid\":false,\"violations\":[{\"rule\":\"%s\",\"class\":\"format\",\"offset\":%zu}]}\n", violation.rule, violation.offset);
        return;
    }
    comma = false;
    fputs("{\"valid\":true,\"fields\":{", stdout);
    pccrd_walk(b, len, &print, &message, &violation);
    printf("},\"message\":\"%s\"}\n", message);
}

/* answer prints the answer to one message. */
static void answer(enum pchc_kind kind, const uint8_t *b, size_t len)
{
    struct pchc_violation violation;
    const char *message = "RESPONSE_MESSAGE";

    if (!pchc_check(kind, b, len, &violation)) {
        printf("{\"valid\":false,\"violations\":[{\"rule\":\"%s\",\"class\":\"format\",\"offset\":%zu,\"field\":\"%s\"}]}\n",
               violation.rule, violation.offset, violation.field);
        return;
    }
    fputs("{\"valid\":true,\"fields\":{", stdout);
    if (kind == PCHC_REQUEST) {
        message = request(b, len);
    } else if (kind == PCHC_RESPONSE) {
        fputs("\"TransportHeader\":{", stdout);
        number("Size", pchc_be32(b));
        putchar('}');
        next_number("ResponseCode", b[4]);
    } else if (pccrc_is_v2(b, len)) {
        content_v2(b, len);
        message = "CONTENT_INFORMATION_V2";
    } else {
        content_v1(b, len);
        message = "CONTENT_INFORMATION_V1";
    }
    printf("},\"message\":\"%s\"}\n", message);
}

/* read_line returns the length of the next line without its end, -1 if there is none. */
static long read_line(char **line, size_t *room)
{
    size_t len = 0;
    for (int c; (c = getchar()) != EOF;) {
        if (c == '\n')
            return (long)len;
        if (len == *room) {
            *room = *room ? 2 * *room : 1 << 16;
            *line = realloc(*line, *room);
            if (*line == NULL)
                abort();
        }
        (*line)[len++] = (char)c;
    }
    return -1;
}

static int digit(char c)
{
    const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

int main(void)
{
    static const char *const kinds[] = {"request ", "response ", "content ", "retrieval-request ", "retrieval-response ", "discovery "};
    char *line = NULL;
    size_t room = 0;
    long n;

    while ((n = read_line(&line, &room)) >= 0) {
        size_t len = (size_t)n, skip = 0;
        int kind = -1;
        for (int k = 0; k < 6; k++) {
            if (len >= strlen(kinds[k]) && memcmp(line, kinds[k], strlen(kinds[k])) == 0) {
                kind = k;
                skip = strlen(kinds[k]);
            }
        }
        if (kind < 0 || (len - skip) % 2 != 0) {
            fprintf(stderr, "not a line of pchc fuzz\n");
            return 1;
        }
        /* As long as the message and no longer: a sanitizer sees every read behind it. */
        size_t size = (len - skip) / 2;
        uint8_t *b = malloc(size ? size : 1);
        if (b == NULL)
            abort();
        for (size_t i = 0; i < size; i++) {
            int high = digit(line[skip + 2 * i]), low = digit(line[skip + 2 * i + 1]);
            if (high < 0 || low < 0) {
                fprintf(stderr, "not a hex digit\n");
                return 1;
            }
            b[i] = (uint8_t)(high << 4 | low);
        }
        if (kind < 3)
            answer((enum pchc_kind)kind, b, size);
        else if (kind < 5)
            retrieval(kind == 4, b, size);
        else
            discovery(b, size);
        fflush(stdout); /* or the answer stays here until there are more */
        free(b);
    }
    free(line);
    return 0;
}
