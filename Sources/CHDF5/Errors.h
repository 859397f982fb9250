/* How the library's errors are kept for chdf5_message(). */
#ifndef CHDF5_ERRORS_H
#define CHDF5_ERRORS_H

/* Called first by every function: nothing is printed, and what an earlier call said is forgotten. */
void chdf5_silence(void);

#endif
