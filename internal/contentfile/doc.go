// Package contentfile works with contents and Content Information (MS-PCCRC) in files:
// what pchc content does apart from arguments and terminal. Its memory does not depend on
// the size of a file.
//
// An [Offers] makes the messages that offer a content. [Open] returns Content Information
// in a file or a pipe, in any of its forms, and a [Verifier] finds what of a file does not
// match it. A [Spool] keeps what is too long for memory in a temporary file.
package contentfile
