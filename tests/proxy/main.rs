//! The proxy, through its public interfaces.
