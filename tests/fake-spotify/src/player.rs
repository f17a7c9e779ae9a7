//! The visitor's player: what plays, how far it is, and what played before.
//!
//! Time moves it: a track that ends makes room for the next and is remembered as played.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::catalogue::{TRACKS, duration_ms, episode, id, local_track, track};

/// How many plays are remembered; the Web API shows no more either.
const REMEMBERED: usize = 50;
const EPISODE_MS: u64 = 2_712_000;

/// What the player does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// A track plays.
    Playing,
    /// A track is paused.
    Paused,
    /// No player is open.
    Nothing,
    /// An advertisement plays.
    Ad,
    /// An episode of a podcast plays.
    Episode,
    /// A file of the visitor's own plays.
    Local,
    /// A private session.
    Private,
    /// Something plays of which Spotify says nothing, its kind `unknown`.
    Unknown,
}

/// A play that has ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Play {
    pub(crate) track: usize,
    /// When it ended, in milliseconds since 1970.
    pub(crate) at: u64,
}

/// The player.
#[derive(Debug)]
pub(crate) struct Player {
    state: State,
    track: usize,
    progress: u64,
    /// When `progress` was true.
    since: u64,
    /// Latest first.
    history: Vec<Play>,
}

impl Player {
    /// A player that has been playing for a while, and a day of plays before.
    pub(crate) fn new(now: u64) -> Self {
        let (mut history, mut at) = (Vec::new(), now.saturating_sub(61_000));
        for place in 0..REMEMBERED {
            // Some tracks again and again, as people do; now and then a pause of hours.
            let track = (place * 7 + place / 5) % TRACKS;
            history.push(Play { track, at });
            let pause = if place % 8 == 7 { 7_200_000 } else { 3_000 };
            at = at.saturating_sub(duration_ms(track) + pause);
        }
        Self {
            state: State::Playing,
            track: 0,
            progress: 61_000,
            since: now,
            history,
        }
    }

    /// Puts the player into a state; `track` and `progress` stay where they are if absent.
    pub(crate) fn set(
        &mut self,
        state: State,
        track: Option<usize>,
        progress: Option<u64>,
        now: u64,
    ) {
        self.move_on(now);
        self.state = state;
        if let Some(track) = track {
            self.track = track % TRACKS;
            self.progress = 0;
        }
        if let Some(progress) = progress {
            self.progress = progress.min(duration_ms(self.track));
        }
        self.since = now;
    }

    /// Lets time pass until `now`.
    pub(crate) fn move_on(&mut self, now: u64) {
        let passed = now.saturating_sub(self.since);
        self.since = now;
        match self.state {
            State::Paused | State::Nothing => {}
            State::Playing => self.play(passed, now),
            _ => self.progress += passed,
        }
    }

    /// What ended, latest first.
    pub(crate) fn history(&self) -> &[Play] {
        &self.history
    }

    /// The answer of `/v1/me/player`, or nothing where no player is open.
    pub(crate) fn playback(&self, origin: &str, with_episodes: bool) -> Option<Value> {
        let (kind, item, progress) = match self.state {
            State::Nothing => return None,
            State::Playing | State::Paused => {
                ("track", track(self.track, origin), json!(self.progress))
            }
            State::Ad => ("ad", Value::Null, json!(self.progress % 30_000)),
            State::Episode if with_episodes => {
                let progress = json!(self.progress % EPISODE_MS);
                ("episode", episode(origin), progress)
            }
            State::Episode => ("episode", Value::Null, json!(self.progress % EPISODE_MS)),
            State::Local => ("track", local_track(), json!(self.progress % 187_000)),
            State::Private | State::Unknown => ("unknown", Value::Null, Value::Null),
        };
        Some(json!({
            "actions": {"disallows": {"resuming": self.state != State::Paused}},
            "context": null,
            "currently_playing_type": kind,
            "device": {
                "id": id("device", 0),
                "is_active": true,
                "is_private_session": self.state == State::Private,
                "is_restricted": false,
                "name": "Kitchen radio",
                "supports_volume": true,
                "type": "Speaker",
                "volume_percent": 42,
            },
            "is_playing": self.state != State::Paused,
            "item": item,
            "progress_ms": progress,
            "repeat_state": "off",
            "shuffle_state": false,
            "timestamp": self.since.saturating_sub(self.progress),
        }))
    }

    /// The state and the track's place, for the control address.
    pub(crate) fn summary(&self) -> Value {
        json!({"state": self.state, "track": self.track, "progress": self.progress})
    }

    fn play(&mut self, passed: u64, now: u64) {
        self.progress += passed;
        while self.progress >= duration_ms(self.track) {
            self.progress -= duration_ms(self.track);
            let at = now.saturating_sub(self.progress);
            let track = self.track;
            self.history.insert(0, Play { track, at });
            self.history.truncate(REMEMBERED);
            self.track = (self.track + 1) % TRACKS;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Player, State};
    use crate::catalogue::duration_ms;

    const NOW: u64 = 1_800_000_000_000;

    #[test]
    fn a_track_that_ends_makes_room_and_is_remembered() {
        let mut player = Player::new(NOW);
        player.set(State::Playing, Some(59), Some(0), NOW);
        let end = NOW + duration_ms(59);
        player.move_on(end + 5_000);
        assert_eq!((player.track, player.progress), (0, 5_000));
        let latest = player.history()[0];
        assert_eq!((latest.track, latest.at), (59, end));
        assert_eq!(player.history().len(), 50);
    }

    #[test]
    fn a_paused_track_stays_where_it_is() {
        let mut player = Player::new(NOW);
        player.set(State::Paused, Some(4), Some(1_000), NOW);
        player.move_on(NOW + 3_600_000);
        assert_eq!((player.track, player.progress), (4, 1_000));
    }

    #[test]
    fn episodes_are_shown_to_who_asked_for_them() {
        let mut player = Player::new(NOW);
        player.set(State::Episode, None, None, NOW);
        for (asked, shown) in [(true, true), (false, false)] {
            let playback = player.playback("http://localhost", asked);
            let item = playback.map(|playback| playback["item"].clone());
            assert_eq!(item.is_some_and(|item| item["type"] == "episode"), shown);
        }
    }
}
