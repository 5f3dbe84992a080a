/*
 * xmltext.h - characters, references and texts of XML 1.0 in UTF-8, C11, no libraries.
 *
 * A text is a view of a document. xml_byte reads it, with references resolved, ends of
 * lines as one character, and without comments. Nothing is copied or allocated.
 */
#ifndef XMLTEXT_H
#define XMLTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A part of the document. */
struct xml_slice {
    const uint8_t *p;
    size_t len;
};

/* A text to be read: that of an element, or the value of an attribute. */
struct xml_text {
    const uint8_t *p, *end;
    bool attribute, section; /* section: in CDATA */
    uint8_t resolved[4];     /* of a reference */
    int count, read;
};

static inline bool xml_blank(int c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

static inline bool xml_begins(const uint8_t *p, const uint8_t *end, const char *s)
{
    size_t n = strlen(s);
    return (size_t)(end - p) >= n && memcmp(p, s, n) == 0;
}

/* Where s is, or NULL. */
static inline const uint8_t *xml_find(const uint8_t *p, const uint8_t *end, const char *s)
{
    for (; p < end; p++)
        if (xml_begins(p, end, s))
            return p;
    return NULL;
}

/* Behind s, or the end. */
static inline const uint8_t *xml_behind(const uint8_t *p, const uint8_t *end, const char *s)
{
    p = xml_find(p, end, s);
    return p ? p + strlen(s) : end;
}

static inline bool xml_is_character(uint32_t c)
{
    return c >= ' ' ? c < 0xD800 || (c > 0xDFFF && c < 0xFFFE) || (c > 0xFFFF && c <= 0x10FFFF) : xml_blank((int)c);
}

/* The length of a character in UTF-8, 0 if there is none. */
static inline size_t xml_character(const uint8_t *p, const uint8_t *end, uint32_t *c)
{
    static const uint32_t least[] = {0, 0, 0, 0x800, 0x10000};
    if (p == end)
        return 0;
    size_t n = *p < 0x80 ? 1 : *p < 0xC2 ? 0 : *p < 0xE0 ? 2 : *p < 0xF0 ? 3 : 4; /* 0xC0 and 0xC1 would be too long */
    if (n == 0 || (size_t)(end - p) < n)
        return 0;
    *c = *p & (0xFFu >> n); /* of 0xF8 and more that is no character */
    for (size_t i = 1; i < n; i++) {
        if (p[i] >> 6 != 2)
            return 0;
        *c = *c << 6 | (p[i] & 0x3F);
    }
    return *c >= least[n] && xml_is_character(*c) ? n : 0;
}

/* The length of a reference such as &lt; or &#65;, 0 if it is none. */
static inline size_t xml_reference(const uint8_t *p, const uint8_t *end, uint32_t *c)
{
    static const struct {
        const char *name;
        uint32_t c;
    } entities[] = {{"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&quot;", '"'}, {"&apos;", '\''}};
    for (size_t i = 0; i < 5; i++) {
        *c = entities[i].c;
        if (xml_begins(p, end, entities[i].name))
            return strlen(entities[i].name);
    }
    if (!xml_begins(p, end, "&#"))
        return 0;
    const uint8_t *q = p + 2;
    uint32_t base = 10;
    if (q < end && *q == 'x') {
        base = 16;
        q++;
    }
    const uint8_t *first = q;
    for (*c = 0; q < end && *q != ';'; q++) {
        uint32_t digit = *q >= '0' && *q <= '9' ? (uint32_t)(*q - '0') : (*q | 0x20) >= 'a' ? (*q | 0x20u) - 'a' + 10 : 16;
        if (digit >= base || (*c = *c * base + digit) > 0x10FFFF)
            return 0;
    }
    return q < end && q > first && xml_is_character(*c) ? (size_t)(q + 1 - p) : 0;
}

/* The next byte of a text that has been checked, -1 at its end. */
static inline int xml_byte(struct xml_text *t)
{
    for (;;) {
        if (t->read < t->count)
            return t->resolved[t->read++];
        if (t->p >= t->end)
            return -1;
        if (t->section && xml_begins(t->p, t->end, "]]>")) {
            t->section = false;
            t->p += 3;
        } else if (!t->section && *t->p == '&') {
            uint32_t c;
            t->p += xml_reference(t->p, t->end, &c);
            t->read = 0;
            if (c < 0x80) {
                t->resolved[0] = (uint8_t)c;
                t->count = 1;
                continue;
            }
            t->count = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
            for (int i = t->count - 1; i > 0; i--, c >>= 6)
                t->resolved[i] = (uint8_t)(0x80 | (c & 0x3F));
            t->resolved[0] = (uint8_t)((0xF0u << (4 - t->count)) | c);
        } else if (!t->section && !t->attribute && *t->p == '<') {
            if (xml_begins(t->p, t->end, "<![CDATA[")) {
                t->section = true;
                t->p += 9;
            } else {
                t->p = xml_begins(t->p, t->end, "<!--") ? xml_behind(t->p + 4, t->end, "-->") : xml_behind(t->p, t->end, "?>");
            }
        } else {
            int c = *t->p++;
            if (c == '\r') {
                if (t->p < t->end && *t->p == '\n')
                    t->p++;
                c = '\n';
            }
            return t->attribute && xml_blank(c) ? ' ' : c;
        }
    }
}

static inline struct xml_text xml_value(struct xml_slice s)
{
    return (struct xml_text){.p = s.p, .end = s.p + s.len, .attribute = true};
}

/* Whether a text is s. */
static inline bool xml_is(struct xml_text t, const char *s)
{
    int c;
    while ((c = xml_byte(&t)) >= 0)
        if (*s == '\0' || c != (uint8_t)*s++)
            return false;
    return *s == '\0';
}

static inline bool xml_same(struct xml_slice a, struct xml_slice b) { return a.len == b.len && memcmp(a.p, b.p, a.len) == 0; }

static inline bool xml_same_value(struct xml_slice a, struct xml_slice b)
{
    struct xml_text s = xml_value(a), t = xml_value(b);
    int c;
    do {
        if ((c = xml_byte(&s)) != xml_byte(&t))
            return false;
    } while (c >= 0);
    return true;
}

#endif
