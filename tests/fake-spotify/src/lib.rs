//! A stand-in for Spotify.
