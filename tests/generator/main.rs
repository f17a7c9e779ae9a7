//! The generator, through its public interfaces.
