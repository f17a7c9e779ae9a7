//! api.spotify.com: the four things that the site reads, and the covers.

use hyper::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE, CACHE_CONTROL, WWW_AUTHENTICATE,
};
use serde_json::{Value, json};

use crate::catalogue::{ARTISTS, TRACKS, artist, id, track};
use crate::cover;
use crate::fault::Endpoint;
use crate::grant::Unauthorized;
use crate::message::{Reply, Request, api_error, empty, json_reply, reply, set};
use crate::world::World;

/// Answers at `endpoint`, once the token is valid and carries the scope.
pub(crate) fn answer(endpoint: Endpoint, request: &Request, world: &mut World) -> Reply {
    let now = world.now();
    world.player.move_on(now);
    let scopes = match scopes(request, world) {
        Ok(scopes) => scopes,
        Err(denied) => return denied.reply(),
    };
    if !world.settings.knobs.allow_listed {
        let body = "User not registered in the Developer Dashboard";
        return reply(403, "text/plain; charset=utf-8", body);
    }
    let needed = match endpoint {
        Endpoint::Player => "user-read-playback-state",
        Endpoint::Recent => "user-read-recently-played",
        Endpoint::TopTracks | Endpoint::TopArtists => "user-top-read",
        _ => "",
    };
    if !needed.is_empty() && !scopes.iter().any(|scope| scope == needed) {
        return api_error(403, "Insufficient client scope");
    }
    match endpoint {
        Endpoint::Player => player(request, world),
        Endpoint::Recent => recent(request, world),
        Endpoint::TopTracks => top(request, world, "tracks", TRACKS),
        Endpoint::TopArtists => top(request, world, "artists", ARTISTS),
        _ => json_reply(200, &me(&scopes, world)),
    }
}

/// What a browser asks before it sends the real request.
pub(crate) fn preflight() -> Reply {
    let mut reply = empty(204);
    set(
        &mut reply,
        ACCESS_CONTROL_ALLOW_METHODS,
        "GET, POST, OPTIONS, PUT, DELETE, PATCH",
    );
    let headers = "Accept, App-Platform, Authorization, Content-Type, Origin, Retry-After, \
                   Spotify-App-Version, X-Cloud-Trace-Context, client-token, content-access-token";
    set(&mut reply, ACCESS_CONTROL_ALLOW_HEADERS, headers);
    set(&mut reply, ACCESS_CONTROL_MAX_AGE, "604800");
    share(&mut reply);
    reply
}

/// The CORS headers of the Web API. `Retry-After` is not exposed.
pub(crate) fn share(reply: &mut Reply) {
    set(reply, ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    set(reply, ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
}

/// `/image/ID-SIZE`.
pub(crate) fn image(path: &str) -> Reply {
    let name = path.trim_start_matches("/image/");
    let parts = name.rsplit_once('-');
    let known = parts.and_then(|(id, size)| Some((id, size.parse().ok()?)));
    let Some((id, size @ (640 | 300 | 64))) = known else {
        return empty(404);
    };
    let mut reply = reply(200, "image/svg+xml", cover::svg(id, size));
    set(&mut reply, CACHE_CONTROL, "public, max-age=31536000");
    share(&mut reply);
    reply
}

fn scopes(request: &Request, world: &World) -> Result<Vec<String>, Denied> {
    let header = request.header("authorization").ok_or(Denied::NoToken)?;
    let token = header.strip_prefix("Bearer ").ok_or(Denied::NotBearer)?;
    let found = world.grants.scopes(token, world.now());
    found.map(<[String]>::to_vec).map_err(Denied::Token)
}

/// Why a request has no scopes at all.
enum Denied {
    NoToken,
    NotBearer,
    Token(Unauthorized),
}

impl Denied {
    fn reply(&self) -> Reply {
        let (status, message) = match self {
            Self::NoToken => (401, "No token provided"),
            Self::NotBearer => (400, "Only valid bearer authentication supported"),
            Self::Token(Unauthorized::Invalid) => (401, "Invalid access token"),
            Self::Token(Unauthorized::Expired) => (401, "The access token expired"),
        };
        let mut refusal = api_error(status, message);
        set(&mut refusal, WWW_AUTHENTICATE, "Bearer realm=\"spotify\"");
        refusal
    }
}

fn me(scopes: &[String], world: &World) -> Value {
    let id = id("user", 0);
    let mut me = json!({
        "display_name": "Robin Example",
        "external_urls": {"spotify": format!("https://open.spotify.com/user/{id}")},
        "href": format!("https://api.spotify.com/v1/users/{id}"),
        "id": id,
        "images": [
            {"height": 300, "url": format!("{}/image/{id}-300", world.origin), "width": 300},
            {"height": 64, "url": format!("{}/image/{id}-64", world.origin), "width": 64},
        ],
        "type": "user",
        "uri": format!("spotify:user:{id}"),
    });
    if world.settings.knobs.development_mode {
        return me;
    }
    me["followers"] = json!({"href": null, "total": 27});
    if scopes.iter().any(|scope| scope == "user-read-email") {
        me["email"] = json!("robin@example.com");
    }
    if scopes.iter().any(|scope| scope == "user-read-private") {
        me["country"] = json!("IS");
        me["product"] = json!("premium");
        me["explicit_content"] = json!({"filter_enabled": false, "filter_locked": false});
    }
    me
}

fn player(request: &Request, world: &World) -> Reply {
    let types = request.parameter("additional_types").unwrap_or_default();
    let with_episodes = types.split(',').any(|kind| kind == "episode");
    match world.player.playback(&world.origin, with_episodes) {
        Some(playback) => json_reply(200, &playback),
        None => empty(204),
    }
}

fn recent(request: &Request, world: &World) -> Reply {
    let limit = match number(request, "limit", 20) {
        Some(limit @ 1..=50) => limit,
        _ => return api_error(400, "Invalid limit"),
    };
    let (before, after) = (request.parameter("before"), request.parameter("after"));
    if before.is_some() && after.is_some() {
        return api_error(400, "Only one of before and after can be given");
    }
    let cursor = before
        .as_deref()
        .or(after.as_deref())
        .map(str::parse::<u64>);
    if matches!(cursor, Some(Err(_))) {
        return api_error(400, "Invalid cursor");
    }
    let cursor = cursor.and_then(Result::ok);
    let history = world.player.history();
    let wanted = |at: u64| match (cursor, before.is_some()) {
        (None, _) => true,
        (Some(cursor), true) => at < cursor,
        (Some(cursor), false) => at > cursor,
    };
    let plays: Vec<_> = history
        .iter()
        .filter(|play| !world.settings.knobs.empty_history && wanted(play.at))
        .collect();
    let shown = &plays[..plays.len().min(limit)];
    let items: Vec<Value> = shown
        .iter()
        .map(|play| {
            let mut track = track(play.track, &world.origin);
            track["popularity"] = json!(play.track);
            json!({"context": null, "played_at": timestamp(play.at), "track": track})
        })
        .collect();
    let cursors = shown
        .first()
        .zip(shown.last())
        .map(|(first, last)| json!({"after": first.at.to_string(), "before": last.at.to_string()}));
    let next = shown.last().filter(|_| plays.len() > shown.len());
    let href = "https://api.spotify.com/v1/me/player/recently-played";
    let body = json!({
        "cursors": cursors,
        "href": format!("{href}?limit={limit}"),
        "items": items,
        "limit": limit,
        "next": next.map(|last| format!("{href}?before={}&limit={limit}", last.at)),
    });
    json_reply(200, &body)
}

fn top(request: &Request, world: &World, kind: &str, total: usize) -> Reply {
    let range = request.parameter("time_range");
    let range = range.as_deref().unwrap_or("medium_term");
    // Another order for each range: steps that have no divisor with 30 or 60.
    let (step, start) = match range {
        "short_term" => (7, 3),
        "medium_term" => (11, 0),
        "long_term" => (13, 21),
        _ => return api_error(400, "Invalid time range"),
    };
    let (Some(limit @ 1..=50), Some(offset)) =
        (number(request, "limit", 20), number(request, "offset", 0))
    else {
        return api_error(400, "Invalid limit");
    };
    let total = if world.settings.knobs.empty_history {
        0
    } else {
        total
    };
    let items: Vec<Value> = (offset..total.min(offset.saturating_add(limit)))
        .map(|place| match kind {
            "tracks" => track((start + place * step) % TRACKS, &world.origin),
            _ => artist((start + place * step) % ARTISTS, &world.origin),
        })
        .collect();
    let link = |offset: usize| {
        format!(
            "https://api.spotify.com/v1/me/top/{kind}?time_range={range}&limit={limit}&offset={offset}"
        )
    };
    let body = json!({
        "href": link(offset),
        "items": items,
        "limit": limit,
        "next": (offset.saturating_add(limit) < total).then(|| link(offset + limit)),
        "offset": offset,
        "previous": (offset > 0).then(|| link(offset.saturating_sub(limit))),
        "total": total,
    });
    json_reply(200, &body)
}

fn number(request: &Request, name: &str, default: usize) -> Option<usize> {
    match request.parameter(name) {
        Some(text) => text.parse().ok(),
        None => Some(default),
    }
}

/// RFC 3339, as `played_at` has it.
fn timestamp(milliseconds: u64) -> String {
    let known = i64::try_from(milliseconds).ok();
    let moment = known.and_then(|at| jiff::Timestamp::from_millisecond(at).ok());
    moment.map_or_else(String::new, |moment| format!("{moment:.3}"))
}
