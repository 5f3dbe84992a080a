/*
 * xml.h - a strict tokenizer of XML 1.0 with namespaces, C11, no libraries: UTF-8, one root
 * element, no document type, and within the limits below.
 *
 * xml_next finds start and end tags and checks all that is between them. What stands between
 * the end of one tag and the beginning of another is a text for xmltext.h. Nothing is copied
 * or allocated.
 */
#ifndef XML_H
#define XML_H

#include "xmltext.h"

enum {
    XML_MAX_LENGTH = 65507,  /* bytes: what a UDP datagram holds */
    XML_MAX_DEPTH = 32,      /* elements within elements */
    XML_MAX_ATTRIBUTES = 32, /* of an element, without namespace declarations */
    XML_MAX_BINDINGS = 64    /* namespace declarations in scope */
};

enum xml_token { XML_START, XML_END, XML_DONE, XML_BAD };

/* An attribute, or a namespace declaration: prefix is then the declared one, perhaps empty. */
struct xml_attribute {
    struct xml_slice prefix, local, value;
};

struct xml_element {
    struct xml_slice prefix, local;
    size_t bindings; /* that were in scope before it */
};

struct xml {
    const uint8_t *b;
    size_t len, at;
    size_t offset; /* where the last tag begins; where the element ends if it has no end tag */
    bool rooted, empty, closed;
    struct xml_element open[XML_MAX_DEPTH];
    struct xml_attribute attributes[XML_MAX_ATTRIBUTES]; /* of the last start tag */
    struct xml_attribute bindings[XML_MAX_BINDINGS];     /* in scope, also at an end tag */
    size_t depth, attribute_count, binding_count;
};

static const char xml_uri[] = "http://www.w3.org/XML/1998/namespace", xmlns_uri[] = "http://www.w3.org/2000/xmlns/";

/* The namespace of a prefix. Without a prefix it may be empty; else it is NULL if there is none. */
static inline struct xml_slice xml_namespace(const struct xml *x, struct xml_slice prefix)
{
    for (size_t i = x->binding_count; i > 0; i--)
        if (xml_same(x->bindings[i - 1].prefix, prefix))
            return x->bindings[i - 1].value;
    if (prefix.len == 3 && memcmp(prefix.p, "xml", 3) == 0)
        return (struct xml_slice){(const uint8_t *)xml_uri, sizeof xml_uri - 1};
    return (struct xml_slice){prefix.len ? NULL : (const uint8_t *)"", 0};
}

static inline const uint8_t *xml_here(const struct xml *x) { return x->b + x->at; }
static inline const uint8_t *xml_end(const struct xml *x) { return x->b + x->len; }

static inline bool xml_take(struct xml *x, const char *s)
{
    if (!xml_begins(xml_here(x), xml_end(x), s))
        return false;
    x->at += strlen(s);
    return true;
}

static inline bool xml_take_blanks(struct xml *x)
{
    size_t start = x->at;
    while (x->at < x->len && xml_blank(x->b[x->at]))
        x->at++;
    return x->at > start;
}

/* Behind the next s. */
static inline bool xml_take_until(struct xml *x, const char *s)
{
    const uint8_t *p = xml_find(xml_here(x), xml_end(x), s);
    if (p == NULL)
        return false;
    x->at = (size_t)(p - x->b) + strlen(s);
    return true;
}

static inline bool xml_is_name(uint32_t c, bool first)
{
    static const uint32_t ranges[][2] = {
        {'A', 'Z'}, {'_', '_'}, {'a', 'z'}, {0xC0, 0xD6}, {0xD8, 0xF6}, {0xF8, 0x2FF}, {0x370, 0x37D}, {0x37F, 0x1FFF},
        {0x200C, 0x200D}, {0x2070, 0x218F}, {0x2C00, 0x2FEF}, {0x3001, 0xD7FF}, {0xF900, 0xFDCF}, {0xFDF0, 0xFFFD}, {0x10000, 0xEFFFF},
        {'-', '.'}, {'0', '9'}, {0xB7, 0xB7}, {0x300, 0x36F}, {0x203F, 0x2040}, /* not at the beginning */
    };
    for (size_t i = 0; i < (first ? 15u : sizeof ranges / sizeof *ranges); i++)
        if (ranges[i][0] <= c && c <= ranges[i][1])
            return true;
    return false;
}

/* A name without a colon. */
static inline bool xml_name(struct xml *x, struct xml_slice *name)
{
    uint32_t c;
    size_t n, start = x->at;
    while ((n = xml_character(xml_here(x), xml_end(x), &c)) > 0 && xml_is_name(c, x->at == start))
        x->at += n;
    *name = (struct xml_slice){x->b + start, x->at - start};
    return name->len > 0;
}

/* A name that may have a prefix. */
static inline bool xml_qualified(struct xml *x, struct xml_slice *prefix, struct xml_slice *local)
{
    *prefix = (struct xml_slice){xml_here(x), 0};
    if (!xml_name(x, local))
        return false;
    if (!xml_take(x, ":"))
        return true;
    *prefix = *local;
    return xml_name(x, local);
}

/* An equals sign and a value in quotes. */
static inline bool xml_quoted(struct xml *x, struct xml_slice *value)
{
    xml_take_blanks(x);
    if (!xml_take(x, "="))
        return false;
    xml_take_blanks(x);
    const char *quote = xml_begins(xml_here(x), xml_end(x), "\"") ? "\"" : "'";
    size_t start = x->at + 1;
    if (!xml_take(x, quote) || !xml_take_until(x, quote))
        return false;
    *value = (struct xml_slice){x->b + start, x->at - 1 - start};
    return true;
}

/* Whether each & in a text begins a reference, and no is not in it. */
static inline bool xml_text_is_right(const uint8_t *p, const uint8_t *end, const char *no)
{
    uint32_t c;
    if (xml_find(p, end, no))
        return false;
    for (; p < end; p++)
        if (*p == '&' && xml_reference(p, end, &c) == 0)
            return false;
    return true;
}

static inline bool xml_declare(struct xml *x, size_t before, const struct xml_attribute *a)
{
    struct xml_text value = xml_value(a->value);
    bool is_xml = a->prefix.len == 3 && memcmp(a->prefix.p, "xml", 3) == 0;
    bool is_xmlns = a->prefix.len == 5 && memcmp(a->prefix.p, "xmlns", 5) == 0;
    if (is_xmlns || xml_is(value, xmlns_uri) || is_xml != xml_is(value, xml_uri) || (a->prefix.len > 0 && a->value.len == 0))
        return false;
    for (size_t i = before; i < x->binding_count; i++)
        if (xml_same(x->bindings[i].prefix, a->prefix))
            return false;
    if (x->binding_count == XML_MAX_BINDINGS)
        return false;
    x->bindings[x->binding_count++] = *a;
    return true;
}

static inline bool xml_attribute(struct xml *x, size_t before)
{
    struct xml_attribute a;
    if (!xml_qualified(x, &a.prefix, &a.local) || !xml_quoted(x, &a.value) || !xml_text_is_right(a.value.p, a.value.p + a.value.len, "<"))
        return false;
    bool declares = a.prefix.len == 5 && memcmp(a.prefix.p, "xmlns", 5) == 0;
    bool declares_default = a.prefix.len == 0 && a.local.len == 5 && memcmp(a.local.p, "xmlns", 5) == 0;
    if (declares || declares_default) {
        a.prefix = declares ? a.local : a.prefix;
        return xml_declare(x, before, &a);
    }
    if (x->attribute_count == XML_MAX_ATTRIBUTES)
        return false;
    x->attributes[x->attribute_count++] = a;
    return true;
}

/* Prefixes are declared, and no attribute is there twice. */
static inline bool xml_attributes_differ(const struct xml *x)
{
    for (size_t i = 0; i < x->attribute_count; i++) {
        const struct xml_attribute *a = &x->attributes[i];
        struct xml_slice uri = xml_namespace(x, a->prefix);
        if (uri.p == NULL)
            return false;
        for (size_t k = 0; k < i; k++) {
            const struct xml_attribute *b = &x->attributes[k];
            if (xml_same(a->local, b->local) && !a->prefix.len == !b->prefix.len && (!a->prefix.len || xml_same_value(uri, xml_namespace(x, b->prefix))))
                return false;
        }
    }
    return true;
}

static inline enum xml_token xml_start(struct xml *x)
{
    if ((x->depth == 0 && x->rooted) || x->depth == XML_MAX_DEPTH)
        return XML_BAD;
    struct xml_element *e = &x->open[x->depth];
    e->bindings = x->binding_count;
    x->attribute_count = 0;
    if (!xml_qualified(x, &e->prefix, &e->local))
        return XML_BAD;
    for (;;) {
        bool spaced = xml_take_blanks(x);
        x->empty = xml_take(x, "/>");
        if (x->empty || xml_take(x, ">"))
            break;
        if (!spaced || !xml_attribute(x, e->bindings))
            return XML_BAD;
    }
    x->depth++;
    x->rooted = true;
    return xml_namespace(x, e->prefix).p != NULL && xml_attributes_differ(x) ? XML_START : XML_BAD;
}

static inline enum xml_token xml_close(struct xml *x)
{
    struct xml_slice prefix, local;
    if (x->depth == 0 || !xml_qualified(x, &prefix, &local))
        return XML_BAD;
    const struct xml_element *e = &x->open[x->depth - 1];
    if (!xml_same(prefix, e->prefix) || !xml_same(local, e->local))
        return XML_BAD;
    xml_take_blanks(x);
    x->closed = true;
    return xml_take(x, ">") ? XML_END : XML_BAD;
}

/* What is neither a tag nor text: checked and skipped. */
static inline bool xml_skip(struct xml *x)
{
    if (xml_take(x, "<!--"))
        return xml_take_until(x, "--") && xml_take(x, ">");
    if (xml_take(x, "<![CDATA["))
        return x->depth > 0 && xml_take_until(x, "]]>");
    struct xml_slice target;
    if (!xml_take(x, "<?") || !xml_name(x, &target))
        return false; /* also a document type */
    if (target.len == 3 && (target.p[0] | 0x20) == 'x' && (target.p[1] | 0x20) == 'm' && (target.p[2] | 0x20) == 'l')
        return false;
    return xml_take(x, "?>") || (xml_take_blanks(x) && xml_take_until(x, "?>"));
}

/* The XML declaration, which need not be there. */
static inline bool xml_declaration(struct xml *x)
{
    static const char *const names[] = {"version", "encoding", "standalone"};
    if (!xml_begins(xml_here(x), xml_end(x), "<?xml") || x->len - x->at == 5 || !xml_blank(x->b[x->at + 5]))
        return true;
    x->at += 5;
    bool spaced = xml_take_blanks(x);
    for (int i = 0; i < 3; i++) {
        struct xml_slice v;
        if (!spaced || !xml_take(x, names[i])) {
            if (i == 0)
                return false;
            continue;
        }
        if (!xml_quoted(x, &v))
            return false;
        bool right = v.len == 3 && memcmp(v.p, i == 0 ? "1.0" : "yes", 3) == 0;
        if (i == 1)
            right = v.len == 5 && (v.p[0] | 0x20) == 'u' && (v.p[1] | 0x20) == 't' && (v.p[2] | 0x20) == 'f' && memcmp(v.p + 3, "-8", 2) == 0;
        if (!right && !(i == 2 && v.len == 2 && memcmp(v.p, "no", 2) == 0))
            return false;
        spaced = xml_take_blanks(x);
    }
    return xml_take(x, "?>");
}

/* xml_init begins a document, and checks its characters. */
static inline bool xml_init(struct xml *x, const uint8_t *b, size_t len)
{
    uint32_t c;
    *x = (struct xml){.b = b, .len = len};
    if (len > XML_MAX_LENGTH)
        return false;
    xml_take(x, "\xEF\xBB\xBF"); /* byte order mark */
    size_t start = x->at;
    for (size_t n; x->at < len; x->at += n)
        if ((n = xml_character(xml_here(x), xml_end(x), &c)) == 0)
            return false;
    x->at = start;
    return xml_declaration(x);
}

/* xml_next returns the next tag. The innermost open element is that of the tag. */
static inline enum xml_token xml_next(struct xml *x)
{
    if (x->closed) { /* the last tag ended an element */
        x->closed = false;
        x->binding_count = x->open[--x->depth].bindings;
    }
    if (x->empty) {
        x->empty = false;
        x->closed = true;
        x->offset = x->at;
        return XML_END;
    }
    while (x->at < x->len) {
        x->offset = x->at;
        if (x->b[x->at] != '<') {
            const uint8_t *end = xml_find(xml_here(x), xml_end(x), "<"), *p = xml_here(x);
            if (end == NULL)
                end = xml_end(x);
            if (!xml_text_is_right(p, end, "]]>"))
                return XML_BAD;
            x->at = (size_t)(end - x->b);
            for (; x->depth == 0 && p < end; p++)
                if (!xml_blank(*p))
                    return XML_BAD;
        } else if (xml_take(x, "</")) {
            return xml_close(x);
        } else if (x->len - x->at > 1 && x->b[x->at + 1] != '!' && x->b[x->at + 1] != '?') {
            x->at++;
            return xml_start(x);
        } else if (!xml_skip(x)) {
            return XML_BAD;
        }
    }
    return x->rooted && x->depth == 0 ? XML_DONE : XML_BAD;
}

#endif
