/* SPDX-License-Identifier: Apache-2.0 */
/* The kinds of values: how each is read from text, and written again. What is wrong with a text is
 * told here; where it stands, whoever has it knows. */
#ifndef CONFIG_VALUE_H
#define CONFIG_VALUE_H

#include "config/schema.h"
#include "config/writer.h"

/* Reads text into the field, or into the item of a list, which is zeroed. The field is untouched on
 * failure; the text may be taken apart. */
typedef int value_parse(const struct schema_key *, char *text, void *field, struct error *);
/* Writes what parse would read as the same value. */
typedef void value_write(const struct schema_key *, const void *field, struct writer *);

/* How the text of a list is cut into its items. */
enum value_cut {
	VALUE_WHOLE, /* not at all */
	VALUE_AT_COMMAS,
	VALUE_INTO_WORDS, /* at commas and blanks, with quotes */
};

/* What a field holds that was not set. */
enum value_unset { VALUE_ZERO, VALUE_NONE, VALUE_ALWAYS_SET };

struct value_type {
	const char *form; /* for the reference */
	value_parse *parse;
	value_write *write;
	uint16_t size; /* bytes of the field */
	uint16_t item; /* of an item of a list, when the field is the pointer to the first */
	uint8_t cut;
	uint8_t unset;
	bool adds; /* a repeated key adds to the value */
	bool keeps; /* the value points into its text */
	bool quoted; /* made of words: expansions are to be fenced, line breaks are blanks */
};

extern const struct value_type value_types[];

const struct value_type *value_type(const struct schema_key *);
bool value_is_set(const struct schema_key *, const void *field);
void value_clear(const struct schema_key *, void *field);

/* The words of a command, for kinds of values that hold one; the field is its argv. */
value_parse value_parse_words;
value_write value_write_words;

/* Whether text may be the name of a variable: no blanks, no control characters, and nothing that
 * would be something else in a line of the file. */
bool value_is_variable(const char *text);

#endif
