//! The fields of a line of the access log, and why each may be kept.

use crate::kept::{Basis, Kept};

/// The sentence of the policy on log files.
const LOG_SENTENCE: &str = "The information collected by log files include internet protocol (IP) addresses, browser type, Internet Service Provider (ISP), date and time stamp, referring/exit pages, and possibly the number of clicks.";

/// The fields of a line, in their order.
pub const FIELDS: [Kept; 8] = [
    Kept {
        field: "address",
        purpose: "finds attacks and keeps them away",
        form: "the IP address that the request came from",
        basis: Basis::Policy(LOG_SENTENCE),
    },
    Kept {
        field: "time",
        purpose: "tells when something went wrong",
        form: "date and time",
        basis: Basis::Policy(LOG_SENTENCE),
    },
    Kept {
        field: "request",
        purpose: "tells what was asked for",
        form: "method and path, without what follows a question mark",
        basis: Basis::Policy(LOG_SENTENCE),
    },
    Kept {
        field: "status",
        purpose: "tells whether it was answered",
        form: "a number",
        basis: Basis::Exception(
            "a log without the outcome finds no faults; it says nothing about you",
        ),
    },
    Kept {
        field: "bytes",
        purpose: "tells how much was answered",
        form: "a number",
        basis: Basis::Exception(
            "a log without the outcome finds no faults; it says nothing about you",
        ),
    },
    Kept {
        field: "referrer",
        purpose: "tells which page led here",
        form: "the page's address, without what follows a question mark",
        basis: Basis::Policy(LOG_SENTENCE),
    },
    Kept {
        field: "browser",
        purpose: "finds faults that only some browsers have",
        form: "what your browser calls itself",
        basis: Basis::Policy(LOG_SENTENCE),
    },
    Kept {
        field: "duration",
        purpose: "finds what is slow",
        form: "seconds",
        basis: Basis::Exception(
            "a log without the outcome finds no faults; it says nothing about you",
        ),
    },
];
