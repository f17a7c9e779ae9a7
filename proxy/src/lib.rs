//! The proxy.

pub mod clock;
pub mod commands;
pub mod config;
pub mod cookie;
pub mod inventory;
pub mod kept;
pub mod keys;
pub mod secret;
pub mod store;
