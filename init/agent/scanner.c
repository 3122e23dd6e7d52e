/* SPDX-License-Identifier: Apache-2.0 */
#include "init/agent/scanner.h"

#include <string.h>

enum state {
	VALUE,
	FIRST_VALUE, /* or the end of the list */
	KEY,
	FIRST_KEY, /* or the end of the object */
	COLON,
	COMMA, /* or the end of what holds the value */
	STRING,
	ESCAPE,
	HEX,
	NUMBER,
	WORD,
	OVER,
	BROKEN,
};

enum { REPLACEMENT = 0xfffd };

static bool is_blank(char c) {
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_digit(char c) {
	return c >= '0' && c <= '9';
}

static void put(struct scanner *s, const char *bytes, size_t n) {
	size_t room = SCANNER_TEXT - s->length;

	for (; n > room && s->part && s->state == STRING && !s->key; room = SCANNER_TEXT) {
		memcpy(s->text + s->length, bytes, room);
		s->length = SCANNER_TEXT;
		s->part(s);
		s->length = 0;
		bytes += room;
		n -= room;
	}
	s->cut |= n > room;
	if (n > room)
		n = room;
	memcpy(s->text + s->length, bytes, n);
	s->length += n;
}

/* RFC 3629, 3. */
static void put_code(struct scanner *s, uint32_t code) {
	char bytes[4];
	size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	static const uint8_t first[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = n - 1; i > 0; i--, code >>= 6)
		bytes[i] = (char)(0x80 | (code & 0x3f));
	bytes[0] = (char)(first[n] | code);
	put(s, bytes, n);
}

/* The first half of a pair without the second. */
static void put_half(struct scanner *s) {
	if (s->high)
		put_code(s, REPLACEMENT);
	s->high = 0;
}

static void extend_path(struct scanner *s, const char *text, size_t n) {
	size_t room = SCANNER_PATH - 1U - s->path_length;

	if (n > room) {
		text = "\n";
		n = room > 0;
	}
	memcpy(s->path + s->path_length, text, n);
	s->path_length += (uint16_t)n;
	s->path[s->path_length] = '\0';
}

static void shorten_path(struct scanner *s, size_t length) {
	s->path_length = (uint16_t)length;
	s->path[length] = '\0';
}

static void begin_text(struct scanner *s, enum state state) {
	s->length = 0;
	s->cut = false;
	s->high = 0;
	s->state = state;
}

static void tell(struct scanner *s, enum scanner_kind kind) {
	s->text[s->length] = '\0';
	s->found(s, kind);
}

static void value_over(struct scanner *s) {
	s->state = s->depth ? COMMA : OVER;
}

static void push(struct scanner *s, bool list) {
	if (s->depth == SCANNER_DEPTH) {
		s->state = BROKEN;
		return;
	}
	s->levels[s->depth].base = (uint8_t)s->path_length;
	s->levels[s->depth++].list = list;
	if (list)
		extend_path(s, "[]", 2);
	s->state = list ? FIRST_VALUE : FIRST_KEY;
}

static void pop(struct scanner *s) {
	shorten_path(s, s->levels[--s->depth].base);
	s->length = 0;
	tell(s, SCANNER_END);
	value_over(s);
}

static bool in_list(const struct scanner *s) {
	return s->levels[s->depth - 1].list;
}

static void begin_value(struct scanner *s, char c) {
	s->key = false;
	if (c == '{' || c == '[') {
		push(s, c == '[');
	} else if (c == '"') {
		begin_text(s, STRING);
	} else if (c == '-' || is_digit(c) || c == 't' || c == 'f' || c == 'n') {
		begin_text(s, c == '-' || is_digit(c) ? NUMBER : WORD);
		put(s, &c, 1);
	} else {
		s->state = BROKEN;
	}
}

static void begin_key(struct scanner *s, char c) {
	s->key = true;
	if (c == '"')
		begin_text(s, STRING);
	else
		s->state = BROKEN;
}

static void string_over(struct scanner *s) {
	put_half(s);
	if (!s->key) {
		tell(s, SCANNER_STRING);
		value_over(s);
		return;
	}
	shorten_path(s, s->levels[s->depth - 1].base);
	if (s->path_length)
		extend_path(s, ".", 1);
	extend_path(s, s->text, s->length);
	s->state = COLON;
}

static const char *skip_digits(const char *at) {
	while (is_digit(*at))
		at++;
	return at;
}

/* RFC 8259, 6: no other zero in front of the others, and digits on both sides of a point. */
static bool is_number(const char *at) {
	const char *digits;

	at += *at == '-';
	digits = skip_digits(at);
	if (digits == at || (*at == '0' && digits > at + 1))
		return false;
	if (*digits == '.' && (at = digits + 1, digits = skip_digits(at)) == at)
		return false;
	if (*digits == 'e' || *digits == 'E') {
		at = digits + 1;
		at += *at == '-' || *at == '+';
		digits = skip_digits(at);
		if (digits == at)
			return false;
	}
	return *digits == '\0';
}

static bool is_word(const char *text) {
	return strcmp(text, "true") == 0 || strcmp(text, "false") == 0 || strcmp(text, "null") == 0;
}

static void plain_over(struct scanner *s) {
	bool number = s->state == NUMBER;

	s->text[s->length] = '\0';
	s->state = BROKEN;
	if (s->cut || !(number ? is_number(s->text) : is_word(s->text)))
		return;
	tell(s, number ? SCANNER_NUMBER : SCANNER_WORD);
	value_over(s);
}

static bool belongs(const struct scanner *s, char c) {
	if (s->state == WORD)
		return c >= 'a' && c <= 'z';
	return is_digit(c) || (c && strchr("+-.eE", c));
}

static void escape(struct scanner *s, char c) {
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *at = c ? strchr(from, c) : NULL;

	s->state = STRING;
	if (c == 'u') {
		s->state = HEX;
		s->digits = 4;
		s->code = 0;
	} else if (at) {
		put_half(s);
		put(s, to + (at - from), 1);
	} else {
		s->state = BROKEN;
	}
}

/* RFC 8259, 7: what is beyond 16 bits comes as a pair. */
static void code_over(struct scanner *s) {
	uint16_t code = s->code ? s->code : 1;

	s->state = STRING;
	if (s->high && code >= 0xdc00 && code < 0xe000) {
		put_code(s, 0x10000 + ((uint32_t)(s->high - 0xd800) << 10) + (code - 0xdc00U));
		s->high = 0;
		return;
	}
	put_half(s);
	if (code >= 0xd800 && code < 0xdc00)
		s->high = code;
	else
		put_code(s, code >= 0xdc00 && code < 0xe000 ? REPLACEMENT : code);
}

static void hex(struct scanner *s, char c) {
	static const char digits[] = "0123456789abcdef";
	char lower = c >= 'A' && c <= 'F' ? (char)(c | 0x20) : c;
	const char *at = lower ? strchr(digits, lower) : NULL;

	if (!at) {
		s->state = BROKEN;
		return;
	}
	s->code = (uint16_t)(s->code << 4 | (at - digits));
	if (--s->digits == 0)
		code_over(s);
}

/* As many bytes as there are of a string, up to what is something special in it. */
static size_t take_string(struct scanner *s, const char *bytes, size_t length) {
	size_t n = 0;

	while (n < length && bytes[n] != '"' && bytes[n] != '\\' && (unsigned char)bytes[n] >= ' ')
		n++;
	if (n) {
		put_half(s);
		put(s, bytes, n);
		return n;
	}
	if (*bytes == '"')
		string_over(s);
	else
		s->state = *bytes == '\\' ? ESCAPE : BROKEN;
	return 1;
}

static void punctuate(struct scanner *s, char c) {
	switch ((enum state)s->state) {
	case FIRST_VALUE:
	case FIRST_KEY:
		if (c == (in_list(s) ? ']' : '}'))
			pop(s);
		else
			(in_list(s) ? begin_value : begin_key)(s, c);
		break;
	case VALUE:
		begin_value(s, c);
		break;
	case KEY:
		begin_key(s, c);
		break;
	case COLON:
		s->state = c == ':' ? VALUE : BROKEN;
		break;
	case COMMA:
		if (c == (in_list(s) ? ']' : '}'))
			pop(s);
		else
			s->state = c != ',' ? BROKEN : in_list(s) ? VALUE : KEY;
		break;
	case STRING:
	case ESCAPE:
	case HEX:
	case NUMBER:
	case WORD:
	case OVER:
	case BROKEN:
		s->state = BROKEN;
		break;
	}
}

/* How many bytes were taken, perhaps none. */
static size_t step(struct scanner *s, const char *bytes, size_t length) {
	switch ((enum state)s->state) {
	case STRING:
		return take_string(s, bytes, length);
	case ESCAPE:
		escape(s, *bytes);
		return 1;
	case HEX:
		hex(s, *bytes);
		return 1;
	case NUMBER:
	case WORD:
		if (!belongs(s, *bytes))
			return plain_over(s), 0;
		put(s, bytes, 1);
		return 1;
	case VALUE:
	case FIRST_VALUE:
	case KEY:
	case FIRST_KEY:
	case COLON:
	case COMMA:
	case OVER:
	case BROKEN:
		break;
	}
	if (!is_blank(*bytes))
		punctuate(s, *bytes);
	return 1;
}

void scanner_begin(struct scanner *s) {
	s->state = VALUE;
	s->depth = 0;
	s->length = 0;
	shorten_path(s, 0);
}

int scanner_feed(struct scanner *s, const char *bytes, size_t length) {
	while (length && s->state != BROKEN) {
		size_t n = step(s, bytes, length);

		bytes += n;
		length -= n;
	}
	return s->state == BROKEN ? -1 : 0;
}

bool scanner_end(struct scanner *s) {
	if (s->state == NUMBER || s->state == WORD)
		plain_over(s);
	return s->state == OVER;
}
