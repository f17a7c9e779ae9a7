//! The control address: JSON in, JSON out, on a listener of its own.

use hyper::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::accounts::may_redirect_to;
use crate::fault::Fault;
use crate::message::{Reply, Request, json_reply};
use crate::player::State;
use crate::settings::Knobs;
use crate::world::World;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetPlayer {
    state: State,
    #[serde(default)]
    track: Option<usize>,
    #[serde(default)]
    progress: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    seconds: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Redirect {
    uri: String,
}

/// Does what is asked and shows how things stand afterwards.
pub(crate) fn answer(request: &Request, world: &mut World) -> Reply {
    match obey(request, world) {
        Ok(()) => json_reply(200, &world.summary()),
        Err((status, message)) => json_reply(status, &json!({"error": message})),
    }
}

/// Turns the knobs that `changes` names and leaves the others.
///
/// # Errors
///
/// What is wrong with the changes.
pub(crate) fn turn(knobs: &Knobs, changes: &Value) -> Result<Knobs, String> {
    let mut all = serde_json::to_value(knobs).map_err(|error| error.to_string())?;
    let changes = changes.as_object().ok_or("settings are an object")?;
    for (name, value) in changes {
        all[name] = value.clone();
    }
    serde_json::from_value(all).map_err(|error| error.to_string())
}

fn obey(request: &Request, world: &mut World) -> Result<(), (u16, String)> {
    let path = request
        .path
        .trim_start_matches("/control")
        .trim_matches('/');
    match (&request.method, path) {
        (&Method::GET, "") => {}
        (&Method::PATCH, "settings") => {
            let turned = turn(&world.settings.knobs, &read(request)?);
            world.settings.knobs = turned.map_err(|message| (400, message))?;
        }
        (&Method::POST, "faults") => world.faults.add(read::<Fault>(request)?),
        (&Method::DELETE, "faults") => world.faults.clear(),
        (&Method::POST, "player") => {
            let SetPlayer {
                state,
                track,
                progress,
            } = read(request)?;
            let now = world.now();
            world.player.set(state, track, progress, now);
        }
        (&Method::POST, "redirect-uris") => {
            let Redirect { uri } = read(request)?;
            if !may_redirect_to(&uri) {
                return Err((
                    400,
                    format!("{uri} is not secure: https, or http on 127.0.0.1"),
                ));
            }
            world.settings.redirect_uris.push(uri);
        }
        (&Method::POST, "revoke") => {
            world.grants.revoke();
            world.approved = None;
        }
        (&Method::POST, "expire") => world.grants.expire_access(),
        (&Method::POST, "advance") => world.advance(read::<Advance>(request)?.seconds),
        (&Method::DELETE, "counts") => world.counts.clear(),
        (&Method::POST, "reset") => world.reset(),
        _ => return Err((404, "nothing of that name; see README.md".to_owned())),
    }
    Ok(())
}

fn read<T: DeserializeOwned>(request: &Request) -> Result<T, (u16, String)> {
    serde_json::from_slice(&request.body).map_err(|error| (400, error.to_string()))
}
