//! The proxy, through its public interfaces: a real one in front of a stand-in for Spotify, with a
//! real database.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends where something is missing"
)]

mod admin;
mod attacks;
mod captcha;
mod crash;
mod damaged;
mod faults;
mod handbook;
mod harness;
mod leaving;
mod limits;
mod login;
mod operation;
mod promises;
mod session;
mod token;
