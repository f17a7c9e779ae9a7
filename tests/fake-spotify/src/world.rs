//! All that the stand-in remembers while it runs.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::fault::{Endpoint, Faults};
use crate::grant::Grants;
use crate::player::Player;
use crate::settings::{Knobs, Settings};

/// The state behind the addresses.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) settings: Settings,
    /// Where browsers see it: the first part of every link to a cover.
    pub(crate) origin: String,
    pub(crate) grants: Grants,
    pub(crate) player: Player,
    pub(crate) faults: Faults,
    pub(crate) counts: BTreeMap<Endpoint, u64>,
    /// The scopes that the visitor has approved before.
    pub(crate) approved: Option<Vec<String>>,
    /// Milliseconds that the clock is ahead.
    ahead: u64,
    /// The knobs to return to.
    initial: Knobs,
}

impl World {
    pub(crate) fn new(settings: Settings, origin: String) -> Self {
        Self {
            origin,
            grants: Grants::default(),
            player: Player::new(real_now()),
            faults: Faults::default(),
            counts: BTreeMap::new(),
            approved: None,
            ahead: 0,
            initial: settings.knobs.clone(),
            settings,
        }
    }

    /// Milliseconds since 1970, as the stand-in sees it.
    pub(crate) fn now(&self) -> u64 {
        real_now() + self.ahead
    }

    /// Lets seconds pass at once.
    pub(crate) fn advance(&mut self, seconds: u64) {
        self.ahead = self.ahead.saturating_add(seconds.saturating_mul(1000));
    }

    /// Counts a request.
    pub(crate) fn count(&mut self, endpoint: Endpoint) {
        *self.counts.entry(endpoint).or_default() += 1;
    }

    /// As it was at the start, but for the tokens in circulation, which keep working.
    pub(crate) fn reset(&mut self) {
        self.settings.knobs = self.initial.clone();
        self.faults.clear();
        self.counts.clear();
        self.approved = None;
        self.ahead = 0;
        self.player = Player::new(real_now());
    }

    /// What the control address shows.
    pub(crate) fn summary(&mut self) -> Value {
        let now = self.now();
        self.player.move_on(now);
        json!({
            "client_id": self.settings.client_id,
            "redirect_uris": self.settings.redirect_uris,
            "settings": self.settings.knobs,
            "counts": self.counts,
            "faults": self.faults,
            "player": self.player.summary(),
            "refresh_tokens": self.grants.living().len(),
        })
    }
}

fn real_now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}
