#ifndef CPNG_H
#define CPNG_H

#include <stddef.h>
#include <stdint.h>

/* libpng reports errors with longjmp, which may not cross Swift frames: these
   calls keep it inside C and hand its text back in `message`. All return 0 on
   success. */

enum { cpng_message_size = 256 };

/* Decodes into `rgb` (height, width, 3), whose sizes must be those of the file.
   Alpha and transparency are dropped and gamma is ignored, as Pillow's
   convert('RGB') does. */
int cpng_read_rgb(const uint8_t *data, size_t size, uint8_t *rgb, uint32_t width, uint32_t height,
                  char message[cpng_message_size]);

/* Encodes `rgb` (height, width, 3); *data is allocated here, to be freed with
   cpng_free. Equal pixels give equal bytes. */
int cpng_write_rgb(const uint8_t *rgb, uint32_t width, uint32_t height, uint8_t **data,
                   size_t *size, char message[cpng_message_size]);

void cpng_free(uint8_t *data);

#endif
