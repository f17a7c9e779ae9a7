//! The proxy, through its public interfaces: a real one in front of a stand-in for Spotify, with a
//! real database.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends where something is missing"
)]

mod addresses;
mod admin;
mod attacks;
mod canary;
mod captcha;
mod clock;
mod crash;
mod damaged;
mod disk;
mod faults;
mod files;
mod handbook;
mod harness;
mod keys;
mod leaving;
mod limits;
mod load;
mod login;
mod monitoring;
mod operation;
mod promises;
mod session;
mod setup;
mod soak;
mod token;
