/*
 * pccrd.h - a strict decoder of the messages of MS-PCCRD (Probe and ProbeMatches), C11, no
 * libraries but xml.h.
 *
 * pccrd_check finds the first format rule that any bytes violate. If there is none,
 * pccrd_walk visits the elements in order. Nothing is copied or allocated.
 */
#ifndef PCCRD_H
#define PCCRD_H

#include "pchc.h"
#include "xml.h"

enum pccrd_namespace { PCCRD_SOAP, PCCRD_WSA, PCCRD_WSD, PCCRD_PEERDIST };

static const char *const pccrd_uris[] = {
    "http://www.w3.org/2003/05/soap-envelope",
    "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    "http://schemas.xmlsoap.org/ws/2005/04/discovery",
    "http://schemas.microsoft.com/p2p/2007/09/PeerDistributionDiscovery",
};

enum pccrd_form { PCCRD_STRUCTURE, PCCRD_TEXT, PCCRD_NUMBER, PCCRD_LIST, PCCRD_SEQUENCE };

/* Rows of the table below. */
enum {
    PCCRD_DOCUMENT = -1, PCCRD_ENVELOPE = 0, PCCRD_HEADER = 1, PCCRD_BODY = 2, PCCRD_PROBE = 8, PCCRD_MATCHES = 11, PCCRD_MATCH = 12, PCCRD_REFERENCE = 13,
    PCCRD_DATA = 18, PCCRD_ROWS = 22, PCCRD_OTHER = PCCRD_ROWS /* not of the protocol */
};

struct pccrd_row {
    const char *name;
    int in;
    enum pccrd_namespace uri;
    enum pccrd_form form;
};

static const struct pccrd_row pccrd_rows[PCCRD_ROWS] = {
    {"Envelope", PCCRD_DOCUMENT, PCCRD_SOAP, PCCRD_STRUCTURE},
    {"Header", PCCRD_ENVELOPE, PCCRD_SOAP, PCCRD_STRUCTURE},
    {"Body", PCCRD_ENVELOPE, PCCRD_SOAP, PCCRD_STRUCTURE},
    {"To", PCCRD_HEADER, PCCRD_WSA, PCCRD_TEXT},
    {"Action", PCCRD_HEADER, PCCRD_WSA, PCCRD_TEXT},
    {"MessageID", PCCRD_HEADER, PCCRD_WSA, PCCRD_TEXT},
    {"RelatesTo", PCCRD_HEADER, PCCRD_WSA, PCCRD_TEXT},
    {"AppSequence", PCCRD_HEADER, PCCRD_WSD, PCCRD_SEQUENCE},
    {"Probe", PCCRD_BODY, PCCRD_WSD, PCCRD_STRUCTURE},
    {"Types", PCCRD_PROBE, PCCRD_WSD, PCCRD_TEXT},
    {"Scopes", PCCRD_PROBE, PCCRD_WSD, PCCRD_LIST},
    {"ProbeMatches", PCCRD_BODY, PCCRD_WSD, PCCRD_STRUCTURE},
    {"ProbeMatch", PCCRD_MATCHES, PCCRD_WSD, PCCRD_STRUCTURE},
    {"EndpointReference", PCCRD_MATCH, PCCRD_WSA, PCCRD_STRUCTURE},
    {"Types", PCCRD_MATCH, PCCRD_WSD, PCCRD_TEXT},
    {"Scopes", PCCRD_MATCH, PCCRD_WSD, PCCRD_LIST},
    {"XAddrs", PCCRD_MATCH, PCCRD_WSD, PCCRD_LIST},
    {"MetadataVersion", PCCRD_MATCH, PCCRD_WSD, PCCRD_NUMBER},
    {"PeerDistData", PCCRD_MATCH, PCCRD_PEERDIST, PCCRD_STRUCTURE},
    {"Address", PCCRD_REFERENCE, PCCRD_WSA, PCCRD_TEXT},
    {"BlockCount", PCCRD_DATA, PCCRD_PEERDIST, PCCRD_TEXT},
    {"SegmentAges", PCCRD_DATA, PCCRD_PEERDIST, PCCRD_TEXT},
};

/* What to do with each element of the protocol: at its start tag with its attributes, at its
 * end tag with its text. */
struct pccrd_visitor {
    void (*start)(const struct pccrd_row *row, const struct xml *x);
    void (*end)(const struct pccrd_row *row, struct xml_text text);
};

/* An element with a value, in the Probe or ProbeMatch at hand. */
struct pccrd_value {
    bool there;
    size_t offset;
    struct xml_text text;
};

struct pccrd_part {
    struct pccrd_value types, scopes, count, ages;
    int version; /* as Types says: 1 or 2, 0 if it is wrong */
};

static inline int pccrd_row_of(const struct xml *x, int in)
{
    const struct xml_element *e = &x->open[x->depth - 1];
    struct xml_slice uri = xml_namespace(x, e->prefix);
    for (int i = 0; i < PCCRD_ROWS; i++) {
        const struct pccrd_row *row = &pccrd_rows[i];
        if (row->in == in && e->local.len == strlen(row->name) && memcmp(e->local.p, row->name, e->local.len) == 0)
            return xml_is(xml_value(uri), pccrd_uris[row->uri]) ? i : PCCRD_OTHER;
    }
    return PCCRD_OTHER;
}

/* Takes s from a text, if it begins so. */
static inline bool pccrd_takes(struct xml_text *t, const uint8_t *s, size_t len)
{
    struct xml_text u = *t;
    for (size_t i = 0; i < len; i++)
        if (xml_byte(&u) != s[i])
            return false;
    *t = u;
    return true;
}

/* The next word of a text, false if there is none: its first byte is c, and t is behind that. */
static inline bool pccrd_word(struct xml_text *t, int *c)
{
    while (xml_blank(*c = xml_byte(t)))
        ;
    return *c >= 0;
}

/* The version that Types says, 1 or 2; 0 if it is wrong. x is at its end tag. */
static inline int pccrd_version(const struct xml *x, struct xml_text text)
{
    static const uint8_t name[] = "PeerDistData", v2[] = "V2", colon[] = ":";
    struct xml_text t = text;
    int c;
    do {
        text = t; /* from the first byte that is no blank */
    } while (xml_blank(c = xml_byte(&t)));
    bool prefixed = false;
    for (t = text; (c = xml_byte(&t)) >= 0;)
        prefixed = prefixed || c == ':';
    for (size_t i = x->binding_count; i > 0; i--) {
        const struct xml_attribute *b = &x->bindings[i - 1];
        t = text;
        if (prefixed != (b->prefix.len > 0) || !pccrd_takes(&t, b->prefix.p, b->prefix.len) || (prefixed && !pccrd_takes(&t, colon, 1)))
            continue;
        if (!xml_is(xml_value(b->value), pccrd_uris[PCCRD_PEERDIST]) || !pccrd_takes(&t, name, sizeof name - 1))
            return 0;
        int version = pccrd_takes(&t, v2, 2) ? 2 : 1;
        return pccrd_word(&t, &c) ? 0 : version;
    }
    return 0;
}

static inline bool pccrd_is_hex(int c) { return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f'); }

/* How many words of hexadecimal bytes there are, 0 if something else is. */
static inline size_t pccrd_hexadecimal(const struct pccrd_value *v)
{
    struct xml_text t = v->text;
    size_t n = 0;
    int c;
    while (v->there && pccrd_word(&t, &c)) {
        size_t digits = 0;
        for (; c >= 0 && !xml_blank(c); c = xml_byte(&t), digits++)
            if (!pccrd_is_hex(c))
                return 0;
        if (digits % 2)
            return 0;
        n++;
    }
    return n;
}

/* Whether BlockCount has 8 digits for each of n segments; any number of them if n is 0. */
static inline bool pccrd_counts(const struct pccrd_value *v, size_t n)
{
    struct xml_text t = v->text;
    size_t digits = 0;
    int c;
    if (!v->there)
        return false;
    for (pccrd_word(&t, &c); pccrd_is_hex(c); c = xml_byte(&t))
        digits++;
    if (c >= 0 && (!xml_blank(c) || pccrd_word(&t, &c)))
        return false;
    return n ? digits == 8 * n : digits % 8 == 0;
}

/* Base64 with blanks in it: adds its length in bytes to *len, and says the first three if that was 0; false if it is none. */
static inline bool pccrd_base64(const struct pccrd_value *v, size_t *len, uint8_t head[3])
{
    struct xml_text t = v->text;
    uint32_t bits = 0;
    size_t digits = 0, pads = 0;
    int c;
    while (pccrd_word(&t, &c)) {
        uint32_t d = c >= 'A' && c <= 'Z' ? (uint32_t)(c - 'A') : c >= 'a' && c <= 'z' ? (uint32_t)(c - 'a' + 26)
                   : c >= '0' && c <= '9' ? (uint32_t)(c - '0' + 52) : c == '+' ? 62 : c == '/' ? 63 : 64;
        if (c == '=' && digits % 4 >= 2)
            pads++;
        else if (d == 64 || pads)
            return false;
        bits = bits << 6 | (d & 63);
        if (++digits % 4 == 0) {
            for (size_t i = 0; i < 3 - pads; i++, ++*len)
                if (*len < 3)
                    head[*len] = (uint8_t)(bits >> (16 - 8 * i));
            if ((bits & ((1u << (8 * pads)) - 1)) != 0) /* behind the last byte */
                return false;
        }
    }
    return digits % 4 == 0;
}

/* A violation at a value, or where the part ends if it is not there; the first one stays. */
static inline void pccrd_breaks(struct pchc_violation *violation, const char *rule, const struct pccrd_value *v, size_t closing)
{
    size_t offset = v->there ? v->offset : closing;
    if (violation->rule == NULL || offset < violation->offset)
        pchc_breaks(violation, rule, offset, "");
}

/* Checks a Probe or a ProbeMatch. */
static inline void pccrd_check_part(bool probe, const struct pccrd_part *p, size_t closing, struct pchc_violation *violation)
{
    size_t len = 0;
    uint8_t head[3];

    if (p->version == 0) {
        pccrd_breaks(violation, "PCCRD-2.2.3.1-Types", &p->types, closing);
    } else if (p->version == 1) {
        size_t n = pccrd_hexadecimal(&p->scopes);
        if (n == 0)
            pccrd_breaks(violation, "PCCRD-2.2.3.3-Scopes", &p->scopes, closing);
        if (!probe && !pccrd_counts(&p->count, n))
            pccrd_breaks(violation, "PCCRD-2.2.3.9-BlockCount", &p->count, closing);
    } else {
        bool right = pccrd_base64(&p->scopes, &len, head) && len > (probe ? 3 : 0);
        if (!right || (probe && len != 3 + (size_t)pchc_be16(head) * head[2]))
            pccrd_breaks(violation, "PCCRD-2.2.3.3-ScopesV2", &p->scopes, closing);
        if (p->ages.there && !pccrd_base64(&p->ages, &len, head))
            pccrd_breaks(violation, "PCCRD-2.2.3.9-SegmentAges", &p->ages, closing);
    }
}

/* Where the element of a row is kept, NULL if nobody looks at it. */
static inline struct pccrd_value *pccrd_value_of(struct pccrd_part *p, const struct pccrd_row *row)
{
    struct pccrd_value *values[] = {&p->types, &p->scopes, &p->count, &p->ages};
    static const char *const names[] = {"Types", "Scopes", "BlockCount", "SegmentAges"};
    for (int i = 0; i < 4; i++)
        if (strcmp(row->name, names[i]) == 0)
            return values[i];
    return NULL;
}

/*
 * pccrd_walk visits the elements of a message, if there is a visitor, and checks them.
 * Whether the values are right is known only if all elements are there and none is twice.
 */
static inline bool pccrd_walk(const uint8_t *b, size_t len, const struct pccrd_visitor *visitor, const char **message, struct pchc_violation *violation)
{
    static const char envelope[] = "PCCRD-2.2.1-Envelope";
    struct pchc_violation value = {.rule = NULL};
    struct xml x;
    struct pccrd_part part = {.version = 0};
    int rows[XML_MAX_DEPTH + 1] = {PCCRD_DOCUMENT};
    size_t contents[XML_MAX_DEPTH + 1];      /* where those of an element begin */
    uint32_t seen[XML_MAX_DEPTH + 1] = {0};  /* rows in an element, a bit for each */
    enum xml_token token = XML_BAD;

    *message = NULL;
    violation->rule = NULL;
    if (xml_init(&x, b, len))
        while ((token = xml_next(&x)) == XML_START || token == XML_END) {
            size_t d = x.depth;
            if (token == XML_START) {
                int in = rows[d - 1], row = in == PCCRD_OTHER ? PCCRD_OTHER : pccrd_row_of(&x, in);
                bool leaf = in >= 0 && in < PCCRD_ROWS && pccrd_rows[in].form != PCCRD_STRUCTURE;
                bool twice = row < PCCRD_ROWS && row != PCCRD_MATCH && (in == PCCRD_BODY ? *message != NULL : (seen[d - 1] >> row & 1) != 0);
                if ((row == PCCRD_OTHER && (leaf || in == PCCRD_BODY || in == PCCRD_DOCUMENT)) || twice)
                    if (violation->rule == NULL)
                        pchc_breaks(violation, envelope, x.offset, "");
                rows[d] = row;
                contents[d] = x.at;
                seen[d] = 0;
                if (row == PCCRD_OTHER)
                    continue;
                const struct pccrd_row *r = &pccrd_rows[row];
                seen[d - 1] |= (uint32_t)1 << row;
                if (in == PCCRD_BODY && *message == NULL)
                    *message = r->name;
                struct pccrd_value *v = pccrd_value_of(&part, r);
                if (row == PCCRD_PROBE || row == PCCRD_MATCH)
                    part = (struct pccrd_part){.version = 0};
                else if (v)
                    *v = (struct pccrd_value){.there = true, .offset = x.offset};
                if (visitor)
                    visitor->start(r, &x);
            } else if (rows[d] != PCCRD_OTHER) {
                const struct pccrd_row *r = &pccrd_rows[rows[d]];
                struct xml_text text = {.p = b + contents[d], .end = b + x.offset};
                struct pccrd_value *v = pccrd_value_of(&part, r);
                if (rows[d] == PCCRD_MATCHES && seen[d] == 0 && violation->rule == NULL)
                    pchc_breaks(violation, envelope, x.offset, "");
                if (v)
                    v->text = text;
                if (v == &part.types)
                    part.version = pccrd_version(&x, text);
                if (rows[d] == PCCRD_PROBE || rows[d] == PCCRD_MATCH)
                    pccrd_check_part(rows[d] == PCCRD_PROBE, &part, x.offset, &value);
                if (visitor)
                    visitor->end(r, text);
            }
        }
    if (token != XML_DONE)
        return pchc_breaks(violation, "PCCRD-2.1-XML", x.at, "XML");
    if (violation->rule == NULL && *message == NULL)
        pchc_breaks(violation, envelope, len, "");
    if (violation->rule == NULL)
        *violation = value;
    return violation->rule == NULL;
}

#endif
