//! An invented record collection: thirty artists with an album and two tracks each, in several
//! scripts, with long titles, guests and explicit language. Nobody in it exists.
//!
//! Ids, popularity and track numbers are derived from a row's place, so that every run is alike.

mod table;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::catalogue::table::{ALBUMS, Song};

/// How many tracks there are.
pub(crate) const TRACKS: usize = ALBUMS.len() * 2;
/// How many artists there are.
pub(crate) const ARTISTS: usize = ALBUMS.len();

const ALPHABET: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const SIZES: [u32; 3] = [640, 300, 64];

/// How long a track lasts, in milliseconds.
pub(crate) fn duration_ms(track: usize) -> u64 {
    song(track).seconds * 1000 + (track as u64 * 37) % 1000
}

/// A full track object; links to pictures begin with `origin`.
pub(crate) fn track(index: usize, origin: &str) -> Value {
    let index = index % TRACKS;
    let song = song(index);
    let album_index = index / 2;
    let mut artists = vec![artist_reference(album_index)];
    artists.extend(song.guests.iter().map(|guest| artist_reference(*guest)));
    let id = id("track", index);
    json!({
        "album": album(album_index, origin),
        "artists": artists,
        "disc_number": 1,
        "duration_ms": duration_ms(index),
        "explicit": song.explicit,
        "external_urls": external("track", &id),
        "href": href("tracks", &id),
        "id": id,
        "is_local": false,
        "is_playable": true,
        "name": song.name,
        "track_number": index % 2 + 1,
        "type": "track",
        "uri": format!("spotify:track:{id}"),
    })
}

/// A full artist object.
pub(crate) fn artist(index: usize, origin: &str) -> Value {
    let mut artist = artist_reference(index % ARTISTS);
    artist["images"] = images("artist", index % ARTISTS, origin);
    artist
}

/// A file on the listener's own disk: no id, no pictures, no links.
pub(crate) fn local_track() -> Value {
    json!({
        "album": {
            "album_type": null, "artists": [], "external_urls": {}, "href": null, "id": null,
            "images": [], "name": "Kitchen Tapes", "release_date": null,
            "release_date_precision": null, "type": "album", "uri": null,
        },
        "artists": [{
            "external_urls": {}, "href": null, "id": null, "name": "Me and the Kettle",
            "type": "artist", "uri": null,
        }],
        "disc_number": 0,
        "duration_ms": 187_000,
        "explicit": false,
        "external_urls": {},
        "href": null,
        "id": null,
        "is_local": true,
        "name": "untitled idea 4 (final) (2).mp3",
        "track_number": 0,
        "type": "track",
        "uri": "spotify:local:Me+and+the+Kettle:Kitchen+Tapes:untitled+idea+4:187",
    })
}

/// An episode of a podcast.
pub(crate) fn episode(origin: &str) -> Value {
    let (episode, show) = (id("episode", 0), id("show", 0));
    json!({
        "description": "Two gardeners describe the sounds of bolting lettuce.",
        "duration_ms": 2_712_000,
        "explicit": false,
        "external_urls": external("episode", &episode),
        "href": href("episodes", &episode),
        "id": episode,
        "images": images("show", 0, origin),
        "is_externally_hosted": false,
        "is_playable": true,
        "language": "en",
        "languages": ["en"],
        "name": "Episode 112: The Lettuce That Would Not Listen",
        "release_date": "2026-11-03",
        "release_date_precision": "day",
        "show": {
            "external_urls": external("show", &show),
            "href": href("shows", &show),
            "id": show,
            "images": images("show", 0, origin),
            "media_type": "audio",
            "name": "Radio Allotment",
            "total_episodes": 112,
            "type": "show",
            "uri": format!("spotify:show:{show}"),
        },
        "type": "episode",
        "uri": format!("spotify:episode:{episode}"),
    })
}

/// Twenty-two letters and digits that belong to the `index`th thing of a `kind`.
pub(crate) fn id(kind: &str, index: usize) -> String {
    let digest = Sha256::digest(format!("{kind}:{index}"));
    let letters = digest.iter().cycle().zip(0..22_u8);
    letters
        .map(|(byte, place)| {
            let place = usize::from(byte.wrapping_add(place)) % ALPHABET.len();
            char::from(ALPHABET[place])
        })
        .collect()
}

fn song(track: usize) -> &'static Song {
    &ALBUMS[track / 2 % ALBUMS.len()].songs[track % 2]
}

fn album(index: usize, origin: &str) -> Value {
    let row = &ALBUMS[index];
    let id = id("album", index);
    json!({
        "album_type": if index % 4 == 3 { "single" } else { "album" },
        "artists": [artist_reference(index)],
        "external_urls": external("album", &id),
        "href": href("albums", &id),
        "id": id,
        "images": images("album", index, origin),
        "name": row.name,
        "release_date": row.released,
        "release_date_precision": if row.released.len() == 4 { "year" } else { "day" },
        "total_tracks": 2,
        "type": "album",
        "uri": format!("spotify:album:{id}"),
    })
}

fn artist_reference(index: usize) -> Value {
    let id = id("artist", index);
    json!({
        "external_urls": external("artist", &id),
        "href": href("artists", &id),
        "id": id,
        "name": ALBUMS[index].artist,
        "type": "artist",
        "uri": format!("spotify:artist:{id}"),
    })
}

fn images(kind: &str, index: usize, origin: &str) -> Value {
    let id = id(kind, index);
    let image =
        |size| json!({"height": size, "url": format!("{origin}/image/{id}-{size}"), "width": size});
    Value::Array(SIZES.into_iter().map(image).collect())
}

fn external(kind: &str, id: &str) -> Value {
    json!({"spotify": format!("https://open.spotify.com/{kind}/{id}")})
}

fn href(kind: &str, id: &str) -> String {
    format!("https://api.spotify.com/v1/{kind}/{id}")
}
