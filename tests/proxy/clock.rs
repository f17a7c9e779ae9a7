//! Row 21: the date jumps a year either way. Cached tokens go by the time that really passes.

use std::sync::Arc;
use std::time::Duration;

use proxy::clock::{Clock, Hands, Timestamp};
use proxy::config::StoreConfig;
use proxy::cookie::id::IdHash;
use proxy::keys::{Keys, file};
use proxy::metrics::Metrics;
use proxy::provider::{Grant, Provider};
use proxy::secret::Secret;
use proxy::store::Store;
use proxy::tasks::Tasks;
use proxy::tokens::Tokens;
use tempfile::TempDir;

const YEAR: i64 = 365 * 86_400;

/// Access tokens under a clock that the test moves.
fn tokens(folder: &TempDir) -> (Tokens, Hands) {
    let path = |name: &str| folder.path().join(name);
    let (clock, hands) = Clock::manual(Timestamp::from_seconds(1_795_000_000));
    file::generate(&path("keys"), clock.today()).unwrap();
    let config = StoreConfig {
        path: path("db"),
        provider: "spotify".to_owned(),
        session_ttl: 180,
        idle_ttl: 90,
    };
    let keys = Keys::load(&path("keys")).unwrap();
    let store = Store::open(&config, keys, clock.clone()).unwrap();
    let provider = proxy::config::ProviderConfig {
        name: "spotify".to_owned(),
        authorize_url: "https://provider.example/a".parse().unwrap(),
        token_url: "https://provider.example/t".parse().unwrap(),
        issuer: None,
        client_id: "client".to_owned(),
        client_secret: Secret::new("secret".to_owned()),
        scopes: vec!["one".to_owned()],
    };
    let provider = Provider::new(provider, "https://site.example/api/callback".to_owned());
    let tokens = Tokens::new(
        Arc::new(provider.unwrap()),
        store,
        clock,
        Arc::new(Metrics::default()),
        Tasks::default(),
    );
    (tokens, hands)
}

#[tokio::test]
async fn row_21_a_jump_neither_ends_nor_prolongs_a_cached_token() {
    let folder = TempDir::new().unwrap();
    let (tokens, hands) = tokens(&folder);
    let id = IdHash::from_bytes([7; 32]);
    let grant = Grant {
        access_token: Secret::new("access".to_owned()),
        expires_in: Duration::from_secs(3600),
        scopes: None,
        refresh_token: None,
    };
    tokens.insert(id, &grant);
    let lives = || tokens.recall(&id).map(|held| held.access.expires_in);
    for jump in [YEAR, -2 * YEAR, YEAR] {
        hands.jump(jump);
        assert_eq!(lives(), Some(Duration::from_secs(3600)), "after {jump}");
    }
    hands.advance(Duration::from_secs(3600 - 121));
    hands.jump(-YEAR);
    assert_eq!(lives(), Some(Duration::from_secs(121)));
    // Handed out while more than two minutes remain.
    hands.advance(Duration::from_secs(1));
    assert_eq!(lives(), None);
}
