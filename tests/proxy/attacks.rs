//! Attacks and the answers they must get, each named after its row in the specification's table.

mod callback;
mod cookie;
mod request;
